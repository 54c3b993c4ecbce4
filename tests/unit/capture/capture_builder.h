// SPDX-License-Identifier: Apache-2.0
//
// Frames and captures put together byte by byte, for tests: what a guest sends, and the pcapng the wire probe
// writes of it.
#pragma once

#include <arpa/inet.h>

#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "model/hit.h"

namespace candor::capture::test {

inline Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}
inline Bytes u8(unsigned value) { return {static_cast<std::uint8_t>(value)}; }
inline Bytes u16(unsigned value) { return u8(value >> 8U & 0xffU) + u8(value & 0xffU); }
inline Bytes u32(std::uint32_t value) { return u16(value >> 16U) + u16(value & 0xffffU); }
inline Bytes zeros(std::size_t count) { return Bytes(count, 0); }

inline const char* const kGuest = "10.0.2.15";
inline const char* const kHost = "198.18.0.7";
inline const char* const kGuest6 = "fd00::15";
inline const char* const kHost6 = "fd00::7";

inline Bytes ip_bytes(const std::string& address) {
  Bytes bytes(address.find(':') == std::string::npos ? 4 : 16);
  inet_pton(bytes.size() == 4 ? AF_INET : AF_INET6, address.c_str(), bytes.data());
  return bytes;
}

inline Bytes ethernet(unsigned type, const Bytes& payload) {
  return Bytes{0x52, 0x54, 0, 0x77, 0, 1} + Bytes{0x52, 0x54, 0, 0x77, 0, 2} + u16(type) + payload;
}

struct Ipv4Fields {
  unsigned fragment = 0;  ///< Flags and offset.
  Bytes options;
};

inline Bytes ipv4(unsigned protocol, const Bytes& payload, const std::string& from = kGuest,
                  const std::string& to = kHost, const Ipv4Fields& fields = {}) {
  const auto header = static_cast<unsigned>(20 + fields.options.size());
  const auto total = static_cast<unsigned>(header + payload.size());
  return u8(0x40U | header / 4) + u8(0) + u16(total) + u16(1) + u16(fields.fragment) + u8(64) + u8(protocol) +
         u16(0) + ip_bytes(from) + ip_bytes(to) + fields.options + payload;
}

inline Bytes ipv6(unsigned next, const Bytes& payload, const std::string& from = kGuest6,
                  const std::string& to = kHost6) {
  return u32(0x60000000) + u16(static_cast<unsigned>(payload.size())) + u8(next) + u8(64) + ip_bytes(from) +
         ip_bytes(to) + payload;
}

inline Bytes udp(unsigned from, unsigned to, const Bytes& payload) {
  return u16(from) + u16(to) + u16(static_cast<unsigned>(8 + payload.size())) + u16(0) + payload;
}

enum TcpFlag : unsigned { kFin = 1, kSyn = 2, kRst = 4, kPush = 8, kAck = 16 };

inline Bytes tcp(unsigned from, unsigned to, std::uint32_t sequence, unsigned flags,
                 const Bytes& payload = {}, const Bytes& options = {}, std::uint32_t acknowledged = 0) {
  const auto header = static_cast<unsigned>((20 + options.size()) / 4);
  return u16(from) + u16(to) + u32(sequence) + u32(acknowledged) + u8(header << 4U) + u8(flags) + u16(65535) +
         u16(0) + u16(0) + options + payload;
}

inline Bytes dns_query(const std::string& name, const Bytes& additional = {}) {
  Bytes labels;
  for (std::size_t at = 0; at < name.size();) {
    const std::size_t end = std::min(name.find('.', at), name.size());
    labels = labels + u8(static_cast<unsigned>(end - at)) + to_bytes(name.substr(at, end - at));
    at = end + 1;
  }
  return u16(0x1234) + u16(0x0100) + u16(1) + u16(0) + u16(0) + u16(additional.empty() ? 0 : 1) + labels +
         u8(0) + u16(1) + u16(1) + additional;
}

/// An OPT record with one option.
inline Bytes edns(unsigned code, const Bytes& data) {
  return u8(0) + u16(41) + u16(1232) + u32(0) + u16(static_cast<unsigned>(4 + data.size())) + u16(code) +
         u16(static_cast<unsigned>(data.size())) + data;
}

/// A pcapng file, little-endian as the wire probe writes it on this host.
class CaptureBuilder {
 public:
  CaptureBuilder() {
    block(0x0a0d0d0a, le32(0x1a2b3c4d) + le16(1) + le16(0) + Bytes(8, 0xff));
    block(1, le16(1) + le16(0) + le32(0) + le16(9) + le16(1) + Bytes{9, 0, 0, 0} + le16(0) + le16(0));
  }

  CaptureBuilder& sent(const Bytes& frame) { return packet(frame, 2); }
  CaptureBuilder& received(const Bytes& frame) { return packet(frame, 1); }
  /// What follows comes so much later than it would.
  CaptureBuilder& wait(std::uint64_t ns) {
    waited_ += ns;
    return *this;
  }
  CaptureBuilder& packet(const Bytes& frame, std::uint32_t flags, std::size_t original = 0) {
    const std::uint64_t ns = kStart + ++count_ * 1'000'000 + waited_;
    Bytes padded = frame;
    padded.resize((frame.size() + 3) / 4 * 4);
    block(6, le32(0) + le32(static_cast<std::uint32_t>(ns >> 32U)) + le32(static_cast<std::uint32_t>(ns)) +
                 le32(static_cast<std::uint32_t>(frame.size())) +
                 le32(static_cast<std::uint32_t>(original != 0 ? original : frame.size())) + padded +
                 le16(2) + le16(4) + le32(flags) + le32(0));
    return *this;
  }
  CaptureBuilder& block(std::uint32_t type, const Bytes& body) {
    const auto length = static_cast<std::uint32_t>(12 + body.size());
    bytes_ = std::move(bytes_) + le32(type) + le32(length) + body + le32(length);
    return *this;
  }
  [[nodiscard]] const Bytes& bytes() const { return bytes_; }

  static constexpr std::uint64_t kStart = 1'700'000'000'000'000'000;
  static Bytes le16(unsigned value) { return u8(value & 0xffU) + u8(value >> 8U & 0xffU); }
  static Bytes le32(std::uint32_t value) { return le16(value & 0xffffU) + le16(value >> 16U); }

 private:
  Bytes bytes_;
  std::uint64_t count_ = 0;
  std::uint64_t waited_ = 0;
};

/// A recogniser that knows a few literal strings and takes everything but printable text to be opaque.
inline std::function<model::Recognition(ByteView)> finder(std::vector<std::string> tokens) {
  return [tokens = std::move(tokens)](ByteView bytes) {
    model::Recognition found;
    found.searched = bytes.size();
    const std::string_view text = as_text(bytes);
    for (const std::string& token : tokens) {
      const std::size_t at = text.find(token);
      if (at == std::string_view::npos) continue;
      model::Hit hit;
      hit.document = "memo-1";
      hit.what = token;
      hit.offset = at;
      hit.length = token.size();
      found.hits.push_back(hit);
    }
    for (const std::uint8_t byte : bytes) found.opaque += byte < 0x20 || byte > 0x7e ? 1 : 0;
    return found;
  };
}

}  // namespace candor::capture::test
