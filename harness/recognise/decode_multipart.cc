// SPDX-License-Identifier: Apache-2.0
//
// Bodies of several parts (RFC 2046, section 5.1), as in mails with attachments and in uploads of forms (RFC
// 7578), found by their header field; they begin with the first delimiter, which says the boundary again.
// Each part is a member with its transfer encoding undone; what stands around the parts' bodies is one of its
// own.
#include <algorithm>

#include "recognise/decoder.h"
#include "recognise/escape.h"
#include "recognise/header_fields.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kMostParts = 4096;
constexpr std::size_t kLongestBoundary = 128;

struct Part {
  std::string_view header;
  std::string_view body;
};

struct Message {
  std::vector<Part> parts;
  std::size_t end = 0;
  bool complete = false;
};

/// A delimiter stands at the begin of a line.
std::size_t find_delimiter(std::string_view text, std::string_view delimiter, std::size_t from) {
  for (std::size_t at = text.find(delimiter, from); at != text.npos; at = text.find(delimiter, at + 1))
    if (at == 0 || text[at - 1] == '\n') return at;
  return text.npos;
}

std::optional<std::size_t> start(ByteView layer, std::size_t trigger_end) {
  const std::string_view rest = as_text(layer).substr(trigger_end, 2 * kHeaderLimit);
  const std::optional<std::size_t> body = body_of(rest);
  if (!body) return std::nullopt;
  // What follows the trigger is the rest of a field.
  const std::string value = field("content-type: x/" + std::string(rest.substr(0, *body)), "content-type");
  const std::string boundary = parameter(value, "boundary");
  if (boundary.empty() || boundary.size() > kLongestBoundary) return std::nullopt;
  const std::size_t first = find_delimiter(rest, "--" + boundary, *body - 1);
  if (first == rest.npos) return std::nullopt;
  return trigger_end + first;
}

Part part_of(std::string_view text) {
  const std::size_t line = text.find('\n');
  if (line == text.npos) return {text, {}};
  // A part may begin with the blank line.
  const std::optional<std::size_t> body = body_of(text);
  if (!body) return {text, {}};
  return {text.substr(0, *body), text.substr(*body)};
}

std::string_view without_line_end(std::string_view text) {
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  if (!text.empty() && text.back() == '\r') text.remove_suffix(1);
  return text;
}

Message read(std::string_view text, std::string_view delimiter) {
  Message message;
  std::size_t at = 0;
  while (at != text.npos && message.parts.size() < kMostParts) {
    const std::size_t begin = at + delimiter.size();
    if (text.substr(begin, 2) == "--") {
      message.complete = true;
      message.end = begin + 2;
      return message;
    }
    const std::size_t next = find_delimiter(text, delimiter, begin);
    const std::size_t end = std::min(next, text.size());
    message.parts.push_back(part_of(text.substr(begin, end - begin)));
    message.parts.back().body = without_line_end(message.parts.back().body);
    message.end = end;
    at = next;
  }
  return message;
}

/// Blanks and other letters are skipped, as section 6.8 of RFC 2045 wants it.
Bytes from_base64_lines(std::string_view text) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  Bytes bytes;
  bytes.reserve(text.size() / 4 * 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const std::size_t value = kLetters.find(c);
    if (value == kLetters.npos) continue;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<std::uint8_t>(bits >> count));
  }
  return bytes;
}

Unescaped read_quoted(ByteView at_lead) {
  if (at_lead.size() >= 2 && at_lead[1] == '\n') return {.in_size = 2};
  if (at_lead.size() >= 3 && at_lead[1] == '\r' && at_lead[2] == '\n') return {.in_size = 3};
  const std::int64_t value = hex_number(at_lead, 1, 2);
  return value < 0 ? Unescaped{} : one_byte(3, static_cast<int>(value));
}

Bytes content_of(const Part& part) {
  const std::string encoding = small_letters(field(part.header, "content-transfer-encoding"));
  if (encoding == "base64") return from_base64_lines(part.body);
  if (encoding == "quoted-printable")
    return unescape(as_bytes(part.body), part.body.size(), '=', read_quoted).bytes;
  return to_bytes(part.body);
}

/// A part that has parts itself is searched with its header, which says so.
bool has_parts(const Part& part) {
  return small_letters(field(part.header, "content-type")).rfind("multipart/", 0) == 0;
}

std::string name_of(const Part& part, std::size_t index) {
  std::string name = parameter(field(part.header, "content-disposition"), "filename");
  if (name.empty()) name = parameter(field(part.header, "content-type"), "name");
  if (name.empty()) name = parameter(field(part.header, "content-disposition"), "name");
  return std::to_string(index + 1) + (name.empty() ? "" : " " + printable(name, 100));
}

class Output {
 public:
  Output(Decoded& result, std::size_t limit) : result_(result), limit_(limit) {}
  void add(std::string name, ByteView content) {
    const std::size_t room = limit_ - result_.bytes.size();
    if (content.size() > room) result_.reason = "output budget";
    content = content.first(std::min(content.size(), room));
    if (content.empty()) return;
    result_.members.push_back({std::move(name), result_.bytes.size(), content.size()});
    result_.bytes.insert(result_.bytes.end(), content.begin(), content.end());
  }

 private:
  Decoded& result_;
  std::size_t limit_;
};

/// All that is no part's body.
Bytes framing(std::string_view text, const Message& message) {
  Bytes bytes;
  std::size_t copied = 0;
  const auto copy = [&](std::size_t end) {
    const std::string_view piece = text.substr(copied, end - copied);
    bytes.insert(bytes.end(), piece.begin(), piece.end());
  };
  for (const Part& part : message.parts) {
    if (part.body.empty()) continue;
    const auto begin = static_cast<std::size_t>(part.body.data() - text.data());
    copy(begin);
    copied = begin + part.body.size();
  }
  copy(message.end);
  return bytes;
}

Decoded decode(ByteView region, std::size_t max_output) {
  Decoded result;
  const std::string_view text = as_text(region);
  const std::string_view line = text.substr(0, std::min(text.find_first_of("\r\n"), text.size()));
  const std::string_view delimiter = line.substr(0, line.find_last_not_of(" \t") + 1);
  if (delimiter.substr(0, 2) != "--" || delimiter.size() > kLongestBoundary + 2) return result;
  const Message message = read(text, delimiter);
  if (message.parts.empty()) return result;
  Output output(result, max_output);
  output.add("framing", framing(text, message));
  for (std::size_t i = 0; i < message.parts.size(); ++i) {
    const Part& part = message.parts[i];
    if (has_parts(part))
      output.add(name_of(part, i),
                 as_bytes(std::string_view(part.header.data(), part.header.size() + part.body.size())));
    else
      output.add(name_of(part, i), content_of(part));
  }
  result.consumed = message.end;
  result.complete = message.complete && result.reason.empty();
  if (!message.complete && result.reason.empty()) result.reason = "multipart message without its end";
  return result;
}

}  // namespace

Decoder multipart_decoder() {
  return {.name = "multipart",
          .about = "parts of mails and of uploads, their transfer encoding undone",
          .nature = Nature::container,
          .trigger = "(?i)content-type:[ \\t]{0,4}multipart/",
          .start = start,
          .decode = decode};
}

}  // namespace candor::recognise
