// SPDX-License-Identifier: Apache-2.0
//
// JSON written member by member, without building it first: this runs beside what it observes, on its
// processor.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace candor::guest_probe {

class JsonLine {
 public:
  JsonLine() { text_.reserve(512); }

  /// A member whose value is an object, until close().
  JsonLine& open(const char* key);
  JsonLine& open_list(const char* key);
  JsonLine& close();
  JsonLine& close_list();
  JsonLine& add(const char* key, std::uint64_t value);
  /// Bytes that are no UTF-8 are written as base/bytes.h's printable() shows them.
  JsonLine& add(const char* key, std::string_view text);
  JsonLine& add(const char* key, bool value);
  JsonLine& item(std::string_view text);

  /// The whole object, with a newline; ready for the next.
  [[nodiscard]] std::string take();

 private:
  void key(const char* name);
  void quoted(std::string_view text);

  std::string text_ = "{";
  bool first_ = true;
};

}  // namespace candor::guest_probe
