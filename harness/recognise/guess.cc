// SPDX-License-Identifier: Apache-2.0
#include "recognise/guess.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>

#include "recognise/byte_class.h"
#include "recognise/escape.h"
#include "recognise/inflate.h"

namespace candor::recognise {

namespace {

using namespace std::string_view_literals;

/// How containers begin, where that is enough bytes to be told from chance once a key is chosen to fit the
/// first: bzip2 at each of its levels, LZMA with the dictionaries of xz's presets.
constexpr std::string_view kMagics[] = {"\x1f\x8b\x08\x00"sv,
                                        "\x1f\x8b\x08\x08"sv,
                                        "PK\x03\x04"sv,
                                        "BZh11AY&SY"sv,
                                        "BZh21AY&SY"sv,
                                        "BZh31AY&SY"sv,
                                        "BZh41AY&SY"sv,
                                        "BZh51AY&SY"sv,
                                        "BZh61AY&SY"sv,
                                        "BZh71AY&SY"sv,
                                        "BZh81AY&SY"sv,
                                        "BZh91AY&SY"sv,
                                        "LZIP\x01"sv,
                                        "\x02\x21\x4c\x18"sv,
                                        "\xfd"
                                        "7zXZ\0"sv,
                                        "\x28\xb5\x2f\xfd"sv,
                                        "\x04\x22\x4d\x18"sv,
                                        "7z\xbc\xaf\x27\x1c"sv,
                                        "MSCF\0\0\0\0"sv,
                                        "Rar!\x1a\x07"sv,
                                        "\x89PNG\r\n\x1a\n"sv,
                                        "%PDF-1."sv,
                                        "\xd0\xcf\x11\xe0"sv,
                                        "\x5d\x00\x00\x04\x00"sv,
                                        "\x5d\x00\x00\x10\x00"sv,
                                        "\x5d\x00\x00\x20\x00"sv,
                                        "\x5d\x00\x00\x40\x00"sv,
                                        "\x5d\x00\x00\x80\x00"sv,
                                        "\x5d\x00\x00\x00\x01"sv,
                                        "\x5d\x00\x00\x00\x02"sv,
                                        "\x5d\x00\x00\x00\x04"sv};
constexpr std::size_t kMostKeys = 12;
constexpr std::size_t kWindow = 48;      ///< Bytes that must all be text under one key.
constexpr std::size_t kFewestKinds = 8;  ///< Of bytes in it.
constexpr std::size_t kZlibSample = 512;
constexpr std::size_t kZlibMakes = 64;
constexpr std::size_t kShortestLetters = 20;
constexpr std::size_t kMagicVotes = 10'000;
constexpr std::size_t kEscapeVotes = 12;  ///< As many letters an escape is worth.

constexpr ByteClass kText = ByteClass("\t\r\n").range(0x20, 0x7e);
/// What encodings are made of.
constexpr ByteClass kCoded = ByteClass("+/=\r\n-_").range('0', '9').range('A', 'Z').range('a', 'z');
constexpr ByteClass kHexadecimal = ByteClass(" :,-\r\n").range('0', '9').range('A', 'F').range('a', 'f');
constexpr ByteClass kSolid = ByteClass("").range(0x21, 0x7e);
constexpr ByteClass kLetters = ByteClass("").range('A', 'Z').range('a', 'z').range('0', '9');

enum class Way { xored, added };

std::uint8_t undone(std::uint8_t byte, std::uint8_t key, Way way) {
  return static_cast<std::uint8_t>(way == Way::xored ? byte ^ key : byte - key);
}
/// The key that makes `plain` into `byte`.
std::uint8_t key_for(std::uint8_t byte, std::uint8_t plain, Way way) {
  return static_cast<std::uint8_t>(way == Way::xored ? byte ^ plain : byte - plain);
}

/// Votes for keys.
using Votes = std::array<std::size_t, 256>;

void vote_for_magics(ByteView bytes, Way way, Votes& votes) {
  for (std::size_t at = 0; at + 4 <= bytes.size(); ++at)
    for (const std::string_view magic : kMagics) {
      if (at + magic.size() > bytes.size()) continue;
      const std::uint8_t key = key_for(bytes[at], static_cast<std::uint8_t>(magic[0]), way);
      std::size_t same = 1;
      while (same < magic.size() &&
             undone(bytes[at + same], key, way) == static_cast<std::uint8_t>(magic[same]))
        ++same;
      if (same == magic.size()) votes[key] += magic.size() * kMagicVotes;
    }
}

/// Zlib's two bytes fit everywhere; what follows must inflate.
void vote_for_zlib(ByteView bytes, Way way, Votes& votes) {
  for (std::size_t at = 0; at + 2 < bytes.size(); ++at)
    for (const int second : {0x01, 0x5e, 0x9c, 0xda}) {
      const std::uint8_t key = key_for(bytes[at], 0x78, way);
      if (key == 0 || votes[key] > 0 || undone(bytes[at + 1], key, way) != second) continue;
      Bytes sample;
      for (const std::uint8_t byte : bytes.subspan(at, std::min(kZlibSample, bytes.size() - at)))
        sample.push_back(undone(byte, key, way));
      if (!plausible_deflate(ByteView(sample).subspan(2))) continue;
      const Inflated inflated = inflate(sample, Wrapper::zlib, 4 * kZlibSample);
      if (inflated.end == InflateEnd::complete || inflated.bytes.size() >= kZlibMakes)
        votes[key] += kMagicVotes;
    }
}

std::size_t count_of(ByteView window, std::uint8_t key, Way way, const ByteClass& members) {
  return static_cast<std::size_t>(std::count_if(
      window.begin(), window.end(), [&](std::uint8_t byte) { return members.has(undone(byte, key, way)); }));
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

/// Escapes in a window: "%41", "=41", "&#", "\\u".
std::size_t escapes_of(ByteView window, std::uint8_t key, Way way) {
  std::size_t count = 0;
  for (std::size_t i = 0; i + 2 < window.size(); ++i) {
    const std::uint8_t lead = undone(window[i], key, way);
    const std::uint8_t next = undone(window[i + 1], key, way);
    if (lead == '%' || lead == '=')
      count += hex_value(next) >= 0 && hex_value(undone(window[i + 2], key, way)) >= 0 ? 1 : 0;
    else
      count += (lead == '&' && next == '#') || (lead == '\\' && next == 'u') ? 1 : 0;
  }
  return count;
}

/// A window of text under a key is the same window under the key; which key it is, letters tell.
void vote_for_text(ByteView bytes, Way way, Votes& votes) {
  for (std::size_t at = 0; at + kWindow <= bytes.size(); at += kWindow / 2) {
    const ByteView window = bytes.subspan(at, kWindow);
    if (!varied(window)) continue;
    for (unsigned key = 1; key < 256; ++key) {
      const auto each = static_cast<std::uint8_t>(key);
      if (!kText.has(undone(window[0], each, way)) || !kText.has(undone(window[kWindow / 2], each, way)))
        continue;
      if (count_of(window, each, way, kText) < kWindow) continue;
      votes[each] += count_of(window, each, way, kLetters) + kEscapeVotes * escapes_of(window, each, way);
      if (count_of(window, each, way, kCoded) == kWindow) votes[each] += kWindow;
      if (count_of(window, each, way, kHexadecimal) == kWindow) votes[each] += 2 * kWindow;
    }
  }
}

void add_keys(ByteView bytes, Way way, std::vector<std::string>& steps) {
  Votes votes{};
  vote_for_magics(bytes, way, votes);
  vote_for_text(bytes, way, votes);
  vote_for_zlib(bytes, way, votes);
  votes[0] = 0;
  std::multimap<std::size_t, unsigned, std::greater<>> best;
  for (unsigned key = 1; key < 256; ++key)
    if (votes[key] > 0) best.emplace(votes[key], key);
  std::size_t count = 0;
  for (const auto& [vote, key] : best) {
    if (++count > kMostKeys) break;
    steps.push_back(fmt::format("{}:{:02x}", way == Way::xored ? "xor" : "add", key));
  }
}

bool has_text(ByteView bytes) {
  bool found = false;
  for_each_run(bytes, kSolid, kShortestLetters, [&](std::size_t, std::size_t) {
    found = true;
    return false;
  });
  return found;
}

}  // namespace

std::vector<std::string> guess_changes(ByteView stretch) {
  std::vector<std::string> steps = {"reversed", "nibbles"};
  add_keys(stretch, Way::xored, steps);
  add_keys(stretch, Way::added, steps);
  if (has_text(stretch))
    for (int by = 1; by < 26; ++by) steps.push_back(fmt::format("rot:{}", by));
  return steps;
}

}  // namespace candor::recognise
