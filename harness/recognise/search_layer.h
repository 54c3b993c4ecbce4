// SPDX-License-Identifier: Apache-2.0
//
// How a layer is searched. The matchers give the places of patterns and of triggers; the decoders
// of runs walk the layer themselves. Each region is decoded and the result searched as a layer of its own.
//
// Two rules keep this from growing with the power of the depth:
//  - A layer made by undoing escapes differs from the one above only at the escapes. In it, only what touches
//    an undone escape is looked at; everything else was looked at above.
//  - What lies inside a container that was opened to its end, or inside a planted file, is explained by that.
//
// Opaque bytes of a layer are all but text, whole planted files, and regions opened to their end. Text that
// looks like encoded binary data, or in which undoing escapes uncovers binary data, does not count as text.
// When a region's content is itself partly opaque, so many bytes of the region are: as many as the content
// has, or as they take up in the region, whichever is more; they are put at its begin.
//
// The state of searching one layer: what stands in it, which of its regions may be decoded, what those lead
// to, and what of it is left unexplained. Each part has a file of its own: search_matches.cc,
// search_regions.cc, search_guesses.cc, search_layer.cc.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "recognise/escape_window.h"
#include "recognise/guess.h"
#include "recognise/search.h"

namespace candor::recognise {

/// Whether an undone escape stands in [begin, end) or at its edges.
[[nodiscard]] bool touches(const std::vector<Edit>& edits, std::size_t begin, std::size_t end);

/// How many bytes of a region are opaque when so many of what it decodes to are.
[[nodiscard]] std::size_t opaque_share(std::size_t opaque, const Decoded& decoded);

class Search::Layer {
 public:
  /// All of them must outlive the layer.
  Layer(Search& search, ByteView bytes, const Origin& origin)
      : search_(search), bytes_(bytes), origin_(origin), edits_(origin.edits) {}

  /// Searches it, once.
  LayerFinding run();

 private:
  struct Candidate {
    std::size_t decoder = 0;
    Region region;
    std::string change = {};  ///< Not empty: a change to undo; there is no decoder.
  };
  struct Changed {
    std::size_t period = 1;
    Intervals around;
  };

  /// A part of the layer above, which was searched there: all but what has no mark of its own.
  LayerFinding run_seen();
  /// A decoded scrap has room for a name or a digest, and for nothing that must be opened again. Words of
  /// text make many of them.
  LayerFinding run_tiny();
  void account();
  /// Text too short to be told from chance, but with something understood on either side.
  [[nodiscard]] bool is_scrap_of_text(Interval part) const;
  /// Whether something in a layer of undone escapes is new there; elsewhere everything is.
  [[nodiscard]] bool is_new(std::size_t begin, std::size_t end) const;
  /// Large layers may have more than the limit, in proportion.
  [[nodiscard]] std::size_t most_candidates() const;

  // What stands in it.
  void match_literals();
  void match();
  void find_regions(const LayerMap& map);
  void try_at_begin();
  void on_pattern(const Pattern& pattern, std::size_t begin);
  void find_disguised();
  /// Changes are undone some way around the place they were recognised at: what they hide may begin before it
  /// and end after it, and no one says where.
  void on_change(const Change& change);
  void find_alphabets(const LayerMap& map);
  void find_fragments();
  void find_derived(const LayerMap& map);
  void keep_longest(std::vector<FragmentIndex::Fragment>& list) const;
  void add_fragment(const FragmentIndex::Fragment& fragment);
  void on_escape(EscapeWindows& window, std::size_t end) const;
  void on_container(std::size_t decoder, std::size_t end);
  void find_runs(std::size_t index, const LayerMap& map);
  /// `from`: where the decoder stopped looking.
  void too_many(std::size_t decoder, std::size_t from);
  /// Notes that a candidate is not decoded. It hides its bytes; a container does not say where it would end.
  void skip(const Candidate& candidate, const std::string& reason);

  // Regions that may be decoded.
  void visit_all();
  [[nodiscard]] bool explained(const Candidate& candidate) const;
  void visit(Candidate candidate);
  /// The budget that is used up, or none.
  [[nodiscard]] const char* spent() const;
  void undo(const Candidate& candidate);
  /// Whether further readings of the same region may be worth while.
  bool read(const Candidate& candidate);
  void descend(const Candidate& candidate, const Decoded& decoded);
  /// The opaque bytes are those of all members; their places are not told.
  LayerFinding descend_into_members(const Decoder& decoder, const Decoded& decoded, model::DecodeStep step);
  /// What the members leave opaque, this layer says.
  void descend_in_place(const Candidate& candidate, const Decoded& decoded, model::DecodeStep step);
  /// Takes over what was found in a layer that `step` made of this one.
  void adopt(LayerFinding& inner, const model::DecodeStep& step);
  void explain(const Candidate& candidate, const Decoded& decoded, const LayerFinding& inner);
  void explain_escapes(const Candidate& candidate, const Decoded& decoded, const LayerFinding& inner);

  // Changes for which there is a sign.
  /// Undoes changes by trial on a small layer that leaves something to be explained: what hides the marks by
  /// which containers and encodings are known. Whether any led to something.
  bool try_changes();
  /// Reversed order and swapped nibbles, if known bytes under a key of several bytes show once they are
  /// undone.
  [[nodiscard]] std::vector<Guess> guess_order() const;
  /// A byte added over a key of several, if known bytes under such a key show once it is taken off.
  [[nodiscard]] std::vector<Guess> guess_added_over_key() const;
  /// What a small layer needs to be looked at under guessed changes, besides something to be explained.
  [[nodiscard]] bool may_guess() const;
  /// What one layer and those below it may use of what is left, so that its neighbours have their turn.
  [[nodiscard]] std::size_t share_of_guesses() const;
  /// Takes half of the budget from the layers below: what looks like a container there is often none.
  std::size_t keep_guesses_back();
  /// Whether an encoding explained a part, but for some of its edges.
  [[nodiscard]] bool makes_sense(Interval part) const;
  bool try_guess(const Guess& guess);
  void adopt_guess(std::vector<model::Hit> hits, const Guess& guess);

  Search& search_;
  ByteView bytes_;
  const Origin& origin_;
  const std::vector<Edit>* edits_;
  static const std::vector<std::size_t> with_magic_;  ///< Decoders, by number.
  static const std::vector<std::size_t> with_escapes_;
  static const std::vector<std::size_t> with_runs_;
  static const std::vector<std::size_t> at_begin_;
  LayerFinding finding_;
  std::vector<Candidate> candidates_;
  std::map<std::string, Changed> changes_;  ///< By step.
  std::map<const Pattern*, std::size_t> counts_;
  std::map<std::pair<std::size_t, std::string>, model::NotLookedInto> skipped_;
  Intervals whole_files_;
  Intervals suspicious_;  ///< Unless opened.
  Intervals hidden_;      ///< Text that is none, unless opened.
  Intervals opened_;
  /// By decoder: the last region opened without opaque rest, or of a transparent container at all.
  std::vector<Interval> last_opened_;
  Intervals containers_;    ///< Opened to their end; disjoint, since none is looked for in another.
  Intervals left_closed_;   ///< As much of each of them as its content leaves opaque.
  std::size_t closed_ = 0;  ///< End of the last one.
};

}  // namespace candor::recognise
