// SPDX-License-Identifier: Apache-2.0
#include "scenario/grammar.h"

#include <fmt/format.h>

#include "base/bytes.h"
#include "scenario/scenario.h"
#include "scenario/verbs.h"

namespace candor::scenario {

namespace {

using model::Expectation;

constexpr std::int64_t kMostFiles = 1000;
constexpr std::int64_t kMostOpaque = 1LL << 53;  // What JSON's readers take exactly.
constexpr const char* kDataClass = "^[a-z]+/[a-z-]+$";
constexpr const char* kProductName = "^[a-z0-9][a-z0-9.-]*$";
constexpr const char* kProbeName = "^(?!(wire|internet|relay|runner)$)[a-z][a-z0-9-]{0,31}$";
constexpr const char* kPassword = "^[!-~]{1,60}$";
constexpr const char* kFileName = R"(^(?!\.{1,2}$)([^/\\{}]|\{canary\}|\{n\})+$)";

/// A map from names, chosen by the scenario's author, to values of one kind.
template <typename Value>
Kind<std::vector<std::pair<Placed, Value>>> named(Kind<std::string> name, Kind<Value> value,
                                                  std::string expected, std::size_t fewest) {
  auto schema = [make_name = name.schema, make_value = value.schema, fewest] {
    return Json{{"type", "object"},
                {"propertyNames", make_name()},
                {"additionalProperties", make_value()},
                {"minProperties", fewest}};
  };
  auto read = [=](const yaml::Node& node, yaml::Diagnostics& diagnostics) {
    std::vector<std::pair<Placed, Value>> values;
    if (node.kind != yaml::Kind::map || node.entries.size() < fewest) {
      diagnostics.error(node.mark,
                        node.kind == yaml::Kind::map    ? "the map is empty"
                        : node.kind == yaml::Kind::null ? "a value is missing"
                                                        : "this is no map",
                        "expected " + expected);
    }
    for (const yaml::Entry& entry : node.entries) {
      const yaml::Node key{.kind = yaml::Kind::scalar, .mark = entry.key_mark, .scalar = entry.key};
      (void)name.read(key, diagnostics);
      if (std::optional<Value> each = value.read(entry.value, diagnostics))
        values.emplace_back(Placed{entry.key, entry.key_mark}, std::move(*each));
    }
    return std::optional(std::move(values));
  };
  return {std::move(schema), std::move(read)};
}

/// A list of at least one value, with broken ones left in their place.
template <typename Value>
Kind<std::vector<Value>> list_of(Kind<Value> value, std::string expected) {
  auto schema = [make = value.schema] { return Json{{"type", "array"}, {"items", make()}, {"minItems", 1}}; };
  auto read = [=](const yaml::Node& node, yaml::Diagnostics& diagnostics) {
    std::vector<Value> values;
    if (node.kind != yaml::Kind::sequence || node.items.empty()) {
      diagnostics.error(node.mark,
                        node.kind == yaml::Kind::sequence ? "the list is empty"
                        : node.kind == yaml::Kind::null   ? "a value is missing"
                                                          : "this is no list",
                        "expected " + expected);
    }
    for (const yaml::Node& item : node.items) {
      if (std::optional<Value> each = value.read(item, diagnostics)) values.push_back(std::move(*each));
    }
    return std::optional(std::move(values));
  };
  return {std::move(schema), std::move(read)};
}

/// The same kind, which also leaves its place in the target.
template <typename Target>
Kind<Target> placed(Kind<Target> kind) {
  auto read = [read_value = std::move(kind.read)](const yaml::Node& node, yaml::Diagnostics& diagnostics) {
    std::optional<Target> target = read_value(node, diagnostics);
    if (target) target->mark = node.mark;
    return target;
  };
  return {std::move(kind.schema), std::move(read)};
}

Kind<DraftDocument> document() {
  using D = DraftDocument;
  return map_of<D>(
      "a document",
      {field<D>("format", kRequired, "The files' format.", choice(formats()),
                [](D& draft, std::string format) { draft.spec.format = std::move(format); }),
       field<D>("marking", kOptional, "The classification they bear (none).", choice(markings()),
                [](D& draft, std::string marking) { draft.spec.marking = std::move(marking); }),
       field<D>("charset", kOptional, "What txt, csv, html, eml and such in archives are written in (utf-8).",
                choice(charsets()),
                [](D& draft, std::string charset) { draft.spec.charset = std::move(charset); }),
       field<D>("password", kOptional, "What opens encrypted archives (infected).",
                word(kPassword, "a password of 1 to 60 ASCII characters", 60),
                [](D& draft, std::string password) { draft.spec.password = std::move(password); }),
       field<D>("to", kRequired,
                "The folder in the guest they are put into; {canary} stands for a token of each file's own.",
                guest_path(), [](D& draft, std::string folder) { draft.spec.folder = std::move(folder); }),
       field<D>(
           "name", kOptional,
           "Their file name; {n} stands for the file's number, {canary} for a token of its own. Made up if "
           "left "
           "out.",
           word(kFileName, "a file name without '/', in which {n} and {canary} are the only braces", 120),
           [](D& draft, std::string name) { draft.spec.name = std::move(name); }),
       field<D>("count", kOptional, "How many files (1).", integer(1, kMostFiles),
                [](D& draft, std::int64_t count) { draft.spec.count = static_cast<int>(count); })});
}

Kind<std::string> document_name() {
  Kind<std::string> kind =
      word(kDocumentName, "a name of letters a to z, digits and '-'", kLongestDocumentName);
  kind.schema = [make = std::move(kind.schema)] {
    Json schema = make();
    schema["not"] = {{"const", "control"}};
    return schema;
  };
  kind.read = [read = std::move(kind.read)](const yaml::Node& node, yaml::Diagnostics& diagnostics) {
    if (node.scalar == "control")
      diagnostics.error(node.mark, "'control' is the name of the control documents", "expected another name");
    return read(node, diagnostics);
  };
  return kind;
}

Kind<std::string> outcome() {
  return choice({model::text(model::Outcome::leak), model::text(model::Outcome::no_leak_observed),
                 model::text(model::Outcome::inconclusive)});
}

/// What may be expected of all products, or of one; `of` finds the Expectation in the target.
template <typename Target>
std::vector<Field<Target>> expectation_fields(Expectation& (*of)(Target&)) {
  return {
      field<Target>(
          "verdict", kOptional, "The verdict that meets the expectation (any).", outcome(),
          [of](Target& target, const std::string& word) { of(target).verdict = model::outcome_from(word); }),
      field<Target>(
          "findings", kOptional,
          "Classes of findings, such as content/whole-file, each of which must be among them (any).",
          list_of(word(kDataClass, "a class of findings, such as content/whole-file", 60),
                  "a list of classes of findings, such as [content/whole-file]"),
          [of](Target& target, const std::vector<std::string>& classes) { of(target).findings = classes; }),
      field<Target>("opaque-bytes", kOptional,
                    "The budget of outbound bytes nobody understood; more make the run inconclusive (4096).",
                    integer(0, kMostOpaque), [of](Target& target, std::int64_t bytes) {
                      of(target).opaque_bytes = static_cast<std::uint64_t>(bytes);
                    })};
}

Kind<Expect> expectation() {
  const Kind<Expectation> one =
      map_of("what is expected of a product",
             expectation_fields<Expectation>([](Expectation& self) -> Expectation& { return self; }));
  std::vector<Field<Expect>> fields =
      expectation_fields<Expect>([](Expect& expect) -> Expectation& { return expect.common; });
  fields.push_back(
      field<Expect>("product", kOptional, "What is expected of single products instead.",
                    named(word(kProductName, "a product's name: letters a to z, digits, '.' and '-'"), one,
                          "a map from products to what is expected of them", 0),
                    [](Expect& expect, const std::vector<std::pair<Placed, Expectation>>& products) {
                      for (const auto& [name, expected] : products) expect.product[name.text] = expected;
                    }));
  return map_of("'expect'", std::move(fields));
}

Kind<Settle> settle() {
  return placed(map_of<Settle>(
      "'settle'", {field<Settle>("quiet", kOptional, "How long nothing may have been sent (1s).", duration(),
                                 &Settle::quiet_ns),
                   field<Settle>("limit", kOptional, "How long to wait for that at most (20s).", duration(),
                                 &Settle::limit_ns)}));
}

Kind<model::ProbeUse> probe_use() {
  using P = model::ProbeUse;
  Kind<P> kind =
      map_of<P>("how a probe is used",
                {field<P>("required", kOptional,
                          "Whether a run in which it is absent or loses something can be no answer (true).",
                          boolean(), &P::required),
                 field<P>("deadline", kOptional, "How long it may take to join, and to finish (10s).",
                          duration(), &P::deadline_ns)});
  // "files:" with nothing behind it.
  kind.schema = [make = std::move(kind.schema)] {
    Json schema = make();
    schema["type"] = {"object", "null"};
    return schema;
  };
  kind.read = [read = std::move(kind.read)](const yaml::Node& node, yaml::Diagnostics& diagnostics) {
    return node.kind == yaml::Kind::null ? std::optional(P{}) : read(node, diagnostics);
  };
  return kind;
}

void set_probes(Draft& draft, const std::vector<std::pair<Placed, model::ProbeUse>>& probes) {
  for (const auto& [name, use] : probes) {
    draft.probes.push_back(use);
    draft.probes.back().name = name.text;
    draft.probes.back().line = name.mark.line;
  }
}

void set_documents(Draft& draft, std::vector<std::pair<Placed, DraftDocument>> documents) {
  for (auto& [name, document] : documents) {
    document.mark = name.mark;
    document.spec.id = name.text;
    document.spec.line = name.mark.line;
    draft.documents[name.text] = std::move(document);
  }
}

}  // namespace

const std::vector<std::string>& formats() {
  static const std::vector<std::string> list = {"txt",  "csv",           "html",    "rtf", "eml",   "docx",
                                                "docm", "xlsx",          "pptx",    "odt", "pdf",   "png",
                                                "zip",  "zip-encrypted", "zip-aes", "7z",  "tar.gz"};
  return list;
}

const std::vector<std::string>& markings() {
  static const std::vector<std::string> list = {
      "none",          "us/unclassified",        "us/confidential",  "us/secret",
      "us/top-secret", "us/special-access",      "uk/official",      "uk/official-sensitive",
      "uk/secret",     "uk/top-secret",          "nato/restricted",  "nato/confidential",
      "nato/secret",   "nato/cosmic-top-secret", "eu/restricted",    "eu/confidential",
      "eu/secret",     "eu/top-secret",          "ru/official",      "ru/secret",
      "ru/top-secret", "ru/special-importance",  "cn/confidential",  "cn/secret",
      "cn/top-secret", "lookalike/novel",        "lookalike/article"};
  return list;
}

const std::vector<std::string>& charsets() {
  static const std::vector<std::string> list = {"utf-8", "utf-16le", "cp1251", "koi8-r", "gb18030"};
  return list;
}

const Kind<Draft>& scenario_file() {
  static const Kind<Draft> kind = map_of<Draft>(
      "a scenario",
      {field<Draft>("about", kOptional, "What the scenario tries, in a sentence.", text(), &Draft::about),
       field<Draft>("documents", kRequired, "The documents steps may plant, by name.",
                    named(document_name(), document(),
                          "a map from names to documents, such as memo: {format: txt, …}", 1),
                    set_documents),
       field<Draft>("steps", kRequired, "What happens, in this order.",
                    list_of(step(), "a list of steps, such as '- plant: memo'"), &Draft::steps),
       field<Draft>(
           "configure", kOptional,
           "What the product is to configure itself by, as its adapter takes it; given to it as JSON "
           "before the first step.",
           any_map(), &Draft::configure),
       field<Draft>("probes", kOptional,
                    "Probes besides Candor's own, by name; `candor probe list` shows them.",
                    named(word(kProbeName, "a probe's name, none of Candor's own", 32), probe_use(),
                          "a map from probes to how they are used, such as files: {required: true}", 1),
                    set_probes),
       field<Draft>(
           "passthrough", kOptional,
           "Real hosts that connections to their names are passed through to (none). What the guest sends "
           "there leaves this machine; 'candor run' asks for --allow-passthrough.",
           real_hosts(), &Draft::passthrough),
       field<Draft>("expect", kOptional, "What the run is expected to find.", expectation(), &Draft::expect),
       field<Draft>("settle", kOptional, "How to tell, after the last step, that nothing more is coming.",
                    settle(), &Draft::settle)});
  return kind;
}

}  // namespace candor::scenario
