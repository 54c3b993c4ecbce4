// SPDX-License-Identifier: Apache-2.0
#include "capture/pcapng.h"

#include <algorithm>

namespace candor::capture {

namespace {

constexpr std::size_t kLargestBlock = 16U << 20;
constexpr std::size_t kMostInterfaces = 64;
constexpr std::size_t kMostInterfacesElsewhere = 1U << 16;
constexpr std::size_t kSmallestBlock = 12;
constexpr std::uint16_t kTimestampResolution = 9;  // if_tsresol
constexpr std::uint16_t kFlags = 2;                // epb_flags

std::size_t padded(std::size_t length) { return (length + 3) / 4 * 4; }

std::int64_t to_ns(std::uint64_t units, std::uint8_t resolution) {
  if ((resolution & 0x80U) != 0) {
    const unsigned bits = std::min(resolution & 0x7fU, 63U);
    const std::uint64_t seconds = units >> bits;
    const auto fraction = static_cast<double>(units - (seconds << bits));
    const auto scale = static_cast<double>(std::uint64_t{1} << bits);
    return static_cast<std::int64_t>(seconds * 1'000'000'000 +
                                     static_cast<std::uint64_t>(fraction * 1e9 / scale));
  }
  for (unsigned digit = resolution; digit < 9; ++digit) units *= 10;
  for (unsigned digit = 9; digit < resolution && units > 0; ++digit) units /= 10;
  return static_cast<std::int64_t>(units);
}

}  // namespace

std::uint16_t BlockReader::u16(ByteView bytes, std::size_t at) const {
  const unsigned first = bytes[at];
  const unsigned second = bytes[at + 1];
  return static_cast<std::uint16_t>(big_endian_ ? first << 8U | second : second << 8U | first);
}

std::uint32_t BlockReader::u32(ByteView bytes, std::size_t at) const {
  const std::uint32_t first = u16(bytes, at);
  const std::uint32_t second = u16(bytes, at + 2);
  return big_endian_ ? first << 16U | second : second << 16U | first;
}

std::optional<Block> BlockReader::stop(const std::string& sentence) {
  problem_ = sentence + " at byte " + std::to_string(offset_) + " of " + std::to_string(file_.size());
  return std::nullopt;
}

bool BlockReader::read_byte_order() {
  const ByteView rest = file_.subspan(offset_);
  big_endian_ = false;
  const std::uint32_t magic = u32(rest, 8);
  big_endian_ = magic == 0x4d3c2b1a;
  in_section_ = true;
  return magic == 0x1a2b3c4d || big_endian_;
}

std::optional<Block> BlockReader::next() {
  if (!problem_.empty() || offset_ == file_.size()) return std::nullopt;
  const ByteView rest = file_.subspan(offset_);
  if (rest.size() < kSmallestBlock) return stop("the capture breaks off inside a block");
  // The section header's type reads the same in both byte orders.
  const bool header = u32(rest, 0) == block::kSectionHeader;
  if (!header && !in_section_) return stop("no pcapng section begins");
  if (header && !read_byte_order()) return stop("a section without a byte order");
  const std::uint32_t length = u32(rest, 4);
  if (length < kSmallestBlock || length % 4 != 0 || length > kLargestBlock)
    return stop("a block of " + std::to_string(length) + " bytes");
  if (length > rest.size()) return stop("the capture breaks off inside a block");
  if (u32(rest, length - 4) != length) return stop("a block whose two lengths differ");
  const Block found{u32(rest, 0), rest.first(length), rest.subspan(8, length - kSmallestBlock)};
  offset_ += length;
  return found;
}

std::optional<Packet> PacketReader::stop(const std::string& sentence) {
  problem_ = sentence + " in the block that ends at byte " + std::to_string(blocks_.offset());
  return std::nullopt;
}

std::optional<Packet> PacketReader::next() {
  while (problem_.empty()) {
    const std::optional<Block> found = blocks_.next();
    if (!found) return std::nullopt;
    switch (found->type) {
      case block::kSectionHeader:
        interfaces_.clear();
        break;
      case block::kInterface:
        if (!add_interface(found->body)) return stop("an interface that cannot be read");
        break;
      case block::kEnhancedPacket:
        return enhanced(found->body, false);
      case block::kObsoletePacket:
        if (maker_ == Maker::somebody) return enhanced(found->body, true);
        break;
      // It has neither a time nor a direction; the wire probe never writes one.
      case block::kSimplePacket:
        if (maker_ == Maker::somebody) return simple(found->body);
        return stop("a simple packet, which does not say who sent it");
      default:
        break;
    }
  }
  return std::nullopt;
}

/// The value of the first option with `code`; nothing if there is none before the end or a malformed one.
std::optional<ByteView> PacketReader::option(ByteView options, std::uint16_t code) const {
  while (options.size() >= 4) {
    const std::uint16_t found = blocks_.u16(options, 0);
    const std::size_t length = blocks_.u16(options, 2);
    if (found == 0 || options.size() < 4 + padded(length)) return std::nullopt;
    if (found == code) return options.subspan(4, length);
    options = options.subspan(4 + padded(length));
  }
  return std::nullopt;
}

bool PacketReader::add_interface(ByteView body) {
  const bool strict = maker_ == Maker::wire;
  if (body.size() < 8 || interfaces_.size() == (strict ? kMostInterfaces : kMostInterfacesElsewhere))
    return false;
  Interface added{.link = blocks_.u16(body, 0), .snap_length = blocks_.u32(body, 4)};
  const auto resolution = option(body.subspan(8), kTimestampResolution);
  if (resolution && resolution->size() == 1) added.resolution = (*resolution)[0];
  if (strict && added.resolution > 9) return false;
  interfaces_.push_back(added);
  return true;
}

/// The obsolete kind has a count of lost packets in half of the interface's place, and is otherwise the same.
std::optional<Packet> PacketReader::enhanced(ByteView body, bool obsolete) {
  if (body.size() < 20) return stop("a packet without a header");
  const std::uint32_t interface = obsolete ? blocks_.u16(body, 0) : blocks_.u32(body, 0);
  if (interface >= interfaces_.size()) return stop("a packet of an interface never described");
  const std::uint64_t units = std::uint64_t{blocks_.u32(body, 4)} << 32U | blocks_.u32(body, 8);
  const std::size_t length = blocks_.u32(body, 12);
  if (length > body.size() - 20 || padded(length) > body.size() - 20)
    return stop("a packet larger than its block");
  Packet packet;
  packet.number = ++number_;
  packet.wall_ns = to_ns(units, interfaces_[interface].resolution);
  packet.link = interfaces_[interface].link;
  packet.cut = blocks_.u32(body, 16) != length;
  packet.bytes = body.subspan(20, length);
  packet.options = body.subspan(20 + padded(length));
  const auto flags = option(packet.options, kFlags);
  if (flags && flags->size() == 4) {
    const std::uint32_t direction = blocks_.u32(*flags, 0) & 3U;
    if (direction == 1) packet.direction = Direction::received;
    if (direction == 2) packet.direction = Direction::sent;
  }
  return packet;
}

/// Of the first interface; its length is the smallest of three that bound it.
std::optional<Packet> PacketReader::simple(ByteView body) {
  if (body.size() < 4) return stop("a packet without a header");
  if (interfaces_.empty()) return stop("a packet of an interface never described");
  const std::size_t original = blocks_.u32(body, 0);
  std::size_t length = std::min(original, body.size() - 4);
  if (interfaces_[0].snap_length != 0) length = std::min<std::size_t>(length, interfaces_[0].snap_length);
  Packet packet;
  packet.number = ++number_;
  packet.link = interfaces_[0].link;
  packet.cut = original != length;
  packet.bytes = body.subspan(4, length);
  return packet;
}

}  // namespace candor::capture
