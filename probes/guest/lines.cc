// SPDX-License-Identifier: Apache-2.0
#include "guest/lines.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.h"

namespace candor::guest_probe {

namespace {

constexpr std::size_t kLongestText = 8192;
constexpr char kDigits[] = "0123456789abcdef";

bool is_plain(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= 0x20 && c < 0x7f && c != '"' && c != '\\'; });
}

}  // namespace

void JsonLine::key(const char* name) {
  if (!first_) text_ += ',';
  first_ = false;
  text_ += '"';
  text_ += name;
  text_ += "\":";
}

void JsonLine::quoted(std::string_view text) {
  text_ += '"';
  if (is_plain(text)) {
    text_ += text;
  } else {
    const std::string shown =
        is_utf8_text(as_bytes(text)) ? std::string(text) : printable(text, kLongestText);
    for (const char c : shown) {
      const auto byte = static_cast<unsigned char>(c);
      if (c == '"' || c == '\\') {
        text_ += '\\';
        text_ += c;
      } else if (byte < 0x20) {
        text_ += "\\u00";
        text_ += kDigits[byte >> 4U];
        text_ += kDigits[byte & 15U];
      } else {
        text_ += c;
      }
    }
  }
  text_ += '"';
}

JsonLine& JsonLine::open(const char* name) {
  key(name);
  text_ += '{';
  first_ = true;
  return *this;
}

JsonLine& JsonLine::open_list(const char* name) {
  key(name);
  text_ += '[';
  first_ = true;
  return *this;
}

JsonLine& JsonLine::close() {
  text_ += '}';
  first_ = false;
  return *this;
}

JsonLine& JsonLine::close_list() {
  text_ += ']';
  first_ = false;
  return *this;
}

JsonLine& JsonLine::add(const char* name, std::uint64_t value) {
  key(name);
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  text_.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
  return *this;
}

JsonLine& JsonLine::add(const char* name, std::string_view text) {
  key(name);
  quoted(text);
  return *this;
}

JsonLine& JsonLine::add(const char* name, bool value) {
  key(name);
  text_ += value ? "true" : "false";
  return *this;
}

JsonLine& JsonLine::item(std::string_view text) {
  if (!first_) text_ += ',';
  first_ = false;
  quoted(text);
  return *this;
}

std::string JsonLine::take() {
  text_ += "}\n";
  std::string line = std::move(text_);
  text_ = "{";
  text_.reserve(512);
  first_ = true;
  return line;
}

}  // namespace candor::guest_probe
