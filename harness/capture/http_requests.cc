// SPDX-License-Identifier: Apache-2.0
#include "capture/http_requests.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "capture/dns_query.h"

namespace candor::capture {

namespace {

constexpr std::size_t kLongestHead = 1U << 20;
constexpr std::size_t kMostFields = 200;

/// Takes a line off the begin, without its end.
std::string_view line_of(std::string_view& text) {
  const std::size_t end = text.find('\n');
  std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

std::optional<std::size_t> number(std::string_view text, int base) {
  std::size_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

bool request_line(std::string_view line, HttpRequest& request) {
  const std::size_t method = line.find(' ');
  const std::size_t version = line.rfind(" HTTP/");
  if (method == std::string_view::npos || version == std::string_view::npos || version <= method)
    return false;
  request.method = line.substr(0, method);
  const auto in_token = [](char c) {
    constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
    const bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    return letter || kMarks.find(c) != std::string_view::npos;
  };
  const bool token =
      !request.method.empty() && std::all_of(request.method.begin(), request.method.end(), in_token);
  const std::string_view target = line.substr(method + 1, version - method - 1);
  const std::size_t query = target.find('?');
  request.path = target.substr(0, query);
  request.query = query == std::string_view::npos ? std::string_view() : target.substr(query + 1);
  return token;
}

/// The bytes of a chunked body (RFC 9112, 7.1) at the begin of `rest`; nothing if it breaks off.
std::optional<std::size_t> chunked_size(std::string_view rest) {
  const std::size_t whole = rest.size();
  for (;;) {
    const auto size = number(line_of(rest), 16);
    if (!size || *size > rest.size()) return std::nullopt;
    rest.remove_prefix(*size);
    if (*size == 0) break;
    line_of(rest);
  }
  while (!rest.empty() && !line_of(rest).empty()) continue;
  return whole - rest.size();
}

}  // namespace

std::size_t for_each_request(ByteView sent, const std::function<bool(const HttpRequest&)>& tell) {
  std::string_view rest = as_text(sent);
  while (!rest.empty()) {
    if (rest.front() == '\r' || rest.front() == '\n') {  // RFC 9112, section 2.2
      rest.remove_prefix(1);
      continue;
    }
    HttpRequest request{.offset = sent.size() - rest.size()};
    std::string_view head = rest.substr(0, kLongestHead);
    const std::size_t begin = head.size();
    if (!request_line(line_of(head), request)) return kNoRequest;
    std::size_t body = 0;
    bool chunked = false;
    while (!head.empty()) {
      const bool ends = head.find('\n') != std::string_view::npos;
      const std::string_view line = line_of(head);
      if (line.empty()) {
        request.whole = ends;
        break;
      }
      const std::size_t colon = line.find(':');
      if (colon == std::string_view::npos || request.fields.size() == kMostFields) continue;
      request.fields.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
      const auto& [name, value] = request.fields.back();
      const std::string lower = lower_case(std::string(name));
      if (lower == "content-length") body = number(value, 10).value_or(0);
      if (lower == "transfer-encoding")
        chunked = lower_case(std::string(value)).find("chunked") != std::string::npos;
    }
    request.size = begin - head.size();
    rest.remove_prefix(request.size);
    if (!tell(request)) return request.offset;
    if (chunked) {
      const auto size = chunked_size(rest);
      if (!size) return kNoRequest;
      body = *size;
    }
    if (body > rest.size()) {
      const std::size_t at = sent.size() - rest.size();
      return body < kNoRequest - at ? at + body : kNoRequest;
    }
    rest.remove_prefix(body);
  }
  return sent.size();
}

}  // namespace candor::capture
