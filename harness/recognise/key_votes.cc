// SPDX-License-Identifier: Apache-2.0
#include "recognise/key_votes.h"

#include <algorithm>
#include <limits>
#include <string_view>

#include "recognise/inflate.h"
#include "recognise/key_marks.h"
#include "recognise/text_keys.h"

namespace candor::recognise {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t kMarkVotes = 1'000'000;  ///< For each byte of a mark.
constexpr std::size_t kWideVotes = 1'000;
constexpr std::size_t kPaddingVotes = 1;
/// Inverted bits are as usual as all other keys together, so that they need not be the likeliest.
constexpr std::uint8_t kInverted = 0xff;
constexpr std::size_t kInvertedVotes = 1;

constexpr int kClearly = 12 * kBit;  ///< So much likelier than as it stands.
constexpr std::size_t kTextVotes = 4;
constexpr std::size_t kPadding = 24;  ///< Equal bytes in a row.
constexpr std::size_t kZlibHeader =
    16;  ///< As much as tells whether it can begin so, and the two bytes before it.
constexpr std::size_t kZlibSample = 512;
constexpr std::size_t kZlibMakes = 64;

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

void vote_for_marks(ByteView bytes, Way way, Votes& votes) {
  for_each_mark(bytes, way, [&](const Mark& mark, std::size_t at, std::uint8_t key) {
    votes.add(key, mark.bytes.size() * kMarkVotes, {at, bytes.size()});
  });
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
  for (std::size_t at = 0; at + kTextWindow <= bytes.size(); at += kTextWindow / 2) {
    const ByteView window = bytes.subspan(at, kTextWindow);
    const Keys keys = text_keys(window, way);
    if (empty(keys) || !varied(window)) continue;
    vote_for_likeliest(bytes, {at, at + kTextWindow}, keys, way, votes);
    if (way == Way::xored && has(keys, kInverted))
      votes.add(kInverted, kInvertedVotes, {at, at + kTextWindow});
  }
}

/// Every other byte of wide characters is zero, and the rest is text or zero.
bool is_wide(ByteView window, std::size_t zeros, std::uint8_t key, Way way) {
  for (std::size_t i = 0; i < window.size(); ++i) {
    const std::uint8_t plain = without_key(window[i], key, way);
    if (i % 2 == zeros ? plain != 0 : plain != 0 && !kAsciiText.has(plain)) return false;
  }
  return true;
}

void vote_for_wide(ByteView bytes, Way way, Votes& votes) {
  for (std::size_t at = 0; at + kTextWindow <= bytes.size(); at += kTextWindow / 2)
    for (const std::size_t zeros : {0U, 1U}) {
      const ByteView window = bytes.subspan(at, kTextWindow);
      if (window[zeros] != window[zeros + 2] || window[zeros] != window[kTextWindow / 2 + zeros]) continue;
      const std::uint8_t key = key_for(window[zeros], 0, way);
      if (is_wide(window, zeros, key, way)) votes.add(key, kWideVotes, {at, at + kTextWindow});
    }
}

/// Equal bytes in a row that are no text may be zeros.
void vote_for_padding(ByteView bytes, Way way, Votes& votes) {
  std::size_t row = 1;
  for (std::size_t at = 1; at < bytes.size(); ++at) {
    row = bytes[at] == bytes[at - 1] ? row + 1 : 1;
    if (row == kPadding && !kAsciiText.has(bytes[at]))
      votes.add(key_for(bytes[at], 0, way), kPaddingVotes, {at - std::min(at, kPadding), at});
  }
}

}  // namespace

bool has_mark(ByteView bytes) {
  for (std::size_t at = 0; at + 4 <= bytes.size(); ++at) {
    const ByteView there = bytes.subspan(at);
    for (const Mark* mark : marks_by_difference(Way::xored)[bytes[at] ^ bytes[at + 1]])
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
  const bool left_out = std::find(keys.begin(), keys.end(), kInverted) == keys.end();
  if (left_out && votes[kInverted].votes > 0) keys.push_back(kInverted);
  std::vector<LikelyKey> likely;
  for (const std::uint8_t key : keys) likely.push_back({key, around_signs(votes[key].where, bytes.size())});
  return likely;
}

}  // namespace candor::recognise
