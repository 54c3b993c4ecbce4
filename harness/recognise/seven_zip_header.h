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

/// Coders one after the other, in the order of unpacking, from one packed stream.
struct SevenZipFolder {
  std::vector<SevenZipCoder> coders;
  std::uint64_t offset = 0;  ///< Of the packed stream, after the start header.
  std::uint64_t packed = 0;
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

/// Nothing if it is no header, or its folders are not chains.
[[nodiscard]] std::optional<SevenZipHeader> read_7z_header(ByteView header);

}  // namespace candor::recognise
