// SPDX-License-Identifier: Apache-2.0
//
// HTTP/1.1 messages (RFC 9112) whose body needs to be looked at by itself: where it is coded, or of a type
// that has no mark of its own. Other bodies stand in the layer as they are; chunked ones have their own
// decoder, which gives the same. A body ends as Content-Length says, or with the layer.
#include <algorithm>
#include <array>
#include <charconv>

#include "recognise/decoder.h"
#include "recognise/header_fields.h"

namespace candor::recognise {

namespace {

/// Types of bodies that are found where they stand.
constexpr std::array<std::string_view, 10> kPlain = {
    "text/",           "multipart/",      "image/",          "audio/",           "video/",
    "application/zip", "application/pdf", "application/xml", "application/json", "application/x-www-form"};

bool is_in_line(char c) { return c >= ' ' && c < 0x7f; }

bool is_coded(std::string_view header) {
  const std::string coding = small_letters(field(header, "content-encoding"));
  return !coding.empty() && coding != "identity" && coding != "gzip";
}

bool is_plain(std::string_view header) {
  const std::string type = small_letters(field(header, "content-type"));
  return std::any_of(kPlain.begin(), kPlain.end(),
                     [&](std::string_view plain) { return type.rfind(plain, 0) == 0; });
}

bool is_chunked(std::string_view header) {
  return small_letters(field(header, "transfer-encoding")).find("chunked") != std::string::npos;
}

/// The trigger ends in "HTTP/1.x"; a request's start line has its method and target before that.
std::optional<std::size_t> start(ByteView layer, std::size_t trigger_end) {
  constexpr std::size_t kVersion = 8;
  constexpr std::size_t kLongestLine = 8192;
  const std::string_view text = as_text(layer);
  std::size_t begin = trigger_end - kVersion;
  const std::size_t from = begin - std::min(begin, kLongestLine);
  while (begin > from && is_in_line(text[begin - 1])) --begin;
  const std::optional<std::size_t> body = body_of(text.substr(begin));
  if (!body || begin + *body >= text.size()) return std::nullopt;
  const std::string_view header = text.substr(begin, *body);
  if (is_chunked(header) || (!is_coded(header) && is_plain(header))) return std::nullopt;
  return begin;
}

Decoded decode(ByteView region, std::size_t /*max_output*/) {
  Decoded result{.in_place = true};
  const std::string_view text = as_text(region);
  const std::optional<std::size_t> head = body_of(text);
  if (!head) return result;
  const std::string length = field(text.substr(0, *head), "content-length");
  std::size_t stated = region.size() - *head;
  std::from_chars(length.data(), length.data() + length.size(), stated);
  const std::size_t held = std::min(stated, region.size() - *head);
  result.members.push_back({.name = "body", .begin = *head, .size = held});
  result.consumed = *head + held;
  result.complete = held == stated;
  if (!result.complete) result.reason = "cut off";
  return result;
}

}  // namespace

Decoder http_decoder() {
  return {.name = "http",
          .about = "bodies of HTTP/1.1 messages that are coded or have no mark of their own",
          .nature = Nature::container,
          .trigger = "HTTP/1\\.[01]",
          .start = start,
          .decode = decode};
}

}  // namespace candor::recognise
