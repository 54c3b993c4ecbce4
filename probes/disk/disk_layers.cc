// SPDX-License-Identifier: Apache-2.0
#include "disk/disk_layers.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/bytes.h"
#include "base/error.h"
#include "base/json.h"
#include "base/process.h"

namespace candor::disk {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kMapLimit = 64U << 20;
constexpr std::size_t kExtentsMost = 1U << 20;

std::uint64_t count(const Json& object, const char* key) {
  const std::int64_t value = int_member(object, key);
  if (value < 0) throw Error(std::string("'") + key + "' is below 0");
  return static_cast<std::uint64_t>(value);
}

Extent extent_from(const Json& part, int images) {
  Extent extent{.start = count(part, "start"), .length = count(part, "length")};
  const std::uint64_t depth = count(part, "depth");
  if (depth >= static_cast<std::uint64_t>(images))
    throw Error("a part of the disk is in image " + std::to_string(depth) + " of " + std::to_string(images));
  extent.depth = static_cast<int>(depth);
  extent.zero = bool_member(part, "zero") || !bool_member(part, "data");
  if (extent.zero) return extent;
  if (!part.contains("offset"))
    throw Error("the disk's bytes at " + std::to_string(extent.start) + " cannot be read in place");
  extent.offset = count(part, "offset");
  return extent;
}

std::string map_of(const fs::path& newest) {
  const CommandResult result =
      run_command({.name = "qemu-img",
                   .argv = {"qemu-img", "map", "-U", "--output=json", "-f", "qcow2", newest.string()}},
                  {}, std::chrono::seconds(60), kMapLimit);
  if (!result.status.ok())
    throw Error("qemu-img map: " + result.status.text() + ": " + printable(result.error, 1000));
  return result.output;
}

}  // namespace

std::vector<Extent> extents_from(std::string_view json, int images) {
  const Json parts = parse_json(json, {.bytes = kMapLimit, .depth = 8});
  if (!parts.is_array() || parts.size() > kExtentsMost)
    throw Error("the map of the disk is no list, or too long");
  std::vector<Extent> extents;
  std::uint64_t end = 0;
  for (const Json& part : parts) {
    const Extent extent = extent_from(part, images);
    if (extent.start < end || extent.length == 0 || extent.start + extent.length < extent.start)
      throw Error("the parts of the disk's map are not in order");
    end = extent.start + extent.length;
    extents.push_back(extent);
  }
  return extents;
}

DiskLayers::DiskLayers(const std::vector<fs::path>& images) {
  if (images.empty()) throw Error("a disk has at least one image");
  for (const fs::path& image : images) {
    files_.emplace_back(open(image.c_str(), O_RDONLY | O_CLOEXEC));
    if (!files_.back()) throw errno_error("opening " + image.string());
  }
  if (images.size() == 1) {
    const off_t end = lseek(files_.front().get(), 0, SEEK_END);
    if (end < 0) throw errno_error("reading " + images.front().string());
    extents_ = {{.length = static_cast<std::uint64_t>(end)}};
  } else {
    extents_ = in_context(images.front().string(), [&] {
      return extents_from(map_of(images.front()), static_cast<int>(images.size()));
    });
    below_ = std::make_unique<DiskLayers>(std::vector<fs::path>(images.begin() + 1, images.end()));
  }
  if (!extents_.empty()) size_ = extents_.back().start + extents_.back().length;
}

std::vector<Extent>::const_iterator DiskLayers::first_behind(std::uint64_t offset) const {
  return std::partition_point(extents_.begin(), extents_.end(),
                              [&](const Extent& each) { return each.start + each.length <= offset; });
}

void DiskLayers::read(std::uint64_t offset, std::span<std::uint8_t> bytes) const {
  std::memset(bytes.data(), 0, bytes.size());
  const std::uint64_t end = offset + bytes.size();
  for (auto each = first_behind(offset); each != extents_.end() && each->start < end; ++each) {
    if (each->zero) continue;
    const std::uint64_t from = std::max(each->start, offset);
    const std::uint64_t until = std::min(each->start + each->length, end);
    for (std::uint64_t at = from; at < until;) {
      const ssize_t got =
          pread(files_.at(static_cast<std::size_t>(each->depth)).get(), bytes.data() + (at - offset),
                until - at, static_cast<off_t>(each->offset + (at - each->start)));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw errno_error("reading the guest's disk");
      if (got == 0) break;  // an image that ends early reads as zeros from there
      at += static_cast<std::uint64_t>(got);
    }
  }
}

bool DiskLayers::changed(std::uint64_t offset, std::uint64_t length) const {
  constexpr std::uint64_t kPiece = 64U << 10;
  bool held = false;
  for (auto each = first_behind(offset); each != extents_.end() && each->start < offset + length; ++each)
    held = held || each->depth == 0;
  if (!held || !below_) return held;
  Bytes now(std::min(length, kPiece));
  Bytes before(now.size());
  for (std::uint64_t at = offset; at < offset + length; at += now.size()) {
    read(at, now);
    below_->read(at, before);
    if (now != before) return true;
  }
  return false;
}

std::uint64_t DiskLayers::written_bytes() const {
  std::uint64_t bytes = 0;
  for (const Extent& each : extents_)
    if (each.depth == 0) bytes += each.length;
  return bytes;
}

}  // namespace candor::disk
