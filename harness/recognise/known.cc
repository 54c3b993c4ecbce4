// SPDX-License-Identifier: Apache-2.0
#include "recognise/known.h"

#include <algorithm>
#include <functional>

#include "base/hash.h"

namespace candor::recognise {

namespace {

/// With more canaries than this, changes of encoded canaries are not looked for: the tables would outgrow the
/// caches.
constexpr std::size_t kFewCanaries = 500;
/// Places of a document that stand for all of it when it was changed as a whole.
constexpr std::size_t kPlaces = 3;

Bytes utf16(const Bytes& ascii) {
  Bytes units;
  for (const std::uint8_t byte : ascii) {
    units.push_back(byte);
    units.push_back(0);
  }
  return units;
}

Bytes upper_case(Bytes text) {
  for (std::uint8_t& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<std::uint8_t>(c & ~0x20);
  return text;
}

/// The letters of base64 that depend on nothing but `bytes`, when `before` unknown bytes stand before them.
Bytes base64_of(const Bytes& bytes, std::size_t before) {
  Bytes shifted(before, 0);
  shifted.insert(shifted.end(), bytes.begin(), bytes.end());
  const std::string text = to_base64(shifted);
  const std::size_t first = before == 0 ? 0 : before + 1;
  const std::size_t whole = shifted.size() * 8 / 6;
  return to_bytes(text.substr(first, whole - first));
}

void add_encoded(const Bytes& canary, std::vector<Known>& known) {
  const auto add = [&](Bytes bytes) { known.push_back({.bytes = std::move(bytes)}); };
  add(utf16(canary));
  add(to_bytes(to_hex(canary)));
  add(upper_case(to_bytes(to_hex(canary))));
  for (const std::size_t before : {0U, 1U, 2U}) add(base64_of(canary, before));
}

void add_landmark(ByteView bytes, std::size_t middle, std::vector<Known>& known) {
  if (bytes.size() < kShortestLandmark) return;
  const std::size_t begin =
      std::min(middle - std::min(middle, kShortestLandmark / 2), bytes.size() - kShortestLandmark);
  const ByteView piece = bytes.subspan(begin, kShortestLandmark);
  known.push_back({.bytes = {piece.begin(), piece.end()}, .landmark = true});
}

void add_surroundings(ByteView bytes, const Bytes& canary, std::vector<Known>& known) {
  const auto found = std::search(bytes.begin(), bytes.end(), canary.begin(), canary.end());
  if (found != bytes.end())
    add_landmark(bytes, static_cast<std::size_t>(found - bytes.begin()) + canary.size() / 2, known);
}

}  // namespace

std::vector<Known> make_known(const std::vector<Pattern>& patterns,
                              const std::vector<PlantedContent>& files) {
  std::vector<Known> known;
  std::size_t canaries = 0;
  for (const Pattern& pattern : patterns) canaries += pattern.canary ? 1 : 0;
  for (std::size_t id = 0; id < patterns.size(); ++id) {
    const Pattern& pattern = patterns[id];
    if (!pattern.canary || pattern.literal.size() < kShortestKnown) continue;
    known.push_back({.bytes = pattern.literal, .any_case = true, .id = id});
    if (canaries <= kFewCanaries) add_encoded(pattern.literal, known);
    for (const PlantedContent& file : files) {
      if (file.document != pattern.document) continue;
      add_surroundings(file.content, pattern.literal, known);
      add_surroundings(file.text, pattern.literal, known);
    }
  }
  for (const PlantedContent& file : files)
    for (std::size_t i = 0; i < kPlaces; ++i)
      add_landmark(file.content, file.content.size() * i / kPlaces, known);
  // A text file's surroundings are those of its text.
  const auto order = [](const Known& a, const Known& b) {
    return a.landmark != b.landmark ? a.landmark < b.landmark : a.landmark && a.bytes < b.bytes;
  };
  std::stable_sort(known.begin(), known.end(), order);
  known.erase(std::unique(known.begin(), known.end(),
                          [](const Known& a, const Known& b) {
                            return a.landmark && b.landmark && a.bytes == b.bytes;
                          }),
              known.end());
  return known;
}

namespace {

constexpr std::size_t kCanaryReach = 1024;     ///< Bytes on either side of a canary.
constexpr std::size_t kPassageReach = 256;     ///< Likewise of the core of another piece.
constexpr std::size_t kPassageStep = 48;       ///< From core to core in a document.
constexpr std::size_t kPassageCore = 32;       ///< Bytes: any 80 of a document hold a whole core.
constexpr std::size_t kMostPassages = 20'000;  ///< Of all documents; more stand farther apart.

Passage passage_around(ByteView bytes, std::size_t begin, std::size_t end, std::size_t reach) {
  const std::size_t first = begin - std::min(begin, reach);
  const std::size_t last = std::min(bytes.size(), end + reach);
  const ByteView piece = bytes.subspan(first, last - first);
  return {.bytes = {piece.begin(), piece.end()}, .core_begin = begin - first, .core_end = end - first};
}

void add_canary(const Bytes& canary, const std::vector<PlantedContent>& files, const std::string& document,
                std::vector<Passage>& passages) {
  passages.push_back({.bytes = canary, .core_begin = 0, .core_end = canary.size()});
  const Bytes wide = utf16(canary);
  passages.push_back({.bytes = wide, .core_begin = 0, .core_end = wide.size()});
  for (const PlantedContent& file : files)
    for (const ByteView bytes : {file.content, file.text}) {
      if (file.document != document) continue;
      const auto found = std::search(bytes.begin(), bytes.end(), canary.begin(), canary.end());
      if (found == bytes.end()) continue;
      const auto begin = static_cast<std::size_t>(found - bytes.begin());
      passages.push_back(passage_around(bytes, begin, begin + canary.size(), kCanaryReach));
    }
}

}  // namespace

std::vector<Passage> make_passages(const std::vector<Pattern>& patterns,
                                   const std::vector<PlantedContent>& files) {
  std::vector<Passage> passages;
  for (const Pattern& pattern : patterns)
    if (pattern.canary && pattern.literal.size() >= kShortestKnown)
      add_canary(pattern.literal, files, pattern.document, passages);
  std::size_t all = 0;
  for (const PlantedContent& file : files) all += file.content.size() + file.text.size();
  const std::size_t step = std::max(kPassageStep, all / kMostPassages);
  for (const PlantedContent& file : files)
    for (const ByteView bytes : {file.content, file.text})
      for (std::size_t at = 0; at + kPassageCore <= bytes.size(); at += step)
        passages.push_back(passage_around(bytes, at, at + kPassageCore, kPassageReach));
  return passages;
}

}  // namespace candor::recognise
