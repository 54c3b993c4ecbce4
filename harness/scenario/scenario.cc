// SPDX-License-Identifier: Apache-2.0
#include "scenario/scenario.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/yaml.h"
#include "scenario/grammar.h"

namespace candor::scenario {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLargestFile = 1U << 20;

constexpr const char* kStickReader = "usb";

/// A stick nobody reads would be a way out that is not watched.
void have_sticks_read(model::Scenario& scenario) {
  const auto plug = std::find_if(scenario.steps.begin(), scenario.steps.end(),
                                 [](const model::Step& step) { return step.verb == model::Verb::plug; });
  const bool named = std::any_of(scenario.probes.begin(), scenario.probes.end(),
                                 [](const model::ProbeUse& probe) { return probe.name == kStickReader; });
  if (plug == scenario.steps.end() || named) return;
  constexpr std::int64_t kMinute = 60'000'000'000;
  scenario.probes.push_back(
      {.name = kStickReader, .required = true, .deadline_ns = kMinute, .line = plug->line});
}

model::Scenario finished(Draft draft) {
  model::Scenario scenario;
  scenario.about = std::move(draft.about);
  for (auto& [name, document] : draft.documents) scenario.documents[name] = std::move(document.spec);
  for (DraftStep& step : draft.steps) scenario.steps.push_back(std::move(step.step));
  scenario.configure = std::move(draft.configure);
  scenario.probes = std::move(draft.probes);
  scenario.passthrough = std::move(draft.passthrough);
  scenario.expect = draft.expect.common;
  scenario.expect_product = std::move(draft.expect.product);
  scenario.settle_quiet_ns = draft.settle.quiet_ns;
  scenario.settle_limit_ns = draft.settle.limit_ns;
  have_sticks_read(scenario);
  return scenario;
}

/// The name a scenario has from its file; it becomes part of file names and messages.
std::string name_of(const fs::path& file) {
  const std::string name =
      file.extension() == ".yaml" || file.extension() == ".yml" ? file.stem() : file.filename();
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char byte) {
    return std::isalnum(byte) != 0 || byte == '-' || byte == '_' || byte == '.';
  });
  if (!plain || name.starts_with('.') || name.starts_with('-')) {
    throw Error(fmt::format("{}: a scenario's file name may hold letters, digits, '-', '_' and '.'",
                            printable(file.string())),
                Fault::input);
  }
  return name;
}

}  // namespace

model::Scenario read_scenario_text(std::string_view text, const std::string& file) {
  const std::string name = name_of(file);
  yaml::Diagnostics diagnostics(file, std::string(text.substr(0, kLargestFile)));
  const std::optional<yaml::Node> root = yaml::parse(text, diagnostics, {.bytes = kLargestFile});
  diagnostics.check();
  yaml::Node start = *root;
  if (start.mark.line == 0) start.mark = {1, 1};  // An empty file.
  std::optional<Draft> draft = scenario_file().read(start, diagnostics);
  if (start.kind == yaml::Kind::map && draft) check_story(*draft, diagnostics);
  diagnostics.check();
  model::Scenario scenario = finished(std::move(*draft));
  scenario.name = name;
  scenario.file = file;
  return scenario;
}

model::Scenario read_scenario(const fs::path& file) {
  const std::string shown = printable(file.string());
  std::error_code problem;
  const fs::file_status status = fs::status(file, problem);
  if (status.type() == fs::file_type::not_found)
    throw Error("scenario file not found: " + shown, Fault::input);
  if (problem) throw Error(fmt::format("scenario file {}: {}", shown, problem.message()), Fault::input);
  if (fs::is_directory(status)) throw Error(shown + " is a folder, not a scenario file", Fault::input);
  std::string text;
  try {
    text = read_text(file, kLargestFile);
  } catch (const Error& error) {
    throw Error(error.what(), Fault::input).within("scenario file");
  }
  return read_scenario_text(text, file.string());
}

Json schema() {
  Json schema = scenario_file().schema();
  schema["$schema"] = "http://json-schema.org/draft-07/schema#";
  schema["title"] = "Candor scenario";
  schema["description"] =
      "What happens in a guest beside an antivirus product, and what is expected to leave.";
  return schema;
}

std::vector<std::string> validate_against_product(const model::Scenario& scenario,
                                                  const model::Product& product) {
  std::vector<std::string> sentences;
  if (!scenario.configure.empty() && !product.verbs.contains("configure"))
    sentences.push_back(fmt::format("{}: the scenario has a 'configure', which the product '{}' cannot take",
                                    printable(scenario.file), product.name));
  for (const model::Step& step : scenario.steps) {
    const std::optional<std::string> verb = model::adapter_verb(step.verb);
    if (!verb) continue;
    const auto found = product.verbs.find(*verb);
    if (found != product.verbs.end() && !found->second.empty()) continue;
    sentences.push_back(fmt::format("{}:{}: the step '{}' needs '{}', which the product '{}' cannot do",
                                    printable(scenario.file), step.line, printable(step.text), *verb,
                                    product.name));
  }
  return sentences;
}

}  // namespace candor::scenario
