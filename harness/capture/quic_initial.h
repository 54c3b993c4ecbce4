// SPDX-License-Identifier: Apache-2.0
//
// What a QUIC client says before a key is agreed: its Initial packets are encrypted with keys that anybody
// can derive from the packet (RFC 9001, section 5.2; RFC 9369, section 3.3), and carry a ClientHello in
// CRYPTO frames. Versions 1 and 2 are opened; of drafts, and of all that follows, nothing can be read. One
// object is one client's flow, owned by it; bounded: a hello has 64 KiB at most. Throws Error if the library
// fails.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace candor::capture {

struct QuicKeys {
  std::array<std::uint8_t, 16> key{};
  std::array<std::uint8_t, 12> iv{};
  std::array<std::uint8_t, 16> header{};
  bool operator==(const QuicKeys&) const = default;
};

inline constexpr std::uint32_t kQuicVersion1 = 1;
inline constexpr std::uint32_t kQuicVersion2 = 0x6b3343cf;

/// A client's, for the id that its first packet was sent to. Other versions have none.
[[nodiscard]] std::optional<QuicKeys> quic_client_keys(std::uint32_t version, ByteView destination_id);

/// A ClientHello put together from CRYPTO frames (RFC 9000, section 19.6) in any order and cut.
class QuicCrypto {
 public:
  /// Takes the frames of an opened packet; what follows a frame that no Initial may have is not read.
  void add(ByteView frames);
  /// The message as a TLS record, as client_hello.h reads it; nothing until all of it came.
  [[nodiscard]] std::optional<Bytes> hello() const;

 private:
  void put(std::uint64_t offset, ByteView data);
  std::map<std::uint64_t, Bytes> pieces_;
  std::size_t held_ = 0;
};

class QuicClient {
 public:
  struct Told {
    std::vector<Bytes> opened;   ///< Frames of the datagram's Initial packets, decrypted.
    std::optional<Bytes> hello;  ///< A ClientHello that is whole now, as a TLS record.
    Bytes ids;                   ///< With it: the connection ids its client chose, one after the other.
  };
  /// Takes a datagram the client sent.
  [[nodiscard]] Told add(ByteView datagram);

 private:
  struct Packet;
  void open(const Packet& packet, Told& told);

  std::optional<QuicKeys> keys_;  // of the connection that goes on
  QuicCrypto crypto_;
  bool told_ = false;  // its hello
};

}  // namespace candor::capture
