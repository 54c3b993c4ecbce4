// SPDX-License-Identifier: Apache-2.0
#include "internet/http2_stream.h"

#include <utility>

namespace candor::internet {

std::string server_name(const Start& start) {
  return start.route.name.empty() ? address_text(start.server.address) : start.route.name;
}

Http2Stream::Http2Stream(const Start& start, std::int32_t id, bool recorded)
    : start_(start), id_(id), body_(start.services) {
  if (!recorded) return;
  record_ = std::make_unique<StreamRecord>(start.services, start.route);
  number_ = record_->number();
}

bool Http2Stream::add_field(std::string_view name, std::string_view value) {
  fields_size_ += name.size() + value.size() + 4;
  if (fields_size_ > kFieldsBound) {
    too_many_ = true;
    return false;
  }
  if (head_whole_) {
    trailers_.append(name).append(": ").append(value).append("\r\n");
    return true;
  }
  if (name == ":method")
    method_ = value;
  else if (name == ":scheme")
    scheme_ = value;
  else if (name == ":authority")
    authority_ = value;
  else if (name == ":path")
    path_ = value;
  fields_.emplace_back(name, value);
  return true;
}

void Http2Stream::end_fields() {
  if (head_whole_) return;
  head_whole_ = true;
  grpc = field_of(fields_, "content-type").starts_with("application/grpc");
  write_head();
}

// As HTTP/1.1 would have said it, so that the recogniser reads it as that; fields that begin with a colon and
// have another place there come as they are, if they are none of the usual ones.
void Http2Stream::write_head() {
  if (!record_) return;
  std::string text = method_ + ' ' + path_ + " HTTP/1.1\r\n";
  if (!authority_.empty()) text += "Host: " + authority_ + "\r\n";
  for (const auto& [name, value] : fields_) {
    if (name == ":method" || name == ":path" || name == ":authority") continue;
    text.append(name).append(": ").append(value).append("\r\n");
  }
  text += "\r\n";
  record_->append(as_bytes(text));
}

bool Http2Stream::add_data(ByteView bytes) {
  if (!record_) return true;
  body_.add(bytes);
  data_ += bytes.size();
  return record_->append(bytes);
}

void Http2Stream::add_wire(std::size_t bytes) {
  if (record_) record_->add_wire(bytes);
}

HttpRequest Http2Stream::take_request() {
  HttpRequest request{.method = method_, .target = path_};
  request.fields = std::exchange(fields_, {});
  if (!authority_.empty()) request.fields.emplace_back("host", authority_);
  body_.give(request);
  split_target(request, server_name(start_));
  request.scheme = scheme_.empty() ? (start_.secured ? "https" : "http") : scheme_;
  return request;
}

void Http2Stream::end(const std::string& how, const std::string& detail) {
  if (!record_) return;
  if (!head_whole_) end_fields();
  if (!trailers_.empty()) record_->append(as_bytes("\r\n" + trailers_));
  StreamEnd end{how, detail, "h2", start_.tls()};
  if (too_many_) end.detail = "more than " + std::to_string(kFieldsBound) + " bytes of header fields";
  end.more = {{"within", start_.stream()},
              {"h2_stream", id_},
              {"requests", 1},
              {"framed_bytes", record_->bytes()},
              {"content_bytes", data_}};
  record_->end(std::move(end));
  record_.reset();
}

}  // namespace candor::internet
