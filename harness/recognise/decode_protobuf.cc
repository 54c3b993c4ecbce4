// SPDX-License-Identifier: Apache-2.0
//
// Protocol buffers on the wire (https://protobuf.dev/programming-guides/encoding/), and the frames gRPC puts
// around them (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md). A message has no mark, so a
// whole layer must be one. The strings of each field are put together, since content is sent in repeated
// fields of a few kilobytes each; a string that is a message itself is read as one.
#include <algorithm>
#include <map>

#include "recognise/decoder.h"
#include "recognise/randomness.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kShortest = 8;
constexpr std::size_t kMostPaths = 256;
constexpr int kDeepest = 6;
constexpr std::uint64_t kHighestField = 10'000;  // Random bytes are seldom as low.

struct Field {
  std::uint64_t number = 0;
  unsigned wire_type = 0;
  std::size_t begin = 0;  ///< Of its value …
  std::size_t end = 0;
};

std::optional<std::uint64_t> varint_at(ByteView bytes, std::size_t& at) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64 && at < bytes.size(); shift += 7) {
    const std::uint8_t byte = bytes[at++];
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

std::optional<Field> field_at(ByteView bytes, std::size_t at) {
  const std::optional<std::uint64_t> key = varint_at(bytes, at);
  if (!key || *key >> 3 == 0 || *key >> 3 > kHighestField) return std::nullopt;
  Field field{.number = *key >> 3, .wire_type = static_cast<unsigned>(*key & 7), .begin = at, .end = at};
  std::uint64_t size = 0;
  switch (field.wire_type) {
    case 0:
      if (!varint_at(bytes, field.end)) return std::nullopt;
      return field;
    case 1:
      size = 8;
      break;
    case 2: {
      const std::optional<std::uint64_t> length = varint_at(bytes, field.begin);
      if (!length) return std::nullopt;
      field.end = field.begin;
      size = *length;
      break;
    }
    case 5:
      size = 4;
      break;
    default:
      return std::nullopt;
  }
  if (size > bytes.size() - field.end) return std::nullopt;
  field.end += static_cast<std::size_t>(size);
  return field;
}

/// Whether all of it is fields, with at least one string.
bool is_message(ByteView bytes) {
  bool has_string = false;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::optional<Field> field = field_at(bytes, at);
    if (!field) return false;
    has_string = has_string || field->wire_type == 2;
    at = field->end;
  }
  return has_string;
}

/// Whether a layer that could be a message surely is one: numbers that are low and ascend, as writers put
/// them, are evidence; others are some against it. One field that is all of the layer hides nothing if it is
/// none.
bool is_surely_message(ByteView bytes) {
  constexpr int kSure = 10;
  constexpr std::uint64_t kBelowLetters = 5;  // Keys of higher numbers are digits and letters of ASCII, too.
  int evidence = 0;
  std::uint64_t last = 0;
  for (std::size_t at = 0; at < bytes.size();) {
    const Field field = *field_at(bytes, at);
    if (at == 0 && field.number <= 2) evidence += 4;
    const bool is_usual = field.number < 16 && field.number >= last;
    const bool is_letter = field.number > kBelowLetters;
    const bool is_fixed = field.wire_type == 1 || field.wire_type == 5;
    evidence += !is_usual ? -2 : is_fixed || is_letter ? 0 : 3;
    last = field.number;
    at = field.end;
  }
  return evidence >= kSure && !is_text(bytes);
}

/// The strings of all messages at one place.
struct Strings {
  std::vector<ByteView> parts;
  bool are_messages = true;
};
using ByPath = std::map<std::string, Strings>;

void collect(ByteView message, const std::string& path, int depth, ByPath& found, std::size_t& numbers) {
  for (std::size_t at = 0; at < message.size();) {
    const std::optional<Field> field = field_at(message, at);
    if (!field) return;
    at = field->end;
    const ByteView value = message.subspan(field->begin, field->end - field->begin);
    if (field->wire_type != 2) {
      numbers += value.size();
      continue;
    }
    if (found.size() >= kMostPaths && found.count(path) == 0) continue;
    const std::string here = path + (path.empty() ? "" : ".") + std::to_string(field->number);
    Strings& strings = found[here];
    strings.parts.push_back(value);
    const bool nested = value.size() >= 2 && is_message(value);
    strings.are_messages = strings.are_messages && nested;
    if (nested && depth < kDeepest) collect(value, here, depth + 1, found, numbers);
  }
}

Decoded decode(ByteView region, std::size_t max_output) {
  Decoded result;
  if (region.size() < kShortest || !is_message(region)) return result;
  ByPath found;
  collect(region, "", 0, found, result.unexplained);
  for (const auto& [path, strings] : found) {
    if (strings.are_messages) continue;
    const std::size_t begin = result.bytes.size();
    for (const ByteView part : strings.parts) {
      const std::size_t taken = std::min(part.size(), max_output - result.bytes.size());
      if (taken < part.size()) result.reason = "output budget";
      result.bytes.insert(result.bytes.end(), part.begin(),
                          part.begin() + static_cast<std::ptrdiff_t>(taken));
    }
    if (result.bytes.size() > begin) result.members.push_back({path, begin, result.bytes.size() - begin});
  }
  result.consumed = region.size();
  result.complete = !result.members.empty() && result.reason.empty() && found.size() < kMostPaths &&
                    is_surely_message(region);
  return result;
}

constexpr std::size_t kFrameHeader = 5;

/// Where the message of the frame at `at` ends; nothing if there is no whole one.
std::optional<std::size_t> frame_end(ByteView region, std::size_t at) {
  if (region.size() - at < kFrameHeader || region[at] > 1) return std::nullopt;
  std::size_t size = 0;
  for (std::size_t i = 1; i < kFrameHeader; ++i) size = size << 8 | region[at + i];
  if (size > region.size() - at - kFrameHeader) return std::nullopt;
  return at + kFrameHeader + size;
}

bool is_row_of_frames(ByteView region) {
  std::size_t at = 0;
  while (at < region.size()) {
    const std::optional<std::size_t> end = frame_end(region, at);
    if (!end) return false;
    at = *end;
  }
  return at > kFrameHeader;
}

/// Messages that follow each other are one that has the fields of all; compressed ones are read alone.
Decoded decode_frames(ByteView region, std::size_t max_output) {
  Decoded result;
  if (!is_row_of_frames(region)) return result;
  bool compressed = false;
  std::size_t index = 0;
  while (result.consumed < region.size()) {
    const std::size_t end = *frame_end(region, result.consumed);
    const ByteView message =
        region.subspan(result.consumed + kFrameHeader, end - result.consumed - kFrameHeader);
    if (message.size() > max_output - result.bytes.size()) {
      result.reason = "output budget";
      break;
    }
    compressed = compressed || region[result.consumed] == 1;
    if (!message.empty())
      result.members.push_back({std::to_string(++index), result.bytes.size(), message.size()});
    result.bytes.insert(result.bytes.end(), message.begin(), message.end());
    result.consumed = end;
  }
  if (!compressed) result.members.clear();
  result.complete = result.consumed == region.size();
  return result;
}

}  // namespace

Decoder protobuf_decoder() {
  return {.name = "protobuf",
          .about = "strings of protocol buffers, those of a repeated field put together",
          .nature = Nature::container,
          .at_begin = true,
          .decode = decode};
}

Decoder grpc_decoder() {
  return {.name = "grpc",
          .about = "messages in gRPC's frames",
          .nature = Nature::container,
          .at_begin = true,
          .decode = decode_frames};
}

}  // namespace candor::recognise
