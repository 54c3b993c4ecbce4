// SPDX-License-Identifier: Apache-2.0
#include "recognise/fuzzy.h"

#include <fmt/format.h>
#include <tlsh.h>

#include <algorithm>
#include <cstring>

#include "recognise/byte_class.h"
#include "recognise/escape.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kTlshDigits = TLSH_STRING_LEN;
constexpr std::string_view kTlshVersion = "T1";  // Before the digits since version 4 of the library.
constexpr std::size_t kMostSizeDigits = 10;
constexpr ByteClass kHexDigits = ByteClass("").range('0', '9').range('a', 'f').range('A', 'F');
constexpr ByteClass kDigits = ByteClass("").range('0', '9');
constexpr ByteClass kAlphanumeric = ByteClass("").range('0', '9').range('a', 'z').range('A', 'Z');

std::unique_ptr<Tlsh> tlsh_of(ByteView bytes) {
  constexpr std::size_t kPiece = 1U << 30;  // The library counts in 32 bits.
  auto hash = std::make_unique<Tlsh>();
  for (std::size_t at = 0; at < bytes.size(); at += kPiece) {
    const ByteView piece = bytes.subspan(at, std::min(kPiece, bytes.size() - at));
    hash->update(piece.data(), static_cast<unsigned>(piece.size()));
  }
  hash->final();
  return hash;
}

/// The byte that tells the file's length, in a digest's digits; the library writes low halves first.
std::uint8_t length_byte(std::string_view digits) {
  const int low = hex_value(static_cast<std::uint8_t>(digits[2]));
  const int high = hex_value(static_cast<std::uint8_t>(digits[3]));
  return static_cast<std::uint8_t>(high << 4 | low);
}

}  // namespace

std::string FuzzyHit::what() const {
  return fmt::format("{} of {}, {} {}", algorithm, subject, algorithm == "tlsh" ? "distance" : "score",
                     score);
}

model::Hit FuzzyHit::to_model() const {
  return {.kind = model::HitKind::fuzzy,
          .document = std::string(document),
          .what = what(),
          .offset = offset,
          .length = length};
}

FuzzyIndex::FuzzyIndex(const std::vector<DocumentParts>& documents) {
  for (const DocumentParts& parts : documents) {
    add({.document = parts.document, .subject = "file"}, parts.content);
    add({.document = parts.document, .subject = "text"}, parts.text);
  }
  drop_shared();
  // Lengths that differ by more than one step are farther than kFarthestTlsh by themselves.
  for (std::size_t i = 0; i < tlsh_.size(); ++i)
    for (const int step : {-1, 0, 1})
      tlsh_by_length_[static_cast<std::uint8_t>(length_byte(tlsh_[i].text) + step)].push_back(i);
}

FuzzyIndex::FuzzyIndex(FuzzyIndex&&) noexcept = default;
FuzzyIndex& FuzzyIndex::operator=(FuzzyIndex&&) noexcept = default;
FuzzyIndex::~FuzzyIndex() = default;

void FuzzyIndex::add(const Source& source, ByteView bytes) {
  std::unique_ptr<Tlsh> tlsh = tlsh_of(bytes);
  const std::string digits = tlsh->getHash();
  if (digits.size() == kTlshDigits)
    tlsh_.push_back({.source = source, .text = digits, .hash = std::move(tlsh)});
  Ctph ctph = without_long_runs(ctph_of(bytes));
  if (ctph.signature.size() >= kFewestLetters) ctph_.push_back({.source = source, .hash = std::move(ctph)});
}

/// Of a file that is its own text, the file stays.
void FuzzyIndex::drop_shared() {
  const auto drop = [](auto& entries, const auto& same) {
    std::vector<bool> dropped(entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i)
      for (std::size_t other = 0; other < entries.size(); ++other) {
        if (i == other || !same(entries[i], entries[other])) continue;
        if (other < i || entries[i].source.document != entries[other].source.document) dropped[i] = true;
      }
    std::size_t i = 0;
    std::erase_if(entries, [&](const auto&) { return dropped[i++]; });
  };
  drop(tlsh_, [](const TlshEntry& a, const TlshEntry& b) { return a.text == b.text; });
  drop(ctph_, [](const CtphEntry& a, const CtphEntry& b) { return a.hash == b.hash; });
}

void FuzzyIndex::scan(const LayerMap& layer, const OnHit& on_hit) const {
  for (const Interval& word : layer.solid) {
    if (word.end - word.begin < kFewestLetters) continue;
    if (!tlsh_.empty()) scan_tlsh(layer.bytes, word, on_hit);
    if (!ctph_.empty()) scan_ctph(layer.bytes, word, on_hit);
  }
}

void FuzzyIndex::scan_tlsh(ByteView layer, Interval word, const OnHit& on_hit) const {
  const ByteView bytes = layer.subspan(word.begin, word.end - word.begin);
  for_each_run(bytes, kHexDigits, kTlshDigits, [&](std::size_t begin, std::size_t end) {
    const std::string_view digits = as_text(bytes.subspan(begin, end - begin));
    // The version's second letter is a hex digit.
    const bool versioned = digits.size() == kTlshDigits + 1 && digits.front() == kTlshVersion.back() &&
                           begin > 0 && (bytes[begin - 1] & ~0x20) == kTlshVersion.front();
    if (versioned)
      compare_tlsh(std::string(digits.substr(1)),
                   {.offset = word.begin + begin - 1, .length = kTlshVersion.size() + kTlshDigits}, on_hit);
    else if (digits.size() == kTlshDigits)
      compare_tlsh(std::string(digits), {.offset = word.begin + begin, .length = kTlshDigits}, on_hit);
    return true;
  });
}

void FuzzyIndex::compare_tlsh(std::string digits, FuzzyHit place, const OnHit& on_hit) const {
  const std::vector<std::size_t>& candidates = tlsh_by_length_[length_byte(digits)];
  if (candidates.empty()) return;
  for (char& c : digits) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  Tlsh found;
  if (found.fromTlshStr(digits.c_str()) != 0) return;
  place.score = kFarthestTlsh + 1;
  for (const std::size_t i : candidates) {
    const int distance = found.totalDiff(tlsh_[i].hash.get());
    if (distance >= place.score) continue;
    place.score = distance;
    place.document = tlsh_[i].source.document;
    place.subject = tlsh_[i].source.subject;
  }
  if (place.score > kFarthestTlsh) return;
  place.algorithm = "tlsh";
  on_hit(place);
}

void FuzzyIndex::scan_ctph(ByteView layer, Interval word, const OnHit& on_hit) const {
  const ByteView bytes = layer.subspan(word.begin, word.end - word.begin);
  const std::string_view text = as_text(bytes);
  for (std::size_t colon = text.find(':'); colon != std::string_view::npos;
       colon = text.find(':', colon + 1)) {
    std::size_t begin = colon;
    while (begin > 0 && colon - begin < kMostSizeDigits && kDigits.has(bytes[begin - 1])) --begin;
    if (begin == colon || (begin > 0 && kAlphanumeric.has(bytes[begin - 1]))) continue;
    const std::optional<CtphInText> found = ctph_at_begin(text.substr(begin));
    if (found)
      compare_ctph(without_long_runs(found->hash), {.offset = word.begin + begin, .length = found->length},
                   on_hit);
  }
}

void FuzzyIndex::compare_ctph(const Ctph& found, FuzzyHit place, const OnHit& on_hit) const {
  if (std::max(found.signature.size(), found.half.size()) < kFewestLetters) return;
  place.score = kLowestScore - 1;
  for (const CtphEntry& entry : ctph_) {
    const int points = recognise::score(found, entry.hash, place.score + 1);
    if (points <= place.score) continue;
    place.score = points;
    place.document = entry.source.document;
    place.subject = entry.source.subject;
  }
  if (place.score < kLowestScore) return;
  place.algorithm = "ssdeep";
  on_hit(place);
}

bool FuzzyIndex::stands_at(ByteView layer, const model::Hit& hit) const {
  constexpr std::size_t kAround = kMostSizeDigits + 1;  // What tells where a digest begins.
  if (hit.offset > layer.size() || hit.length > layer.size() - hit.offset) return false;
  const std::size_t begin = hit.offset < kAround ? 0 : hit.offset - kAround;
  const std::size_t end = std::min<std::size_t>(layer.size(), hit.offset + hit.length + kAround);
  bool stands = false;
  scan(map_of(layer.subspan(begin, end - begin)), [&](const FuzzyHit& found) {
    stands = stands || (begin + found.offset == hit.offset && found.length == hit.length &&
                        found.document == hit.document && found.what() == hit.what);
  });
  return stands;
}

}  // namespace candor::recognise
