// SPDX-License-Identifier: Apache-2.0
#include "kit/schema.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <regex>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace candor::kit {

namespace {

constexpr std::array<std::string_view, 7> kTypes = {"null",    "boolean", "object", "array",
                                                    "integer", "number",  "string"};
constexpr std::size_t kLongestPattern = 200;
constexpr std::size_t kLongestMatched = 4096;

std::string below(const std::string& place, std::string_view key) {
  std::string pointer = place + "/";
  for (const char c : key) {
    if (c == '~')
      pointer += "~0";
    else if (c == '/')
      pointer += "~1";
    else
      pointer += c;
  }
  return printable(pointer, 300);
}

[[noreturn]] void wrong(const std::string& place, const std::string& sentence) {
  throw Error("the schema at '" + (place.empty() ? std::string("/") : place) + "': " + sentence,
              Fault::input);
}

bool is_type(const Json& type) {
  return type.is_string() &&
         std::find(kTypes.begin(), kTypes.end(), type.get_ref<const std::string&>()) != kTypes.end();
}

bool is_count(const Json& value) { return value.is_number_integer() && value.get<std::int64_t>() >= 0; }

bool is_strings(const Json& value) {
  return value.is_array() &&
         std::all_of(value.begin(), value.end(), [](const Json& each) { return each.is_string(); });
}

void check_at(const Json& schema, const std::string& place);

void check_keyword(const std::string& key, const Json& value, const std::string& place) {
  const auto expect = [&](bool fits, const char* expected) {
    if (!fits) wrong(below(place, key), std::string("expected ") + expected);
  };
  if (key == "title" || key == "description" || key == "pattern")
    expect(value.is_string(), "a text");
  else if (key == "type")
    expect(is_type(value) ||
               (value.is_array() && !value.empty() && std::all_of(value.begin(), value.end(), is_type)),
           "one or more of null, boolean, object, array, integer, number, string");
  else if (key == "required")
    expect(is_strings(value), "a list of texts");
  else if (key == "enum")
    expect(value.is_array() && !value.empty(), "a list of values");
  else if (key == "minimum" || key == "maximum")
    expect(value.is_number(), "a number");
  else if (key == "additionalProperties")
    expect(value.is_boolean(), "true or false");
  else if (key == "minLength" || key == "maxLength" || key == "minItems" || key == "maxItems")
    expect(is_count(value), "a whole number from 0");
  else if (key == "items")
    check_at(value, below(place, key));
  else if (key == "properties") {
    expect(value.is_object(), "a map from names to schemas");
    for (const auto& [name, each] : value.items()) check_at(each, below(below(place, key), name));
  } else if (key != "const") {
    wrong(place, "there is no keyword '" + printable(key, 40) + "' here");
  }
  if (key != "pattern") return;
  expect(value.get_ref<const std::string&>().size() <= kLongestPattern, "at most 200 characters");
  try {
    static_cast<void>(std::regex(value.get<std::string>()));
  } catch (const std::regex_error&) {
    wrong(below(place, key), "expected a regular expression (ECMAScript)");
  }
}

void check_at(const Json& schema, const std::string& place) {
  if (!schema.is_object()) wrong(place, "expected a map of keywords");
  for (const auto& [key, value] : schema.items()) check_keyword(key, value, place);
}

bool is_whole(const Json& value) {
  return value.is_number_integer() ||
         (value.is_number() && std::trunc(value.get<double>()) == value.get<double>());
}

bool has_type(const Json& value, const std::string& type) {
  if (type == "null") return value.is_null();
  if (type == "boolean") return value.is_boolean();
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "integer") return is_whole(value);
  if (type == "number") return value.is_number();
  return value.is_string();
}

/// Code points, as JSON Schema counts the length of texts.
std::size_t length_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

class Checker {
 public:
  explicit Checker(std::size_t most) : most_(most) {}

  void check(const Json& schema, const Json& value, const std::string& place) {
    for (const auto& [key, wanted] : schema.items()) check_one(schema, key, wanted, value, place);
  }
  std::vector<std::string> take() { return std::move(sentences_); }

 private:
  void say(const std::string& place, const std::string& sentence) {
    if (sentences_.size() < most_) sentences_.push_back((place.empty() ? "/" : place) + ": " + sentence);
  }

  void check_one(const Json& schema, const std::string& key, const Json& wanted, const Json& value,
                 const std::string& place) {
    if (key == "type") return check_type(wanted, value, place);
    if (key == "enum" && std::find(wanted.begin(), wanted.end(), value) == wanted.end())
      return say(place, "expected one of " + printable(dump_json(wanted), 200));
    if (key == "const" && value != wanted) return say(place, "expected " + printable(dump_json(wanted), 200));
    if (value.is_object()) return check_object(schema, key, wanted, value, place);
    if (value.is_array()) return check_array(key, wanted, value, place);
    if (value.is_string()) return check_text(key, wanted, value.get_ref<const std::string&>(), place);
    if (value.is_number()) check_number(key, wanted, value, place);
  }

  void check_type(const Json& wanted, const Json& value, const std::string& place) {
    const auto fits = [&](const Json& type) { return has_type(value, type.get_ref<const std::string&>()); };
    if (wanted.is_string() ? fits(wanted) : std::any_of(wanted.begin(), wanted.end(), fits)) return;
    say(place, "it is " + std::string(value.type_name()) + ", expected " + printable(dump_json(wanted), 100));
  }

  void check_object(const Json& schema, const std::string& key, const Json& wanted, const Json& value,
                    const std::string& place) {
    if (key == "required")
      for (const Json& name : wanted)
        if (!value.contains(name.get_ref<const std::string&>()))
          say(place, "'" + printable(name.get<std::string>(), 80) + "' is missing");
    if (key == "properties")
      for (const auto& [name, each] : wanted.items())
        if (const auto member = value.find(name); member != value.end())
          check(each, *member, below(place, name));
    if (key != "additionalProperties" || wanted.get<bool>()) return;
    const auto known = schema.find("properties");
    for (const auto& [name, each] : value.items())
      if (known == schema.end() || !known->contains(name)) say(below(place, name), "it is not expected here");
  }

  void check_array(const std::string& key, const Json& wanted, const Json& value, const std::string& place) {
    if (key == "minItems" && value.size() < wanted.get<std::size_t>())
      say(place, "it has fewer than " + dump_json(wanted) + " items");
    if (key == "maxItems" && value.size() > wanted.get<std::size_t>())
      say(place, "it has more than " + dump_json(wanted) + " items");
    if (key != "items") return;
    for (std::size_t i = 0; i < value.size(); ++i) check(wanted, value[i], below(place, std::to_string(i)));
  }

  void check_text(const std::string& key, const Json& wanted, const std::string& value,
                  const std::string& place) {
    if (key == "minLength" && length_of(value) < wanted.get<std::size_t>())
      say(place, "it has fewer than " + dump_json(wanted) + " characters");
    if (key == "maxLength" && length_of(value) > wanted.get<std::size_t>())
      say(place, "it has more than " + dump_json(wanted) + " characters");
    if (key != "pattern") return;
    // The library's matching is recursive: long texts would exhaust the stack.
    const bool fits =
        value.size() <= kLongestMatched && std::regex_search(value, std::regex(wanted.get<std::string>()));
    if (!fits) say(place, "it does not match '" + printable(wanted.get<std::string>(), 200) + "'");
  }

  void check_number(const std::string& key, const Json& wanted, const Json& value, const std::string& place) {
    if (key == "minimum" && value < wanted) say(place, "it is below " + dump_json(wanted));
    if (key == "maximum" && value > wanted) say(place, "it is above " + dump_json(wanted));
  }

  std::size_t most_;
  std::vector<std::string> sentences_;
};

}  // namespace

void check_schema(const Json& schema) { check_at(schema, ""); }

std::vector<std::string> mismatches(const Json& schema, const Json& value, std::size_t most) {
  Checker checker(most);
  checker.check(schema, value, "");
  return checker.take();
}

}  // namespace candor::kit
