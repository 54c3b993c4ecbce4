// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "internet/dns_service.h"
#include "internet/http_responders.h"

namespace candor::internet {

namespace {

constexpr std::string_view kType = "application/dns-message";

/// The value of `dns` in a query: base64url without padding (RFC 4648, section 5).
std::optional<Bytes> message_in(std::string_view query) {
  constexpr std::string_view kName = "dns=";
  const std::size_t at = query.starts_with(kName) ? 0 : query.find("&dns=");
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view value = query.substr(at == 0 ? kName.size() : at + 1 + kName.size());
  std::string text(value.substr(0, value.find('&')));
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  while (text.size() % 4 != 0) text += '=';
  return from_base64(text);
}

}  // namespace

std::optional<HttpAnswer> answer_dns(Services& services, const Route& route, const HttpRequest& request) {
  std::optional<Bytes> message;
  if (request.method == "POST" && request.field("content-type") == kType && request.whole()) {
    message = to_bytes(request.body);
  } else if (request.method == "GET") {
    const bool asks =
        request.field("accept").find(kType) != std::string_view::npos || request.path == "/dns-query";
    if (asks) message = message_in(request.query);
  }
  if (!message) return std::nullopt;
  Route over = route;
  over.transport = "doh";
  const DnsOutcome outcome = serve_dns(services, over, *message);
  HttpAnswer answer{.rule = "dns"};
  if (!outcome.problem.empty() || outcome.answer.empty()) {
    answer.status = 400;
    return answer;
  }
  answer.fields.emplace_back("Content-Type", kType);
  answer.body = as_text(outcome.answer);
  return answer;
}

}  // namespace candor::internet
