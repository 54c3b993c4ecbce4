// SPDX-License-Identifier: Apache-2.0
#include "internet/http2_conversation.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "internet/name_pool.h"

namespace candor::internet {

namespace {

constexpr std::uint32_t kStreamsAtOnce = 100;
constexpr std::uint32_t kStreamWindow = 1U << 20;
constexpr std::int32_t kConnectionWindow = 8 << 20;
constexpr std::size_t kOutputPerTurn = 256U << 10;
constexpr std::size_t kBlockBound = 256U << 10;

nghttp2_nv pair_of(std::string_view name, std::string_view value) {
  // nghttp2 copies both.
  return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NONE};
}

std::string_view view(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// base64url without padding, as in HTTP2-Settings.
std::optional<Bytes> settings_of(std::string_view field) {
  std::string text(field);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  while (text.size() % 4 != 0) text += '=';
  return from_base64(text);
}

bool only_flags(const Http2Frames::Frame& frame, int allowed) {
  return (frame.flags & ~allowed) == 0 && !frame.reserved;
}

}  // namespace

// nghttp2's, with the conversation as user data. None of them throws anything but what ends the probe.
struct Http2Conversation::Callbacks {
  static Http2Conversation& self(void* user_data) { return *static_cast<Http2Conversation*>(user_data); }

  static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    Http2Conversation& me = self(user_data);
    const auto id = static_cast<std::uint32_t>(frame->hd.stream_id);
    if (frame->hd.type == NGHTTP2_HEADERS && frame->headers.cat == NGHTTP2_HCAT_REQUEST)
      me.streams_.emplace(id, std::make_unique<Http2Stream>(me.start_, frame->hd.stream_id, true));
    return 0;
  }

  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size, std::uint8_t,
                    void* user_data) {
    Http2Stream* stream = self(user_data).find(static_cast<std::uint32_t>(frame->hd.stream_id));
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    return stream->add_field(view(name, name_size), view(value, value_size))
               ? 0
               : NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  }

  static int frame_received(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    Http2Conversation& me = self(user_data);
    Http2Stream* stream = me.find(static_cast<std::uint32_t>(frame->hd.stream_id));
    if (stream == nullptr || (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA)) return 0;
    if (frame->hd.type == NGHTTP2_HEADERS) {
      stream->end_fields();
      me.block_decoded(*stream);
    }
    if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
      ++me.requests_;
      me.answer(*stream);
    }
    return 0;
  }

  static int stream_closed(nghttp2_session*, std::int32_t id, std::uint32_t code, void* user_data) {
    Http2Conversation& me = self(user_data);
    Http2Stream* stream = me.find(static_cast<std::uint32_t>(id));
    if (stream == nullptr) return 0;
    stream->end("reset", "the request was given up: " + std::string(nghttp2_http2_strerror(code)));
    me.streams_.erase(static_cast<std::uint32_t>(id));
    return 0;
  }

  static ssize_t read_body(nghttp2_session* session, std::int32_t id, std::uint8_t* buffer, std::size_t room,
                           std::uint32_t* flags, nghttp2_data_source*, void* user_data) {
    Http2Stream* stream = self(user_data).find(static_cast<std::uint32_t>(id));
    if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    const std::string& body = stream->answer.body;
    const std::size_t size = std::min(room, body.size() - stream->sent);
    std::copy_n(body.data() + stream->sent, size, buffer);
    stream->sent += size;
    if (stream->sent < body.size()) return static_cast<ssize_t>(size);
    *flags |= NGHTTP2_DATA_FLAG_EOF;
    if (stream->grpc) {
      const std::array trailers = {pair_of("grpc-status", "0")};
      *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      nghttp2_submit_trailer(session, id, trailers.data(), trailers.size());
    }
    return static_cast<ssize_t>(size);
  }

  static nghttp2_session* new_session(Http2Conversation* me) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_option* option = nullptr;
    nghttp2_session* session = nullptr;
    const bool made = nghttp2_session_callbacks_new(&callbacks) == 0 && nghttp2_option_new(&option) == 0;
    if (made) {
      nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin_headers);
      nghttp2_session_callbacks_set_on_header_callback(callbacks, header);
      nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);
      nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);
      // Fields are read whatever they are: who sends wrong ones sends something all the same.
      nghttp2_option_set_no_http_messaging(option, 1);
      if (nghttp2_session_server_new2(&session, callbacks, me, option) != 0) session = nullptr;
    }
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_option_del(option);
    if (session == nullptr) throw Error("making an HTTP/2 session: out of memory");
    return session;
  }
};

Http2Conversation::Http2Conversation(Start start)
    : start_(std::move(start)), session_(Callbacks::new_session(this)) {}

Http2Conversation::~Http2Conversation() { nghttp2_session_del(session_); }

std::unique_ptr<Http2Conversation> Http2Conversation::upgraded(Start start, const HttpRequest& request) {
  const std::optional<Bytes> settings = settings_of(request.field("http2-settings"));
  if (!settings || settings->size() % 6 != 0) return nullptr;
  auto conversation = std::make_unique<Http2Conversation>(std::move(start));
  if (nghttp2_session_upgrade2(conversation->session_, settings->data(), settings->size(),
                               request.method == "HEAD" ? 1 : 0, nullptr) != 0) {
    return nullptr;
  }
  auto stream = std::make_unique<Http2Stream>(conversation->start_, 1, false);
  const HttpPlace place{conversation->start_.stream(), 0, 0, "h2"};
  stream->answer = serve_http(conversation->start_.services, conversation->start_.route, request, place);
  stream->head_only = request.method == "HEAD";
  Http2Stream& first = *stream;
  conversation->streams_.emplace(1, std::move(stream));
  conversation->give(first);
  return conversation;
}

std::string Http2Conversation::greeting() {
  const std::array settings = {
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, kStreamsAtOnce},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow}};
  nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
  std::string output;
  collect_output(output);
  return output;
}

Conversation::Reply Http2Conversation::receive(ByteView bytes) {
  Reply reply;
  reply.apart.emplace();
  apart_ = &*reply.apart;
  frames_.receive(bytes, [&](Part part, const Http2Frames::Frame& frame, ByteView piece, bool last) {
    take_part(part, frame, piece, last);
  });
  apart_ = nullptr;
  collect_output(reply.bytes);
  const bool over = nghttp2_session_want_read(session_) == 0 && nghttp2_session_want_write(session_) == 0;
  reply.close = over || !problem_.empty();
  return reply;
}

void Http2Conversation::take_part(Part part, const Http2Frames::Frame& frame, ByteView bytes, bool last) {
  const bool fields = frame.type == kHttp2Headers || frame.type == kHttp2Continuation;
  if (part == Part::preface || part == Part::other || part == Part::padding) {
    leave(bytes);
  } else if (part == Part::data || (part == Part::header && frame.type == kHttp2Data)) {
    Http2Stream* stream = find(frame.stream);
    const bool usual = part == Part::data || only_flags(frame, kHttp2EndStream | kHttp2Padded);
    const bool kept = stream != nullptr && stream->recorded() && usual;
    if (kept && part == Part::data) stream->add_data(bytes);
    kept ? attribute(*stream, bytes.size()) : leave(bytes);
  } else if (part == Part::header && (!fields || !only_flags(frame, kHttp2EndStream | kHttp2EndHeaders |
                                                                        kHttp2Padded | kHttp2Priority))) {
    leave(bytes);
  } else {
    block_ += as_text(bytes);
  }
  feed(bytes);
  const bool block_over = fields && last && (frame.flags & kHttp2EndHeaders) != 0;
  // Decoded into a request, it is gone by now.
  if (block_over || block_.size() > kBlockBound || !problem_.empty()) {
    leave(as_bytes(block_));
    block_.clear();
  }
}

void Http2Conversation::block_decoded(Http2Stream& stream) {
  if (!stream.recorded() || stream.too_many() || apart_ == nullptr) return;
  attribute(stream, block_.size());
  block_.clear();
}

void Http2Conversation::feed(ByteView bytes) {
  if (!problem_.empty()) return;
  const ssize_t taken = nghttp2_session_mem_recv(session_, bytes.data(), bytes.size());
  if (taken < 0) problem_ = nghttp2_strerror(static_cast<int>(taken));
}

void Http2Conversation::leave(ByteView bytes) {
  apart_->left += as_text(bytes);
  left_bytes_ += bytes.size();
}

void Http2Conversation::attribute(Http2Stream& stream, std::size_t size) {
  stream.add_wire(size);
  apart_->elsewhere += size;
  apart_bytes_ += size;
}

Http2Stream* Http2Conversation::find(std::uint32_t id) {
  const auto found = streams_.find(id);
  return found == streams_.end() ? nullptr : found->second.get();
}

void Http2Conversation::answer(Http2Stream& stream) {
  const std::int64_t number = stream.record_number();
  HttpRequest request = stream.take_request();
  stream.end("eof");
  if (std::exchange(stream.answered, true)) return;
  const HttpPlace place{number, 0, 0, "h2"};
  stream.answer = serve_http(start_.services, start_.route, request, place);
  stream.head_only = request.method == "HEAD";
  give(stream);
}

void Http2Conversation::give(Http2Stream& stream) {
  if (stream.answer.delay_ns <= 0) return submit(stream);
  stream.due = monotonic_ns() + stream.answer.delay_ns;
  start_.wake();
}

void Http2Conversation::submit(Http2Stream& stream) {
  stream.due = 0;
  const HttpAnswer& answer = stream.answer;
  const std::string status = std::to_string(answer.status);
  const std::string length = std::to_string(answer.body.size());
  HttpFields fields;
  for (const auto& [name, value] : answer.fields) {
    std::string lower = lower_case(name);
    if (lower != "connection" && lower != "transfer-encoding") fields.emplace_back(std::move(lower), value);
  }
  std::vector<nghttp2_nv> list = {pair_of(":status", status)};
  for (const auto& [name, value] : fields) list.push_back(pair_of(name, value));
  const bool body = !stream.head_only && has_body(answer.status, "GET");
  if (body && !stream.grpc) list.push_back(pair_of("content-length", length));
  nghttp2_data_provider provider{};
  provider.read_callback = Callbacks::read_body;
  nghttp2_submit_response(session_, stream.id(), list.data(), list.size(), body ? &provider : nullptr);
}

void Http2Conversation::collect_output(std::string& output) {
  more_output_ = false;
  while (true) {
    const std::uint8_t* data = nullptr;
    const ssize_t size = nghttp2_session_mem_send(session_, &data);
    if (size < 0) problem_ = nghttp2_strerror(static_cast<int>(size));
    if (size <= 0) return;
    output += view(data, static_cast<std::size_t>(size));
    if (output.size() < kOutputPerTurn) continue;
    more_output_ = true;
    start_.wake();
    return;
  }
}

std::optional<std::int64_t> Http2Conversation::due() const {
  if (more_output_) return 0;
  std::optional<std::int64_t> first;
  for (const auto& [id, stream] : streams_) {
    if (stream->due > 0) first = std::min(first.value_or(stream->due), stream->due);
  }
  return first;
}

Conversation::Reply Http2Conversation::speak() {
  const std::int64_t now = monotonic_ns();
  for (const auto& [id, stream] : streams_) {
    if (stream->due > 0 && stream->due <= now) submit(*stream);
  }
  Reply reply;
  collect_output(reply.bytes);
  return reply;
}

std::string Http2Conversation::over(const std::string& how) {
  for (const auto& [id, stream] : streams_) stream->end(how, "ended within an HTTP/2 request");
  return std::exchange(block_, {}) + std::string(as_text(frames_.pending()));
}

std::string Http2Conversation::protocol() const { return problem_.empty() ? "h2" : ""; }

std::string Http2Conversation::detail() const {
  if (!problem_.empty()) return "HTTP/2 broke: " + problem_;
  return frames_.at_boundary() ? "" : "ended within an HTTP/2 frame";
}

Json Http2Conversation::more() const {
  return {{"requests", requests_},
          {"framed_bytes", problem_.empty() ? left_bytes_ : 0},
          {"content_bytes", 0},
          {"apart_bytes", apart_bytes_}};
}

}  // namespace candor::internet
