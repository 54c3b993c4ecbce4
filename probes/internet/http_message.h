// SPDX-License-Identifier: Apache-2.0
//
// An HTTP request as far as answers need it, whichever version it came in, and an answer. Plain data over
// hostile bytes; names of header fields are in lower case.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace candor::internet {

using HttpFields = std::vector<std::pair<std::string, std::string>>;

/// The first value of a field; "" if there is none. `name` in lower case.
[[nodiscard]] std::string_view field_of(const HttpFields& fields, std::string_view name);
/// Whether one of a field's comma-separated words is `word`, in any case.
[[nodiscard]] bool field_has(const HttpFields& fields, std::string_view name, std::string_view word);

struct HttpRequest {
  std::string method;
  std::string target;  ///< As sent.
  HttpFields fields;
  std::string scheme = "http";
  std::string host;  ///< In lower case, without a port; of the target, the Host field, or the destination.
  std::string path;  ///< As sent, without scheme, host and query.
  std::string query;
  std::string body;  ///< Its first bytes, up to a bound.
  std::uint64_t body_size = 0;
  std::string body_sha256;  ///< In hex, if rules ask for it.
  [[nodiscard]] std::string_view field(std::string_view name) const { return field_of(fields, name); }
  /// Whether `body` is all of it.
  [[nodiscard]] bool whole() const { return body.size() == body_size; }
};

/// "%41" undone; what is no such thing stays.
[[nodiscard]] std::string percent_decoded(std::string_view text);

/// Fills host, path and query from target and fields; `otherwise` is the host if neither names one.
void split_target(HttpRequest& request, std::string_view otherwise);

struct HttpAnswer {
  int status = 200;
  HttpFields fields;  ///< Without Content-Length and Connection.
  std::string body;
  std::int64_t delay_ns = 0;
  std::string rule;  ///< What gave the answer: a rule of the vendor's cloud, "connectivity", "default" …
};

/// The answer to a request as HTTP/1.1 sends it.
[[nodiscard]] std::string http1_text(const HttpAnswer& answer, std::string_view method, bool keep_alive);
[[nodiscard]] std::string_view reason_phrase(int status);
/// Whether an answer has a body by its status and the request's method (RFC 9110, section 6.4.1).
[[nodiscard]] bool has_body(int status, std::string_view method);

}  // namespace candor::internet
