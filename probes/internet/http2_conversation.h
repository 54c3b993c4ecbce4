// SPDX-License-Identifier: Apache-2.0
//
// HTTP/2 (RFC 9113) by nghttp2, after ALPN, with prior knowledge, or after an Upgrade. Each request becomes a
// stream record of its own: its fields as the text of an HTTP/1.1 request, then what its DATA frames carried,
// then trailers. The connection's own stream keeps the rest as it came: preface, frames of other types,
// padding, and all that could not be put to a request. Every byte counts for exactly one of them; a request's
// own are the frames' headers, compressed fields and data.
#pragma once

#include <nghttp2/nghttp2.h>

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "internet/conversation.h"
#include "internet/http2_frames.h"
#include "internet/http2_stream.h"

namespace candor::internet {

class Http2Conversation : public Conversation {
 public:
  explicit Http2Conversation(Start start);
  ~Http2Conversation() override;
  /// After "101 Switching Protocols": the request becomes stream 1. Null if its settings are none.
  [[nodiscard]] static std::unique_ptr<Http2Conversation> upgraded(Start start, const HttpRequest& request);

  [[nodiscard]] std::string greeting() override;
  [[nodiscard]] Reply receive(ByteView bytes) override;
  [[nodiscard]] std::optional<std::int64_t> due() const override;
  [[nodiscard]] Reply speak() override;
  [[nodiscard]] std::string over(const std::string& how) override;
  [[nodiscard]] std::string protocol() const override;
  [[nodiscard]] std::string detail() const override;
  [[nodiscard]] Json more() const override;

 private:
  struct Callbacks;
  using Part = Http2Frames::Part;

  void take_part(Part part, const Http2Frames::Frame& frame, ByteView bytes, bool last);
  void feed(ByteView bytes);
  /// Bytes that stay in the connection's stream, and bytes that are a request's.
  void leave(ByteView bytes);
  void attribute(Http2Stream& stream, std::size_t size);
  void block_decoded(Http2Stream& stream);
  [[nodiscard]] Http2Stream* find(std::uint32_t id);
  void answer(Http2Stream& stream);
  void give(Http2Stream& stream);
  void submit(Http2Stream& stream);
  void collect_output(std::string& output);

  Start start_;
  Http2Frames frames_;
  nghttp2_session* session_;
  std::map<std::uint32_t, std::unique_ptr<Http2Stream>> streams_;
  BytesApart* apart_ = nullptr;  // while something is received
  std::string block_;    // compressed fields and their frames' headers, until it is known whose they are
  std::string problem_;  // why the session is followed no more
  bool more_output_ = false;
  std::uint64_t requests_ = 0;
  std::uint64_t left_bytes_ = 0;
  std::uint64_t apart_bytes_ = 0;
};

}  // namespace candor::internet
