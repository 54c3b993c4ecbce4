// SPDX-License-Identifier: Apache-2.0
//
// Finds verbatim runs of planted documents in any bytes: every run of at least kShortestFragment bytes, after
// folding, with a guarantee. Folding writes ASCII letters in lower case and each run of white space as one
// blank, in the documents and in what is searched alike.
//
// Winnowing (Schleimer, Wilkerson and Aiken, "Winnowing: Local Algorithms for Document Fingerprinting",
// SIGMOD 2003) guarantees a match of w + k - 1 bytes by choosing, on both sides, one k-gram of each w
// neighbours by its hash. Here one side is small and known, so the same guarantee comes cheaper: all k-grams
// of the documents are in the table, and of what is searched every w-th position is looked up, without a hash
// to roll or a minimum to keep. A run of w + k - 1 bytes holds one of those positions wherever it begins.
//
// What stands in many documents, in a document that is sent on purpose, or in boilerplate is nobody's:
// k-grams of it are not looked up, their bytes are not a document's own, and a fragment has kFewestOwn bytes
// that are. So the guarantee holds for every run of kShortestFragment bytes without such a k-gram in it. What
// a few documents share is told of that document which has more of what stands around it, or of all that have
// as much.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "model/hit.h"

namespace candor::recognise {

inline constexpr std::size_t kShortestFragment = 24;
/// Documents that may share what counts; a tenth of all documents, if that is more.
inline constexpr std::size_t kMostSharers = 4;
/// Bytes of a fragment that nobody else has.
inline constexpr std::size_t kFewestOwn = 16;

/// Folded bytes.
[[nodiscard]] Bytes folded_bytes(ByteView bytes);

class FragmentIndex {
 public:
  /// What fragments are told by: some bytes of a document. Several may be of one document, its text first; a
  /// place of the later ones that repeats an earlier one counts as that.
  struct Source {
    std::size_t document = 0;  ///< From 0.
    ByteView bytes;
    bool is_text = false;          ///< What a reader sees of it.
    bool sent_on_purpose = false;  ///< What others have in common with it does not count as theirs.
  };
  /// A run found. Its place in the layer is in the bytes as they stood there, not folded.
  struct Fragment {
    std::size_t document = 0;
    std::size_t offset = 0;
    std::size_t length = 0;
    std::uint64_t begin =
        0;  ///< In the document's own coordinates: all its sources, folded, one after the other.
    std::uint64_t end = 0;
  };

  /// What stands in more than kMostSharers documents, or in `boilerplate`, does not count.
  FragmentIndex(const std::vector<Source>& sources, const std::vector<ByteView>& boilerplate);

  /// Calls `on_fragment` for each maximal run, ascending.
  void scan(ByteView layer, const std::function<void(const Fragment&)>& on_fragment) const;

  /// Whether the document has a run at [begin, end) that reads as `bytes` do.
  [[nodiscard]] bool stands_at(std::size_t document, std::uint64_t begin, std::uint64_t end,
                               ByteView bytes) const;
  /// Bytes of a document that count.
  [[nodiscard]] std::uint64_t counted(std::size_t document) const;
  [[nodiscard]] ByteView text_at(std::size_t document, std::uint64_t begin, std::uint64_t end) const;
  /// Bytes of documents that were too many to be indexed.
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }
  /// Documents of whose text boilerplate leaves less than a quarter: their fragments would mostly be missed.
  [[nodiscard]] const std::vector<std::size_t>& silenced() const { return silenced_; }

 private:
  struct Entry {
    std::uint32_t hash = 0;
    std::uint32_t position = 0;  ///< In all_.
  };
  class Scan;
  class Chooser;

  [[nodiscard]] std::size_t source_of(std::size_t position) const;
  [[nodiscard]] std::size_t document_of(std::size_t position) const {
    return documents_[source_of(position)];
  }
  /// Whether so many bytes from `position` on are mostly others'.
  [[nodiscard]] bool is_common(std::size_t position, std::size_t length) const;
  void make_table();

  Bytes all_;                           ///< All sources, folded, with a gap between.
  std::vector<std::size_t> begins_;     ///< Of each source in all_, and all_'s size.
  std::vector<std::size_t> documents_;  ///< Of each source.
  std::vector<std::size_t> bases_;      ///< By document: where its first source begins.
  std::vector<std::uint64_t> counted_;
  std::vector<bool> common_;  ///< Of each byte in all_: stands in a gram that does not count.
  std::vector<std::size_t> silenced_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> starts_;
  unsigned start_shift_ = 31;
  std::vector<std::uint64_t> bits_ = {0};
  unsigned shift_ = 31;
  std::uint64_t left_out_ = 0;
};

}  // namespace candor::recognise
