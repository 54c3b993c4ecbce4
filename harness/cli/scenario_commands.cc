// SPDX-License-Identifier: Apache-2.0
// candor validate, schema and list: everything about scenarios and products that needs no VM.
#include <algorithm>
#include <filesystem>
#include <memory>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/paths.h"
#include "base/process.h"
#include "cli/commands.h"
#include "cli/places.h"
#include "cli/terminal.h"
#include "image/adapter.h"
#include "kit/probe_file.h"
#include "scenario/scenario.h"

namespace candor::cli {

namespace fs = std::filesystem;

namespace {

/// What is wrong with the files of a product's simulated cloud; the probe that reads them in a run says it.
std::string wrong_cloud(const model::Product& product) {
  const fs::path folder = image::cloud_folder(product);
  if (folder.empty()) return {};
  const std::string probe = helper_program("candor-internet").string();
  const CommandResult result =
      run_command({.name = "candor-internet", .argv = {probe, "--check-cloud", folder.string()}}, {},
                  std::chrono::seconds(30));
  if (result.status.ok()) return {};
  std::string said = result.error;
  while (said.ends_with('\n')) said.pop_back();
  return said;
}

struct ValidateOptions {
  std::vector<std::string> scenarios;
  std::vector<std::string> products;
  std::vector<std::string> probes;
};

ExitCode validate(const ValidateOptions& options) {
  const std::vector<fs::path> places = probe_places(options.probes);
  std::string mistakes;
  const auto add = [&](const std::string& text) { mistakes += (mistakes.empty() ? "" : "\n") + text; };
  for (const std::string& word : options.scenarios) {
    try {
      const fs::path file = scenario_file(word);
      const model::Scenario scenario = scenario::read_scenario(file);
      for (const model::ProbeUse& use : scenario.probes)
        static_cast<void>(in_context(file.string() + ":" + std::to_string(use.line),
                                     [&] { return kit::find_probe(places, use.name); }));
      for (const std::string& name : options.products) {
        const model::Product product = image::load_product(share_dir(), name);
        for (const std::string& sentence : scenario::validate_against_product(scenario, product))
          add(sentence);
        if (const std::string wrong = wrong_cloud(product); !wrong.empty()) add(wrong);
      }
      print(file.string() + ": " + std::to_string(scenario.documents.size()) + " documents, " +
            std::to_string(scenario.steps.size()) + " steps\n");
      if (!scenario.passthrough.empty())
        print("  the guest reaches these real hosts: " + hosts_text(scenario.passthrough) +
              "; candor run needs --allow-passthrough for it\n");
    } catch (const Error& error) {
      if (error.fault() != Fault::input) throw;
      add(error.what());
    }
  }
  if (!mistakes.empty()) throw Error(mistakes, Fault::input);
  return ExitCode::met;
}

std::vector<fs::path> scenario_files(const fs::path& share) {
  std::vector<fs::path> files;
  const fs::path folder = share / "scenarios";
  if (!fs::is_directory(folder)) return files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

/// One thing to list: its name and what it says of itself, or why it cannot be read.
struct Listed {
  std::string name;
  std::string about;
};

template <typename Describe>
Listed listed(const std::string& name, Describe describe) {
  try {
    return {name, describe()};
  } catch (const Error&) {
    return {name, "(has mistakes; see `candor validate`)"};
  }
}

ExitCode list(bool json) {
  const fs::path share = share_dir();
  std::vector<Listed> scenarios;
  for (const fs::path& file : scenario_files(share))
    scenarios.push_back(listed(file.stem().string(), [&] { return scenario::read_scenario(file).about; }));
  std::vector<Listed> products;
  for (const std::string& name : image::product_names(share))
    products.push_back(listed(name, [&] { return image::load_product(share, name).about; }));
  if (json) {
    Json result = {{"scenarios", Json::array()}, {"products", Json::array()}};
    for (const Listed& item : scenarios)
      result["scenarios"].push_back({{"name", item.name}, {"about", item.about}});
    for (const Listed& item : products)
      result["products"].push_back({{"name", item.name}, {"about", item.about}});
    print(pretty_json(result));
    return ExitCode::met;
  }
  const auto section = [](const char* title, const std::vector<Listed>& items) {
    std::string text = std::string(title) + "\n";
    for (const Listed& item : items) {
      std::string name = item.name;
      name.resize(std::max<std::size_t>(name.size() + 2, 26), ' ');
      text += "  " + name + printable(item.about, 200) + "\n";
    }
    print(text);
  };
  section("Scenarios", scenarios);
  section("Products", products);
  return ExitCode::met;
}

}  // namespace

void add_validate(CLI::App& program, Action& action) {
  auto options = std::make_shared<ValidateOptions>();
  CLI::App* command = program.add_subcommand("validate", "Check scenarios without running them");
  command->add_option("scenarios", options->scenarios, "Scenario files or names")->required();
  command->add_option("--product", options->products, "Also check that this product can do every step");
  command->add_option("--probes", options->probes, "Folders with probes that scenarios may name");
  command->callback([options, &action] { action = [options] { return validate(*options); }; });
}

void add_schema(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("schema", "Print the JSON Schema (draft-07) of scenarios");
  command->callback([&action] {
    action = [] {
      print(pretty_json(scenario::schema()));
      return ExitCode::met;
    };
  });
}

void add_list(CLI::App& program, Action& action) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command = program.add_subcommand("list", "List scenarios and products");
  command->add_flag("--json", *json, "Print JSON");
  command->callback([json, &action] { action = [json] { return list(*json); }; });
}

}  // namespace candor::cli
