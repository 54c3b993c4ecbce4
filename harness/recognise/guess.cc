// SPDX-License-Identifier: Apache-2.0
//
// Two changes on top of each other are told in one order where both are the same: reversed order can be
// exchanged with all others, swapped nibbles with XOR.
#include "recognise/guess.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "recognise/change.h"
#include "recognise/coded_parts.h"
#include "recognise/key_pairs.h"
#include "recognise/key_votes.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kMostKeys = 8;
constexpr std::size_t kMostKeysOfTwo = 3;  ///< Under another change, or with one over them.
constexpr std::size_t kMostPairs = 6;      ///< Of a key added and a key xored.
constexpr std::size_t kMostParts = 6;
/// Larger stretches are looked at for one change or two keys only.
constexpr std::size_t kTwoChanges = 16U << 10;

using Steps = std::vector<std::string>;

class Guesses {
 public:
  Guesses(ByteView stretch, bool pairs) : stretch_(stretch), pairs_(pairs) {}

  std::vector<Guess> all() {
    // Of text reversed order is likelier than any key, and there is but one of it.
    add_order(stretch_, {}, whole());
    const std::vector<Guess> keys = add_keys(stretch_, {}, kMostKeys);
    add_letters(stretch_, {}, whole());
    const Bytes swapped = *undo_change("nibbles", stretch_);
    if (has_mark(swapped) || has_wide(swapped) || !coded_parts(swapped, kMostParts).empty())
      add({"nibbles"}, whole());
    if (stretch_.size() <= kTwoChanges) add_two(keys, swapped);
    if (pairs_) {
      add_pairs(Way::added, "add", "xor");
      add_pairs(Way::xored, "xor", "add");
    }
    return std::move(guesses_);
  }

 private:
  [[nodiscard]] Interval whole() const { return {0, stretch_.size()}; }
  void add(Steps steps, Interval part) { guesses_.push_back({std::move(steps), part}); }

  static Steps then(Steps steps, std::string step) {
    steps.push_back(std::move(step));
    return steps;
  }

  /// Those that were told, one key each; `bytes` are the stretch with the steps `before` undone, of which
  /// only reversed order moves them.
  std::vector<Guess> add_keys(ByteView bytes, const Steps& before, std::size_t most) {
    std::vector<Guess> told;
    const bool moved = !before.empty() && before.back() == "reversed";
    for (const auto& [way, name] : {std::pair{Way::xored, "xor"}, std::pair{Way::added, "add"}})
      for (const auto& [key, part] : likely_keys(bytes, way, most)) {
        const Interval here = moved ? Interval{bytes.size() - part.end, bytes.size() - part.begin} : part;
        told.push_back({then(before, fmt::format("{}:{:02x}", name, key)), here});
      }
    guesses_.insert(guesses_.end(), told.begin(), told.end());
    return told;
  }

  /// Reversed order, if there are marks or letters to be read from behind, and rotated letters; `bytes` are
  /// the stretch with the steps `before` undone.
  void add_order_and_letters(ByteView bytes, const Steps& before) {
    add_order_and_letters(bytes, before, {0, bytes.size()});
  }

  /// The same of a part of the stretch, `bytes`.
  void add_order_and_letters(ByteView bytes, const Steps& before, Interval of) {
    add_order(bytes, before, of);
    add_letters(bytes, before, of);
  }

  void add_order(ByteView bytes, const Steps& before, Interval of) {
    if (has_mark(*undo_change("reversed", bytes))) return add(then(before, "reversed"), of);
    for (const Interval coded : coded_parts(bytes, kMostParts))
      add(then(before, "reversed"), {of.begin + coded.begin, of.begin + coded.end});
  }

  void add_letters(ByteView bytes, const Steps& before, Interval of) {
    add_begin_lines(bytes, before, of);
    add_escapes(bytes, before, of);
    for (const Interval coded : coded_parts(bytes, kMostParts))
      for (int by = 1; by < 26; ++by)
        add(then(before, fmt::format("rot:{}", by)), {of.begin + coded.begin, of.begin + coded.end});
  }

  /// The first line of uuencode under rotated letters: what follows it may look like text with many blanks.
  void add_begin_lines(ByteView bytes, const Steps& before, Interval of) {
    constexpr std::string_view kBegin = "begin";
    const std::string_view text = as_text(bytes);
    std::size_t found = 0;
    for (std::size_t at = 0; at < text.size() && found < kMostParts; at = text.find('\n', at)) {
      if (text[at] == '\n') ++at;
      const std::string_view line = text.substr(at, kBegin.size() + 5);
      if (line.size() < kBegin.size() + 5 || line[kBegin.size()] != ' ') continue;
      const std::string_view mode = line.substr(kBegin.size() + 1, 3);
      if (mode.find_first_not_of("01234567") != mode.npos) continue;
      const int by = (line[0] - kBegin[0] + 26) % 26;
      const bool rotated =
          std::equal(kBegin.begin(), kBegin.end(), line.begin(), [by](char plain, char letter) {
            return letter == static_cast<char>('a' + (plain - 'a' + by) % 26);
          });
      if (!rotated || by == 0) continue;
      add(then(before, fmt::format("rot:{}", by)), {of.begin + at, of.end});
      ++found;
    }
  }

  /// Rows of \u0041 or \U00000041 under rotated letters, which are told by their zeros.
  void add_escapes(ByteView bytes, const Steps& before, Interval of) {
    constexpr std::size_t kFewest = 8;
    struct Row {
      std::size_t first = 0;
      std::size_t count = 0;
    };
    std::array<Row, 256> rows{};
    const std::string_view text = as_text(bytes);
    for (std::size_t at = text.find('\\'); at < text.size() && text.size() - at > 3;
         at = text.find('\\', at + 1)) {
      if (text[at + 2] != '0' || text[at + 3] != '0') continue;
      Row& row = rows[bytes[at + 1]];
      if (row.count++ == 0) row.first = at;
    }
    for (int letter = 0; letter < 26; ++letter)
      for (const char first : {'a', 'A'}) {
        const Row& row = rows[static_cast<std::size_t>(first + letter)];
        const int by = (letter + 26 - ('u' - 'a')) % 26;
        if (row.count >= kFewest && by != 0)
          add(then(before, fmt::format("rot:{}", by)), {of.begin + row.first, of.end});
      }
  }

  void add_two(const std::vector<Guess>& keys, ByteView swapped) {
    const Bytes reversed = *undo_change("reversed", stretch_);
    add_keys(reversed, {"reversed"}, kMostKeysOfTwo);
    add_keys(swapped, {"nibbles"}, kMostKeysOfTwo);
    add_order_and_letters(swapped, {"nibbles"});
    add_added_over(stretch_, {});
    add_added_over(reversed, {"reversed"});
    for (const auto& [key, part] : likely_keys(swapped, Way::added_to_inverted, kMostKeysOfTwo))
      add({"nibbles", fmt::format("add:{:02x}", key), "xor:ff"}, part);
    for (std::size_t i = 0; i < std::min(keys.size(), 2 * kMostKeysOfTwo); ++i) {
      const auto& [steps, part] = keys[i];
      const Bytes bytes = *undo_change(steps[0], stretch_.subspan(part.begin, part.size()));
      add_order_and_letters(bytes, steps, part);
    }
    for (const Interval part : coded_parts(stretch_, kMostParts))
      for (int by = 1; by < 26; ++by) add({"reversed", fmt::format("rot:{}", by)}, part);
  }

  /// Addition over swapped nibbles, and over inverted bits.
  void add_added_over(ByteView bytes, const Steps& before) {
    for (const auto& [way, name] :
         {std::pair{Way::added_to_swapped, "nibbles"}, std::pair{Way::added_to_inverted, "xor:ff"}})
      for (const auto& [key, part] : likely_keys(bytes, way, kMostKeysOfTwo)) {
        const Interval here =
            before.empty() ? part : Interval{bytes.size() - part.end, bytes.size() - part.begin};
        add(then(then(before, fmt::format("add:{:02x}", key)), name), here);
      }
  }

  /// Pairs that a long mark speaks for come before all else.
  void add_pairs(Way outer, std::string_view outer_name, std::string_view inner_name) {
    for (const KeyPair& pair : likely_pairs(stretch_, outer, kMostPairs)) {
      Guess guess{{fmt::format("{}:{:02x}", outer_name, pair.outer),
                   fmt::format("{}:{:02x}", inner_name, pair.inner)},
                  pair.part};
      guesses_.insert(pair.marked ? guesses_.begin() + marked_++ : guesses_.end(), std::move(guess));
    }
  }

  ByteView stretch_;
  bool pairs_;
  std::vector<Guess> guesses_;
  std::ptrdiff_t marked_ = 0;  ///< Pairs at the begin.
};

}  // namespace

std::vector<Guess> guess_changes(ByteView stretch, bool pairs) { return Guesses(stretch, pairs).all(); }

}  // namespace candor::recognise
