// SPDX-License-Identifier: Apache-2.0
#include "recognise/header_fields.h"

#include <algorithm>

namespace candor::recognise {

namespace {

constexpr std::string_view kBlanks = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

char small_letter(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_name(std::string_view a, std::string_view small) {
  return std::equal(a.begin(), a.end(), small.begin(), small.end(),
                    [](char x, char y) { return small_letter(x) == y; });
}

/// The end of a line and of those that continue it.
std::size_t field_end(std::string_view header, std::size_t begin) {
  for (std::size_t end = header.find('\n', begin); end != header.npos; end = header.find('\n', end + 1))
    if (end + 1 >= header.size() || (header[end + 1] != ' ' && header[end + 1] != '\t')) return end;
  return header.size();
}

}  // namespace

std::string small_letters(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), small_letter);
  return result;
}

std::optional<std::size_t> body_of(std::string_view message) {
  const std::string_view head = message.substr(0, kHeaderLimit);
  for (std::size_t end = head.find('\n'); end != head.npos; end = head.find('\n', end + 1)) {
    if (head.substr(end + 1, 1) == "\n") return end + 2;
    if (head.substr(end + 1, 2) == "\r\n") return end + 3;
  }
  return std::nullopt;
}

std::string field(std::string_view header, std::string_view name) {
  for (std::size_t begin = 0; begin < header.size();) {
    const std::size_t end = field_end(header, begin);
    const std::string_view line = header.substr(begin, end - begin);
    const std::size_t colon = line.find(':');
    if (colon != line.npos && same_name(trimmed(line.substr(0, colon)), name))
      return std::string(trimmed(line.substr(colon + 1)));
    begin = end + 1;
  }
  return {};
}

std::string parameter(std::string_view value, std::string_view name) {
  for (std::size_t at = value.find(';'); at != value.npos; at = value.find(';', at + 1)) {
    const std::string_view rest = value.substr(at + 1);
    const std::size_t equals = rest.find('=');
    if (equals == rest.npos) break;
    if (!same_name(trimmed(rest.substr(0, equals)), name)) continue;
    const std::string_view given = trimmed(rest.substr(equals + 1));
    if (given.substr(0, 1) == "\"") return std::string(given.substr(1, given.find('"', 1) - 1));
    return std::string(trimmed(given.substr(0, given.find(';'))));
  }
  return {};
}

}  // namespace candor::recognise
