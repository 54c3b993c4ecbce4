// SPDX-License-Identifier: Apache-2.0
//
// Archives read by libarchive from memory: one format at a time, no filters, no external programs.
#pragma once

#include <cstddef>
#include <string>

#include "base/bytes.h"
#include "recognise/decoder.h"

struct archive;

namespace candor::recognise {

struct ArchiveFormat {
  int (*enable)(archive*) = nullptr;  ///< archive_read_support_format_*.
  const char* password = nullptr;     ///< Tried on what is encrypted.
  bool only_first = false;            ///< Entries after the first are not read.
};

/// What those who hand on malware, and products that store it, encrypt archives with.
inline constexpr const char* kCustomaryPasswords[] = {"infected", "virus", "malware",
                                                      "password", "clean", "novirus"};

/// The name of the member that holds names, link targets, owners and extended attributes of all entries, by
/// line: in some formats they are in UTF-16, or compressed.
inline constexpr const char* kNamesMember = "(names)";

/// What the archive at the begin of `region` holds, up to the first damage. `consumed` is what libarchive
/// read, which for some formats is less than the archive.
[[nodiscard]] Decoded read_archive(ByteView region, std::size_t max_output, const ArchiveFormat& format);

}  // namespace candor::recognise
