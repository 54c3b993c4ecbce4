// SPDX-License-Identifier: Apache-2.0
//
// Base85 in three alphabets: Ascii85 (PostScript Language Reference, section 3.13.3; with btoa's 'y' for four
// blanks), Z85 (ZeroMQ RFC 32), and that of RFC 1924 as Python and git use it. Wrapped or not. A long run may
// begin with letters that do not belong to it and is read at all five alignments. Much program text is made
// of the same letters, so a run must look like evenly spread letters, and a short one be delimited.
#include <algorithm>
#include <array>
#include <string_view>

#include "recognise/byte_class.h"
#include "recognise/decoder.h"
#include "recognise/letter_runs.h"
#include "recognise/randomness.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kShortest = 10;        // Letters: 8 bytes.
constexpr std::size_t kLong = 30;            // Letters that need not be delimited: 24 bytes.
constexpr std::size_t kWindow = 64;          // Letters that are looked at together.
constexpr std::size_t kStraying = 20;        // Letters behind the end that may be somebody else's.
constexpr std::size_t kStrayingBefore = 64;  // The same before its begin.
constexpr std::size_t kMostBehind = 4;
constexpr std::size_t kLongestCut = 2048;    // Runs up to so long are read without them, too.
constexpr std::size_t kCountsAsBinary = 64;  // Letters.
constexpr std::size_t kSample = 256;
constexpr double kWordsEntropy = 5.7;
constexpr std::uint8_t kAlignments = 5;
constexpr int kPlace = 85 * 85 * 85 * 85;  // What the first of five letters counts.

struct Alphabet {
  const char* name;
  const char* about;
  std::string_view letters;    ///< In order of their values.
  std::string_view shorthand;  ///< A letter each for four equal bytes …
  std::string_view repeated;   ///< … which are these.
};

constexpr Alphabet kAscii85 = {
    "ascii85", "Ascii85, as in PostScript and PDF",
    "!\"#$%&'()*+,-./0123456789:;<=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`abcdefghijklmnopqrstu", "zy",
    std::string_view("\0 ", 2)};
constexpr Alphabet kZ85 = {
    "z85", "base85 as in ZeroMQ's Z85",
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#", "", ""};
constexpr Alphabet kBase85 = {
    "base85", "base85 of RFC 1924, as in git and Python",
    "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~", "", ""};

template <const Alphabet& alphabet>
constexpr std::array<std::int8_t, 256> kValues = [] {
  std::array<std::int8_t, 256> values{};
  for (std::int8_t& value : values) value = -1;
  for (std::size_t i = 0; i < alphabet.letters.size(); ++i)
    values[static_cast<std::size_t>(alphabet.letters[i])] = static_cast<std::int8_t>(i);
  return values;
}();

template <const Alphabet& alphabet>
constexpr ByteClass kLetters = [] {
  ByteClass letters(alphabet.letters);
  for (const char c : alphabet.shorthand) letters.range(c, c);
  return letters;
}();

/// Whether letters spread as those of base85 do, be it of text or of random bytes: all kinds of them, with
/// more different marks than base64 has, one in two of another kind than the one before, and few pairs that
/// are common in words.
bool evenly_spread(const LayerMap& map, Interval part) {
  const Texture letters = map.texture(part);
  const std::size_t n = letters.letters;
  const bool mostly_marks = letters.marks * 5 >= n * 2 && letters.natural * 6 <= n;
  const ByteView run = map.bytes.subspan(part.begin, part.size());
  return letters.marks * 16 >= n && letters.changes * 20 >= n * 9 &&
         (mostly_marks || (letters.capitals * 20 >= n && letters.natural * 11 <= n * 4)) &&
         kinds_of_letters(run, kSample) * 5 >= std::min(n, std::size_t{64}) &&
         kinds_of_marks(run, kSample) >= 3;
}

bool has_spread_window(const LayerMap& map, Interval run) {
  for (std::size_t at = run.begin; at < run.end; at += kWindow / 2) {
    const std::size_t begin = run.size() < kWindow ? run.begin : std::min(at, run.end - kWindow);
    const std::size_t end = begin + std::min(kWindow, run.size());
    if (evenly_spread(map, {begin, end})) return true;
    if (end == run.end) break;
  }
  return false;
}

bool is_text_byte(std::uint32_t byte) {
  return (byte >= 0x20 && byte < 0x7f) || byte == 0 || byte == '\t' || byte == '\r' || byte == '\n';
}

/// Whether five letters stand for four characters of ASCII text, in UTF-8 or UTF-16.
template <const Alphabet& alphabet>
bool stands_for_text(ByteView five) {
  std::uint32_t value = 0;
  for (const std::uint8_t c : five) {
    if (kValues<alphabet>[c] < 0) return false;
    value = value * 85 + static_cast<std::uint32_t>(kValues<alphabet>[c]);
  }
  return is_text_byte(value >> 24) && is_text_byte(value >> 16 & 0xff) && is_text_byte(value >> 8 & 0xff) &&
         is_text_byte(value & 0xff);
}

/// Whether the first of four groups' letters can stand for a first character of ASCII: a cheap look before
/// the whole groups are read.
template <const Alphabet& alphabet>
bool may_stand_for_text(const std::uint8_t* letters) {
  for (std::size_t group = 0; group < 4; ++group) {
    const std::int8_t value = kValues<alphabet>[letters[5 * group]];
    if (value != 0 && (value < 0x20000000 / kPlace || value > 0x7effffff / kPlace)) return false;
  }
  return true;
}

/// Text makes letters that are not evenly spread, but it is itself a sign that cannot be missed: 16
/// characters of it are looked for, at each letter at the begin of the run and now and then after that.
template <const Alphabet& alphabet>
bool holds_text(ByteView run) {
  constexpr std::size_t kLetters = 20;
  constexpr std::size_t kStep = 64;
  const auto next = [](std::size_t at) {
    return at > 2 * kStep && at % kStep >= kAlignments ? (at / kStep + 1) * kStep : at;
  };
  for (std::size_t at = 0; at + kLetters <= run.size(); at = next(at + 1)) {
    if (!may_stand_for_text<alphabet>(run.data() + at)) continue;
    std::size_t end = at;
    while (end < at + kLetters && end + 5 <= run.size() && stands_for_text<alphabet>(run.subspan(end, 5)))
      end += 5;
    if (end == at + kLetters) return true;
  }
  return false;
}

/// Few letters must be whole groups.
bool plausible_if_short(const LayerMap& map, Interval run) {
  if (run.size() % 5 != 0 || map.begins_like_a_word(run)) return false;
  const Texture letters = map.texture(run);
  return letters.changes * 10 >= 3 * letters.letters && letters.natural * 3 <= letters.letters &&
         letters.marks > 0 && letters.capitals > 0 &&
         kinds_of_letters(map.bytes.subspan(run.begin, run.size()), kLong) * 3 >= letters.letters * 2;
}

/// "<~" before and "~>" after the letters of Ascii85; empty if there are none.
Interval with_marks(ByteView layer, Interval run) {
  if (run.begin < 2 || layer[run.begin - 2] != '<' || layer[run.begin - 1] != '~') return {};
  std::size_t end = run.end;
  while (end < layer.size() && layer[end] <= ' ') ++end;
  if (end + 2 > layer.size() || layer[end] != '~' || layer[end + 1] != '>') return {};
  return {run.begin - 2, end + 2};
}

bool suspicious(const LayerMap& map, Interval run) {
  const Interval sample = {run.begin, std::min(run.end, run.begin + kSample)};
  return sample.size() >= kCountsAsBinary && evenly_spread(map, sample) &&
         entropy(map.bytes.subspan(sample.begin, sample.size())) > kWordsEntropy;
}

/// A last group that is not full stands for the bytes its letters begin, as if the highest letters followed.
/// Lower ones that stray behind it make the last byte one less, so that what must be right to the last byte
/// is not understood.
void add_without_straying(ByteView layer, const Region& region, std::vector<Region>& regions) {
  if (region.length > kLongestCut || region.offset + region.length == layer.size()) return;
  for (std::size_t cut = 1; cut <= kStraying; ++cut) {
    Region shorter = region;
    shorter.length -= cut;
    shorter.if_unexplained = true;
    regions.push_back(shorter);
  }
}

/// Letters that stray before the begin only move the groups, unless one of them stands for a group of its
/// own: then no reading from the first letters on is right, and one from behind it is.
void add_behind_shorthand(ByteView layer, const Region& region, std::string_view shorthand,
                          std::vector<Region>& regions) {
  const std::string_view first =
      as_text(layer.subspan(region.offset, std::min(region.length, kStrayingBefore)));
  std::size_t added = 0;
  for (std::size_t at = first.find_first_of(shorthand); at != first.npos && added < kMostBehind;
       at = first.find_first_of(shorthand, at + 1), ++added) {
    Region shorter = region;
    shorter.offset += at + 1;
    shorter.length -= at + 1;
    shorter.if_unexplained = true;
    regions.push_back(shorter);
  }
}

template <const Alphabet& alphabet>
bool runs(const LayerMap& map, std::size_t limit, std::vector<Region>& regions) {
  const std::size_t most = regions.size() + limit;
  const LetterRuns wanted = {
      .letters = kLetters<alphabet>, .shortest = kShortest, .line = kLong, .capitals = 1};
  for_each_letter_run(map, wanted, [&](std::size_t begin, std::size_t end) {
    const Interval run = {begin, end};
    const Interval marked = with_marks(map.bytes, run);
    if (marked.size() > 0)
      regions.push_back(
          {.offset = marked.begin, .length = marked.size(), .suspicious = suspicious(map, run)});
    else if (run.size() < kLong ? plausible_if_short(map, run)
                                : has_spread_window(map, run) ||
                                      holds_text<alphabet>(map.bytes.subspan(begin, run.size()))) {
      regions.push_back({.offset = begin,
                         .length = run.size(),
                         .suspicious = suspicious(map, run),
                         .readings = kAlignments});
      const Region whole = regions.back();
      if (run.size() >= kLong + kStrayingBefore)
        add_behind_shorthand(map.bytes, whole, alphabet.shorthand, regions);
      if (run.size() >= kLong) add_without_straying(map.bytes, whole, regions);
    }
    return regions.size() < most;
  });
  return regions.size() < most;
}

/// Five letters that become four bytes.
class Group {
 public:
  [[nodiscard]] bool empty() const { return count_ == 0; }
  /// Whether the group is full now.
  bool add(std::int8_t value) {
    value_ = value_ * 85 + static_cast<std::uint32_t>(value);
    return ++count_ == 5;
  }
  /// Appends the group's bytes, at most as many as have room, and begins the next one.
  void flush(std::size_t room, Bytes& bytes) {
    if (count_ < 2) return;
    const std::size_t size = std::min(room, static_cast<std::size_t>(count_ - 1));
    while (count_ < 5) add(84);
    for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::uint8_t>(value_ >> (24 - 8 * i)));
    *this = {};
  }

 private:
  std::uint32_t value_ = 0;  ///< Modulo 2^32: more stands for nothing, and comes of wrong alignments.
  int count_ = 0;
};

template <const Alphabet& alphabet>
Decoded decode(ByteView region, std::size_t max_output) {
  Decoded result;
  result.bytes.reserve(std::min(max_output, region.size() / 5 * 4 + 4));
  Group group;
  if (as_text(region).substr(0, 2) == "<~") result.consumed = 2;
  for (; result.consumed < region.size(); ++result.consumed) {
    const std::uint8_t c = region[result.consumed];
    if (c == '~' && kValues<alphabet>['~'] < 0) {
      result.consumed = region.size();
      break;
    }
    const std::int8_t value = kValues<alphabet>[c];
    const std::size_t shorthand =
        value < 0 ? alphabet.shorthand.find(static_cast<char>(c)) : alphabet.shorthand.npos;
    const bool makes_bytes = value >= 0 || shorthand != alphabet.shorthand.npos;
    if (!makes_bytes) continue;  // A line break or its indentation.
    if (result.bytes.size() + 4 > max_output) break;
    if (value < 0) {
      group = {};
      result.bytes.insert(result.bytes.end(), 4, static_cast<std::uint8_t>(alphabet.repeated[shorthand]));
    } else if (group.add(value)) {
      group.flush(4, result.bytes);
    }
  }
  result.complete = result.consumed == region.size();
  if (!result.complete) result.reason = "output budget";
  group.flush(max_output - result.bytes.size(), result.bytes);
  return result;
}

template <const Alphabet& alphabet>
Decoder decoder() {
  return {.name = alphabet.name,
          .about = alphabet.about,
          .nature = Nature::encoding,
          .runs = runs<alphabet>,
          .decode = decode<alphabet>};
}

}  // namespace

Decoder ascii85_decoder() { return decoder<kAscii85>(); }
Decoder z85_decoder() { return decoder<kZ85>(); }
Decoder base85_decoder() { return decoder<kBase85>(); }

}  // namespace candor::recognise
