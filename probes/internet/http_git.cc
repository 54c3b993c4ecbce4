// SPDX-License-Identifier: Apache-2.0
//
// git over smart HTTP (gitprotocol-http(5), gitprotocol-pack(5)): every repository is empty and takes every
// push. The pack is not looked into: it is kept with the request, and the recogniser's.
#include <array>
#include <charconv>

#include "internet/http_responders.h"

namespace candor::internet {

namespace {

constexpr std::string_view kFlush = "0000";
constexpr std::string_view kNoObject = "0000000000000000000000000000000000000000";

/// A line behind its length in four hexadecimal digits, which counts itself.
std::string packet(std::string_view line) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const std::size_t size = line.size() + 4;
  std::string text;
  for (int shift = 12; shift >= 0; shift -= 4) text += kDigits[size >> shift & 15];
  text += line;
  return text;
}

HttpAnswer advertise(std::string_view service) {
  std::string capabilities(kNoObject);
  capabilities += " capabilities^{}";
  capabilities += '\0';
  capabilities += service == "git-receive-pack"
                      ? "report-status delete-refs ofs-delta atomic agent=git/2.39.5\n"
                      : "ofs-delta no-done agent=git/2.39.5\n";
  HttpAnswer answer{.rule = "git"};
  answer.fields = {{"Content-Type", "application/x-" + std::string(service) + "-advertisement"},
                   {"Cache-Control", "no-cache"}};
  answer.body = packet("# service=" + std::string(service) + "\n") + std::string(kFlush) +
                packet(capabilities) + std::string(kFlush);
  return answer;
}

/// The names of references a push changes: "OLD NEW NAME", up to the flush packet before the pack.
std::string report(std::string_view body) {
  std::string lines = packet("unpack ok\n");
  bool any = false;
  while (body.size() >= 4) {
    std::size_t size = 0;
    const auto read = std::from_chars(body.data(), body.data() + 4, size, 16);
    if (read.ptr != body.data() + 4 || size < 4 || size > body.size()) break;
    std::string_view line = body.substr(4, size - 4);
    body.remove_prefix(size);
    constexpr std::size_t kBeforeName = 2 * 41;
    line = line.substr(0, line.find('\0'));
    if (line.size() <= kBeforeName ||
        std::string_view("0123456789abcdef").find(line[0]) == std::string_view::npos)
      continue;
    line.remove_prefix(kBeforeName);
    lines += packet("ok " + std::string(line.substr(0, line.find('\n'))) + "\n");
    any = true;
  }
  return any ? lines + std::string(kFlush) : std::string();
}

}  // namespace

std::optional<HttpAnswer> answer_git(Services&, const Route&, const HttpRequest& request) {
  constexpr std::array<std::string_view, 2> kServices = {"git-receive-pack", "git-upload-pack"};
  for (const std::string_view service : kServices) {
    const std::string named = "service=" + std::string(service);
    if (request.method == "GET" && request.path.ends_with("/info/refs") && request.query == named)
      return advertise(service);
    if (request.method != "POST" || !request.path.ends_with("/" + std::string(service))) continue;
    HttpAnswer answer{.rule = "git"};
    answer.fields = {{"Content-Type", "application/x-" + std::string(service) + "-result"},
                     {"Cache-Control", "no-cache"}};
    if (service == kServices[0]) answer.body = report(request.body);
    return answer;
  }
  return std::nullopt;
}

}  // namespace candor::internet
