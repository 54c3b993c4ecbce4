// SPDX-License-Identifier: Apache-2.0
//
// A query of DNS (RFC 1035, section 4.1) wherever it is carried: in the body of an HTTP request (RFC 8484),
// in a tunnel, in a file. A label holds at most 63 bytes, so what was sent in a name is put together again:
// all of its labels, and all but the last ones, which belong to the domain of whoever receives them.
#include <algorithm>
#include <array>
#include <string>

#include "recognise/decoder.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kHeader = 12;
constexpr std::size_t kLongestName = 255;
constexpr std::size_t kTriggerEnd = 12;  // the trigger is the header without its identifier
constexpr std::uint16_t kOpt = 41;       // RFC 6891

std::uint16_t number_at(ByteView bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8U | bytes[at + 1]);
}

struct Name {
  std::vector<std::string_view> labels;
  std::size_t end = 0;
};

/// A name without pointers, as queries have.
std::optional<Name> name_at(ByteView bytes, std::size_t at) {
  const std::string_view text = as_text(bytes);
  const std::size_t begin = at;
  Name name;
  while (at < bytes.size() && at - begin < kLongestName) {
    const std::size_t length = bytes[at++];
    if (length == 0) {
      name.end = at;
      return name;
    }
    if (length > 63 || length > bytes.size() - at) return std::nullopt;
    name.labels.push_back(text.substr(at, length));
    at += length;
  }
  return std::nullopt;
}

bool is_class(std::uint16_t number) { return number == 1 || number == 3 || number == 255; }

/// Where a query at the begin of `bytes` has its one question; nothing if it is none.
std::optional<Name> question_of(ByteView bytes) {
  if (bytes.size() < kHeader + 7) return std::nullopt;
  const bool query = (bytes[2] & 0xf8U) == 0 && (bytes[3] & 0xcfU) == 0;
  const bool counts = number_at(bytes, 4) == 1 && number_at(bytes, 6) == 0 && number_at(bytes, 8) == 0 &&
                      number_at(bytes, 10) <= 2;
  if (!query || !counts) return std::nullopt;
  std::optional<Name> name = name_at(bytes, kHeader);
  if (!name || name->labels.empty() || bytes.size() - name->end < 4) return std::nullopt;
  if (number_at(bytes, name->end) == 0 || !is_class(number_at(bytes, name->end + 2))) return std::nullopt;
  return name;
}

std::optional<std::size_t> start(ByteView layer, std::size_t trigger_end) {
  if (trigger_end < kTriggerEnd) return std::nullopt;
  const std::size_t begin = trigger_end - kTriggerEnd;
  if (!question_of(layer.subspan(begin))) return std::nullopt;
  return begin;
}

std::string joined(const std::vector<std::string_view>& labels, std::size_t count, std::string_view between) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i)
    text += (i > 0 ? std::string(between) : "") + std::string(labels[i]);
  return text;
}

/// The end of the additional records behind the question, and how many of their bytes anybody may fill.
std::size_t skip_additional(ByteView bytes, std::size_t at, std::uint16_t records, std::size_t& free) {
  for (; records > 0; --records) {
    const std::optional<Name> name = name_at(bytes, at);
    if (!name || bytes.size() - name->end < 10 || number_at(bytes, name->end) != kOpt) return at;
    const std::size_t data = number_at(bytes, name->end + 8);
    if (data > bytes.size() - name->end - 10) return at;
    free += data;
    at = name->end + 10 + data;
  }
  return at;
}

Decoded decode(ByteView region, std::size_t max_output) {
  Decoded result;
  const std::optional<Name> name = question_of(region);
  if (!name) return result;
  std::size_t free = 2;  // the identifier
  result.consumed = skip_additional(region, name->end + 4, number_at(region, 10), free);
  result.unexplained = free;
  const auto add = [&](const std::string& what, const std::string& text) {
    if (text.empty() || result.bytes.size() + text.size() > max_output) return;
    result.members.push_back({.name = what, .begin = result.bytes.size(), .size = text.size()});
    result.bytes.insert(result.bytes.end(), text.begin(), text.end());
  };
  const std::size_t labels = name->labels.size();
  add("name", joined(name->labels, labels, "."));
  add("labels", joined(name->labels, labels, ""));
  for (std::size_t domain = 1; domain <= 3 && domain < labels; ++domain)
    add("labels but " + std::to_string(domain), joined(name->labels, labels - domain, ""));
  result.complete = true;
  return result;
}

}  // namespace

Decoder dns_decoder() {
  return {.name = "dns",
          .about = "queries of DNS, with their labels put together",
          .nature = Nature::container,
          .trigger = R"(\x01[\x00\x10\x20\x30]\x00\x01\x00\x00\x00\x00\x00[\x00\x01\x02])",
          .start = start,
          .at_begin = true,
          .transparent = true,
          .decode = decode};
}

}  // namespace candor::recognise
