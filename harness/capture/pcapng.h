// SPDX-License-Identifier: Apache-2.0
//
// A small strict reader of pcapng (draft-ietf-opsawg-pcapng) over a file in memory. libpcap reads pcapng, but
// hides the packet's flags, which alone say who sent a frame, and skips secrets. Reads up to the first byte
// that is not as it must be, says in a sentence what was wrong there, and lets all before it count. What the
// wire probe writes is read strictly; captures made elsewhere may use all the format has.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace candor::capture {

namespace block {
inline constexpr std::uint32_t kSectionHeader = 0x0a0d0d0a;
inline constexpr std::uint32_t kInterface = 1;
inline constexpr std::uint32_t kObsoletePacket = 2;
inline constexpr std::uint32_t kSimplePacket = 3;
inline constexpr std::uint32_t kEnhancedPacket = 6;
inline constexpr std::uint32_t kSecrets = 0x0000000a;
}  // namespace block

/// One block; the views point into the file.
struct Block {
  std::uint32_t type = 0;
  ByteView whole;  ///< With type, both lengths and padding.
  ByteView body;   ///< Between the lengths.
};

class BlockReader {
 public:
  explicit BlockReader(ByteView file) : file_(file) {}

  /// Nothing at the end of the file, or where it cannot be read on; then problem() says why.
  [[nodiscard]] std::optional<Block> next();
  [[nodiscard]] const std::string& problem() const { return problem_; }
  /// Offset of what next() reads next.
  [[nodiscard]] std::size_t offset() const { return offset_; }
  /// Whether the section's numbers are big-endian.
  [[nodiscard]] bool big_endian() const { return big_endian_; }
  [[nodiscard]] std::uint16_t u16(ByteView bytes, std::size_t at) const;
  [[nodiscard]] std::uint32_t u32(ByteView bytes, std::size_t at) const;

 private:
  std::optional<Block> stop(const std::string& sentence);
  bool read_byte_order();

  ByteView file_;
  std::size_t offset_ = 0;
  bool big_endian_ = false;
  bool in_section_ = false;
  std::string problem_;
};

enum class Direction { unknown, received, sent };  ///< Seen from the guest.

inline constexpr std::uint32_t kLinkEthernet = 1;  ///< LINKTYPE_ETHERNET of the tcpdump group's registry.

struct Packet {
  std::uint64_t number = 0;  ///< From 1 over the whole file, as Wireshark counts.
  std::int64_t wall_ns = 0;
  Direction direction = Direction::unknown;
  std::uint32_t link = 0;  ///< LINKTYPE_ number of the tcpdump group's registry.
  bool cut = false;        ///< Fewer bytes were recorded than were sent.
  ByteView bytes;
  ByteView options = {};  ///< Of a pcapng packet: comments and the like, undivided.
  [[nodiscard]] bool ethernet() const { return link == kLinkEthernet; }
};

/// Who made a capture.
enum class Maker {
  wire,      ///< Our probe: every packet says when it was sent.
  somebody,  ///< Anyone: packets without a time, of older kinds, from thousands of interfaces.
};

class PacketReader {
 public:
  explicit PacketReader(ByteView file, Maker maker = Maker::wire) : blocks_(file), maker_(maker) {}
  /// Nothing at the end, or where the file cannot be read on; then problem() says why.
  [[nodiscard]] std::optional<Packet> next();
  [[nodiscard]] const std::string& problem() const { return problem_.empty() ? blocks_.problem() : problem_; }

 private:
  struct Interface {
    std::uint32_t link = 0;
    std::uint32_t snap_length = 0;  ///< 0: none.
    std::uint8_t resolution = 6;    ///< if_tsresol: units of 10^-n seconds; with the highest bit, of 2^-n.
  };

  bool add_interface(ByteView body);
  std::optional<Packet> enhanced(ByteView body, bool obsolete);
  std::optional<Packet> simple(ByteView body);
  std::optional<Packet> stop(const std::string& sentence);
  [[nodiscard]] std::optional<ByteView> option(ByteView options, std::uint16_t code) const;

  BlockReader blocks_;
  Maker maker_;
  std::vector<Interface> interfaces_;
  std::uint64_t number_ = 0;
  std::string problem_;
};

}  // namespace candor::capture
