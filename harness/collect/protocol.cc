// SPDX-License-Identifier: Apache-2.0
#include "collect/protocol.h"

#include <sys/random.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace candor::collect {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

std::int64_t number(const Json& body, const char* key, std::int64_t low) {
  const std::int64_t value = int_member(body, key);
  if (value < low || value > kMaxNumber) {
    throw Violation(reject::kMalformed, std::string("member '") + key + "' is out of range");
  }
  return value;
}

/// A time stamp; any number of 64 bits will do.
std::int64_t stamp(const Json& body, const char* key) { return int_member(body, key); }

std::string version_text(const Json& body) {
  std::string version = string_member(body, "version");
  if (version.size() > kMaxVersion) throw Violation(reject::kMalformed, "'version' is longer than 64 bytes");
  return version;
}

bool speaks_json(const Json& body) {
  const Json& encodings = member(body, "encodings");
  if (!encodings.is_array()) throw Violation(reject::kMalformed, "'encodings' is not an array");
  return std::find(encodings.begin(), encodings.end(), Json("json")) != encodings.end();
}

void check_event_types(const Json& body) {
  const Json& types = member(body, "event_types");
  if (!types.is_array() || types.size() > kMaxEventTypes) {
    throw Violation(reject::kMalformed, "'event_types' is not an array of at most 256 types");
  }
  for (const Json& type : types) {
    if (!type.is_string())
      throw Violation(reject::kMalformed, "'event_types' holds something that is no string");
    check_type(type.get_ref<const std::string&>());
  }
}

Hello decode_hello(const Json& body) {
  Hello hello;
  hello.name = string_member(body, "name");
  check_name(hello.name);
  hello.version = version_text(body);
  hello.instance = string_member(body, "instance");
  check_instance(hello.instance);
  hello.proto_min = number(body, "proto_min", 0);
  hello.proto_max = number(body, "proto_max", 0);
  hello.json = speaks_json(body);
  check_event_types(body);
  hello.body = dump_json(body);
  return hello;
}

BlobPiece decode_blob(const Json& blob, std::string_view bytes) {
  BlobPiece piece{.id = string_member(blob, "id"),
                  .offset = number(blob, "offset", 0),
                  .last = bool_member(blob, "last"),
                  .about = string_member(blob, "about"),
                  .bytes = bytes};
  if (piece.id.empty() || piece.id.size() > kMaxBlobId)
    throw Violation(reject::kMalformed, "the 'id' of a blob has 1 to 64 bytes");
  static constexpr std::array kAbout{"left", "kept", "seen", "at-rest"};
  if (std::find(kAbout.begin(), kAbout.end(), piece.about) == kAbout.end())
    throw Violation(reject::kMalformed, "'about' of a blob is \"left\", \"kept\", \"seen\" or \"at-rest\"");
  return piece;
}

EventReport decode_event(const Json& body, std::optional<std::string_view> attached) {
  EventReport event;
  event.seq = number(body, "seq", 1);
  event.type = string_member(body, "type");
  check_type(event.type);
  event.wall_ns = stamp(body, "wall_ns");
  event.mono_ns = stamp(body, "mono_ns");
  const Json& data = member(body, "data");
  if (!data.is_object()) throw Violation(reject::kMalformed, "'data' is not an object");
  event.data = dump_json(data);
  const auto blob = body.find("blob");
  if ((blob != body.end()) != attached.has_value())
    throw Violation(reject::kMalformed, "an event has the member 'blob' if and only if it has a third frame");
  if (attached) event.blob = decode_blob(*blob, *attached);
  return event;
}

Ping decode_ping(const Json& body) {
  return {stamp(body, "sent_ns"), number(body, "last_seq", 0), number(body, "queued", 0),
          number(body, "dropped", 0)};
}

Done decode_done(const Json& body) {
  return {number(body, "id", 0), string_member(body, "error"), member(body, "result")};
}

Fin decode_fin(const Json& body) { return {number(body, "last_seq", 0), number(body, "dropped", 0)}; }

Message decode_body(std::string_view type, const Json& body, std::optional<std::string_view> attached) {
  if (type == "EVENT") return decode_event(body, attached);
  if (attached) throw Violation(reject::kMalformed, "only an EVENT may have a third frame");
  if (type == "PING") return decode_ping(body);
  if (type == "DONE") return decode_done(body);
  if (type == "HELLO") return decode_hello(body);
  if (type == "FIN") return decode_fin(body);
  throw Violation(reject::kMalformed, "there is no message '" + printable(type, 40) + "' from a probe");
}

}  // namespace

void check_name(std::string_view name) {
  const bool good =
      !name.empty() && name.size() <= kMaxName && is_lower(name.front()) &&
      std::all_of(name.begin(), name.end(), [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
  if (!good) {
    throw Violation(reject::kName, "'" + printable(name, 60) +
                                       "' is no name for a probe: a letter, then letters, digits and '-' in "
                                       "lower case, at most 32");
  }
}

void check_type(std::string_view type) {
  const std::size_t slash = type.rfind('/');
  const bool shaped = slash != std::string_view::npos && slash > 0 && type.size() <= kMaxType;
  const std::string_view head = shaped ? type.substr(0, slash) : std::string_view();
  const std::string_view version = shaped ? type.substr(slash + 1) : std::string_view();
  const bool good = shaped && is_lower(head.front()) && !version.empty() && version.size() <= 4 &&
                    std::all_of(version.begin(), version.end(), is_digit) &&
                    std::all_of(head.begin(), head.end(),
                                [](char c) { return is_lower(c) || is_digit(c) || c == '-' || c == '.'; });
  if (!good) {
    throw Violation(reject::kMalformed,
                    "'" + printable(type, 80) + "' is no event type, such as 'file.open/1'");
  }
}

void check_instance(std::string_view instance) {
  bool good = instance.size() == 36;
  for (std::size_t i = 0; good && i < instance.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    good = dash ? instance[i] == '-' : is_hex(instance[i]);
  }
  if (!good) throw Violation(reject::kMalformed, "'instance' is not a UUID in lower case");
}

std::string make_instance() {
  Bytes random(16);
  if (getrandom(random.data(), random.size(), 0) != 16) throw errno_error("getrandom");
  random[6] = static_cast<std::uint8_t>((random[6] & 0x0F) | 0x40);
  random[8] = static_cast<std::uint8_t>((random[8] & 0x3F) | 0x80);
  std::string text = to_hex(random);
  for (const std::size_t place : {8U, 13U, 18U, 23U}) text.insert(place, 1, '-');
  return text;
}

Message decode(std::span<const std::string_view> frames) {
  if (frames.size() < 2 || frames.size() > 3) {
    throw Violation(reject::kMalformed,
                    "a message has two frames, its type and its body; an EVENT may have a blob as its third");
  }
  if (frames[1].size() > kMaxBody) {
    throw Violation(reject::kTooLarge, "a body of " + std::to_string(frames[1].size()) +
                                           " bytes is over the limit of " + std::to_string(kMaxBody));
  }
  std::optional<std::string_view> attached;
  if (frames.size() == 3) attached = frames[2];
  if (attached && attached->size() > kMaxBlobPiece) {
    throw Violation(reject::kTooLarge, "a piece of a blob of " + std::to_string(attached->size()) +
                                           " bytes is over the limit of " + std::to_string(kMaxBlobPiece));
  }
  try {
    return decode_body(frames[0], parse_json(frames[1], {kMaxBody, 32}), attached);
  } catch (const Violation&) {
    throw;
  } catch (const std::exception& error) {
    throw Violation(reject::kMalformed, printable(frames[0], 40) + ": " + printable(error.what(), 300));
  }
}

}  // namespace candor::collect
