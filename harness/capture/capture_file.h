// SPDX-License-Identifier: Apache-2.0
//
// Captures made elsewhere: pcap (draft-ietf-opsawg-pcap; both byte orders, micro- and nanoseconds, and
// Alexey Kuznetzov's variant) and pcapng, told apart by their first bytes. The file is in memory; packets
// point into it. Reads up to the first byte that is not as it must be, says in a sentence what was wrong
// there, and lets all before it count.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/bytes.h"
#include "capture/pcapng.h"

namespace candor::capture {

enum class CaptureFormat { none, pcap, pcapng };
[[nodiscard]] const char* text(CaptureFormat format);
/// By the first four bytes (pcapng: twelve); `none` if there are fewer.
[[nodiscard]] CaptureFormat capture_format(ByteView file);

/// Reads pcap. Packets have no direction.
class PcapReader {
 public:
  explicit PcapReader(ByteView file);
  [[nodiscard]] std::optional<Packet> next();
  [[nodiscard]] const std::string& problem() const { return problem_; }
  /// Offset of what next() reads next.
  [[nodiscard]] std::size_t offset() const { return offset_; }

 private:
  [[nodiscard]] std::uint32_t u32(std::size_t at) const;
  std::optional<Packet> stop(const std::string& sentence);

  ByteView file_;
  std::size_t offset_ = 0;
  bool big_endian_ = false;
  std::int64_t unit_ns_ = 1000;
  std::size_t record_header_ = 16;
  std::uint32_t link_ = 0;
  std::uint64_t number_ = 0;
  std::string problem_;
};

/// Reads either.
class CaptureReader {
 public:
  /// `file` must be a capture by capture_format().
  explicit CaptureReader(ByteView file);
  /// Nothing at the end, or where the file cannot be read on; then problem() says why.
  [[nodiscard]] std::optional<Packet> next();
  [[nodiscard]] const std::string& problem() const;

 private:
  std::variant<PcapReader, PacketReader> reader_;
};

}  // namespace candor::capture
