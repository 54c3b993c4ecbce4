// SPDX-License-Identifier: Apache-2.0
//
// Where HTTP/2 frames (RFC 9113, section 4.1) begin and end in what a client sends, piece by piece: cuts it
// into parts of which each is of one kind, so that content can be told from framing whatever a peer makes of
// it. Decodes nothing. Constant memory; every byte is in exactly one part.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include "base/bytes.h"

namespace candor::internet {

class Http2Frames {
 public:
  static constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

  enum class Part {
    preface,
    header,   ///< A frame's nine bytes, whole.
    data,     ///< Of a DATA frame: what it carries.
    fields,   ///< Of HEADERS or CONTINUATION: compressed fields.
    padding,  ///< Of either: lengths and padding, and a priority.
    other,    ///< Of any other frame: its payload.
  };
  struct Frame {
    std::uint32_t length = 0;
    std::uint8_t type = 0;
    std::uint8_t flags = 0;
    std::uint32_t stream = 0;
    bool reserved = false;  ///< The bit that must be zero.
  };

  /// `preface` is false where the connection begins without one.
  explicit Http2Frames(bool preface = true) : preface_left_(preface ? kPreface.size() : 0) {}

  /// Calls `sink` for each part, in order; `last` says that a frame's payload ends with it. A payload's parts
  /// come as they arrive. Empty frames have a header only, which is last.
  using Sink = std::function<void(Part part, const Frame& frame, ByteView bytes, bool last)>;
  void receive(ByteView bytes, const Sink& sink);
  /// The begin of a frame's header that is not whole yet.
  [[nodiscard]] ByteView pending() const { return ByteView(header_).first(header_size_); }
  /// Whether the bytes so far end with a frame.
  [[nodiscard]] bool at_boundary() const {
    return preface_left_ == 0 && header_size_ == 0 && payload_left_ == 0;
  }

 private:
  void begin_payload();
  void take_payload(ByteView& bytes, const Sink& sink);

  std::size_t preface_left_;
  std::array<std::uint8_t, 9> header_{};
  std::size_t header_size_ = 0;
  Frame frame_;
  std::size_t payload_left_ = 0;
  // Of a padded frame or one with a priority: what comes before its content, and behind it.
  bool pad_length_wanted_ = false;
  std::size_t before_left_ = 0;
  std::size_t padding_ = 0;
};

/// RFC 9113, sections 6 and 7.
inline constexpr std::uint8_t kHttp2Data = 0;
inline constexpr std::uint8_t kHttp2Headers = 1;
inline constexpr std::uint8_t kHttp2Continuation = 9;
inline constexpr std::uint8_t kHttp2EndStream = 0x1;
inline constexpr std::uint8_t kHttp2EndHeaders = 0x4;
inline constexpr std::uint8_t kHttp2Padded = 0x8;
inline constexpr std::uint8_t kHttp2Priority = 0x20;

}  // namespace candor::internet
