// SPDX-License-Identifier: Apache-2.0
//
// Finds digests of planted documents in a layer: as they are or in hexadecimal of either case, at any offset,
// whole or cut to their first or last eight bytes or more. Immutable after construction; many threads may
// scan at once. scan() is linear in the layer and never throws for what it holds.
//
// False alarms, in 10 GB (2^33.2 places) of foreign bytes that are nothing to do with the documents:
// - Digests. Each has two keys of 64 bits: 50 documents of 400 digests have 2^15.3 keys, so 2^(33.2+15.3-64)
// =
//   2^-15.5 are expected in all; with ten million digests 2^(33.2+24.3-64) = 2^-6.5. That supposes keys as
//   foreign bytes have them no oftener than random ones: eight bytes with fewer than five different values
//   are no key. (One in 2^21 random keys is lost to that.)
// - CRC-32. 1000 things give 2^10 values of 32 bits. One that stands alone would be found 2^(33.2+10-32) =
// 2400
//   times. They count only next to the thing's size, of at least kSmallestSummed bytes:
//   - In a gzip trailer (CRC, then size), if the size is no multiple of 256. Of the 32-bit numbers in
//   executables
//     and tables, a given such one makes up less than 10^-5: 2400 * 10^-5 = 0.024 are expected.
//   - In a zip header, found by its signature. 10 GB of zip members of 1 KB each have 2 * 10^7 headers:
//     2 * 10^7 * 1000 * 2^-32 = 4.7 share a CRC, of which 10^-4 share the size as well.
//   - As delimited hexadecimal or decimal number, within kContext bytes of the delimited size in decimal or
//   of the
//     document's name. If all foreign bytes are numbers of eight digits: 10^10 / 9 * 1000 * 2^-32 = 260 share
//     a CRC; the 44 numbers around each, were they four-digit ones, would be the size in 0.5% of the cases,
//     five-digit ones in 0.05%. But text like that is a small part of what a guest sends: 0.1% of it gives
//     0.001 to 0.0001.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "recognise/decoder.h"
#include "recognise/digests.h"
#include "recognise/key_set.h"

namespace candor::recognise {

/// A digest that stands in a layer. The views are into the index.
struct DigestHit {
  std::string_view document;   ///< Document::id.
  std::string_view algorithm;  ///< "sha256", "crc32" …
  std::string_view subject;    ///< "file", "4 KiB at 8192" …
  std::size_t offset = 0;      ///< In the layer, of what stands there.
  std::size_t length = 0;
  /// "raw", "hex", "first bytes", "last bytes", "first bytes in hex", "last bytes in hex"; of CRCs "gzip
  /// trailer", "zip header", "hex" and "decimal".
  const char* form = "";
  /// "sha256 of file".
  [[nodiscard]] std::string what() const;
};

class DigestIndex {
 public:
  static constexpr std::size_t kShortest = KeySet::kKeySize;  ///< Bytes of a digest that are recognised.
  static constexpr std::size_t kContext = 200;  ///< Bytes around a CRC in text that must name its thing.
  static constexpr std::uint64_t kSmallestSummed = 1000;  ///< Bytes of a thing whose CRC counts.

  explicit DigestIndex(DigestSet digests);

  /// Calls `on_hit` for every place. A digest of which both ends but not the middle stand there is reported
  /// twice.
  void scan(const LayerMap& layer, const std::function<void(const DigestHit&)>& on_hit) const;

  /// Whether the same stands in `layer` where `hit` says: reads only those bytes and their surroundings.
  [[nodiscard]] bool stands_at(ByteView layer, const DigestHit& hit) const;

 private:
  using OnHit = std::function<void(const DigestHit&)>;
  enum class KeyKind : std::uint32_t { first, last, trailer, hex_text, decimal_text };
  /// What a key found stands for.
  struct Meaning {
    KeyKind kind;
    std::size_t index;  ///< In digests or in checksums.
  };
  void add_keys(std::vector<KeySet::Entry>& keys);
  [[nodiscard]] static Meaning meaning_of(std::uint32_t id);

  void report_end(ByteView bytes, std::size_t at, Meaning meaning, bool hex, const OnHit& on_hit) const;
  void report_trailer(ByteView layer, std::size_t at, std::size_t index, const OnHit& on_hit) const;
  void report_number(ByteView layer, std::size_t at, Meaning meaning, const OnHit& on_hit) const;
  void scan_hex(const LayerMap& layer, const OnHit& on_hit) const;
  void scan_hex_run(ByteView digits, std::size_t offset, const OnHit& on_hit) const;
  void scan_zip_headers(ByteView layer, const OnHit& on_hit) const;
  [[nodiscard]] bool has_context(ByteView layer, std::size_t at, std::size_t length,
                                 const Checksum& sum) const;
  [[nodiscard]] DigestHit hit_of(const Digest& digest) const;
  [[nodiscard]] DigestHit hit_of(const Checksum& sum) const;

  DigestSet set_;  ///< Checksums ascend by CRC.
  KeySet keys_;
};

}  // namespace candor::recognise
