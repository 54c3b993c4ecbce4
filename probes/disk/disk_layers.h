// SPDX-License-Identifier: Apache-2.0
//
// A guest's disk as the chain of its images holds it: the run's overlay, the template's disk, the raw image.
// qemu-img says which bytes stand where; they are read in place, so nothing is copied or converted.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/fd.h"

namespace candor::disk {

/// Where a run of the disk's bytes stands.
struct Extent {
  std::uint64_t start = 0;
  std::uint64_t length = 0;
  int depth = 0;             ///< Which image: 0 is the newest.
  bool zero = false;         ///< It stands nowhere, and reads as zeros.
  std::uint64_t offset = 0;  ///< In that image's file.
};

/// Reads what `qemu-img map --output=json` prints for a chain of `images`. Throws Error for what is not in
/// order, overlaps, or cannot be read in place (compressed, encrypted).
[[nodiscard]] std::vector<Extent> extents_from(std::string_view json, int images);

class DiskLayers {
 public:
  /// `images`: newest first; each of them qcow2 but the last, which is raw. Throws Error.
  explicit DiskLayers(const std::vector<std::filesystem::path>& images);

  /// In bytes.
  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// Fills `bytes`; zeros where nothing stands, also behind the end. Throws Error if an image cannot be read.
  void read(std::uint64_t offset, std::span<std::uint8_t> bytes) const;
  /// Whether the newest image changed any of these bytes: it holds whole clusters, of which most may be what
  /// they were. Of a single image all is new.
  [[nodiscard]] bool changed(std::uint64_t offset, std::uint64_t length) const;
  /// The disk without its newest image; null if there is no other.
  [[nodiscard]] const DiskLayers* below() const { return below_.get(); }
  /// How many bytes the newest image holds.
  [[nodiscard]] std::uint64_t written_bytes() const;

 private:
  [[nodiscard]] std::vector<Extent>::const_iterator first_behind(std::uint64_t offset) const;

  std::vector<UniqueFd> files_;
  std::vector<Extent> extents_;
  std::uint64_t size_ = 0;
  std::unique_ptr<DiskLayers> below_;
};

}  // namespace candor::disk
