// SPDX-License-Identifier: Apache-2.0
#include "recognise/key_votes.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "recognise/byte_class.h"
#include "recognise/inflate.h"
#include "recognise/text_models.h"

namespace candor::recognise {

namespace {

using namespace std::string_view_literals;

/// A container's or message's first bytes. Where `any` has an 'x', it may be any byte.
struct Mark {
  std::string_view bytes;
  std::string_view any = {};
};

/// Enough bytes each to be told from chance once a key is chosen to fit the first.
constexpr Mark kMarks[] = {{"\x1f\x8b\x08\x00"sv},
                           {"\x1f\x8b\x08\x08"sv},
                           {"PK\x03\x04"sv},
                           {"PK\x01\x02"sv},
                           {"BZh91AY&SY"sv, "   x"sv},
                           {"\xfd"
                            "7zXZ\0"sv},
                           {"\x28\xb5\x2f\xfd"sv},
                           {"\x04\x22\x4d\x18"sv},
                           {"\x02\x21\x4c\x18"sv},
                           {"7z\xbc\xaf\x27\x1c"sv},
                           {"MSCF\0\0\0\0"sv},
                           {"Rar!\x1a\x07"sv},
                           {"LZIP\x01"sv},
                           {"\x89PNG\r\n\x1a\n"sv},
                           {"%PDF-1."sv},
                           {"\xd0\xcf\x11\xe0"sv},
                           {"ustar"sv},
                           {"=ybegin "sv},
                           {" HTTP/1."sv},
                           {"HTTP/1."sv},
                           // LZMA: properties, the dictionary's size, the size of what it holds.
                           {"\x5d\0\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff"sv, "   xx"sv},
                           {"\x5d\0\0\0\0\0\0\0\0\0\0\0\0"sv, "   xxxxxxx"sv}};
constexpr std::size_t kMarkVotes = 1'000'000;  ///< For each byte of a mark.
constexpr std::size_t kWideVotes = 1'000;
constexpr std::size_t kPaddingVotes = 1;

constexpr std::size_t kWindow = 48;      ///< Bytes that must all be text under one key.
constexpr std::size_t kFewestKinds = 8;  ///< Of bytes in it.
constexpr int kClearly = 12 * kBit;      ///< So much likelier than as it stands.
constexpr int kAsLikely = 3 * kBit;      ///< Keys that differ by no more are equally likely.
constexpr std::size_t kTextVotes = 4;
constexpr std::size_t kPadding = 24;  ///< Equal bytes in a row.
constexpr std::size_t kZlibHeader =
    16;  ///< As much as tells whether it can begin so, and the two bytes before it.
constexpr std::size_t kZlibSample = 512;
constexpr std::size_t kZlibMakes = 64;

/// What a key was put on may begin before what speaks for it, and end after.
constexpr std::size_t kBeforeSigns = 2U << 10;
constexpr std::size_t kBehindSigns = 6U << 10;

constexpr ByteClass kText = ByteClass("\t\r\n").range(0x20, 0x7e);

constexpr std::size_t kWays = 4;

std::uint8_t swapped(std::uint8_t byte) { return static_cast<std::uint8_t>(byte << 4 | byte >> 4); }
std::uint8_t inverted(std::uint8_t byte) { return static_cast<std::uint8_t>(~byte); }

/// The key under which `plain` became `byte`.
std::uint8_t key_for(std::uint8_t byte, std::uint8_t plain, Way way) {
  switch (way) {
    case Way::xored:
      return byte ^ plain;
    case Way::added:
      return static_cast<std::uint8_t>(byte - plain);
    case Way::added_to_swapped:
      return static_cast<std::uint8_t>(byte - swapped(plain));
    case Way::added_to_inverted:
      return static_cast<std::uint8_t>(byte - inverted(plain));
  }
  return 0;
}

/// Whether key 0 leaves bytes as they stand.
bool is_plain_at_zero(Way way) { return way == Way::xored || way == Way::added; }

struct Vote {
  std::size_t votes = 0;
  Interval where;  ///< From the first place that speaks for the key to the last.
};

/// By key.
class Votes {
 public:
  void add(std::uint8_t key, std::size_t votes, Interval where) {
    Vote& vote = votes_[key];
    vote.where = vote.votes == 0
                     ? where
                     : Interval{std::min(vote.where.begin, where.begin), std::max(vote.where.end, where.end)};
    vote.votes += votes;
  }
  [[nodiscard]] const Vote& operator[](std::uint8_t key) const { return votes_[key]; }

 private:
  std::array<Vote, 256> votes_;
};

/// A set of keys.
using Keys = std::array<std::uint64_t, 4>;

bool has(const Keys& keys, unsigned key) { return (keys[key >> 6] >> (key & 63) & 1) != 0; }
bool empty(const Keys& keys) { return (keys[0] | keys[1] | keys[2] | keys[3]) == 0; }
void keep(Keys& keys, const Keys& only) {
  for (std::size_t i = 0; i < keys.size(); ++i) keys[i] &= only[i];
}

/// By byte: the keys under which it was text. Zeros stand between strings as they are, in programs.
std::array<Keys, 256> text_keys(Way way) {
  std::array<Keys, 256> all{};
  for (unsigned byte = 0; byte < 256; ++byte)
    for (unsigned key = 0; key < 256; ++key)
      if (kText.has(without_key(static_cast<std::uint8_t>(byte), static_cast<std::uint8_t>(key), way)))
        all[byte][key >> 6] |= std::uint64_t{1} << (key & 63);
  if (is_plain_at_zero(way)) all[0][0] |= 1;
  return all;
}

const std::array<Keys, 256>& text_keys_of(Way way) {
  static const std::array<std::array<Keys, 256>, kWays> all = {text_keys(Way::xored), text_keys(Way::added),
                                                               text_keys(Way::added_to_swapped),
                                                               text_keys(Way::added_to_inverted)};
  return all[static_cast<std::size_t>(way)];
}

bool stands(const Mark& mark, ByteView bytes, std::uint8_t key, Way way) {
  if (mark.bytes.size() > bytes.size()) return false;
  for (std::size_t i = 0; i < mark.bytes.size(); ++i) {
    if (i < mark.any.size() && mark.any[i] == 'x') continue;
    if (without_key(bytes[i], key, way) != static_cast<std::uint8_t>(mark.bytes[i])) return false;
  }
  return true;
}

/// What the first two bytes of a mark leave the same under any key.
std::uint8_t difference(std::uint8_t first, std::uint8_t second, Way way) {
  return static_cast<std::uint8_t>(way == Way::xored ? first ^ second : second - first);
}
std::uint8_t difference(const Mark& mark, Way way) {
  const auto first = static_cast<std::uint8_t>(mark.bytes[0]);
  const auto second = static_cast<std::uint8_t>(mark.bytes[1]);
  if (way == Way::added_to_swapped) return difference(swapped(first), swapped(second), way);
  if (way == Way::added_to_inverted) return difference(inverted(first), inverted(second), way);
  return difference(first, second, way);
}

using MarksByDifference = std::array<std::vector<const Mark*>, 256>;

MarksByDifference marks_by_difference(Way way) {
  MarksByDifference all;
  for (const Mark& mark : kMarks) all[difference(mark, way)].push_back(&mark);
  return all;
}

const MarksByDifference& marks_by_difference_of(Way way) {
  static const std::array<MarksByDifference, kWays> all = {
      marks_by_difference(Way::xored), marks_by_difference(Way::added),
      marks_by_difference(Way::added_to_swapped), marks_by_difference(Way::added_to_inverted)};
  return all[static_cast<std::size_t>(way)];
}

void vote_for_marks(ByteView bytes, Way way, Votes& votes) {
  const MarksByDifference& marks = marks_by_difference_of(way);
  for (std::size_t at = 0; at + 4 <= bytes.size(); ++at)
    for (const Mark* mark : marks[difference(bytes[at], bytes[at + 1], way)]) {
      const std::uint8_t key = key_for(bytes[at], static_cast<std::uint8_t>(mark->bytes[0]), way);
      if (stands(*mark, bytes.subspan(at), key, way))
        votes.add(key, mark->bytes.size() * kMarkVotes, {at, bytes.size()});
    }
}

/// Zlib's two bytes fit everywhere; what follows must inflate.
bool begins_zlib(ByteView bytes, std::uint8_t key, Way way) {
  std::array<std::uint8_t, kZlibSample> sample{};
  const auto take = [&](std::size_t size) {
    const ByteView from = bytes.first(std::min(size, bytes.size()));
    std::transform(from.begin(), from.end(), sample.begin(),
                   [&](std::uint8_t byte) { return without_key(byte, key, way); });
    return ByteView(sample).first(from.size());
  };
  if (!plausible_deflate(take(kZlibHeader).subspan(2))) return false;
  const Inflated inflated = inflate(take(kZlibSample), Wrapper::zlib, 4 * kZlibSample);
  return inflated.end == InflateEnd::complete || inflated.bytes.size() >= kZlibMakes;
}

void vote_for_zlib(ByteView bytes, Way way, Votes& votes) {
  std::array<bool, 256> possible{};
  for (const Mark& mark : {Mark{"\x78\x01"sv}, Mark{"\x78\x5e"sv}, Mark{"\x78\x9c"sv}, Mark{"\x78\xda"sv}})
    possible[difference(mark, way)] = true;
  for (std::size_t at = 0; at + 2 < bytes.size(); ++at) {
    if (!possible[difference(bytes[at], bytes[at + 1], way)]) continue;
    const std::uint8_t key = key_for(bytes[at], 0x78, way);
    if (key != 0 && votes[key].votes == 0 && begins_zlib(bytes.subspan(at), key, way))
      votes.add(key, kMarkVotes, {at, bytes.size()});
  }
}

int likelihood(ByteView window, std::uint8_t key, Way way) {
  const std::array<TextWeights, 256>& of = text_weights();
  TextWeights sums{};
  for (const std::uint8_t byte : window) add_weights(sums, of[without_key(byte, key, way)]);
  return *std::max_element(sums.begin(), sums.end());
}

bool varied(ByteView window) {
  std::array<bool, 256> seen{};
  std::size_t kinds = 0;
  for (const std::uint8_t byte : window) {
    kinds += seen[byte] ? 0U : 1U;
    seen[byte] = true;
  }
  return kinds >= kFewestKinds;
}

/// Many keys make text of a window; those that make the likeliest text of it have its vote. What is text as
/// it stands has none.
void vote_for_likeliest(ByteView bytes, Interval place, const Keys& keys, Way way, Votes& votes) {
  const ByteView window = bytes.subspan(place.begin, place.size());
  std::array<int, 256> scores{};
  int best = std::numeric_limits<int>::min();
  for (unsigned key = 0; key < 256; ++key) {
    if (!has(keys, key)) continue;
    scores[key] = likelihood(window, static_cast<std::uint8_t>(key), way);
    if (key == 0 && is_plain_at_zero(way)) scores[key] += kClearly;
    best = std::max(best, scores[key]);
  }
  if (has(keys, 0) && scores[0] == best && is_plain_at_zero(way)) return;
  for (unsigned key = 1; key < 256; ++key)
    if (has(keys, key) && scores[key] + kAsLikely >= best)
      votes.add(static_cast<std::uint8_t>(key), kTextVotes, place);
}

void vote_for_text(ByteView bytes, Way way, Votes& votes) {
  const std::array<Keys, 256>& text = text_keys_of(way);
  for (std::size_t at = 0; at + kWindow <= bytes.size(); at += kWindow / 2) {
    const ByteView window = bytes.subspan(at, kWindow);
    Keys keys = text[window[0]];
    for (std::size_t i = 1; i < kWindow && !empty(keys); ++i) keep(keys, text[window[i]]);
    if (!empty(keys) && varied(window)) vote_for_likeliest(bytes, {at, at + kWindow}, keys, way, votes);
  }
}

/// Every other byte of wide characters is zero, and the rest is text or zero.
bool is_wide(ByteView window, std::size_t zeros, std::uint8_t key, Way way) {
  for (std::size_t i = 0; i < window.size(); ++i) {
    const std::uint8_t plain = without_key(window[i], key, way);
    if (i % 2 == zeros ? plain != 0 : plain != 0 && !kText.has(plain)) return false;
  }
  return true;
}

void vote_for_wide(ByteView bytes, Way way, Votes& votes) {
  for (std::size_t at = 0; at + kWindow <= bytes.size(); at += kWindow / 2)
    for (const std::size_t zeros : {0U, 1U}) {
      const ByteView window = bytes.subspan(at, kWindow);
      if (window[zeros] != window[zeros + 2] || window[zeros] != window[kWindow / 2 + zeros]) continue;
      const std::uint8_t key = key_for(window[zeros], 0, way);
      if (is_wide(window, zeros, key, way)) votes.add(key, kWideVotes, {at, at + kWindow});
    }
}

/// Equal bytes in a row that are no text may be zeros.
void vote_for_padding(ByteView bytes, Way way, Votes& votes) {
  std::size_t row = 1;
  for (std::size_t at = 1; at < bytes.size(); ++at) {
    row = bytes[at] == bytes[at - 1] ? row + 1 : 1;
    if (row == kPadding && !kText.has(bytes[at]))
      votes.add(key_for(bytes[at], 0, way), kPaddingVotes, {at - std::min(at, kPadding), at});
  }
}

}  // namespace

std::uint8_t without_key(std::uint8_t byte, std::uint8_t key, Way way) {
  switch (way) {
    case Way::xored:
      return byte ^ key;
    case Way::added:
      return static_cast<std::uint8_t>(byte - key);
    case Way::added_to_swapped:
      return swapped(static_cast<std::uint8_t>(byte - key));
    case Way::added_to_inverted:
      return inverted(static_cast<std::uint8_t>(byte - key));
  }
  return byte;
}

bool has_mark(ByteView bytes) {
  for (std::size_t at = 0; at + 4 <= bytes.size(); ++at) {
    const ByteView there = bytes.subspan(at);
    for (const Mark* mark : marks_by_difference_of(Way::xored)[bytes[at] ^ bytes[at + 1]])
      if (stands(*mark, there, 0, Way::xored)) return true;
    if (bytes[at] == 0x78 && (there[0] << 8 | there[1]) % 31 == 0 && begins_zlib(there, 0, Way::xored))
      return true;
  }
  return false;
}

bool has_wide(ByteView bytes) {
  Votes votes;
  vote_for_wide(bytes, Way::xored, votes);
  return votes[0].votes > 0;
}

std::vector<LikelyKey> likely_keys(ByteView bytes, Way way, std::size_t limit) {
  Votes votes;
  vote_for_marks(bytes, way, votes);
  vote_for_text(bytes, way, votes);
  vote_for_wide(bytes, way, votes);
  vote_for_padding(bytes, way, votes);
  vote_for_zlib(bytes, way, votes);
  std::vector<std::uint8_t> keys;
  for (unsigned key = 1; key < 256; ++key)
    if (votes[static_cast<std::uint8_t>(key)].votes > 0) keys.push_back(static_cast<std::uint8_t>(key));
  std::stable_sort(keys.begin(), keys.end(),
                   [&](std::uint8_t a, std::uint8_t b) { return votes[a].votes > votes[b].votes; });
  keys.resize(std::min(keys.size(), limit));
  std::vector<LikelyKey> likely;
  for (const std::uint8_t key : keys) {
    const Interval where = votes[key].where;
    likely.push_back({key,
                      {where.begin - std::min(where.begin, kBeforeSigns),
                       where.end + std::min(bytes.size() - where.end, kBehindSigns)}});
  }
  return likely;
}

}  // namespace candor::recognise
