// SPDX-License-Identifier: Apache-2.0
//
// Requests that have hardly anything to say: of the time, and of one's own address.
#include <zlib.h>

#include <algorithm>

#include "capture/datagram_content.h"
#include "capture/field_reader.h"

namespace candor::capture {

std::optional<DatagramContent> read_ntp(ByteView payload) {
  constexpr std::size_t kHeader = 48;
  constexpr unsigned kClient = 3;
  DatagramContent content{.protocol = "ntp"};
  FieldReader reader(payload);
  const unsigned first = reader.u8();
  const unsigned version = first >> 3U & 7U;
  if (payload.size() < kHeader || (first & 7U) != kClient || version == 0 || version > 4) return std::nullopt;
  content.numbers.emplace_back(FreeNumber::number, reader.u8());   // stratum
  content.numbers.emplace_back(FreeNumber::number, reader.u16());  // poll, precision
  // Delay, dispersion and reference of a client that only asks are zero, and so are its times but the last.
  constexpr std::size_t kZero = 36;
  const ByteView zeros = reader.take(kZero);
  const bool empty = std::all_of(zeros.begin(), zeros.end(), [](std::uint8_t byte) { return byte == 0; });
  if (!empty) content.other += kZero;
  const std::uint64_t high = reader.u32();
  content.numbers.emplace_back(FreeNumber::time, high << 32U | reader.u32());
  content.other += reader.rest().size();  // extensions, authentication
  content.framing = payload.size() - content.other;
  return content;
}

std::optional<DatagramContent> read_stun(ByteView payload) {
  constexpr std::size_t kHeader = 20;
  constexpr std::uint16_t kBinding = 1;
  constexpr std::uint16_t kIndication = 0x11;
  constexpr std::uint32_t kCookie = 0x2112a442;
  constexpr std::uint16_t kSoftware = 0x8022;
  constexpr std::uint16_t kFingerprint = 0x8028;
  constexpr std::uint32_t kFingerprintMask = 0x5354554e;
  DatagramContent content{.protocol = "stun"};
  FieldReader reader(payload);
  const std::uint16_t type = reader.u16();
  const std::size_t length = reader.u16();
  if ((type != kBinding && type != kIndication) || reader.u32() != kCookie) return std::nullopt;
  for (int i = 0; i < 3; ++i) content.numbers.emplace_back(FreeNumber::id, reader.u32());
  if (!reader.good() || length != payload.size() - kHeader || length % 4 != 0) return std::nullopt;
  while (!reader.at_end()) {
    const std::size_t at = reader.position();
    const std::uint16_t attribute = reader.u16();
    const std::size_t size = reader.u16();
    const ByteView value = reader.take(size);
    const ByteView padding = reader.take((4 - size % 4) % 4);
    if (!reader.good()) return std::nullopt;
    if (std::any_of(padding.begin(), padding.end(), [](std::uint8_t byte) { return byte != 0; }))
      content.other += padding.size();
    if (attribute == kSoftware && !value.empty()) {
      content.content += size;
      content.texts.push_back({"stun software", at + 4, size, std::string(as_text(value))});
    } else if (attribute == kFingerprint && size == 4 && reader.at_end()) {
      const auto sum = static_cast<std::uint32_t>(crc32(0, payload.data(), static_cast<uInt>(at)));
      if (FieldReader(value).u32() != (sum ^ kFingerprintMask)) content.other += size;
    } else {
      content.other += size;
    }
  }
  content.framing = payload.size() - content.content - content.other;
  return content;
}

}  // namespace candor::capture
