// SPDX-License-Identifier: Apache-2.0
#include "recognise/key_pairs.h"

#include <algorithm>
#include <array>
#include <bitset>
#include <limits>

#include "recognise/key_marks.h"
#include "recognise/text_keys.h"

namespace candor::recognise {

namespace {

/// Windows that are looked at for text, by the size of the stretch.
constexpr std::size_t kFewestWindows = 8;
constexpr std::size_t kMostWindows = 32;
constexpr std::size_t kBytesAWindow = 512;
constexpr std::size_t kMostWeighed = 4'096;  ///< Texts in one search for pairs.
constexpr std::size_t kMostMarked = 256;     ///< Pairs under which a mark stands: more are made to cost time.
constexpr std::size_t kSureMark = 7;         ///< Bytes; shorter ones stand under some pair by chance.
constexpr int kClearly = 12 * kBit;
constexpr std::size_t kMostEqual = 8;  ///< Pairs that make equally likely text of one window.

/// XOR with 0xff and 0x7f is inverted bits and addition. XOR with 0x80 is addition of it, so of two keys that
/// differ by that one is enough.
bool is_single(std::uint8_t xored, std::uint8_t added) {
  return xored == 0 || xored >= 0x7f || added == 0 || added == 0x80;
}
bool is_single(std::uint8_t outer, std::uint8_t inner, Way outer_way) {
  return outer_way == Way::xored ? is_single(outer, inner) : is_single(inner, outer);
}

std::uint8_t with_key(std::uint8_t plain, std::uint8_t key, Way way) {
  return static_cast<std::uint8_t>(way == Way::xored ? plain ^ key : plain + key);
}

/// Two differences of neighbours.
std::size_t differences(std::uint8_t first, std::uint8_t second, std::uint8_t third, Way way) {
  return std::size_t{difference(first, second, way)} << 8 | difference(second, third, way);
}

/// The first three bytes of each mark under each inner key, by what the outer key leaves the same.
class MarkedPairs {
 public:
  struct Entry {
    const Mark* mark = nullptr;
    std::uint8_t inner = 0;
  };

  explicit MarkedPairs(Way outer) : entries_(1U << 16) {
    const Way inner = outer == Way::xored ? Way::added : Way::xored;
    for (const std::vector<const Mark*>& marks : marks_by_difference(Way::xored))
      for (const Mark* mark : marks)
        for (unsigned key = 1; key < 256; ++key) add(*mark, static_cast<std::uint8_t>(key), outer, inner);
  }

  [[nodiscard]] bool any(std::size_t differences) const { return any_[differences]; }
  [[nodiscard]] const std::vector<Entry>& of(std::size_t differences) const { return entries_[differences]; }

 private:
  void add(const Mark& mark, std::uint8_t key, Way outer, Way inner) {
    std::array<std::uint8_t, 3> worn{};
    for (std::size_t i = 0; i < worn.size(); ++i)
      worn[i] = with_key(static_cast<std::uint8_t>(mark.bytes[i]), key, inner);
    const std::size_t there = differences(worn[0], worn[1], worn[2], outer);
    entries_[there].push_back({&mark, key});
    any_.set(there);
  }

  std::vector<std::vector<Entry>> entries_;
  std::bitset<1U << 16> any_;  ///< Small enough for the nearest cache: most have none.
};

const MarkedPairs& marked_pairs(Way outer) {
  static const MarkedPairs over_xor(Way::added);
  static const MarkedPairs over_addition(Way::xored);
  return outer == Way::added ? over_xor : over_addition;
}

struct Signs {
  KeyPair pair;
  std::size_t mark = 0;  ///< Bytes of the longest mark.
  std::size_t texts = 0;
};

/// A stretch of which two keys make clearly likelier text than one does, and those that make the likeliest.
struct Window {
  std::size_t at = 0;
  int best = std::numeric_limits<int>::min();
  std::vector<std::pair<std::uint8_t, std::uint8_t>> pairs = {};
};

class Pairs {
 public:
  Pairs(ByteView bytes, Way outer)
      : bytes_(bytes), outer_(outer), inner_(outer == Way::xored ? Way::added : Way::xored) {}

  std::vector<KeyPair> likely(std::size_t limit) {
    find_marks();
    find_windows();
    if (!windows_.empty()) find_texts();
    std::stable_sort(signs_.begin(), signs_.end(), [](const Signs& a, const Signs& b) {
      return a.mark != b.mark ? a.mark > b.mark : a.texts > b.texts;
    });
    std::vector<KeyPair> likely;
    for (std::size_t i = 0; i < std::min(limit, signs_.size()); ++i) {
      likely.push_back(signs_[i].pair);
      likely.back().part = around_signs(likely.back().part, bytes_.size());
      likely.back().marked = signs_[i].mark >= kSureMark;
    }
    return likely;
  }

 private:
  void find_marks() {
    const MarkedPairs& marked = marked_pairs(outer_);
    for (std::size_t at = 0; at + 4 <= bytes_.size() && signs_.size() < kMostMarked; ++at) {
      const std::size_t there = differences(bytes_[at], bytes_[at + 1], bytes_[at + 2], outer_);
      if (!marked.any(there)) continue;
      for (const auto& [mark, inner] : marked.of(there)) {
        const std::uint8_t worn = with_key(static_cast<std::uint8_t>(mark->bytes[0]), inner, inner_);
        const std::uint8_t outer = key_for(bytes_[at], worn, outer_);
        if (is_single(outer, inner, outer_) || !stands_under(*mark, at, outer, inner)) continue;
        Signs& signs = signs_of(outer, inner, {at, bytes_.size()});
        signs.mark = std::max(signs.mark, mark->bytes.size());
      }
    }
  }

  [[nodiscard]] bool stands_under(const Mark& mark, std::size_t at, std::uint8_t outer,
                                  std::uint8_t inner) const {
    Bytes undone(
        bytes_.begin() + static_cast<std::ptrdiff_t>(at),
        bytes_.begin() + static_cast<std::ptrdiff_t>(std::min(bytes_.size(), at + mark.bytes.size())));
    for (std::uint8_t& byte : undone) byte = without_key(byte, outer, outer_);
    return stands(mark, undone, inner, inner_);
  }

  /// Those of the fewest kinds of bytes, of which text under any keys has fewer than noise; none that is text
  /// as it stands.
  void find_windows() {
    std::vector<std::pair<std::size_t, std::size_t>> all;  // Kinds, and where.
    for (std::size_t at = 0; at + kTextWindow <= bytes_.size(); at += kTextWindow / 2) {
      const ByteView window = bytes_.subspan(at, kTextWindow);
      if (varied(window) && !has(text_keys(window, Way::xored), 0)) all.emplace_back(kinds_of(window), at);
    }
    const std::size_t most = std::clamp(bytes_.size() / kBytesAWindow, kFewestWindows, kMostWindows);
    const std::size_t count = std::min(all.size(), most);
    std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count), all.end());
    for (std::size_t i = 0; i < count; ++i)
      windows_.push_back({.at = all[i].second, .best = best_of_one_key(all[i].second)});
  }

  /// How likely a text one key can make of a window; pairs must make a clearly likelier one.
  [[nodiscard]] int best_of_one_key(std::size_t at) const {
    const ByteView window = bytes_.subspan(at, kTextWindow);
    int best = std::numeric_limits<int>::min();
    for (const Way way : {Way::xored, Way::added, Way::added_to_inverted}) {
      const Keys keys = text_keys(window, way);
      for (unsigned key = 0; key < 256; ++key)
        if (has(keys, key))
          best = std::max(best, likelihood(window, static_cast<std::uint8_t>(key), way) + kClearly);
    }
    return best;
  }

  void find_texts() {
    std::array<std::uint8_t, kTextWindow> undone{};
    for (Window& window : windows_) {
      const ByteView there = bytes_.subspan(window.at, kTextWindow);
      for (unsigned key = 1; key < 256; ++key) {
        const auto outer = static_cast<std::uint8_t>(key);
        const Keys keys = keys_below(there, outer);
        if (empty(keys)) continue;
        std::transform(there.begin(), there.end(), undone.begin(),
                       [&](std::uint8_t byte) { return without_key(byte, outer, outer_); });
        weigh(window, undone, outer, keys);
      }
      for (const auto& [outer, inner] : window.pairs)
        ++signs_of(outer, inner, {window.at, window.at + kTextWindow}).texts;
    }
  }

  /// The inner keys that make text of all of a window once the outer one is undone.
  [[nodiscard]] Keys keys_below(ByteView window, std::uint8_t outer) const {
    const std::array<Keys, 256>& text = text_keys_of(inner_);
    Keys keys = text[without_key(window[0], outer, outer_)];
    for (std::size_t i = 1; i < window.size() && !empty(keys); ++i)
      keep(keys, text[without_key(window[i], outer, outer_)]);
    return keys;
  }

  void weigh(Window& window, ByteView undone, std::uint8_t outer, const Keys& keys) {
    for (unsigned key = 1; key < 256 && weighed_ < kMostWeighed; ++key) {
      const auto inner = static_cast<std::uint8_t>(key);
      if (!has(keys, key) || is_single(outer, inner, outer_)) continue;
      ++weighed_;
      const int score = likelihood(undone, inner, inner_);
      if (score < window.best) continue;
      if (score > window.best) window.pairs.clear();
      window.best = score;
      if (window.pairs.size() < kMostEqual) window.pairs.emplace_back(outer, inner);
    }
  }

  Signs& signs_of(std::uint8_t outer, std::uint8_t inner, Interval where) {
    auto there = std::find_if(signs_.begin(), signs_.end(), [&](const Signs& each) {
      return each.pair.outer == outer && each.pair.inner == inner;
    });
    if (there == signs_.end()) there = signs_.insert(there, {.pair = {outer, inner, where}});
    Interval& part = there->pair.part;
    part = {std::min(part.begin, where.begin), std::max(part.end, where.end)};
    return *there;
  }

  ByteView bytes_;
  Way outer_;
  Way inner_;
  std::vector<Window> windows_;
  std::size_t weighed_ = 0;
  std::vector<Signs> signs_;
};

}  // namespace

std::vector<KeyPair> likely_pairs(ByteView bytes, Way outer, std::size_t limit) {
  return Pairs(bytes, outer).likely(limit);
}

}  // namespace candor::recognise
