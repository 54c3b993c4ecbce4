// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include <set>
#include <vector>

#include "base/error.h"

namespace candor {

namespace {

/// Builds the value while it watches depth and duplicate keys, which nlohmann's own parser lets pass.
class BoundedBuilder : public nlohmann::json_sax<Json> {
 public:
  BoundedBuilder(Json& root, int depth_limit) : dom_(root, false), depth_limit_(depth_limit) {}

  bool null() override { return dom_.null(); }
  bool boolean(bool value) override { return dom_.boolean(value); }
  bool number_integer(std::int64_t value) override { return dom_.number_integer(value); }
  bool number_unsigned(std::uint64_t value) override { return dom_.number_unsigned(value); }
  bool number_float(double value, const std::string& text) override { return dom_.number_float(value, text); }
  bool string(std::string& value) override { return dom_.string(value); }
  bool binary(binary_t& value) override { return dom_.binary(value); }

  bool start_object(std::size_t size) override {
    keys_.emplace_back();
    return deeper() && dom_.start_object(size);
  }
  bool key(std::string& value) override {
    if (!keys_.back().insert(value).second) return fail("the key '" + printable(value) + "' stands twice");
    return dom_.key(value);
  }
  bool end_object() override {
    keys_.pop_back();
    --depth_;
    return dom_.end_object();
  }
  bool start_array(std::size_t size) override { return deeper() && dom_.start_array(size); }
  bool end_array() override {
    --depth_;
    return dom_.end_array();
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& error) override {
    return fail("at byte " + std::to_string(position) + ": " + printable(std::string_view(error.what())));
  }

  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  bool deeper() {
    return ++depth_ <= depth_limit_ || fail("nested deeper than " + std::to_string(depth_limit_) + " levels");
  }
  bool fail(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  nlohmann::detail::json_sax_dom_parser<Json> dom_;
  int depth_limit_;
  int depth_ = 0;
  std::vector<std::set<std::string>> keys_;
  std::string problem_;
};

}  // namespace

Json parse_json(std::string_view text, JsonLimits limits) {
  if (text.size() > limits.bytes)
    throw Error("JSON of " + std::to_string(text.size()) + " bytes; at most " + std::to_string(limits.bytes) +
                " are read");
  Json root;
  BoundedBuilder builder(root, limits.depth);
  if (!Json::sax_parse(text, &builder)) throw Error("not valid JSON: " + builder.problem());
  return root;
}

std::string dump_json(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string pretty_json(const Json& value) {
  return value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

const Json& member(const Json& object, const char* key) {
  if (!object.is_object()) throw Error(std::string("expected an object with '") + key + "'");
  const auto found = object.find(key);
  if (found == object.end()) throw Error(std::string("'") + key + "' is missing");
  return *found;
}

std::string string_member(const Json& object, const char* key) {
  const Json& value = member(object, key);
  if (!value.is_string()) throw Error(std::string("'") + key + "' is not a string");
  return value.get<std::string>();
}

std::int64_t int_member(const Json& object, const char* key) {
  const Json& value = member(object, key);
  if (!value.is_number_integer()) throw Error(std::string("'") + key + "' is not an integer");
  return value.get<std::int64_t>();
}

bool bool_member(const Json& object, const char* key) {
  const Json& value = member(object, key);
  if (!value.is_boolean()) throw Error(std::string("'") + key + "' is not true or false");
  return value.get<bool>();
}

}  // namespace candor
