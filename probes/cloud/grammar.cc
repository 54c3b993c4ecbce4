// SPDX-License-Identifier: Apache-2.0
// The keys of a cloud file: what each is, what the schema says of it, and where its value goes.
#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/json.h"
#include "base/yaml_json.h"
#include "cloud/draft.h"

namespace candor::cloud {

namespace {

using grammar::Field;
using grammar::field;
using grammar::Kind;
using grammar::kOptional;
using grammar::kRequired;

constexpr const char* kName = "^[a-z][a-z0-9-]*$";
constexpr const char* kToken = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$";
constexpr const char* kAny = "^[^]";

/// Any text, also none, with its place.
Kind<Placed> placed(std::string expected) {
  auto read = [expected](const yaml::Node& node, yaml::Diagnostics& diagnostics) -> std::optional<Placed> {
    if (node.kind == yaml::Kind::scalar) return Placed{node.scalar, node.mark};
    diagnostics.error(node.mark, "this is no text", "expected " + expected);
    return std::nullopt;
  };
  return {[] { return Json{{"type", Json::array({"string", "number", "boolean"})}}; }, std::move(read)};
}

/// A number from 1 on, with its place.
Kind<std::pair<std::int64_t, yaml::Mark>> count() {
  const Kind<std::int64_t> number = grammar::integer(1, 1'000'000);
  auto read = [number](const yaml::Node& node,
                       yaml::Diagnostics& diagnostics) -> std::optional<std::pair<std::int64_t, yaml::Mark>> {
    const std::optional<std::int64_t> value = number.read(node, diagnostics);
    if (!value) return std::nullopt;
    return std::pair(*value, node.mark);
  };
  return {number.schema, std::move(read)};
}

using Texts = std::vector<std::pair<std::string, Placed>>;

Kind<Texts> texts(std::string what, const char* names, std::string value) {
  return grammar::named(std::move(what), names, placed(std::move(value)));
}

/// One value or a list of them.
template <typename Value>
Kind<std::vector<Value>> one_or_more(std::string what, Kind<Value> kind) {
  Kind<std::vector<Value>> list = grammar::list_of(std::move(what), kind);
  auto schema = [one = kind.schema, many = list.schema] {
    return Json{{"anyOf", Json::array({one(), many()})}};
  };
  auto read = [one = kind.read, many = list.read](
                  const yaml::Node& node,
                  yaml::Diagnostics& diagnostics) -> std::optional<std::vector<Value>> {
    if (node.kind == yaml::Kind::sequence) return many(node, diagnostics);
    std::optional<Value> value = one(node, diagnostics);
    if (!value) return std::nullopt;
    std::vector<Value> values;
    values.push_back(std::move(*value));
    return values;
  };
  return {std::move(schema), std::move(read)};
}

void note(std::vector<Uses::Use>& uses, const std::vector<std::string>& names, yaml::Mark mark) {
  for (const std::string& name : names) uses.push_back({name, mark});
}

Pattern pattern(const Placed& text, char separator, bool any_case, Uses& uses) {
  Pattern made(text.text, separator, any_case);
  note(uses.takes, made.takes(), text.mark);
  note(uses.needs, made.needs(), text.mark);
  return made;
}

Template filled(const Placed& text, Uses& uses) {
  Template made(text.text);
  note(uses.needs, made.needs(), text.mark);
  return made;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

std::vector<NamedPattern> patterns(const Texts& list, Uses& uses, bool lower_names = false) {
  std::vector<NamedPattern> made;
  for (const auto& [name, text] : list)
    made.emplace_back(lower_names ? lower(name) : name, pattern(text, '\0', false, uses));
  return made;
}

/// Texts for named values or sets, which must be declared.
std::vector<NamedText> named_texts(const Texts& list, Uses& uses, std::vector<Uses::Use>& names) {
  std::vector<NamedText> made;
  for (const auto& [name, text] : list) {
    names.push_back({name, text.mark});
    made.emplace_back(name, filled(text, uses));
  }
  return made;
}

// What routes and names have in common: Target is DraftRoute or DraftName, `rule` its rule.

template <typename Target, typename Rule>
std::vector<Field<Target>> condition_fields(Rule rule) {
  using grammar::integer;
  return {
      field<Target>("state", kOptional, "Values and what they must match.",
                    texts("a value's name", kName, "a pattern"),
                    [rule](Target& target, const Texts& list) {
                      for (const auto& [name, text] : list) target.uses.values.push_back({name, text.mark});
                      rule(target).when.state = patterns(list, target.uses);
                    }),
      field<Target>("in", kOptional, "Sets and what they must have.", texts("a set's name", kName, "a text"),
                    [rule](Target& target, const Texts& list) {
                      rule(target).when.in = named_texts(list, target.uses, target.uses.sets);
                    }),
      field<Target>("not-in", kOptional, "Sets and what they must lack.",
                    texts("a set's name", kName, "a text"),
                    [rule](Target& target, const Texts& list) {
                      rule(target).when.not_in = named_texts(list, target.uses, target.uses.sets);
                    }),
      field<Target>("after", kOptional, "Rules, and how often each must have answered.",
                    grammar::named("a rule's name", kName, count()),
                    [rule](Target& target, const auto& list) {
                      for (const auto& [name, counted] : list) {
                        target.uses.rules.push_back({name, counted.second});
                        rule(target).when.after.emplace_back(name, counted.first);
                      }
                    }),
      field<Target>("times", kOptional,
                    "How many answers this rule gives; then the next one that fits answers.",
                    integer(1, 1'000'000),
                    [rule](Target& target, std::int64_t times) { rule(target).when.times = times; }),
  };
}

template <typename Target, typename Rule>
std::vector<Field<Target>> effect_fields(Rule rule) {
  return {
      field<Target>("set", kOptional, "Values that change.", texts("a value's name", kName, "a text"),
                    [rule](Target& target, const Texts& list) {
                      rule(target).then.set = named_texts(list, target.uses, target.uses.values);
                    }),
      field<Target>("remember", kOptional, "What sets get.", texts("a set's name", kName, "a text"),
                    [rule](Target& target, const Texts& list) {
                      rule(target).then.remember = named_texts(list, target.uses, target.uses.sets);
                    }),
      field<Target>("forget", kOptional, "What sets lose.", texts("a set's name", kName, "a text"),
                    [rule](Target& target, const Texts& list) {
                      rule(target).then.forget = named_texts(list, target.uses, target.uses.sets);
                    }),
  };
}

/// A map inside a rule, whose fields go into the rule.
template <typename Target>
Field<Target> part(std::string key, bool required, std::string about, std::vector<Field<Target>> fields) {
  auto schema = [fields, about] {
    Json described = grammar::map_schema(fields);
    described["description"] = about;
    return described;
  };
  auto read = [key, fields](const yaml::Node& node, yaml::Diagnostics& diagnostics, Target& target) {
    yaml::MapReader reader(node, diagnostics, "'" + key + "'");
    grammar::read_fields(reader, fields, target);
    reader.finish();
  };
  return {std::move(key), required, std::move(about), std::move(schema), std::move(read)};
}

Json to_json(const yaml::Node& node, Uses& uses) {
  if (node.kind == yaml::Kind::sequence) {
    Json list = Json::array();
    for (const yaml::Node& item : node.items) list.push_back(to_json(item, uses));
    return list;
  }
  if (node.kind == yaml::Kind::map) {
    Json map = Json::object();
    for (const yaml::Entry& entry : node.entries) map[entry.key] = to_json(entry.value, uses);
    return map;
  }
  Json scalar = yaml::scalar_json(node);
  if (scalar.is_string()) static_cast<void>(filled({node.scalar, node.mark}, uses));
  return scalar;
}

Field<DraftRoute> json_answer() {
  auto schema = [] { return Json{{"description", "A body in JSON; {name} in its strings is filled in."}}; };
  auto read = [](const yaml::Node& node, yaml::Diagnostics&, DraftRoute& target) {
    target.route.answer.json = to_json(node, target.uses);
    target.route.answer.content_type = "application/json";
    target.body_mark = node.mark;
    ++target.bodies;
  };
  return {"json", kOptional, "A body in JSON.", std::move(schema), std::move(read)};
}

std::vector<Field<DraftRoute>> answer_fields() {
  return {
      field<DraftRoute>("status", kOptional, "The status (200).", grammar::integer(200, 599),
                        [](DraftRoute& target, std::int64_t status) {
                          target.route.answer.status = static_cast<int>(status);
                        }),
      field<DraftRoute>("headers", kOptional, "Header fields.",
                        texts("a header field's name", kToken, "a text"),
                        [](DraftRoute& target, const Texts& list) {
                          for (const auto& [name, text] : list)
                            target.route.answer.headers.emplace_back(name, filled(text, target.uses));
                        }),
      field<DraftRoute>("body", kOptional, "A body; {name} is filled in.", placed("a text"),
                        [](DraftRoute& target, const Placed& text) {
                          target.route.answer.body = filled(text, target.uses);
                          target.route.answer.content_type = "text/plain; charset=utf-8";
                          target.body_mark = text.mark;
                          ++target.bodies;
                        }),
      json_answer(),
      field<DraftRoute>("file", kOptional, "A file beside this one, as it is.",
                        placed("a file beside this one"),
                        [](DraftRoute& target, const Placed& text) {
                          target.file = text;
                          target.route.answer.content_type = "application/octet-stream";
                          target.body_mark = text.mark;
                          ++target.bodies;
                        }),
      field<DraftRoute>("delay", kOptional, "How long the answer is held back.", grammar::duration(),
                        [](DraftRoute& target, std::int64_t ns) { target.route.answer.delay_ns = ns; }),
  };
}

Field<DraftRoute> json_match() {
  return field<DraftRoute>(
      "json", kOptional, "JSON pointers into the body, and what is there must match.",
      texts("a JSON pointer such as /sample/sha256", "^(/([^~]|~[01])*)*$", "a pattern"),
      [](DraftRoute& target, const Texts& list) { target.route.json = patterns(list, target.uses); });
}

std::vector<Field<DraftRoute>> match_fields() {
  return {
      field<DraftRoute>("host", kOptional, "The host's name; * is any run without a dot.",
                        placed("a pattern"),
                        [](DraftRoute& target, const Placed& text) {
                          target.route.host = pattern(text, '.', true, target.uses);
                        }),
      field<DraftRoute>("method", kOptional, "One method or several.",
                        one_or_more("methods", grammar::word("^[A-Z]+$", "a method such as GET", 32)),
                        [](DraftRoute& target, std::vector<std::string> methods) {
                          target.route.methods = std::move(methods);
                        }),
      field<DraftRoute>("path", kOptional, "The path; * is any run without a slash, ** any run.",
                        placed("a pattern"),
                        [](DraftRoute& target, const Placed& text) {
                          target.route.path = pattern(text, '/', false, target.uses);
                        }),
      field<DraftRoute>(
          "query", kOptional, "Values of the query.", texts("a query's name", kAny, "a pattern"),
          [](DraftRoute& target, const Texts& list) { target.route.query = patterns(list, target.uses); }),
      field<DraftRoute>("headers", kOptional, "Header fields.",
                        texts("a header field's name", kToken, "a pattern"),
                        [](DraftRoute& target, const Texts& list) {
                          target.route.headers = patterns(list, target.uses, true);
                        }),
      field<DraftRoute>("body", kOptional, "The body's first MiB, as bytes.", placed("a pattern"),
                        [](DraftRoute& target, const Placed& text) {
                          target.route.body = pattern(text, '\0', false, target.uses);
                        }),
      json_match(),
      field<DraftRoute>(
          "form", kOptional, "Fields of a form in the body.", texts("a field's name", kAny, "a pattern"),
          [](DraftRoute& target, const Texts& list) { target.route.form = patterns(list, target.uses); }),
  };
}

/// Reads a rule's map into a target that knows where it stands.
template <typename Target>
Kind<Target> rule_of(std::string what, std::vector<Field<Target>> fields) {
  auto schema = [fields] { return grammar::map_schema(fields); };
  auto read = [what, fields](const yaml::Node& node,
                             yaml::Diagnostics& diagnostics) -> std::optional<Target> {
    Target target;
    target.mark = node.mark;
    yaml::MapReader reader(node, diagnostics, what);
    grammar::read_fields(reader, fields, target);
    reader.finish();
    return target;
  };
  return {std::move(schema), std::move(read)};
}

Kind<std::vector<DraftRoute>> routes() {
  const auto rule = [](DraftRoute& target) -> Route& { return target.route; };
  std::vector<Field<DraftRoute>> fields = {
      field<DraftRoute>("name", kRequired, "A name that tells in events and reports which rule answered.",
                        grammar::word(kName, "a name such as known-sample", 40),
                        [](DraftRoute& target, std::string name) { target.route.name = std::move(name); })};
  const auto add = [&](std::vector<Field<DraftRoute>> more) {
    fields.insert(fields.end(), more.begin(), more.end());
  };
  add(match_fields());
  add({part<DraftRoute>("when", kOptional, "What else must hold.", condition_fields<DraftRoute>(rule)),
       part<DraftRoute>("answer", kRequired, "The answer.", answer_fields()),
       part<DraftRoute>("then", kOptional, "What changes.", effect_fields<DraftRoute>(rule))});
  Kind<DraftRoute> one = rule_of<DraftRoute>("a route", std::move(fields));
  auto read = [inner = one.read](const yaml::Node& node, yaml::Diagnostics& diagnostics) {
    std::optional<DraftRoute> draft = inner(node, diagnostics);
    if (draft) {
      draft->route.wants_digest = std::any_of(draft->uses.needs.begin(), draft->uses.needs.end(),
                                              [](const Uses::Use& use) { return use.name == "body-sha256"; });
    }
    return draft;
  };
  return grammar::list_of("a list of routes", Kind<DraftRoute>{one.schema, std::move(read)});
}

Kind<std::vector<DraftName>> names() {
  const auto rule = [](DraftName& target) -> Name& { return target.name; };
  std::vector<Field<DraftName>> fields = {
      field<DraftName>("name", kRequired, "A name that tells in events and reports which rule answered.",
                       grammar::word(kName, "a name such as version-record", 40),
                       [](DraftName& target, std::string name) { target.name.name = std::move(name); }),
      field<DraftName>("query", kRequired, "The name that is asked for; * is any run without a dot.",
                       placed("a pattern"),
                       [](DraftName& target, const Placed& text) {
                         target.name.query = pattern(text, '.', true, target.uses);
                       }),
      field<DraftName>("type", kRequired, "The record's type.",
                       grammar::word("^[A-Z][A-Z0-9]*$", "a type such as TXT", 20),
                       [](DraftName& target, std::string type) { target.name.type = std::move(type); }),
      field<DraftName>("answer", kOptional, "The data of each record, as in a zone file; of TXT its text.",
                       one_or_more("records", placed("a record's data")),
                       [](DraftName& target, const std::vector<Placed>& list) {
                         for (const Placed& text : list)
                           target.name.answer.push_back(filled(text, target.uses));
                       }),
      field<DraftName>("code", kOptional, "The response code (NOERROR).",
                       grammar::choice({"NOERROR", "NXDOMAIN", "SERVFAIL", "REFUSED"}),
                       [](DraftName& target, std::string code) { target.name.code = std::move(code); }),
      field<DraftName>("ttl", kOptional, "Seconds to live (300).", grammar::integer(0, 604'800),
                       [](DraftName& target, std::int64_t ttl) { target.name.ttl = ttl; }),
      part<DraftName>("when", kOptional, "What else must hold.", condition_fields<DraftName>(rule)),
      part<DraftName>("then", kOptional, "What changes.", effect_fields<DraftName>(rule))};
  return grammar::list_of("a list of names", rule_of<DraftName>("a name", std::move(fields)));
}

}  // namespace

const Kind<Draft>& cloud_file() {
  static const Kind<Draft> kind = grammar::map_of<Draft>(
      "a cloud file",
      {field<Draft>("about", kRequired, "What these servers are, in a sentence.", grammar::text(),
                    [](Draft&, const std::string&) {}),
       field<Draft>("state", kOptional, "Values by name, and what they begin with.",
                    texts("a value's name", kName, "a text"), &Draft::state),
       field<Draft>(
           "sets", kOptional, "Sets by name, and what they begin with.",
           grammar::named("a set's name", kName, grammar::list_of("a list of texts", placed("a text"))),
           &Draft::sets),
       field<Draft>("dns", kOptional, "Names that are answered otherwise than with an address of the pool.",
                    names(), &Draft::names),
       field<Draft>("routes", kOptional, "Requests and their answers; the first that fits answers.", routes(),
                    &Draft::routes)});
  return kind;
}

}  // namespace candor::cloud
