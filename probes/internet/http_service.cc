// SPDX-License-Identifier: Apache-2.0
#include "internet/http_service.h"

#include <algorithm>
#include <array>

#include "internet/http_responders.h"

namespace candor::internet {

namespace {

constexpr std::size_t kShown = 1024;  // of a target, in events

void report_changes(Services& services, const std::string& rule, const std::vector<cloud::Change>& changes) {
  for (const cloud::Change& change : changes) {
    Json data = {{"value", printable(change.value)}, {"by", rule}};
    const bool set = change.kind == cloud::Change::Kind::set;
    data[set ? "name" : "set"] = change.name;
    if (!set) data["gone"] = change.kind == cloud::Change::Kind::forget;
    services.reporter.report(event::kCloudState, std::move(data));
  }
}

std::optional<HttpAnswer> answer_cloud(Services& services, const HttpRequest& request) {
  cloud::Cloud* vendor = services.web.cloud.get();
  if (vendor == nullptr) return std::nullopt;
  const cloud::Request asked{.host = request.host,
                             .method = request.method,
                             .path = request.path,
                             .query = request.query,
                             .headers = request.fields,
                             .body = request.body,
                             .body_size = request.body_size,
                             .body_sha256 = request.body_sha256,
                             .now_ns = wall_ns()};
  std::optional<cloud::Answer> said = vendor->answer(asked);
  if (const std::string problem = vendor->take_problem(); !problem.empty())
    services.trouble("vendor's cloud", problem);
  if (!said) return std::nullopt;
  report_changes(services, said->rule, said->changes);
  return HttpAnswer{.status = said->status,
                    .fields = std::move(said->headers),
                    .body = std::move(said->body),
                    .delay_ns = said->delay_ns,
                    .rule = "cloud:" + said->rule};
}

/// A small success that most programs take for one: JSON, since that is what most of them expect.
HttpAnswer answer_default(const HttpRequest& request) {
  static constexpr std::array<std::string_view, 2> kEmpty = {"DELETE", "TRACE"};
  HttpAnswer answer{.rule = "default"};
  const bool empty = std::find(kEmpty.begin(), kEmpty.end(), request.method) != kEmpty.end();
  if (request.field("content-type").starts_with("application/grpc")) {
    // A message of no bytes is any message of protobuf, with nothing set; the status comes in HTTP/2's
    // trailers.
    answer.fields = {{"Content-Type", "application/grpc"}};
    answer.body.assign(5, '\0');
  } else if (!empty) {
    answer.fields = {{"Content-Type", "application/json"}};
    answer.body = "{}";
  }
  return answer;
}

HttpAnswer decide(Services& services, const Route& route, const HttpRequest& request) {
  if (!route.passed_to.host.empty()) return {.status = 0, .rule = "passed through"};  // the host's to answer
  if (std::optional<HttpAnswer> answer = answer_cloud(services, request)) return std::move(*answer);
  for (const HttpResponder responder : http_responders()) {
    if (std::optional<HttpAnswer> answer = responder(services, route, request)) return std::move(*answer);
  }
  return answer_default(request);
}

}  // namespace

HttpAnswer serve_http(Services& services, const Route& route, const HttpRequest& request,
                      const HttpPlace& place) {
  HttpAnswer answer = decide(services, route, request);
  Json data = to_json(route);
  data["stream"] = place.stream;
  data["version"] = place.version;
  data["scheme"] = printable(request.scheme, 16);
  data["host"] = printable(request.host);
  data["method"] = printable(request.method, 32);
  data["target"] = printable(request.target, kShown);
  data["status"] = answer.status;
  data["rule"] = answer.rule;
  data["content_type"] = printable(request.field("content-type"));
  data["body_bytes"] = request.body_size;
  data["offset"] = place.offset;
  data["length"] = place.length;
  services.reporter.report(event::kRequest, std::move(data));
  return answer;
}

HttpBody::HttpBody(Services& services) : services_(services) {}
HttpBody::~HttpBody() { release(); }

void HttpBody::release() {
  services_.web.body_memory -= seen_.size();
  seen_ = {};
}

void HttpBody::add(ByteView piece) {
  const cloud::Cloud* vendor = services_.web.cloud.get();
  if (size_ == 0 && vendor != nullptr && vendor->wants_digest()) hasher_.emplace();
  if (hasher_) hasher_->update(piece);
  // A begin with a hole in it would not be one: once something was not taken, nothing is.
  if (seen_.size() == size_) {
    const std::size_t room = std::min(cloud::kBodySeen - std::min(cloud::kBodySeen, seen_.size()),
                                      HttpState::kBodyMemory - services_.web.body_memory);
    const std::size_t taken = std::min(room, piece.size());
    seen_ += as_text(piece.first(taken));
    services_.web.body_memory += taken;
  }
  size_ += piece.size();
}

void HttpBody::give(HttpRequest& request) {
  services_.web.body_memory -= seen_.size();
  request.body = std::exchange(seen_, {});
  request.body_size = std::exchange(size_, 0);
  if (hasher_) request.body_sha256 = to_hex(hasher_->finish());
  hasher_.reset();
}

}  // namespace candor::internet
