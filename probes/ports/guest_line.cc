// SPDX-License-Identifier: Apache-2.0
#include "ports/guest_line.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"

namespace candor::ports {

namespace {

constexpr std::size_t kLongestType = 64;
constexpr std::size_t kLongestName = 64;
constexpr std::size_t kAbsentMost = 64;
constexpr std::size_t kLongestId = 64;

std::string short_text(const Json& object, const char* key, std::size_t limit) {
  std::string text = string_member(object, key);
  if (text.size() > limit)
    throw Error(std::string("'") + key + "' has more than " + std::to_string(limit) + " bytes");
  return text;
}

std::int64_t count(const Json& object, const char* key) {
  const std::int64_t value = int_member(object, key);
  if (value < 0) throw Error(std::string("'") + key + "' is below 0");
  return value;
}

probe::About about_of(const std::string& text) {
  if (text == "left") return probe::About::left;
  if (text == "kept") return probe::About::kept;
  if (text == "seen") return probe::About::seen;
  if (text == "at-rest") return probe::About::at_rest;
  throw Error("'" + printable(text, 40) + "' is none of left, kept, seen and at-rest");
}

GuestBlob blob_of(const Json& line) {
  const Json& blob = member(line, "blob");
  GuestBlob result;
  result.id = short_text(blob, "id", kLongestId);
  if (result.id.empty()) throw Error("the id of a blob is empty");
  result.last = bool_member(blob, "last");
  result.about = about_of(string_member(blob, "about"));
  auto bytes = from_hex(string_member(line, "hex"));
  if (!bytes) throw Error("'hex' is not hexadecimal");
  result.bytes = std::move(*bytes);
  return result;
}

GuestEvent event_of(const Json& line) {
  GuestEvent event;
  event.type = short_text(line, "event", kLongestType);
  const bool good = !event.type.empty() && std::all_of(event.type.begin(), event.type.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '/';
  });
  if (!good) throw Error("'" + printable(event.type, 80) + "' is no event type");
  event.mono_ns = count(line, "mono_ns");
  event.data = member(line, "data");
  if (!event.data.is_object()) throw Error("the data of an event is no object");
  if (line.contains("blob")) event.blob = blob_of(line);
  return event;
}

GuestStarted started_of(const Json& line) {
  GuestStarted started;
  const Json& absent = member(line, "absent");
  if (!absent.is_array() || absent.size() > kAbsentMost) throw Error("'absent' is no short list");
  for (const Json& each : absent) {
    if (!each.is_string()) throw Error("'absent' holds what is no text");
    started.absent.push_back(printable(each.get<std::string>(), kLongestName));
  }
  return started;
}

}  // namespace

GuestLine read_guest_line(std::string_view text) {
  const Json line = parse_json(text, {.bytes = kLongestLine, .depth = 16});
  if (line.contains("event")) return event_of(line);
  if (line.contains("pong"))
    return GuestPong{count(line, "pong"), count(line, "mono_ns"), count(line, "events"),
                     count(line, "missed")};
  if (line.contains("fin")) return GuestFin{count(line, "events"), count(line, "missed")};
  if (line.contains("hello"))
    return GuestHello{short_text(line, "hello", kLongestName), short_text(line, "version", kLongestName)};
  if (line.contains("started")) return started_of(line);
  throw Error("a line is none of hello, started, event, pong and fin");
}

void LineCutter::add(std::string_view bytes) {
  bytes_.erase(0, begin_);
  searched_ -= begin_;
  begin_ = 0;
  bytes_ += bytes;
}

std::optional<std::string> LineCutter::next() {
  for (;;) {
    const auto end = bytes_.find('\n', searched_);
    if (end == std::string::npos) {
      searched_ = bytes_.size();
      if (bytes_.size() - begin_ <= kLongestLine) return std::nullopt;
      skipping_ = true;
      begin_ = searched_;
      return std::nullopt;
    }
    std::string line = bytes_.substr(begin_, end - begin_);
    begin_ = searched_ = end + 1;
    const bool whole = !skipping_ && line.size() <= kLongestLine;
    skipping_ = false;
    if (whole) return line;
    ++dropped_;
  }
}

}  // namespace candor::ports
