// SPDX-License-Identifier: Apache-2.0
//
// The digests of planted documents: what a product sends when it asks whether a file is known. Of each
// document the file, its members, its text, every 4 KiB and 64 KiB chunk, its name and its path are hashed by
// everything products are known to use; and so are the names of the guest's user and host and its machine id,
// which a product may send so as its own id. Pure; throws Error only if OpenSSL lacks a digest.
//
// What says nothing of one document in particular has no digest here:
// - things of fewer than kShortestHashed bytes or kFewestDistinct byte values (a chunk of zeros),
// - members that say how a package is built, not what it says ("[Content_Types].xml"),
// - digests that two documents share: give all documents of a run at once, the control documents too.
// Two things of one document that are the same bytes (a file shorter than its chunks) count as the first of
// them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "model/document.h"

namespace candor::recognise {

/// What is hashed of one document. Views need to live only as long as the call they are given to.
struct DocumentParts {
  struct Part {
    std::string name;
    ByteView bytes;
  };
  std::string document;  ///< Document::id.
  ByteView content;
  ByteView text = {};              ///< In UTF-8; may be empty.
  std::vector<Part> members = {};  ///< Of a package: what its members hold, decompressed.
  std::string name = {};           ///< In UTF-8; hashed also without its extension.
  std::string path = {};
};

inline constexpr std::size_t kShortestHashed = 8;
inline constexpr std::size_t kFewestDistinct = 5;

/// One digest. Small and without pointers: there may be millions.
struct Digest {
  std::uint32_t document = 0;  ///< Index in DigestSet::documents.
  std::uint32_t subject = 0;   ///< Index in DigestSet::subjects.
  std::uint8_t algorithm = 0;
  std::uint8_t size = 0;
  std::array<std::uint8_t, 64> value{};
  [[nodiscard]] ByteView bytes() const { return ByteView(value).first(size); }
  /// "md5", "sha1", "sha256", "sha3-256", "blake2b-256" …
  [[nodiscard]] const char* algorithm_name() const;
};

/// The CRC-32 (ISO 3309, as in gzip and zip) of a file, a member or a text. Too short to mean anything alone.
struct Checksum {
  std::uint32_t document = 0;
  std::uint32_t subject = 0;
  std::uint32_t crc = 0;
  std::uint64_t size = 0;  ///< Of the thing, in bytes.
};

struct DigestSet {
  std::vector<std::string> documents;  ///< Their ids.
  std::vector<std::string> names;      ///< Their file names; parallel to `documents`.
  /// "file", "text", "member word/document.xml", "4 KiB at 8192", "path in lower case, UTF-16LE" …
  std::vector<std::string> subjects;
  std::vector<Digest> digests;
  std::vector<Checksum> checksums;
};

/// Digests of identities are those of a last document without an id or a name, with subjects "user",
/// "machine id in lower case" …
[[nodiscard]] DigestSet digests_of(const std::vector<DocumentParts>& documents,
                                   const std::vector<model::Identity>& identities = {});

}  // namespace candor::recognise
