// SPDX-License-Identifier: Apache-2.0
#include "wire/pcapng.h"

#include <array>
#include <cstring>

namespace candor::wire {

namespace {

constexpr std::uint32_t kSectionHeader = 0x0A0D0D0A;
constexpr std::uint32_t kInterfaceDescription = 1;
constexpr std::uint32_t kEnhancedPacket = 6;
constexpr std::uint16_t kEndOfOptions = 0;
constexpr std::uint16_t kComment = 1;
constexpr std::uint16_t kEthernet = 1;

constexpr std::size_t padded(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

/// Appends one block; its length is filled in at both ends when it goes.
class Block {
 public:
  Block(Bytes& out, std::uint32_t type) : out_(out), start_(out.size()) {
    put32(type);
    put32(0);
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  ~Block() {
    const auto length = static_cast<std::uint32_t>(out_.size() - start_ + 4);
    put32(length);
    for (unsigned i = 0; i < 4; ++i) out_[start_ + 4 + i] = static_cast<std::uint8_t>(length >> (8 * i));
  }

  void put16(std::uint16_t value) {
    const std::array bytes = {static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8)};
    out_.insert(out_.end(), bytes.begin(), bytes.end());
  }
  void put32(std::uint32_t value) {
    put16(static_cast<std::uint16_t>(value));
    put16(static_cast<std::uint16_t>(value >> 16));
  }
  void put_padded(ByteView bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    out_.resize(out_.size() + padded(bytes.size()) - bytes.size());
  }
  void option(std::uint16_t code, ByteView value) {
    put16(code);
    put16(static_cast<std::uint16_t>(value.size()));
    put_padded(value);
  }

 private:
  Bytes& out_;
  std::size_t start_;
};

}  // namespace

void append_preamble(Bytes& out, std::string_view application) {
  {
    constexpr std::uint16_t kUserApplication = 4;
    Block block(out, kSectionHeader);
    block.put32(0x1A2B3C4D);  // says that numbers are little-endian
    block.put16(1);           // version 1.0
    block.put16(0);
    block.put32(~0U);  // the section's length is not known in advance
    block.put32(~0U);
    block.option(kComment, as_bytes("Recorded in line: a frame that is not here was not delivered."));
    block.option(kUserApplication, as_bytes(application));
    block.option(kEndOfOptions, {});
  }
  constexpr std::uint16_t kName = 2;
  constexpr std::uint16_t kDescription = 3;
  constexpr std::uint16_t kTimeResolution = 9;
  constexpr std::array<std::uint8_t, 1> kNanoseconds = {9};
  Block block(out, kInterfaceDescription);
  block.put16(kEthernet);
  block.put16(0);
  block.put32(0);  // frames are never cut
  block.option(kName, as_bytes("guest"));
  block.option(kDescription, as_bytes("the guest's network card; outbound is what the guest sent"));
  block.option(kTimeResolution, kNanoseconds);
  block.option(kEndOfOptions, {});
}

void append_frame(Bytes& out, Direction direction, std::int64_t wall_ns, ByteView frame,
                  std::string_view comment) {
  constexpr std::uint16_t kFlags = 2;
  const auto stamp = static_cast<std::uint64_t>(wall_ns);
  const auto size = static_cast<std::uint32_t>(frame.size());
  const std::array<std::uint8_t, 4> flags = {static_cast<std::uint8_t>(direction), 0, 0, 0};
  Block block(out, kEnhancedPacket);
  block.put32(0);  // the one interface
  block.put32(static_cast<std::uint32_t>(stamp >> 32));
  block.put32(static_cast<std::uint32_t>(stamp));
  block.put32(size);
  block.put32(size);
  block.put_padded(frame);
  if (!comment.empty()) block.option(kComment, as_bytes(comment));
  block.option(kFlags, flags);
  block.option(kEndOfOptions, {});
}

}  // namespace candor::wire
