// SPDX-License-Identifier: Apache-2.0
#include "cloud/cloud.h"

#include <algorithm>
#include <ctime>

#include "base/bytes.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/yaml.h"
#include "cloud/form.h"

namespace candor::cloud {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

/// RFC 9110, section 5.6.7.
std::string http_date(std::int64_t wall_ns) {
  const std::time_t seconds = wall_ns / kSecond;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  char text[40];
  const std::size_t size = std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text, size};
}

/// Unpredictable to look at, and the same in every run.
std::string token(const std::string& rule, std::int64_t number) {
  return sha256_hex(as_bytes("token of " + rule + " " + std::to_string(number))).substr(0, 32);
}

std::int64_t answered(const State& state, const std::string& rule) {
  const auto found = state.answered.find(rule);
  return found == state.answered.end() ? 0 : found->second;
}

/// Values every rule has.
Values common_values(const State& state, const std::string& rule, std::int64_t now_ns) {
  Values values(state.values.begin(), state.values.end());
  const std::int64_t number = answered(state, rule) + 1;
  values["number"] = std::to_string(number);
  values["token"] = token(rule, number);
  values["time"] = std::to_string(now_ns / kSecond);
  values["date"] = http_date(now_ns);
  return values;
}

bool holds(const Conditions& when, const std::string& rule, const State& state, Values& values) {
  const auto member = [&](const NamedText& each) {
    const auto set = state.sets.find(each.first);
    return set != state.sets.end() && set->second.contains(each.second.fill(values));
  };
  return (when.times == 0 || answered(state, rule) < when.times) &&
         std::all_of(
             when.state.begin(), when.state.end(),
             [&](const NamedPattern& each) { return each.second.match(values[each.first], values); }) &&
         std::all_of(when.in.begin(), when.in.end(), member) &&
         std::none_of(when.not_in.begin(), when.not_in.end(), member) &&
         std::all_of(when.after.begin(), when.after.end(),
                     [&](const auto& each) { return answered(state, each.first) >= each.second; });
}

std::vector<Change> changes_of(const Effects& effects, const Values& values) {
  std::vector<Change> changes;
  const auto add = [&](Change::Kind kind, const std::vector<NamedText>& list) {
    for (const auto& [name, text] : list) changes.push_back({kind, name, text.fill(values)});
  };
  add(Change::Kind::set, effects.set);
  add(Change::Kind::remember, effects.remember);
  add(Change::Kind::forget, effects.forget);
  return changes;
}

/// Each named value must be there and match.
template <typename Find>
bool all_match(const std::vector<NamedPattern>& patterns, Values& values, Find find) {
  return std::all_of(patterns.begin(), patterns.end(), [&](const NamedPattern& each) {
    const std::optional<std::string> text = find(each.first);
    return text && each.second.match(*text, values);
  });
}

std::optional<std::string> at_pointer(const Json& json, const std::string& pointer) {
  // Checked by the reader to be one.
  const Json::json_pointer place(pointer);
  if (!json.contains(place)) return std::nullopt;
  const Json& value = json.at(place);
  return value.is_string() ? value.get<std::string>() : dump_json(value);
}

bool json_matches(const Route& route, const Request& request, Values& values) {
  if (route.json.empty()) return true;
  if (request.body_size != request.body.size()) return false;
  Json json;
  try {
    json = parse_json(request.body, {.bytes = kBodySeen, .depth = 32});
  } catch (const Error&) {
    return false;  // not JSON: another rule's business
  }
  return all_match(route.json, values, [&](const std::string& pointer) { return at_pointer(json, pointer); });
}

bool fits(const Route& route, const State& state, const Request& request, Values& values) {
  if (route.host && !route.host->match(request.host, values)) return false;
  if (!route.methods.empty() &&
      std::find(route.methods.begin(), route.methods.end(), request.method) == route.methods.end()) {
    return false;
  }
  if (route.path && !route.path->match(request.path, values)) return false;
  const auto header = [&](const std::string& name) -> std::optional<std::string> {
    for (const auto& [each, value] : request.headers)
      if (each == name) return value;
    return std::nullopt;
  };
  if (!all_match(route.headers, values, header)) return false;
  const auto query = [&](const std::string& name) { return form_value(request.query, name); };
  if (!all_match(route.query, values, query)) return false;
  if (!route.form.empty() && request.body_size != request.body.size()) return false;
  const auto field = [&](const std::string& name) { return form_value(request.body, name); };
  if (!all_match(route.form, values, field)) return false;
  if (route.body && !route.body->match(request.body, values)) return false;
  if (!json_matches(route, request, values)) return false;
  return holds(route.when, route.name, state, values);
}

Json filled(const Json& json, const Values& values) {
  if (json.is_string()) return Template(json.get<std::string>()).fill(values);
  if (!json.is_structured()) return json;
  Json copy = json;
  for (Json& each : copy) each = filled(each, values);
  return copy;
}

std::string body_of(const Reply& reply, const Values& values) {
  if (reply.has_file) return reply.file;
  if (reply.json) return dump_json(filled(*reply.json, values));
  return reply.body.fill(values);
}

Answer answer_of(const Route& route, const Values& values) {
  Answer answer;
  answer.rule = route.name;
  answer.status = route.answer.status;
  answer.delay_ns = route.answer.delay_ns;
  for (const auto& [name, text] : route.answer.headers) {
    // What a guest sent may come back in a header; it must not become another one.
    std::string value = text.fill(values);
    std::erase_if(value, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
    answer.headers.emplace_back(name, std::move(value));
  }
  const bool typed = std::any_of(
      route.answer.headers.begin(), route.answer.headers.end(),
      [](const NamedText& each) { return each.first == "Content-Type" || each.first == "content-type"; });
  if (!typed && !route.answer.content_type.empty())
    answer.headers.emplace_back("Content-Type", route.answer.content_type);
  answer.body = body_of(route.answer, values);
  answer.changes = changes_of(route.then, values);
  return answer;
}

}  // namespace

std::optional<Answer> decide(const Rules& rules, const State& state, const Request& request) {
  for (const Route& route : rules.routes) {
    Values values = common_values(state, route.name, request.now_ns);
    values["host"] = request.host;
    values["method"] = request.method;
    values["path"] = request.path;
    values["query"] = request.query;
    values["body-size"] = std::to_string(request.body_size);
    values["body-sha256"] = request.body_sha256;
    if (fits(route, state, request, values)) return answer_of(route, values);
  }
  return std::nullopt;
}

std::optional<DnsReply> decide(const Rules& rules, const State& state, std::string_view name,
                               std::string_view type, std::int64_t now_ns) {
  for (const Name& each : rules.names) {
    if (each.type != type) continue;
    Values values = common_values(state, each.name, now_ns);
    if (each.query && !each.query->match(name, values)) continue;
    if (!holds(each.when, each.name, state, values)) continue;
    DnsReply reply{.rule = each.name, .code = each.code, .ttl = each.ttl};
    for (const Template& record : each.answer) reply.records.push_back(record.fill(values));
    reply.changes = changes_of(each.then, values);
    return reply;
  }
  return std::nullopt;
}

Cloud::Cloud(Rules rules) : rules_(std::move(rules)) {
  state_.values = rules_.state;
  state_.sets = rules_.sets;
  wants_digest_ = std::any_of(rules_.routes.begin(), rules_.routes.end(),
                              [](const Route& each) { return each.wants_digest; });
}

std::optional<Answer> Cloud::answer(const Request& request) {
  std::optional<Answer> answer = decide(rules_, state_, request);
  if (answer) apply(answer->rule, answer->changes);
  return answer;
}

std::optional<DnsReply> Cloud::answer(std::string_view name, std::string_view type, std::int64_t now_ns) {
  std::optional<DnsReply> reply = decide(rules_, state_, name, type, now_ns);
  if (reply) apply(reply->rule, reply->changes);
  return reply;
}

std::string Cloud::set(const std::string& name, const std::string& value) {
  const auto found = state_.values.find(name);
  if (found != state_.values.end()) {
    found->second = value;
    return {};
  }
  std::vector<std::string> known;
  for (const auto& [each, initial] : rules_.state) known.push_back(each);
  const std::optional<std::string> near = yaml::nearest(name, known);
  return "the vendor's cloud has no value '" + printable(name, 60) + "'" +
         (near ? "; did you mean '" + *near + "'?" : "");
}

void Cloud::apply(const std::string& rule, const std::vector<Change>& changes) {
  ++state_.answered[rule];
  for (const Change& change : changes) {
    if (change.value.size() > State::kValueBound) {
      problem_ = "a value for '" + change.name + "' has " + std::to_string(change.value.size()) + " bytes";
      continue;
    }
    if (change.kind == Change::Kind::set) {
      state_.values[change.name] = change.value;
      continue;
    }
    std::set<std::string>& members = state_.sets[change.name];
    if (change.kind == Change::Kind::forget) {
      members.erase(change.value);
    } else if (members.size() < State::kSetBound || members.contains(change.value)) {
      members.insert(change.value);
    } else {
      problem_ = "the set '" + change.name + "' is full";
    }
  }
}

}  // namespace candor::cloud
