// SPDX-License-Identifier: Apache-2.0
//
// WebSocket frames (RFC 6455, section 5.2) as a client sends them, piece by piece: headers as they came,
// payloads with their mask undone. Constant memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "base/bytes.h"

namespace candor::internet {

class WebSocketFrames {
 public:
  enum Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };
  struct Frame {
    std::uint8_t opcode = 0;
    bool final = false;
    bool reserved = false;  ///< One of the bits that must be zero without an extension.
    bool masked = false;
    std::uint64_t length = 0;
    [[nodiscard]] bool control() const { return opcode >= 8; }
  };
  /// `header`: the frame's header with its mask, once, before its payload.
  using OnHeader = std::function<void(const Frame& frame, ByteView header)>;
  /// Unmasked; `last` with the last piece, which may be empty.
  using OnPayload = std::function<void(const Frame& frame, ByteView piece, bool last)>;
  void receive(ByteView bytes, const OnHeader& on_header, const OnPayload& on_payload);
  /// The begin of a header that is not whole yet.
  [[nodiscard]] ByteView pending() const { return ByteView(header_).first(header_size_); }
  [[nodiscard]] bool at_boundary() const { return header_size_ == 0 && !in_payload_; }

 private:
  [[nodiscard]] std::size_t header_wanted() const;
  void begin_frame();

  std::array<std::uint8_t, 14> header_{};
  std::size_t header_size_ = 0;
  Frame frame_;
  bool in_payload_ = false;
  std::uint64_t payload_done_ = 0;
  std::array<std::uint8_t, 4> mask_{};
};

}  // namespace candor::internet
