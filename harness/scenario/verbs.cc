// SPDX-License-Identifier: Apache-2.0
#include "scenario/verbs.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/process.h"

namespace candor::scenario {

namespace {

using model::Verb;
using StepField = Field<DraftStep>;

constexpr std::int64_t kSecond = 1'000'000'000;

void set_path(DraftStep& draft, std::string path) { draft.step.path = std::move(path); }
void set_host(DraftStep& draft, std::string name) { draft.step.host = std::move(name); }
void set_stick(DraftStep& draft, std::string name) { draft.step.stick = std::move(name); }
void set_duration(DraftStep& draft, std::int64_t ns) { draft.step.duration_ns = ns; }
void set_command(DraftStep& draft, std::vector<std::string> argv) { draft.step.command = std::move(argv); }
void set_may_fail(DraftStep& draft, bool may_fail) { draft.step.may_fail = may_fail; }
void set_documents(DraftStep& draft, std::vector<Placed> names) {
  for (const Placed& name : names) draft.step.documents.push_back(name.text);
  draft.documents = std::move(names);
}
void set_delay(DraftStep& draft, std::int64_t ns) { draft.step.link.delay_ns = ns; }
void set_loss(DraftStep& draft, std::int64_t ppm) { draft.step.link.loss_ppm = ppm; }
void set_rate(DraftStep& draft, std::int64_t bit_s) { draft.step.link.rate_bit_s = bit_s; }
void set_seed(DraftStep& draft, std::int64_t seed) { draft.step.link.seed = seed; }
void ignore(DraftStep& /*draft*/, const std::string& /*word*/) {}

StepField documents_field(std::string about) {
  return field<DraftStep>("documents", kRequired, std::move(about), documents(), set_documents);
}
StepField within_field(std::string about) {
  return field<DraftStep>("within", kOptional, std::move(about), duration(), set_duration);
}
StepField product_field() {
  return field<DraftStep>("", kOptional, "The product under test.", choice({"product"}), ignore);
}

std::vector<VerbSpec> make_verbs() {
  const auto command_field = [](bool required, std::string about) {
    return field<DraftStep>("command", required, std::move(about), command(), set_command);
  };
  return {
      {.verb = Verb::plant,
       .about = "Puts documents into the guest. Each is planted once, before anything else uses it.",
       .example = "plant: memo, or plant: [memo, budget]",
       .value = documents_field("Documents to plant.")},
      {.verb = Verb::open,
       .about = "Reads documents as a program that shows them does.",
       .example = "open: memo, or open: [memo, budget]",
       .value = documents_field("Documents to open.")},
      {.verb = Verb::edit,
       .about = "Changes documents and saves them in place.",
       .example = "edit: memo, or edit: [memo, budget]",
       .value = documents_field("Documents to edit.")},
      {.verb = Verb::copy,
       .about = "Copies documents into a folder of the guest.",
       .example = "copy: {documents: memo, to: /media/stick}",
       .fields = {documents_field("Documents to copy."),
                  field<DraftStep>("to", kRequired, "The folder, made if it is missing.", guest_path(),
                                   set_path)}},
      {.verb = Verb::archive,
       .about = "Packs documents into an archive.",
       .example = "archive: {documents: [memo, budget], to: /home/alex/all.zip}",
       .fields = {documents_field("Documents to pack."),
                  field<DraftStep>("to", kRequired, "The archive: .zip or .tar.gz.", archive_path(),
                                   set_path)}},
      {.verb = Verb::erase,
       .about = "Deletes documents in the guest.",
       .example = "delete: memo, or delete: [memo, budget]",
       .value = documents_field("Documents to delete.")},
      {.verb = Verb::scan,
       .about = "Has the product scan a file or a folder.",
       .example = "scan: /home/alex",
       .value = field<DraftStep>("", kRequired, "What to scan.", guest_path(), set_path)},
      {.verb = Verb::update,
       .about = "Has the product update itself.",
       .example = "update:",
       .empty = true,
       .value = product_field()},
      {.verb = Verb::enable,
       .about = "Turns the product's protection on.",
       .example = "enable:",
       .empty = true,
       .value = product_field()},
      {.verb = Verb::disable,
       .about = "Turns the product's protection off.",
       .example = "disable:",
       .empty = true,
       .value = product_field()},
      {.verb = Verb::offline,
       .about = "Pulls the network cable: for a while, or until 'online'.",
       .example = "offline: 1h, or offline:",
       .empty = true,
       .value = field<DraftStep>("", kOptional, "For how long.", duration(), set_duration)},
      {.verb = Verb::online, .about = "Puts the network cable back.", .example = "online:", .empty = true},
      {.verb = Verb::link,
       .about = "Makes the network slow or lossy in both directions, from now on.",
       .example = "link: {delay: 200ms, loss: 5%, rate: 128kbit}, or link: normal",
       .value = field<DraftStep>("", kOptional, "As it was.", choice({"normal"}), ignore),
       .fields = {field<DraftStep>("delay", kOptional, "How long each frame takes (nothing).", duration(),
                                   set_delay),
                  field<DraftStep>("loss", kOptional, "Which share of frames is lost (0%).", share(),
                                   set_loss),
                  field<DraftStep>("rate", kOptional, "How much is carried at most (everything).", rate(),
                                   set_rate),
                  field<DraftStep>("seed", kOptional, "What the choice of lost frames depends on (1).",
                                   integer(0, 1LL << 53), set_seed)}},
      {.verb = Verb::idle,
       .about = "Leaves the guest alone.",
       .example = "idle: 30s",
       .value = field<DraftStep>("", kRequired, "For how long.", duration(), set_duration)},
      {.verb = Verb::reboot,
       .about = "Restarts the guest and waits for the product.",
       .example = "reboot:",
       .empty = true},
      {.verb = Verb::exec,
       .about = "Runs a command in the guest; an exit code other than 0 is a failure.",
       .example = "exec: \"ls /home\", exec: [ls, /home], or exec: {command: …, within: 30s, may-fail: true}",
       .value = command_field(kRequired, "A line for the guest's shell, or a program and its arguments."),
       .fields = {command_field(kRequired, "A line for the guest's shell, or a program and its arguments."),
                  within_field("How long it may take (60s)."),
                  field<DraftStep>("may-fail", kOptional, "Whether any exit code will do (false).", boolean(),
                                   set_may_fail)},
       .default_duration_ns = 60 * kSecond},
      {.verb = Verb::wait_for,
       .about = "Waits until something has happened.",
       .example = "wait-for: {file: /tmp/done, within: 30s}, or sent-to: HOST, or command: … instead of file",
       .fields = {field<DraftStep>("file", kOptional, "Until this file exists in the guest.", guest_path(),
                                   set_path),
                  field<DraftStep>("sent-to", kOptional, "Until something was sent to this host.", host(),
                                   set_host),
                  command_field(kOptional, "Until this command exits with 0."),
                  within_field("How long to wait (30s); longer is a failure.")},
       .one_of = {"file", "sent-to", "command"},
       .default_duration_ns = 30 * kSecond},
      {.verb = Verb::cloud,
       .about = "Changes what the vendor's simulated cloud says: values its files declare.",
       .example = "cloud: {set: {signatures: \"2\"}}",
       .fields = {field<DraftStep>(
           "set", kRequired, "Values by name.", cloud_values(),
           [](DraftStep& draft, const std::vector<std::pair<std::string, std::string>>& values) {
             draft.step.values = {values.begin(), values.end()};
           })}},
      {.verb = Verb::plug,
       .about = "Plugs a USB stick in, new and empty at first, and mounts it as /media/NAME.",
       .example = "plug: backup",
       .value = field<DraftStep>("", kRequired, "The stick's name.", stick_name(), set_stick)},
      {.verb = Verb::unplug,
       .about = "Unmounts a USB stick and pulls it out.",
       .example = "unplug: backup",
       .value = field<DraftStep>("", kRequired, "The stick's name.", stick_name(), set_stick)},
      {.verb = Verb::control,
       .about = "Has the control sender send one more control document, which must be caught.",
       .example = "control:",
       .empty = true},
  };
}

std::string verb_names() {
  std::string names;
  for (const VerbSpec& spec : verbs())
    names += (names.empty() ? "" : ", ") + std::string(model::text(spec.verb));
  return names;
}

const VerbSpec* find_verb(std::string_view name) {
  const auto found = std::find_if(verbs().begin(), verbs().end(),
                                  [&](const VerbSpec& spec) { return model::text(spec.verb) == name; });
  return found != verbs().end() ? &*found : nullptr;
}

void report_unknown_verb(const std::string& name, yaml::Mark mark, yaml::Diagnostics& diagnostics) {
  std::vector<std::string> names;
  for (const VerbSpec& spec : verbs()) names.emplace_back(model::text(spec.verb));
  const std::optional<std::string> near = yaml::nearest(name, names);
  diagnostics.error(mark, fmt::format("unknown step '{}'", printable(name, 60)),
                    fmt::format("expected a step: {}{}", verb_names(),
                                near ? fmt::format("; did you mean '{}'?", *near) : ""));
}

/// Exactly one of some fields must be there.
void check_one_of(const VerbSpec& spec, const yaml::Node& node, yaml::Diagnostics& diagnostics) {
  if (spec.one_of.empty() || node.kind != yaml::Kind::map) return;
  const yaml::Entry* chosen = nullptr;
  for (const yaml::Entry& entry : node.entries) {
    if (std::find(spec.one_of.begin(), spec.one_of.end(), entry.key) == spec.one_of.end()) continue;
    if (chosen != nullptr) {
      diagnostics.error(entry.key_mark, fmt::format("'{}' stands beside '{}'", entry.key, chosen->key),
                        fmt::format("expected exactly one of: {}", fmt::join(spec.one_of, ", ")));
    }
    chosen = &entry;
  }
  if (chosen == nullptr) {
    diagnostics.error(node.mark, fmt::format("'{}' does not say what for", model::text(spec.verb)),
                      fmt::format("expected exactly one of: {}", fmt::join(spec.one_of, ", ")));
  }
}

/// What follows the verb.
void read_argument(const VerbSpec& spec, const yaml::Node& node, yaml::Diagnostics& diagnostics,
                   DraftStep& draft) {
  if (node.kind == yaml::Kind::null && spec.empty) return;
  const bool as_map = !spec.fields.empty() && (node.kind == yaml::Kind::map || !spec.value);
  if (as_map && node.kind == yaml::Kind::map) {
    yaml::MapReader reader(node, diagnostics, fmt::format("'{}'", model::text(spec.verb)));
    read_fields(reader, spec.fields, draft);
    check_one_of(spec, node, diagnostics);
    reader.finish();
    return;
  }
  if (!as_map && spec.value && node.kind != yaml::Kind::map && node.kind != yaml::Kind::null) {
    spec.value->read(node, diagnostics, draft);
    return;
  }
  diagnostics.error(node.mark,
                    node.kind == yaml::Kind::null
                        ? fmt::format("'{}' needs to know more", model::text(spec.verb))
                        : fmt::format("this does not fit '{}'", model::text(spec.verb)),
                    fmt::format("expected {}", spec.example));
}

/// Whether a step is one verb with its argument; reports what else it is.
bool check_shape(const yaml::Node& node, yaml::Diagnostics& diagnostics) {
  if (node.kind == yaml::Kind::map && node.entries.size() == 1) return true;
  if (node.kind == yaml::Kind::scalar && find_verb(node.scalar) != nullptr) {
    diagnostics.error(node.mark, fmt::format("'{}' lacks its colon", node.scalar),
                      fmt::format("expected {}", find_verb(node.scalar)->example));
  } else if (node.kind == yaml::Kind::scalar) {
    report_unknown_verb(node.scalar, node.mark, diagnostics);
  } else if (node.kind == yaml::Kind::map && node.entries.size() > 1) {
    diagnostics.error(
        node.entries[1].key_mark,
        fmt::format("'{}' stands beside '{}' in one step", printable(node.entries[1].key, 60),
                    printable(node.entries[0].key, 60)),
        "expected one verb in each step: a '-' before it, or more indentation to belong to the verb");
  } else {
    diagnostics.error(node.mark, "this is no step", fmt::format("expected one of: {}", verb_names()));
  }
  return false;
}

std::optional<DraftStep> read_step(const yaml::Node& node, yaml::Diagnostics& diagnostics) {
  DraftStep draft;
  draft.mark = node.mark;
  if (!check_shape(node, diagnostics)) return draft;
  const yaml::Entry& entry = node.entries.front();
  draft.mark = entry.key_mark;
  const VerbSpec* spec = find_verb(entry.key);
  if (spec == nullptr) {
    report_unknown_verb(entry.key, entry.key_mark, diagnostics);
    return draft;
  }
  draft.verb_known = true;
  draft.step.verb = spec->verb;
  draft.step.line = entry.key_mark.line;
  draft.step.duration_ns = spec->default_duration_ns;
  const std::size_t before = diagnostics.count();
  read_argument(*spec, entry.value, diagnostics, draft);
  draft.sound = diagnostics.count() == before;
  draft.step.text = step_text(draft.step);
  return draft;
}

Json argument_schema(const VerbSpec& spec) {
  std::vector<Json> forms;
  if (spec.empty) forms.push_back({{"type", "null"}});
  if (spec.value) forms.push_back(spec.value->schema());
  if (!spec.fields.empty()) {
    Json map = map_schema(spec.fields);
    for (const std::string& key : spec.one_of) map["oneOf"].push_back({{"required", Json::array({key})}});
    forms.push_back(std::move(map));
  }
  Json schema = forms.size() == 1 ? forms.front() : Json{{"anyOf", forms}};
  schema["description"] = spec.about;
  return schema;
}

std::string duration_text(std::int64_t ns) {
  constexpr std::pair<std::int64_t, const char*> kUnits[] = {
      {86400 * kSecond, "d"}, {3600 * kSecond, "h"}, {60 * kSecond, "min"}, {kSecond, "s"}};
  for (const auto& [unit, name] : kUnits) {
    if (ns % unit == 0) return fmt::format("{}{}", ns / unit, name);
  }
  return fmt::format("{}ms", ns / 1'000'000);
}

std::string rate_text(std::int64_t bit_s) {
  constexpr std::pair<std::int64_t, const char*> kUnits[] = {
      {1'000'000'000, "Gbit"}, {1'000'000, "Mbit"}, {1'000, "kbit"}};
  for (const auto& [unit, name] : kUnits) {
    if (bit_s % unit == 0) return fmt::format("{}{}", bit_s / unit, name);
  }
  return fmt::format("{}bit", bit_s);
}

std::string link_text(const model::LinkCondition& link) {
  if (link.normal()) return "normal";
  std::vector<std::string> parts;
  if (link.delay_ns > 0) parts.push_back("delay " + duration_text(link.delay_ns));
  if (link.loss_ppm > 0)
    parts.push_back(fmt::format("loss {}%", static_cast<double>(link.loss_ppm) / 10'000));
  if (link.rate_bit_s > 0) parts.push_back("rate " + rate_text(link.rate_bit_s));
  if (link.loss_ppm > 0) parts.push_back(fmt::format("seed {}", link.seed));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string command_text(const std::vector<std::string>& argv) {
  const bool shell_line = argv.size() == 3 && argv[0] == "/bin/sh" && argv[1] == "-c";
  return printable(shell_line ? argv[2] : shell_quoted(argv), 120);
}

}  // namespace

const std::vector<VerbSpec>& verbs() {
  static const std::vector<VerbSpec> table = make_verbs();
  return table;
}

Kind<DraftStep> step() {
  auto schema = [] {
    Json whole = {
        {"type", "object"}, {"minProperties", 1}, {"maxProperties", 1}, {"additionalProperties", false}};
    for (const VerbSpec& spec : verbs()) whole["properties"][model::text(spec.verb)] = argument_schema(spec);
    return whole;
  };
  return {std::move(schema), read_step};
}

std::string step_text(const model::Step& step) {
  std::string what = fmt::format("{}", fmt::join(step.documents, ", "));
  if (!step.path.empty()) what += (what.empty() ? "" : " to ") + printable(step.path, 120);
  if (!step.command.empty()) what += command_text(step.command);
  for (const auto& [name, value] : step.values)
    what += (what.empty() ? "" : ", ") + name + " = " + printable(value, 60);
  if (!step.host.empty()) what += "something sent to " + step.host;
  what += step.stick;
  if (step.verb == Verb::link) what += link_text(step.link);
  const bool waits = step.verb == Verb::wait_for || step.verb == Verb::exec;
  if (waits) what += " within " + duration_text(step.duration_ns);
  if (!waits && step.duration_ns > 0) what += duration_text(step.duration_ns);
  return what.empty() ? model::text(step.verb) : fmt::format("{}: {}", model::text(step.verb), what);
}

}  // namespace candor::scenario
