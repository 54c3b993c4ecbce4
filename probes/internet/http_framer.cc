// SPDX-License-Identifier: Apache-2.0
#include "internet/http_framer.h"

#include <algorithm>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/rfc7230.hpp>
#include <utility>

#include "internet/name_pool.h"

namespace candor::internet {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::beast::error_code;
using beast_view = boost::beast::string_view;

// Beast calls these.
class HttpFramer::Parser : public http::basic_parser<true> {
 public:
  explicit Parser(HttpFramer& framer) : framer_(framer) {
    eager(true);
    header_limit(static_cast<std::uint32_t>(kHeaderLimit));
    body_limit(boost::none);
    head_.offset = framer.parsed_;
  }
  /// A body of HTTP/1.0 that ends with the connection: clients that old send no length.
  [[nodiscard]] bool until_close() const { return until_close_; }

 private:
  void on_request_impl(http::verb, beast_view method, beast_view target, int version, error_code&) override {
    head_.method = std::string(method.data(), method.size());
    head_.target = std::string(target.data(), target.size());
    version_ = version;
  }
  void on_response_impl(int, beast_view, int, error_code&) override {}
  void on_field_impl(http::field known, beast_view name, beast_view value, error_code&) override {
    if (header_ended_) return;  // a trailer: it stands in the stream, and no answer depends on it
    if (known == http::field::expect) head_.expects_continue = beast::iequals(value, "100-continue");
    head_.fields.emplace_back(lower_case({name.data(), name.size()}),
                              std::string(value.data(), value.size()));
  }
  void on_header_impl(error_code&) override {
    header_ended_ = true;
    until_close_ = version_ == 10 && (head_.method == "POST" || head_.method == "PUT") && !content_length() &&
                   !chunked();
    head_.keep_alive = keep_alive() && !until_close_;
    framer_.sink_.on_head(std::move(head_));
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(beast_view body, error_code&) override { return take(body); }
  void on_chunk_header_impl(std::uint64_t, beast_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, beast_view body, error_code&) override { return take(body); }
  void on_finish_impl(error_code&) override {}
  std::size_t take(beast_view body) {
    framer_.body_bytes_ += body.size();
    framer_.sink_.on_body(as_bytes({body.data(), body.size()}));
    return body.size();
  }

  HttpFramer& framer_;
  HttpHead head_;
  int version_ = 0;
  bool header_ended_ = false;
  bool until_close_ = false;
};

namespace {

bool is_token_char(char c) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         kMarks.find(c) != std::string_view::npos;
}

}  // namespace

RequestLine request_line(std::string_view start) {
  constexpr std::size_t kLongestMethod = 32;
  const std::size_t method =
      static_cast<std::size_t>(std::find_if_not(start.begin(), start.end(), is_token_char) - start.begin());
  if (method > kLongestMethod) return RequestLine::no;
  if (method == start.size()) return RequestLine::perhaps;
  if (method == 0 || start[method] != ' ') return RequestLine::no;

  const std::size_t end = start.find('\n');
  const std::string_view line = start.substr(0, end);
  if (line.find('\0') != std::string_view::npos) return RequestLine::no;
  if (end == std::string_view::npos) {
    return start.size() < HttpFramer::kHeaderLimit ? RequestLine::perhaps : RequestLine::no;
  }
  constexpr std::string_view kVersion = " HTTP/1.";
  const bool http = line.size() >= method + kVersion.size() + 3 && line.back() == '\r' &&
                    line.substr(line.size() - kVersion.size() - 2, kVersion.size()) == kVersion;
  return http ? RequestLine::yes : RequestLine::no;
}

HttpFramer::HttpFramer(HttpSink& sink) : sink_(sink) {}
HttpFramer::~HttpFramer() = default;

std::size_t HttpFramer::receive(ByteView bytes) {
  if (state_ == State::handed_on) return 0;
  received_ += bytes.size();
  if (state_ == State::other || state_ == State::broken) return bytes.size();

  const bool whole = pending_.empty() && state_ == State::following;
  if (!whole) pending_.append(as_text(bytes));
  if (state_ == State::looking) look();
  if (state_ != State::following) return bytes.size();

  ByteView rest = whole ? bytes : as_bytes(pending_);
  while (state_ == State::following && parse_some(rest)) {
  }
  if (state_ == State::handed_on) {
    // What is left arrived just now: before that, nothing but the begin of this request was pending.
    const std::size_t left = rest.size();
    received_ -= left;
    pending_.clear();
    return bytes.size() - left;
  }
  // Giving up frees what `rest` may point into.
  if (state_ == State::following) pending_ = std::string(as_text(rest));
  return bytes.size();
}

bool HttpFramer::ended() {
  if (!until_close_) return false;
  end_request();
  return true;
}

void HttpFramer::look() {
  const RequestLine answer = request_line(pending_);
  if (answer == RequestLine::yes) state_ = State::following;
  if (answer == RequestLine::no) stop(State::other, {});
}

std::size_t HttpFramer::skip_empty_lines(ByteView rest) const {
  std::size_t skipped = 0;
  while (rest.size() >= skipped + 2 && rest[skipped] == '\r' && rest[skipped + 1] == '\n') skipped += 2;
  return skipped;
}

void HttpFramer::take_until_close(ByteView& rest) {
  parsed_ += rest.size();
  body_bytes_ += rest.size();
  if (!rest.empty()) sink_.on_body(rest);
  rest = {};
}

// Parses up to one request further; false if there is nothing to go on with.
bool HttpFramer::parse_some(ByteView& rest) {
  if (until_close_) {
    take_until_close(rest);
    return false;
  }
  if (!parser_) {
    const std::size_t skipped = skip_empty_lines(rest);
    rest = rest.subspan(skipped);
    framed_ = parsed_ += skipped;
    if (rest.empty() || (rest.size() == 1 && rest[0] == '\r')) return false;
    parser_ = std::make_unique<Parser>(*this);
  }
  // Beast asserts that a last chunk's head comes in five bytes or more. A chunked body never ends in fewer,
  // so waiting for them withholds nothing.
  constexpr std::size_t kLastChunk = 5;
  if (parser_->is_header_done() && parser_->chunked() && rest.size() < kLastChunk) return false;
  error_code error;
  const std::size_t taken = parser_->put({rest.data(), rest.size()}, error);
  rest = rest.subspan(taken);
  parsed_ += taken;
  if (error == http::error::need_more) {
    if (rest.size() >= kHeaderLimit) stop(State::broken, "a header or chunk head beyond 64 KiB");
    return false;
  }
  if (error) {
    stop(State::broken, error.message());
    return false;
  }
  if (parser_->is_done()) {
    until_close_ = parser_->until_close();
    if (!until_close_) end_request();
  }
  return !rest.empty();
}

void HttpFramer::end_request() {
  parser_.reset();
  until_close_ = false;
  ++requests_;
  framed_ = parsed_;
  if (!sink_.on_end(framed_)) state_ = State::handed_on;
}

void HttpFramer::stop(State state, std::string problem) {
  state_ = state;
  problem_ = std::move(problem);
  pending_.clear();
  pending_.shrink_to_fit();
  parser_.reset();
}

}  // namespace candor::internet
