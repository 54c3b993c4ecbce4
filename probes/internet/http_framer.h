// SPDX-License-Identifier: Apache-2.0
//
// Where HTTP/1.x requests begin and end in a byte stream, told piece by piece to a sink. Recognises HTTP by
// its request line, then follows Boost.Beast's parser through headers, bodies and chunks. Looks only: the
// stream itself is stored as it came. Memory is bounded by kHeaderLimit; a stream that passes it, or breaks
// the grammar, is `broken` and no longer followed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "internet/http_message.h"

namespace candor::internet {

/// A request's start line and header fields.
struct HttpHead {
  std::string method;
  std::string target;
  HttpFields fields;
  bool keep_alive = true;
  bool expects_continue = false;
  std::uint64_t offset = 0;  ///< Of the request in the stream.
};

/// What is told of a stream, in order. Each head is followed by any number of pieces of its body and one end.
class HttpSink {
 public:
  virtual ~HttpSink() = default;
  virtual void on_head(HttpHead head) = 0;
  virtual void on_body(ByteView piece) = 0;
  /// `end` is the offset behind the request. False if what follows is HTTP/1.x no more.
  virtual bool on_end(std::uint64_t end) = 0;
};

class HttpFramer {
 public:
  static constexpr std::size_t kHeaderLimit = 64U << 10;

  enum class State {
    looking,    ///< No whole request line yet; it may still become HTTP.
    following,  ///< In HTTP, all well so far.
    other,      ///< The stream does not begin with an HTTP request line.
    broken,     ///< It did, and then broke the grammar: see problem().
    handed_on,  ///< The sink said so: what follows is somebody else's.
  };

  explicit HttpFramer(HttpSink& sink);
  ~HttpFramer();
  HttpFramer(const HttpFramer&) = delete;
  HttpFramer& operator=(const HttpFramer&) = delete;

  /// Tells what happened in `bytes`. Returns how many of them it looked at: all, unless the sink ended it.
  std::size_t receive(ByteView bytes);
  /// The peer sends no more: ends a body that has no other end. False if there is none.
  bool ended();

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] std::uint64_t requests() const { return requests_; }
  /// Bytes from the stream's start that whole requests take up.
  [[nodiscard]] std::uint64_t framed_bytes() const { return framed_; }
  /// Those of them that are bodies.
  [[nodiscard]] std::uint64_t body_bytes() const { return body_bytes_; }
  /// Whether the stream so far is whole requests and nothing else.
  [[nodiscard]] bool at_boundary() const {
    return (state_ == State::following || state_ == State::handed_on) && framed_ == received_;
  }

 private:
  class Parser;
  void look();
  bool parse_some(ByteView& rest);
  void take_until_close(ByteView& rest);
  std::size_t skip_empty_lines(ByteView rest) const;
  void end_request();
  void stop(State state, std::string problem);

  HttpSink& sink_;
  State state_ = State::looking;
  std::string problem_;
  std::string pending_;  // received and not yet parsed: at most a header or a chunk's head
  std::unique_ptr<Parser> parser_;
  bool until_close_ = false;
  std::uint64_t received_ = 0;
  std::uint64_t parsed_ = 0;
  std::uint64_t framed_ = 0;
  std::uint64_t body_bytes_ = 0;
  std::uint64_t requests_ = 0;
};

/// Whether `start` begins an HTTP/1.x request line.
enum class RequestLine { yes, no, perhaps };
[[nodiscard]] RequestLine request_line(std::string_view start);

}  // namespace candor::internet
