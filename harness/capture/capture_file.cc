// SPDX-License-Identifier: Apache-2.0
#include "capture/capture_file.h"

#include <utility>

namespace candor::capture {

namespace {

constexpr std::size_t kFileHeader = 24;
constexpr std::uint32_t kMicroseconds = 0xa1b2c3d4;
constexpr std::uint32_t kNanoseconds = 0xa1b23c4d;
constexpr std::uint32_t kKuznetzov = 0xa1b2cd34;  // eight more bytes in front of each packet
constexpr std::size_t kLargestPacket = 16U << 20;

std::uint32_t number(ByteView bytes, std::size_t at, bool big_endian) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8U | bytes[at + (big_endian ? i : 3 - i)];
  return value;
}

bool is_pcap(std::uint32_t magic) {
  return magic == kMicroseconds || magic == kNanoseconds || magic == kKuznetzov;
}

std::variant<PcapReader, PacketReader> reader_of(ByteView file) {
  if (capture_format(file) == CaptureFormat::pcapng) return PacketReader(file, Maker::somebody);
  return PcapReader(file);
}

}  // namespace

const char* text(CaptureFormat format) {
  switch (format) {
    case CaptureFormat::none:
      return "file";
    case CaptureFormat::pcap:
      return "pcap";
    case CaptureFormat::pcapng:
      return "pcapng";
  }
  return "";
}

CaptureFormat capture_format(ByteView file) {
  if (file.size() < 4) return CaptureFormat::none;
  if (is_pcap(number(file, 0, true)) || is_pcap(number(file, 0, false))) return CaptureFormat::pcap;
  if (file.size() < 12 || number(file, 0, true) != block::kSectionHeader) return CaptureFormat::none;
  constexpr std::uint32_t kByteOrder = 0x1a2b3c4d;
  const bool known = number(file, 8, true) == kByteOrder || number(file, 8, false) == kByteOrder;
  return known ? CaptureFormat::pcapng : CaptureFormat::none;
}

PcapReader::PcapReader(ByteView file) : file_(file) {
  if (file.size() < kFileHeader) {
    (void)stop("the capture breaks off inside its header");
    return;
  }
  big_endian_ = is_pcap(number(file, 0, true));
  const std::uint32_t magic = u32(0);
  if (magic == kNanoseconds) unit_ns_ = 1;
  if (magic == kKuznetzov) record_header_ = 24;
  link_ = u32(20) & 0xffffU;  // above: the length of a frame check sequence
  offset_ = kFileHeader;
}

std::uint32_t PcapReader::u32(std::size_t at) const { return number(file_, at, big_endian_); }

std::optional<Packet> PcapReader::stop(const std::string& sentence) {
  problem_ = sentence + " at byte " + std::to_string(offset_) + " of " + std::to_string(file_.size());
  return std::nullopt;
}

std::optional<Packet> PcapReader::next() {
  if (!problem_.empty() || offset_ == file_.size()) return std::nullopt;
  const std::size_t rest = file_.size() - offset_;
  if (rest < record_header_) return stop("the capture breaks off inside a packet's header");
  const std::size_t length = u32(offset_ + 8);
  if (length > kLargestPacket)
    return stop("a packet of " + std::to_string(length) + " bytes, where at most " +
                std::to_string(kLargestPacket) + " are expected,");
  Packet packet;
  packet.number = ++number_;
  packet.wall_ns = std::int64_t{u32(offset_)} * 1'000'000'000 + std::int64_t{u32(offset_ + 4)} * unit_ns_;
  packet.link = link_;
  packet.cut = u32(offset_ + 12) > length;
  // What there is of a last packet that breaks off is evidence too.
  packet.bytes = file_.subspan(offset_ + record_header_, std::min(length, rest - record_header_));
  if (packet.bytes.size() < length) {
    packet.cut = true;
    (void)stop("the capture breaks off inside a packet of " + std::to_string(length) + " bytes");
    return packet;
  }
  offset_ += record_header_ + length;
  return packet;
}

CaptureReader::CaptureReader(ByteView file) : reader_(reader_of(file)) {}

std::optional<Packet> CaptureReader::next() {
  return std::visit([](auto& reader) { return reader.next(); }, reader_);
}

const std::string& CaptureReader::problem() const {
  return std::visit([](const auto& reader) -> const std::string& { return reader.problem(); }, reader_);
}

}  // namespace candor::capture
