// SPDX-License-Identifier: Apache-2.0
#include "internet/http_message.h"

#include <algorithm>
#include <boost/beast/http/status.hpp>

#include "base/bytes.h"
#include "internet/name_pool.h"

namespace candor::internet {

namespace {

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

/// "host:port", "[v6]:port" or "user@host" without what is not the host.
std::string_view host_only(std::string_view authority) {
  if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos)
    authority.remove_prefix(at + 1);
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    return end == std::string_view::npos ? authority : authority.substr(1, end - 1);
  }
  return authority.substr(0, authority.find(':'));
}

}  // namespace

std::string_view field_of(const HttpFields& fields, std::string_view name) {
  for (const auto& [each, value] : fields) {
    if (each == name) return value;
  }
  return {};
}

bool field_has(const HttpFields& fields, std::string_view name, std::string_view word) {
  for (const auto& [each, value] : fields) {
    if (each != name) continue;
    std::string_view rest = value;
    while (!rest.empty()) {
      const std::string_view part = rest.substr(0, rest.find(','));
      rest.remove_prefix(std::min(rest.size(), part.size() + 1));
      if (lower_case(trimmed(part)) == word) return true;
    }
  }
  return false;
}

std::string percent_decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::optional<Bytes> byte =
        text[i] == '%' && i + 2 < text.size() ? from_hex(text.substr(i + 1, 2)) : std::nullopt;
    plain += byte ? static_cast<char>(byte->front()) : text[i];
    if (byte) i += 2;
  }
  return plain;
}

void split_target(HttpRequest& request, std::string_view otherwise) {
  std::string_view target = request.target;
  std::string_view host = trimmed(request.field("host"));
  const std::size_t scheme = target.find("://");
  if (!target.starts_with('/') && scheme != std::string_view::npos && scheme < 16) {
    request.scheme = lower_case(target.substr(0, scheme));
    target.remove_prefix(scheme + 3);
    const std::size_t end = std::min(target.find_first_of("/?"), target.size());
    host = target.substr(0, end);
    target.remove_prefix(end);
  }
  host = host_only(host);
  request.host = lower_case(host.empty() ? otherwise : host);
  const std::size_t question = target.find('?');
  request.path = target.substr(0, question);
  if (request.path.empty()) request.path = "/";
  if (question != std::string_view::npos) request.query = target.substr(question + 1);
}

std::string_view reason_phrase(int status) {
  const auto phrase = boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
  return {phrase.data(), phrase.size()};
}

bool has_body(int status, std::string_view method) {
  return method != "HEAD" && status >= 200 && status != 204 && status != 304;
}

std::string http1_text(const HttpAnswer& answer, std::string_view method, bool keep_alive) {
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) + ' ';
  text += reason_phrase(answer.status);
  text += "\r\n";
  for (const auto& [name, value] : answer.fields) {
    text += name;
    text += ": ";
    text += value;
    text += "\r\n";
  }
  const bool counted = answer.status >= 200 && answer.status != 204 && answer.status != 304;
  if (counted) text += "Content-Length: " + std::to_string(answer.body.size()) + "\r\n";
  text += keep_alive ? "Connection: keep-alive\r\n\r\n" : "Connection: close\r\n\r\n";
  if (has_body(answer.status, method)) text += answer.body;
  return text;
}

}  // namespace candor::internet
