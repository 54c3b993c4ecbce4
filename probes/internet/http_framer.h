// SPDX-License-Identifier: Apache-2.0
//
// Where HTTP/1.x requests begin and end in a byte stream, told piece by piece. Recognises HTTP by its request
// line, then follows Boost.Beast's parser through headers, bodies and chunks. Looks only: the stream itself
// is stored as it came. Memory is bounded by kHeaderLimit; a stream that passes it, or breaks the grammar, is
// `broken` and no longer followed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace candor::internet {

struct HttpRequest {
  std::string method;
  bool keep_alive = true;
  bool expects_continue = false;
};

struct HttpEvent {
  enum class Kind { continue_wanted, request_ended };
  Kind kind = Kind::request_ended;
  HttpRequest request;
};

class HttpFramer {
 public:
  static constexpr std::size_t kHeaderLimit = 64U << 10;

  enum class State {
    looking,    ///< No whole request line yet; it may still become HTTP.
    following,  ///< In HTTP, all well so far.
    other,      ///< The stream does not begin with an HTTP request line.
    broken,     ///< It did, and then broke the grammar: see problem().
  };

  HttpFramer();
  ~HttpFramer();
  HttpFramer(const HttpFramer&) = delete;
  HttpFramer& operator=(const HttpFramer&) = delete;

  /// What happened in `bytes`, in order.
  std::vector<HttpEvent> receive(ByteView bytes);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }
  [[nodiscard]] std::uint64_t requests() const { return requests_; }
  /// Bytes from the stream's start that whole requests take up.
  [[nodiscard]] std::uint64_t framed_bytes() const { return framed_; }
  /// Whether the stream so far is whole requests and nothing else.
  [[nodiscard]] bool at_boundary() const { return state_ == State::following && framed_ == received_; }

 private:
  class Parser;
  void look();
  bool parse_some(ByteView& rest, std::vector<HttpEvent>& events);
  std::size_t skip_empty_lines(ByteView rest) const;
  void stop(State state, std::string problem);

  State state_ = State::looking;
  std::string problem_;
  std::string pending_;  // received and not yet parsed: at most a header or a chunk's head
  std::unique_ptr<Parser> parser_;
  std::uint64_t received_ = 0;
  std::uint64_t parsed_ = 0;
  std::uint64_t framed_ = 0;
  std::uint64_t requests_ = 0;
};

/// Whether `start` begins an HTTP/1.x request line.
enum class RequestLine { yes, no, perhaps };
[[nodiscard]] RequestLine request_line(std::string_view start);

}  // namespace candor::internet
