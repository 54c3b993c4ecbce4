// SPDX-License-Identifier: Apache-2.0
#include "recognise/disguised_index.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstring>

#include "base/hash.h"

namespace candor::recognise {

namespace {

/// Of the layer, looked through by one probe after the other while it is in the cache.
constexpr std::size_t kBlock = 16U << 10;
constexpr std::size_t kWide = 8;         ///< Bytes of a window of the texts and of the exact strings.
constexpr std::size_t kDifferences = 6;  ///< Differences in a window of the others.
constexpr std::uint64_t kDifferencesMask = (std::uint64_t{1} << (8 * kDifferences)) - 1;
constexpr std::uint64_t kLowerCase = 0x2020202020202020U;

/// As many positions as a string of the shortest kind has windows.
constexpr std::size_t kTextStride = kShortestKnown - kWide + 1;
constexpr std::size_t kSumStride = kShortestKnown - 1 - kDifferences + 1;
constexpr std::size_t xor_stride(std::size_t shortest, std::size_t period) {
  return shortest - period - kDifferences + 1;
}

/// Multiples of all periods up to 11, found by a canary alone; and of all up to 32, which takes its
/// surroundings.
constexpr std::size_t kShortPeriods[] = {6, 7, 8, 9, 10, 11};
constexpr std::size_t kLongPeriods[] = {17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32};

constexpr std::size_t kShortestStride = xor_stride(kShortestKnown, 11);

/// What a match must weigh, in bits. Differences of letters are unevenly spread: two strings of letters and
/// digits agree in one by chance once in 2^4.5 times, and where both strings repeat themselves nearly always.
/// 10 GB compared with 10,000 windows make 2^47 comparisons.
constexpr double kDifferenceWeight = 4.5;
constexpr double kRepetitionWeight = 1;
constexpr double kEnough = 60;
constexpr std::size_t kLandmarkSum = 40;  ///< Bytes of a landmark that must agree.

/// How a string was changed; kept in the high bits of an entry's offset.
constexpr std::uint32_t kVariantShift = 16;
constexpr std::uint32_t kOffsetMask = 0xffff;
constexpr std::uint32_t kRotations = 26;
constexpr std::uint32_t kRot47 = 26;
constexpr std::uint32_t kReversed = 27;
constexpr std::uint32_t kNibbles = 28;
constexpr std::uint32_t kInverted = 29;

std::uint64_t load(const std::uint8_t* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

/// Bytewise a - b, without borrows between the bytes (Warren, Hacker's Delight, 2-18).
std::uint64_t minus(std::uint64_t a, std::uint64_t b) {
  constexpr std::uint64_t kHigh = 0x8080808080808080U;
  return ((a | kHigh) - (b & ~kHigh)) ^ ((a ^ ~b) & kHigh);
}

std::uint64_t text_key(const std::uint8_t* at) { return load(at) | kLowerCase; }
std::uint64_t sum_key(const std::uint8_t* at) { return minus(load(at + 1), load(at)) & kDifferencesMask; }
std::uint64_t xor_key(const std::uint8_t* at, std::size_t period) {
  return (load(at) ^ load(at + period)) & kDifferencesMask;
}

/// Differences that are all alike stand in any table or picture.
bool telling(std::uint64_t differences) {
  return differences != (differences >> 8 | (differences & 0xff) << (8 * (kDifferences - 1)));
}

std::uint8_t rotated(std::uint8_t letter, std::uint32_t by) {
  if (letter >= 'a' && letter <= 'z') return static_cast<std::uint8_t>('a' + (letter - 'a' + by) % 26);
  if (letter >= 'A' && letter <= 'Z') return static_cast<std::uint8_t>('A' + (letter - 'A' + by) % 26);
  return letter;
}

std::uint8_t nibbles_swapped(std::uint8_t byte) { return static_cast<std::uint8_t>(byte << 4 | byte >> 4); }

Bytes changed(ByteView bytes, std::uint32_t variant) {
  Bytes result(bytes.begin(), bytes.end());
  if (variant == kReversed) std::reverse(result.begin(), result.end());
  for (std::uint8_t& byte : result) {
    if (variant < kRotations) byte = rotated(byte, variant);
    if (variant == kRot47 && byte > 0x20 && byte < 0x7f)
      byte = static_cast<std::uint8_t>(0x21 + (byte - 0x21 + 47) % 94);
    if (variant == kNibbles) byte = nibbles_swapped(byte);
    if (variant == kInverted) byte = static_cast<std::uint8_t>(~byte);
  }
  return result;
}

std::string step_of(std::uint32_t variant) {
  if (variant == kReversed) return "reversed";
  if (variant == kNibbles) return "nibbles";
  if (variant == kRot47) return "rot47";
  return fmt::format("rot:{}", variant);
}

/// Enough bytes after the end for the windows there to be read whole.
Bytes padded(Bytes bytes) {
  bytes.resize(bytes.size() + 2 * kWide);
  return bytes;
}

bool same_folded(std::uint8_t a, std::uint8_t b) {
  return a == b || ((a | 0x20) == (b | 0x20) && std::isalpha(a) != 0 && std::isalpha(b) != 0);
}

/// Shortest period of a key whose length is one of its periods.
std::size_t shortest_period(const Bytes& key) {
  for (std::size_t period = 1; period < key.size(); ++period) {
    if (key.size() % period != 0) continue;
    if (std::equal(key.begin() + static_cast<std::ptrdiff_t>(period), key.end(), key.begin())) return period;
  }
  return key.size();
}

}  // namespace

DisguisedIndex::DisguisedIndex(std::vector<Known> known) : known_(std::move(known)) {
  std::erase_if(known_, [](const Known& each) {
    return each.bytes.size() < (each.landmark ? kShortestLandmark : kShortestKnown);
  });
  for (const std::size_t period : kShortPeriods)
    xors_.push_back({.period = period, .stride = xor_stride(kShortestKnown, period), .table = {}});
  for (const std::size_t period : kLongPeriods)
    xors_.push_back({.period = period, .stride = xor_stride(kShortestLandmark, period), .table = {}});
  for (std::size_t string = 0; string < known_.size(); ++string) {
    if (!known_[string].landmark) add_texts(string);
    add_exact(string);
    add_sums(string);
    add_xors(string);
  }
  for (WindowTable* table : {&texts_, &exact_, &sums_}) table->freeze();
  for (XorProbe& probe : xors_) probe.table.freeze();
}

void DisguisedIndex::add_texts(std::size_t string) {
  for (std::uint32_t variant = 0; variant <= kReversed; ++variant) {
    if (variant == 0 && known_[string].id == Known::kNone) continue;
    const Bytes bytes = changed(known_[string].bytes, variant);
    for (std::size_t at = 0; at < kTextStride; ++at)
      texts_.add(text_key(bytes.data() + at), string, at | variant << kVariantShift);
  }
}

void DisguisedIndex::add_exact(std::size_t string) {
  for (const std::uint32_t variant : {kReversed, kNibbles}) {
    if (variant == kReversed && !known_[string].landmark) continue;
    const Bytes bytes = changed(known_[string].bytes, variant);
    for (std::size_t at = 0; at < kTextStride; ++at)
      exact_.add(load(bytes.data() + at), string, at | variant << kVariantShift);
  }
}

void DisguisedIndex::add_sums(std::size_t string) {
  for (const std::uint32_t variant : {0U, kInverted}) {
    const Bytes bytes = padded(variant == 0 ? known_[string].bytes : changed(known_[string].bytes, variant));
    for (std::size_t at = 0; at < kSumStride; ++at)
      if (telling(sum_key(bytes.data() + at)))
        sums_.add(sum_key(bytes.data() + at), string, at | variant << kVariantShift);
  }
}

void DisguisedIndex::add_xors(std::size_t string) {
  const Bytes bytes = padded(known_[string].bytes);
  for (XorProbe& probe : xors_) {
    const bool is_long = probe.period > kShortPeriods[std::size(kShortPeriods) - 1];
    if (is_long != known_[string].landmark) continue;
    for (std::size_t at = 0; at < probe.stride; ++at) {
      const std::uint64_t key = xor_key(bytes.data() + at, probe.period);
      if (telling(key)) probe.table.add(key, string, at);
    }
  }
}

/// One look through one layer.
class DisguisedIndex::Scan {
 public:
  Scan(const DisguisedIndex& index, ByteView layer,
       const std::function<void(std::size_t id, std::size_t begin)>& on_plain,
       const std::function<void(Change)>& on_change)
      : index_(index), layer_(layer), on_plain_(on_plain), on_change_(on_change) {}

  void run() {
    std::size_t text = 0;
    std::size_t exact = 0;
    std::size_t sum = 0;
    std::vector<std::size_t> xors(index_.xors_.size(), 0);
    for (std::size_t end = 0; end < layer_.size();) {
      end = std::min(layer_.size(), end + kBlock);
      probe(
          index_.texts_, [](const std::uint8_t* at) { return text_key(at); }, 0, kTextStride, end, text,
          [this](std::size_t at, std::uint64_t key) { verify_text(at, key); });
      if (!on_change_) continue;
      probe(
          index_.exact_, [](const std::uint8_t* at) { return load(at); }, 0, kTextStride, end, exact,
          [this](std::size_t at, std::uint64_t key) { verify_exact(at, key); });
      probe(
          index_.sums_, [](const std::uint8_t* at) { return sum_key(at); }, 1, kSumStride, end, sum,
          [this](std::size_t at, std::uint64_t key) { verify_sum(at, key); });
      for (std::size_t i = 0; i < xors.size(); ++i) {
        const XorProbe& each = index_.xors_[i];
        const std::size_t period = each.period;
        probe(
            each.table, [period](const std::uint8_t* at) { return xor_key(at, period); }, period, each.stride,
            end, xors[i], [&](std::size_t at, std::uint64_t key) { verify_xor(each, at, key); });
      }
    }
  }

 private:
  /// Looks at each `stride`-th position from `next` on that begins before `end`. A key takes 8 bytes and
  /// `reach`.
  template <typename Key, typename Verify>
  void probe(const WindowTable& table, const Key& key_at, std::size_t reach, std::size_t stride,
             std::size_t end, std::size_t& next, const Verify& verify) {
    if (table.empty()) return;
    const std::size_t stop = std::min(end, layer_.size() - std::min(layer_.size(), kWide + reach - 1));
    const std::size_t found = filter(table, key_at, stride, stop, next);
    for (std::size_t i = 0; i < found; ++i) {
      const std::uint64_t key = key_at(layer_.data() + maybe_[i]);
      if (table.may_hold_still(key)) verify(maybe_[i], key);
    }
    if (end == layer_.size()) probe_tail(table, key_at, stride, next, verify);
  }

  /// Notes the positions of which the table's first bitmap says yes. Without a branch on that: it would be
  /// guessed wrong too often.
  template <typename Key>
  std::size_t filter(const WindowTable& table, const Key& key_at, std::size_t stride, std::size_t stop,
                     std::size_t& next) {
    const std::uint8_t* const bytes = layer_.data();
    const std::uint64_t* const bits = table.bits();
    const unsigned shift = table.shift();
    std::size_t* const maybe = maybe_.data();
    std::size_t found = 0;
    std::size_t at = next;
    for (; at < stop; at += stride) {
      const std::uint64_t bit = WindowTable::mixed(key_at(bytes + at)) >> shift;
      maybe[found] = at;
      found += bits[bit >> 6] >> (bit & 63) & 1;
    }
    next = at;
    return found;
  }

  /// The positions whose windows reach beyond the end.
  template <typename Key, typename Verify>
  void probe_tail(const WindowTable& table, const Key& key_at, std::size_t stride, std::size_t next,
                  const Verify& verify) {
    std::array<std::uint8_t, 128> copy{};
    for (; next < layer_.size(); next += stride) {
      copy.fill(0);
      std::copy(layer_.begin() + static_cast<std::ptrdiff_t>(next), layer_.end(), copy.begin());
      const std::uint64_t key = key_at(copy.data());
      if (table.may_hold(key)) verify(next, key);
    }
  }

  void verify_text(std::size_t at, std::uint64_t key) {
    for (const WindowTable::Entry& entry : index_.texts_.find(key)) {
      const Known& known = index_.known_[entry.string];
      const std::uint32_t variant = entry.offset >> kVariantShift;
      const std::size_t offset = entry.offset & kOffsetMask;
      if (!stands(known, variant, at, offset)) continue;
      if (variant == 0)
        on_plain_(known.id, at - offset);
      else if (on_change_)
        on_change_({.step = step_of(variant), .begin = at - offset, .end = at - offset + known.bytes.size()});
    }
  }

  void verify_exact(std::size_t at, std::uint64_t key) {
    for (const WindowTable::Entry& entry : index_.exact_.find(key)) {
      const Known& known = index_.known_[entry.string];
      const std::uint32_t variant = entry.offset >> kVariantShift;
      const std::size_t offset = entry.offset & kOffsetMask;
      if (stands(known, variant, at, offset))
        on_change_({.step = step_of(variant), .begin = at - offset, .end = at - offset + known.bytes.size()});
    }
  }

  /// Whether the string, so changed, stands around `at`, which is at `offset` of it.
  [[nodiscard]] bool stands(const Known& known, std::uint32_t variant, std::size_t at,
                            std::size_t offset) const {
    if (at < offset || known.bytes.size() > layer_.size() - (at - offset)) return false;
    const Bytes bytes = changed(known.bytes, variant);
    const std::uint8_t* const there = layer_.data() + at - offset;
    if (known.any_case && variant != kNibbles && variant != kRot47)
      return std::equal(bytes.begin(), bytes.end(), there, same_folded);
    return std::memcmp(bytes.data(), there, bytes.size()) == 0;
  }

  void verify_sum(std::size_t at, std::uint64_t key) {
    for (const WindowTable::Entry& entry : index_.sums_.find(key)) {
      const Known& known = index_.known_[entry.string];
      const std::uint8_t inverted = entry.offset >> kVariantShift == kInverted ? 0xff : 0;
      const std::size_t offset = entry.offset & kOffsetMask;
      const auto added = [&](std::size_t in_known, std::size_t in_layer) {
        return static_cast<std::uint8_t>(layer_[in_layer] - (known.bytes[in_known] ^ inverted));
      };
      const std::uint8_t delta = added(offset, at);
      if (delta == 0) continue;  // As it stands, or XOR alone.
      const Match match = extended(
          known.bytes.size(), offset, at, 0,
          [&](std::size_t in_known, std::size_t in_layer) { return added(in_known, in_layer) == delta; });
      if (match.end - match.begin < (known.landmark ? kLandmarkSum : known.bytes.size())) continue;
      const std::size_t begin = at - offset + match.begin;
      // ~b + delta is (delta - 1) - b.
      const std::string step =
          inverted == 0 ? fmt::format("add:{:02x}", delta) : fmt::format("from:{:02x}", delta - 1);
      on_change_({.step = step, .begin = begin, .end = begin + match.end - match.begin});
    }
  }

  void verify_xor(const XorProbe& probe, std::size_t at, std::uint64_t key) {
    for (const WindowTable::Entry& entry : probe.table.find(key)) {
      const Known& known = index_.known_[entry.string];
      const Bytes& bytes = known.bytes;
      const std::size_t period = probe.period;
      const auto agrees = [&](std::size_t in_known, std::size_t in_layer) {
        return (layer_[in_layer] ^ layer_[in_layer + period]) == (bytes[in_known] ^ bytes[in_known + period]);
      };
      const Match match = extended(bytes.size() - period, entry.offset, at, period, agrees);
      if (weight(bytes, match, period) < kEnough) continue;
      const std::size_t begin = at - entry.offset + match.begin;
      found_key(bytes, match, begin, period);
    }
  }

  struct Match {
    std::size_t begin = 0;  ///< In the known string.
    std::size_t end = 0;
  };

  /// How far a string of `size` places agrees with the layer around `at`, which is at `offset` of it, when
  /// each place needs `reach` further bytes of the layer.
  template <typename Agrees>
  [[nodiscard]] Match extended(std::size_t size, std::size_t offset, std::size_t at, std::size_t reach,
                               const Agrees& agrees) const {
    Match match{.begin = offset, .end = offset};
    // A window at the end of the layer was filled up with zeros: its own place may have nothing in reach.
    while (match.begin > 0 && at >= offset - match.begin + 1 &&
           at - (offset - match.begin + 1) + reach < layer_.size() &&
           agrees(match.begin - 1, at - (offset - match.begin + 1)))
      --match.begin;
    while (match.end < size && at + (match.end - offset) + reach < layer_.size() &&
           agrees(match.end, at + (match.end - offset)))
      ++match.end;
    return match;
  }

  static double weight(const Bytes& bytes, Match match, std::size_t period) {
    double bits = 0;
    for (std::size_t i = match.begin; i < match.end; ++i)
      bits += bytes[i] == bytes[i + period] ? kRepetitionWeight : kDifferenceWeight;
    return bits;
  }

  void found_key(const Bytes& bytes, Match match, std::size_t begin, std::size_t period) {
    Bytes key(period);
    for (std::size_t i = 0; i < period; ++i)
      key[(begin + i) % period] = layer_[begin + i] ^ bytes[match.begin + i];
    key.resize(shortest_period(key));
    // A key that leaves most bytes as they are is none: two sentences that differ in a number look so.
    if (static_cast<std::size_t>(std::count(key.begin(), key.end(), 0)) * 2 > key.size()) return;
    on_change_({.step = "xor:" + to_hex(key),
                .begin = begin,
                .end = begin + match.end - match.begin + period,
                .period = key.size()});
  }

  const DisguisedIndex& index_;
  ByteView layer_;
  const std::function<void(std::size_t id, std::size_t begin)>& on_plain_;
  const std::function<void(Change)>& on_change_;
  std::array<std::size_t, kBlock / kShortestStride + 2> maybe_;
};

void DisguisedIndex::scan(ByteView layer,
                          const std::function<void(std::size_t id, std::size_t begin)>& on_plain,
                          const std::function<void(Change)>& on_change) const {
  Scan(*this, layer, on_plain, on_change).run();
}

}  // namespace candor::recognise
