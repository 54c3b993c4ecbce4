// SPDX-License-Identifier: Apache-2.0
//
// Finds digests of planted documents in a layer: as they are or in hexadecimal of either case, at any offset,
// whole or cut to their first or last eight bytes or more. Immutable after construction; many threads may
// scan at once. scan() is linear in the layer and never throws for what it holds.
//
// False alarms, in 10 GB (2^33.2 places) of foreign bytes that have nothing to do with the documents:
// - Digests have two keys of 64 bits each. 50 documents of 400 digests have 2^15.3 keys, and 2^-15.5 false
//   alarms are expected: 2^(33.2 + 15.3 - 64). With ten million digests it is 2^(33.2 + 24.3 - 64) = 2^-6.5.
//   That supposes that foreign bytes have no key oftener than random bytes do: eight bytes with fewer than
//   five different values are no key, and 2^-21 of all keys is lost to that.
// - 1000 CRC-32 (2^10) would stand 2^(33.2 + 10 - 32) = 2400 times in random bytes. They count only beside
//   the size of the thing, which has at least kSmallestSummed bytes:
//   - In a gzip trailer, CRC then size, if the size is no multiple of 256. One such number in particular is
//     less than 10^-5 of the 32-bit numbers of executables and tables: 2400 * 10^-5 = 0.024 false alarms.
//   - In a zip header, found by its signature. 10 GB of zip members of 1 KB have 2 * 10^7 headers, of which
//     2 * 10^7 * 1000 * 2^-32 = 4.7 share a CRC, and 10^-4 of these the size as well: 0.0005 false alarms.
//   - As delimited hexadecimal or decimal number, with the delimited size in decimal or the document's name
//     within kContext bytes. In 10 GB of nothing but numbers of eight digits 10^10 / 9 * 1000 * 2^-32 = 260
//     are a CRC. Were the 44 numbers around each of four digits, one would be the size in 0.5% of the cases.
//     As such text is a small part of what a guest sends, say 0.1%, that makes 260 * 0.5% * 0.1% = 0.001.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "model/hit.h"
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
  /// Its place is the form, its chain is empty.
  [[nodiscard]] model::Hit to_model() const;
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

  /// Whether what `hit`, once made by to_model(), says stands in `layer`: reads only those bytes and their
  /// surroundings.
  [[nodiscard]] bool stands_at(ByteView layer, const model::Hit& hit) const;

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
