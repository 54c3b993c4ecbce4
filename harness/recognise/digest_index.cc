// SPDX-License-Identifier: Apache-2.0
#include "recognise/digest_index.h"

#include <fmt/format.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <bitset>
#include <cstring>

#include "base/error.h"
#include "recognise/byte_class.h"
#include "recognise/endian.h"

namespace candor::recognise {

namespace {

constexpr unsigned kKindBits = 3;
constexpr std::size_t kMostIndexed = std::size_t{1} << (32U - kKindBits);
constexpr std::size_t kHexPerByte = 2;
constexpr std::size_t kCrcDigits = 8;
/// Of a number written as text: fewer are numbers that people write.
constexpr std::size_t kFewestDistinctDigits = 4;
constexpr ByteClass kHexDigits = ByteClass("").range('0', '9').range('a', 'f').range('A', 'F');
constexpr ByteClass kAlphanumeric = ByteClass("").range('0', '9').range('a', 'z').range('A', 'Z');

std::size_t distinct(ByteView bytes) {
  std::bitset<256> seen;
  for (const std::uint8_t byte : bytes) seen.set(byte);
  return seen.count();
}

Bytes trailer_of(const Checksum& sum) {
  const std::uint64_t both = sum.size << 32U | sum.crc;
  Bytes bytes;
  for (unsigned i = 0; i < 8; ++i) bytes.push_back(static_cast<std::uint8_t>(both >> (8 * i)));
  return bytes;
}

/// Whether neither neighbour continues the word or number. "0x" before it is not part of it.
bool delimited(ByteView layer, std::size_t at, std::size_t length) {
  if (at + length < layer.size() && kAlphanumeric.has(layer[at + length])) return false;
  if (at == 0 || !kAlphanumeric.has(layer[at - 1])) return true;
  return at >= 2 && (layer[at - 1] | 0x20) == 'x' && layer[at - 2] == '0';
}

std::size_t common_begin(ByteView a, ByteView b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}
std::size_t common_end(ByteView a, ByteView b) {
  return static_cast<std::size_t>(std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend()).first -
                                  a.rbegin());
}

/// Of a hex digit: letters have bit 6, and count from 1 in the low bits.
std::uint64_t nibbles(std::uint64_t digits) {
  constexpr std::uint64_t kEach = 0x0101010101010101U;
  return (digits & 0x0f * kEach) + 9 * (digits >> 6U & kEach);
}

/// Writes what pairs of hex digits stand for, eight digits at a time; the last odd one is left out.
void unhex(ByteView digits, std::uint8_t* bytes) {
  const std::size_t size = digits.size() / kHexPerByte;
  std::size_t i = 0;
  for (; i + 4 <= size; i += 4) {
    const std::uint64_t eight = nibbles(KeySet::key_at(digits.data() + kHexPerByte * i));
    std::uint64_t four = (eight << 4U | eight >> 8U) & 0x00ff00ff00ff00ffU;
    four = (four | four >> 8U) & 0x0000ffff0000ffffU;
    const auto packed = static_cast<std::uint32_t>(four | four >> 16U);
    std::memcpy(bytes + i, &packed, sizeof packed);
  }
  for (; i < size; ++i)
    bytes[i] = static_cast<std::uint8_t>(nibbles(digits[2 * i]) << 4U | nibbles(digits[2 * i + 1]));
}

/// Where the next "PK" stands; the layer's end if there is none.
std::size_t find_zip_mark(ByteView layer, std::size_t from) {
#ifdef __SSE2__
  const __m128i p = _mm_set1_epi8('P');
  const __m128i k = _mm_set1_epi8('K');
  for (; from + 17 <= layer.size(); from += 16) {
    const auto at = [&](std::size_t i) {
      return _mm_loadu_si128(reinterpret_cast<const __m128i*>(layer.data() + i));
    };
    const __m128i both = _mm_and_si128(_mm_cmpeq_epi8(at(from), p), _mm_cmpeq_epi8(at(from + 1), k));
    const auto found = static_cast<unsigned>(_mm_movemask_epi8(both));
    if (found != 0) return from + static_cast<std::size_t>(std::countr_zero(found));
  }
#endif
  return std::min(layer.size(), as_text(layer).find("PK", from));
}

/// Where a zip header that begins with this signature has its CRC (APPNOTE 6.3.10,
/// sections 4.3.7, 4.3.9, 4.3.12); the packed and the original size follow. 0: it is no such header.
std::size_t crc_in_header(ByteView signature) {
  switch (little32(signature, 0)) {
    case 0x04034b50:
      return 14;
    case 0x02014b50:
      return 16;
    case 0x08074b50:
      return 4;
    default:
      return 0;
  }
}

}  // namespace

std::string DigestHit::what() const { return fmt::format("{} of {}", algorithm, subject); }

model::Hit DigestHit::to_model() const {
  return {.kind = model::HitKind::hash,
          .document = std::string(document),
          .what = what(),
          .place = form,
          .offset = offset,
          .length = length};
}

DigestIndex::DigestIndex(DigestSet digests) : set_(std::move(digests)), keys_({}) {
  if (std::max(set_.digests.size(), set_.checksums.size()) >= kMostIndexed)
    throw Error("too many digests to index");
  std::erase_if(set_.checksums, [](const Checksum& sum) { return sum.size < kSmallestSummed; });
  std::sort(set_.checksums.begin(), set_.checksums.end(),
            [](const Checksum& a, const Checksum& b) { return a.crc < b.crc; });
  std::vector<KeySet::Entry> keys;
  add_keys(keys);
  keys_ = KeySet(keys);
}

void DigestIndex::add_keys(std::vector<KeySet::Entry>& keys) {
  const auto add = [&](ByteView key, std::size_t fewest_distinct, KeyKind kind, std::size_t index) {
    if (distinct(key) < fewest_distinct) return;
    const auto id = static_cast<std::uint32_t>(index << kKindBits) | static_cast<std::uint32_t>(kind);
    keys.push_back({.key = KeySet::key_at(key.data()), .id = id});
  };
  keys.reserve(2 * set_.digests.size() + 4 * set_.checksums.size());
  for (std::size_t i = 0; i < set_.digests.size(); ++i) {
    const ByteView value = set_.digests[i].bytes();
    add(value.first(kShortest), kFewestDistinct, KeyKind::first, i);
    add(value.last(kShortest), kFewestDistinct, KeyKind::last, i);
  }
  for (std::size_t i = 0; i < set_.checksums.size(); ++i) {
    const Checksum& sum = set_.checksums[i];
    if (sum.size % 256 != 0) add(trailer_of(sum), kFewestDistinct, KeyKind::trailer, i);
    const std::string lower = fmt::format("{:08x}", sum.crc);
    const std::string upper = fmt::format("{:08X}", sum.crc);
    const std::string decimal = fmt::format("{}", sum.crc);
    add(as_bytes(lower), kFewestDistinctDigits, KeyKind::hex_text, i);
    if (upper != lower) add(as_bytes(upper), kFewestDistinctDigits, KeyKind::hex_text, i);
    // One CRC in 430 is less than eight digits long, and not looked for in decimal.
    if (decimal.size() >= KeySet::kKeySize)
      add(as_bytes(decimal).first(KeySet::kKeySize), kFewestDistinctDigits, KeyKind::decimal_text, i);
  }
}

DigestIndex::Meaning DigestIndex::meaning_of(std::uint32_t id) {
  return {.kind = static_cast<KeyKind>(id & ((1U << kKindBits) - 1)), .index = id >> kKindBits};
}

void DigestIndex::scan(const LayerMap& layer, const OnHit& on_hit) const {
  keys_.scan(layer.bytes, [&](std::size_t at, std::uint32_t id) {
    const Meaning meaning = meaning_of(id);
    switch (meaning.kind) {
      case KeyKind::first:
      case KeyKind::last:
        return report_end(layer.bytes, at, meaning, false, on_hit);
      case KeyKind::trailer:
        return report_trailer(layer.bytes, at, meaning.index, on_hit);
      case KeyKind::hex_text:
      case KeyKind::decimal_text:
        return report_number(layer.bytes, at, meaning, on_hit);
    }
  });
  scan_hex(layer, on_hit);
  scan_zip_headers(layer.bytes, on_hit);
}

/// A key of a digest's first or last bytes stands at `at`: as much of the digest as there is.
void DigestIndex::report_end(ByteView bytes, std::size_t at, Meaning meaning, bool hex,
                             const OnHit& on_hit) const {
  const Digest& digest = set_.digests[meaning.index];
  const bool first = meaning.kind == KeyKind::first;
  const ByteView value = digest.bytes();
  const std::size_t end = at + kShortest;
  const std::size_t length =
      first ? common_begin(bytes.subspan(at), value) : common_end(bytes.first(end), value);
  if (length < kShortest) return;
  const bool whole = length == value.size();
  // The whole digest was reported by its first bytes, unless those are no key.
  if (whole && !first && distinct(value.first(kShortest)) >= kFewestDistinct) return;
  DigestHit hit = hit_of(digest);
  hit.offset = first ? at : end - length;
  hit.length = length;
  if (whole)
    hit.form = hex ? "hex" : "raw";
  else if (first)
    hit.form = hex ? "first bytes in hex" : "first bytes";
  else
    hit.form = hex ? "last bytes in hex" : "last bytes";
  on_hit(hit);
}

void DigestIndex::report_trailer(ByteView layer, std::size_t at, std::size_t index,
                                 const OnHit& on_hit) const {
  const Bytes trailer = trailer_of(set_.checksums[index]);
  if (!std::equal(trailer.begin(), trailer.end(), layer.begin() + static_cast<std::ptrdiff_t>(at))) return;
  DigestHit hit = hit_of(set_.checksums[index]);
  hit.offset = at;
  hit.length = trailer.size();
  hit.form = "gzip trailer";
  on_hit(hit);
}

void DigestIndex::report_number(ByteView layer, std::size_t at, Meaning meaning, const OnHit& on_hit) const {
  const Checksum& sum = set_.checksums[meaning.index];
  const bool hex = meaning.kind == KeyKind::hex_text;
  const std::string lower = fmt::format("{:08x}", sum.crc);
  const std::string upper = fmt::format("{:08X}", sum.crc);
  const std::string decimal = fmt::format("{}", sum.crc);
  const std::size_t length = hex ? kCrcDigits : decimal.size();
  if (length > layer.size() - at) return;
  const std::string_view there = as_text(layer.subspan(at, length));
  if (hex ? there != lower && there != upper : there != decimal) return;
  if (!delimited(layer, at, length) || !has_context(layer, at, length, sum)) return;
  DigestHit hit = hit_of(sum);
  hit.offset = at;
  hit.length = length;
  hit.form = hex ? "hex" : "decimal";
  on_hit(hit);
}

bool DigestIndex::has_context(ByteView layer, std::size_t at, std::size_t length, const Checksum& sum) const {
  const std::size_t begin = at < kContext ? 0 : at - kContext;
  const std::size_t end = std::min(layer.size(), at + length + kContext);
  const std::string_view around = as_text(layer.subspan(begin, end - begin));
  const std::string& name = set_.names[sum.document];
  if (name.size() >= kShortestHashed && around.find(name) != std::string_view::npos) return true;
  const std::string size = fmt::format("{}", sum.size);
  for (std::size_t found = around.find(size); found != std::string_view::npos;
       found = around.find(size, found + 1))
    if (delimited(layer, begin + found, size.size())) return true;
  return false;
}

/// Runs of hex digits are read at both alignments, so that nothing in the middle of a longer one is missed.
void DigestIndex::scan_hex(const LayerMap& layer, const OnHit& on_hit) const {
  for (const Interval& solid : layer.solid) {
    if (solid.end - solid.begin < kHexPerByte * kShortest) continue;
    const ByteView word = layer.bytes.subspan(solid.begin, solid.end - solid.begin);
    for_each_run(word, kHexDigits, kHexPerByte * kShortest, [&](std::size_t begin, std::size_t end) {
      for (std::size_t skipped = 0; skipped < kHexPerByte; ++skipped) {
        const std::size_t from = solid.begin + begin + skipped;
        scan_hex_run(layer.bytes.subspan(from, solid.begin + end - from), from, on_hit);
      }
      return true;
    });
  }
}

/// In pieces that stay in the cache, each decoded with what a digest that reaches out of it may need.
void DigestIndex::scan_hex_run(ByteView digits, std::size_t offset, const OnHit& on_hit) const {
  constexpr std::size_t kPiece = 8192;
  constexpr std::size_t kReach = sizeof(Digest::value);
  const std::size_t size = digits.size() / kHexPerByte;
  std::array<std::uint8_t, kPiece + 2 * kReach> buffer;  // Not initialised: most runs are short.
  for (std::size_t piece = 0; piece < size; piece += kPiece) {
    const std::size_t begin = piece < kReach ? 0 : piece - kReach;
    const std::size_t end = std::min(size, piece + kPiece + kReach);
    unhex(digits.subspan(kHexPerByte * begin, kHexPerByte * (end - begin)), buffer.data());
    const ByteView bytes = ByteView(buffer).first(end - begin);
    keys_.scan(bytes, [&](std::size_t at, std::uint32_t id) {
      const Meaning meaning = meaning_of(id);
      const bool in_piece = begin + at >= piece && begin + at < piece + kPiece;
      if (!in_piece || (meaning.kind != KeyKind::first && meaning.kind != KeyKind::last)) return;
      report_end(bytes, at, meaning, true, [&](DigestHit hit) {
        hit.offset = offset + kHexPerByte * (begin + hit.offset);
        hit.length *= kHexPerByte;
        on_hit(hit);
      });
    });
  }
}

void DigestIndex::scan_zip_headers(ByteView layer, const OnHit& on_hit) const {
  constexpr std::size_t kSums = 12;  // The CRC and both sizes.
  if (set_.checksums.empty()) return;
  for (std::size_t at = find_zip_mark(layer, 0); at + kSums < layer.size();
       at = find_zip_mark(layer, at + 1)) {
    const std::size_t crc_at = crc_in_header(layer.subspan(at));
    if (crc_at == 0 || at + crc_at + kSums > layer.size()) continue;
    const std::uint32_t crc = little32(layer, at + crc_at);
    const std::uint32_t size = little32(layer, at + crc_at + 8);
    const auto [begin, end] =
        std::equal_range(set_.checksums.begin(), set_.checksums.end(), Checksum{.crc = crc},
                         [](const auto& a, const auto& b) { return a.crc < b.crc; });
    for (auto sum = begin; sum != end; ++sum) {
      if (static_cast<std::uint32_t>(sum->size) != size) continue;
      DigestHit hit = hit_of(*sum);
      hit.offset = at + crc_at;
      hit.length = kSums;
      hit.form = "zip header";
      on_hit(hit);
    }
  }
}

DigestHit DigestIndex::hit_of(const Digest& digest) const {
  return {.document = set_.documents[digest.document],
          .algorithm = digest.algorithm_name(),
          .subject = set_.subjects[digest.subject]};
}

DigestHit DigestIndex::hit_of(const Checksum& sum) const {
  return {
      .document = set_.documents[sum.document], .algorithm = "crc32", .subject = set_.subjects[sum.subject]};
}

bool DigestIndex::stands_at(ByteView layer, const model::Hit& hit) const {
  constexpr std::size_t kAround =
      kContext + 64;  // What a number's context, or a digest's other end, may reach.
  if (hit.offset > layer.size() || hit.length > layer.size() - hit.offset) return false;
  const std::size_t begin = hit.offset < kAround ? 0 : hit.offset - kAround;
  const std::size_t end = std::min<std::size_t>(layer.size(), hit.offset + hit.length + kAround);
  bool stands = false;
  scan(map_of(layer.subspan(begin, end - begin)), [&](const DigestHit& found) {
    stands =
        stands || (begin + found.offset == hit.offset && found.length == hit.length &&
                   found.document == hit.document && found.form == hit.place && found.what() == hit.what);
  });
  return stands;
}

}  // namespace candor::recognise
