// SPDX-License-Identifier: Apache-2.0
//
// Conversations put together packet by packet, for scans of them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "unit/capture/capture_builder.h"

namespace candor::scan::test {

using namespace candor::capture::test;

inline constexpr const char* kToken = "mfzwizltoqzdgnbvgy3tqojqmf";

/// A conversation between a client and a server over TCP, as a list of IP packets.
class Conversation {
 public:
  explicit Conversation(unsigned port = 40000, std::uint32_t first = 1000)
      : port_(port), next_{first, 5000} {}

  Conversation& open() {
    packets.push_back(from_client(kSyn, {}));
    ++next_[0];
    packets.push_back(from_server(kSyn | kAck, {}));
    ++next_[1];
    packets.push_back(from_client(kAck, {}));
    return *this;
  }
  Conversation& say(const std::string& text) {
    packets.push_back(from_client(kPush | kAck, to_bytes(text)));
    next_[0] += static_cast<std::uint32_t>(text.size());
    return *this;
  }
  Conversation& answer(const std::string& text) {
    packets.push_back(from_server(kPush | kAck, to_bytes(text)));
    next_[1] += static_cast<std::uint32_t>(text.size());
    return *this;
  }
  /// A segment of the client's, `back` bytes before what it says next.
  Conversation& again(std::uint32_t back, const std::string& text) {
    packets.push_back(ipv4(6, tcp(port_, 80, next_[0] - back, kAck, to_bytes(text), {}, next_[1])));
    return *this;
  }
  Conversation& skip(std::uint32_t bytes) {
    next_[0] += bytes;
    return *this;
  }
  Conversation& close() {
    packets.push_back(from_client(kFin | kAck, {}));
    ++next_[0];
    packets.push_back(from_server(kFin | kAck, {}));
    ++next_[1];
    packets.push_back(from_client(kAck, {}));
    return *this;
  }

  std::vector<Bytes> packets;

 private:
  Bytes from_client(unsigned flags, const Bytes& payload) const {
    return ipv4(6, tcp(port_, 80, next_[0], flags, payload, {}, (flags & kAck) != 0 ? next_[1] : 0));
  }
  Bytes from_server(unsigned flags, const Bytes& payload) const {
    return ipv4(6, tcp(80, port_, next_[1], flags, payload, {}, next_[0]), kHost, kGuest);
  }
  unsigned port_;
  std::uint32_t next_[2];
};

/// A pcap file of raw IP packets.
inline Bytes pcap_of(const std::vector<Bytes>& packets, std::uint32_t link = 101) {
  Bytes file = u32(0xa1b2c3d4) + u16(2) + u16(4) + u32(0) + u32(0) + u32(262144) + u32(link);
  for (const Bytes& packet : packets) {
    const auto size = static_cast<std::uint32_t>(packet.size());
    file = std::move(file) + u32(1) + u32(2) + u32(size) + u32(size) + packet;
  }
  return file;
}

/// As capture::test::finder(), and finding every occurrence.
inline std::function<model::Recognition(ByteView)> find_all(const std::string& token) {
  return [token](ByteView bytes) {
    model::Recognition found;
    found.searched = bytes.size();
    const std::string_view text = as_text(bytes);
    for (std::size_t at = text.find(token); at != std::string_view::npos; at = text.find(token, at + 1)) {
      model::Hit hit;
      hit.document = "memo-1";
      hit.what = token;
      hit.offset = at;
      hit.length = token.size();
      found.hits.push_back(hit);
    }
    for (const std::uint8_t byte : bytes) found.opaque += byte > 0x7e ? 1 : 0;
    return found;
  };
}

}  // namespace candor::scan::test
