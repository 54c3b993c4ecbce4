// SPDX-License-Identifier: Apache-2.0
//
// Searches files and captures made elsewhere for what of the planted documents is in them. What a file is,
// its first bytes say. One file's failure is that file's; the others are searched.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "scan/capture_scan.h"
#include "scan/finding.h"
#include "scan/private_copy.h"
#include "scan/surfaces.h"

namespace candor::scan {

struct ScanRequest {
  /// Files, folders (walked; links in them to other folders are not followed) and "-" for standard input.
  std::vector<std::string> files;
  std::optional<std::filesystem::path> keylog;  ///< TLS secrets (NSS key log format).
  SurfaceLimits surfaces;
  CaptureLimits captures;
  Recogniser as_it_stands;  ///< For header fields of captures: see scan_capture().
  CopyLimits copies;
  std::uint64_t unpacked = std::uint64_t{16} << 30U;                            ///< Of a capture in gzip.
  std::function<void(const std::string&)> on_file = [](const std::string&) {};  ///< Called before each.
};

/// Throws Error (Fault::input) if the key log cannot be read or standard input is asked for twice; otherwise
/// only for what ends all work.
[[nodiscard]] ScanFinding scan(const ScanRequest& request, const Recogniser& recognise);

}  // namespace candor::scan
