// SPDX-License-Identifier: Apache-2.0
#include "capture/dns_query.h"

#include <algorithm>
#include <string_view>

#include "capture/field_reader.h"

namespace candor::capture {

namespace {

constexpr std::size_t kLongestName = 255;
constexpr std::size_t kLongestLabel = 63;
constexpr std::uint16_t kClassInternet = 1;
constexpr std::uint16_t kTypeOpt = 41;
constexpr std::uint16_t kOptionPadding = 12;

bool host_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool read_name(FieldReader& reader, DnsQuery& query) {
  std::size_t length = 1;
  while (const std::size_t size = reader.u8()) {
    length += size + 1;
    if (size > kLongestLabel || length > kLongestName) return false;
    query.labels.emplace_back(as_text(reader.take(size)));
    if (!reader.good()) return false;
    if (!std::all_of(query.labels.back().begin(), query.labels.back().end(), host_name_character))
      query.opaque_labels += size;
  }
  query.name_length = length;
  return reader.good();
}

bool read_edns(FieldReader& reader, DnsQuery& query) {
  if (reader.u8() != 0 || reader.u16() != kTypeOpt) return false;
  (void)reader.u16();                               // the largest answer it takes
  if (reader.u16() != 0) return false;              // extended code and version
  if ((reader.u16() & 0x7fffU) != 0) return false;  // flags other than DO
  FieldReader options(reader.take(reader.u16()));
  while (reader.good() && !options.at_end()) {
    const std::uint16_t code = options.u16();
    const ByteView data = options.take(options.u16());
    if (!options.good()) return false;
    const bool empty = std::all_of(data.begin(), data.end(), [](std::uint8_t byte) { return byte == 0; });
    if (code != kOptionPadding || !empty) query.opaque_options += data.size();
  }
  return reader.good();
}

}  // namespace

std::optional<DnsQuery> parse_dns_query(ByteView message) {
  FieldReader reader(message);
  (void)reader.u16();  // id
  // Of the flags only RD, AD and CD may be set: a standard query, not an answer.
  if ((reader.u16() & ~0x0130U) != 0) return std::nullopt;
  if (reader.u16() != 1 || reader.u16() != 0 || reader.u16() != 0) return std::nullopt;
  const std::uint16_t additional = reader.u16();
  DnsQuery query;
  if (additional > 1 || !read_name(reader, query)) return std::nullopt;
  (void)reader.u16();  // type
  if (reader.u16() != kClassInternet) return std::nullopt;
  if (additional == 1 && !read_edns(reader, query)) return std::nullopt;
  return reader.at_end() ? std::optional(query) : std::nullopt;
}

std::string lower_case(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::string joined_labels(const DnsQuery& query, const char* separator) {
  std::string text;
  for (const std::string& label : query.labels) text += (text.empty() ? "" : separator) + label;
  return text;
}

std::string base_domain(const DnsQuery& query) {
  const std::size_t count = query.labels.size();
  if (count == 0) return ".";
  if (count == 1) return lower_case(query.labels[0]);
  return lower_case(query.labels[count - 2] + "." + query.labels[count - 1]);
}

std::string labels_before_base(const DnsQuery& query) {
  if (query.labels.size() <= 2) return joined_labels(query, "");
  DnsQuery front;
  front.labels.assign(query.labels.begin(), query.labels.end() - 2);
  return joined_labels(front, "");
}

}  // namespace candor::capture
