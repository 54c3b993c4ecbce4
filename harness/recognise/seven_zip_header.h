// SPDX-License-Identifier: Apache-2.0
//
// The header of 7z archives (7zFormat.txt of the LZMA SDK), as far as unpacking needs it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace candor::recognise {

struct SevenZipCoder {
  std::uint64_t method = 0;
  ByteView properties;
  std::uint64_t unpacked = 0;  ///< Bytes it makes.
};

/// Coders one after the other, in the order of unpacking, from one packed stream; or coders linked in another
/// way, which are not told.
struct SevenZipFolder {
  std::vector<SevenZipCoder> coders;
  std::uint64_t unpacked = 0;  ///< Bytes that come of all coders.
  std::uint64_t offset = 0;    ///< Of the packed stream, after the start header.
  std::uint64_t packed = 0;
  std::size_t packed_streams = 1;
  std::optional<std::uint32_t> crc;
  /// Of the files in it, one after the other.
  std::vector<std::uint64_t> sizes;
  std::vector<std::optional<std::uint32_t>> crcs;
};

struct SevenZipHeader {
  bool is_packed = false;  ///< The folder holds the header itself.
  std::vector<SevenZipFolder> folders;
  std::vector<std::string> names;  ///< Of all files, in UTF-8.
  std::vector<bool> has_content;   ///< Of each of them.
};

/// Nothing if it is no header, or if one of its numbers is beyond all reason: each file, folder and stream
/// takes some bytes of the header, and none has more than 65536 of a kind.
[[nodiscard]] std::optional<SevenZipHeader> read_7z_header(ByteView header);

}  // namespace candor::recognise
