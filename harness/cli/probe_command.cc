// SPDX-License-Identifier: Apache-2.0
// candor probe: makes, checks and lists probes that are no part of Candor itself.
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
#include "collect/conformance.h"
#include "kit/probe_file.h"
#include "kit/scaffold.h"
#include "kit/schema.h"
#include "run/probe_process.h"

namespace candor::cli {

namespace fs = std::filesystem;
using collect::Conformance;

namespace {

struct NewOptions {
  std::string name;
  std::string language;
  std::string into = ".";
};

struct CheckOptions {
  std::vector<std::string> command;
  std::string trigger;
};

ExitCode make(const NewOptions& options) {
  const fs::path templates = share_dir() / "probes/sdk/templates";
  const fs::path into = fs::absolute(options.into).lexically_normal();
  if (!fs::is_directory(into)) throw Error("there is no folder " + into.string(), Fault::input);
  for (const fs::path& file : kit::make_probe(templates, options.language, options.name, into))
    print(file.string() + "\n");
  const std::string folder = shell_quoted({(into / options.name).string()});
  if (options.language == "c++")
    print("Build it:  cmake -S " + folder + " -B " + folder + "/build && cmake --build " + folder +
          "/build\n");
  print("Check it:  candor probe check " + folder + "\n");
  return ExitCode::met;
}

std::string padded(std::string text, std::size_t width) {
  text.resize(std::max(text.size(), width), ' ');
  return text;
}

const char* word(Conformance outcome) {
  switch (outcome) {
    case Conformance::kept:
      return "ok";
    case Conformance::broken:
      return "BROKEN";
    case Conformance::not_shown:
      return "not shown";
  }
  return "";
}

/// A folder with a probe.yaml, or a command line.
collect::ProbeUnderTest under_test(const CheckOptions& options) {
  collect::ProbeUnderTest probe;
  probe.env = run::probe_environment(share_dir());
  if (!options.trigger.empty()) probe.trigger = {"/bin/sh", "-c", options.trigger};
  if (options.command.size() != 1 || !fs::is_directory(options.command[0])) {
    probe.command = options.command;
    return probe;
  }
  const model::ProbeKind kind = kit::read_probe(options.command[0]);
  probe.name = kind.name;
  probe.command = kind.command;
  probe.cwd = kind.folder;
  probe.mismatches = [events = kind.events](const std::string& type,
                                            const Json& data) -> std::vector<std::string> {
    const auto known = events.find(type);
    if (known == events.end()) return {"probe.yaml does not know this type"};
    return kit::mismatches(known->second.schema, data);
  };
  return probe;
}

ExitCode check(const CheckOptions& options) {
  const auto show = [](const collect::ConformanceResult& result) {
    print(padded(result.check, 13) + padded(word(result.outcome), 11) + result.sentence + "\n");
  };
  const auto results = collect::check_conformance(under_test(options), show);
  const auto count = [&](Conformance outcome) {
    return std::count_if(results.begin(), results.end(),
                         [&](const auto& result) { return result.outcome == outcome; });
  };
  const auto broken = count(Conformance::broken);
  const auto not_shown = count(Conformance::not_shown);
  if (broken == 0 && not_shown == 0) {
    print("It keeps the protocol.\n");
    return ExitCode::met;
  }
  print(std::to_string(broken) + " broken, " + std::to_string(not_shown) +
        " not shown; probes/PROTOCOL.md says what is right.\n");
  return broken != 0 ? ExitCode::leak : ExitCode::inconclusive;
}

struct Listed {
  std::string name;
  std::string about;
  std::string place;
  Json events = Json::array();
};

std::vector<Listed> listed(const std::vector<std::string>& places) {
  std::vector<Listed> probes = {
      {"wire", "Records every frame between the guest and the network.", "Candor's own"},
      {"internet", "Answers as every host, and keeps what it receives.", "Candor's own"},
      {"relay", "Passes connections through to real hosts a scenario names.", "Candor's own"}};
  for (const fs::path& folder : kit::probe_folders(probe_places(places))) {
    Listed probe{folder.filename(), "(has mistakes; see `candor probe check`)", folder.string()};
    try {
      const model::ProbeKind kind = kit::read_probe(folder);
      probe.about = kind.about;
      for (const auto& [type, event] : kind.events)
        probe.events.push_back({{"type", type}, {"about", event.about}});
    } catch (const Error&) {
      // said above
    }
    probes.push_back(std::move(probe));
  }
  return probes;
}

ExitCode list(const std::vector<std::string>& places, bool json) {
  Json array = Json::array();
  for (const Listed& probe : listed(places)) {
    array.push_back(
        {{"name", probe.name}, {"about", probe.about}, {"place", probe.place}, {"events", probe.events}});
    if (!json)
      print(padded(probe.name, 14) + printable(probe.about, 200) + "  [" + printable(probe.place, 300) +
            "]\n");
  }
  if (json) print(pretty_json(array));
  return ExitCode::met;
}

void add_new(CLI::App& probe, Action& action) {
  auto options = std::make_shared<NewOptions>();
  CLI::App* command = probe.add_subcommand("new", "Write a working probe, with a test, to start from");
  command->add_option("name", options->name, "Its name; also that of its folder")->required();
  command->add_option("--language", options->language, "c++ or python")->required();
  command->add_option("--in", options->into, "Where its folder is made (here)");
  command->callback([options, &action] { action = [options] { return make(*options); }; });
}

void add_check(CLI::App& probe, Action& action) {
  auto options = std::make_shared<CheckOptions>();
  CLI::App* command = probe.add_subcommand("check", "Try whether a probe keeps the protocol");
  command->add_option("command", options->command, "A probe's folder, or what starts it: PROGRAM ARGUMENT …")
      ->required();
  command->add_option("--trigger", options->trigger, "Shell line that gives it something to report");
  command->positionals_at_end();
  command->callback([options, &action] { action = [options] { return check(*options); }; });
}

void add_listing(CLI::App& probe, Action& action) {
  struct Options {
    std::vector<std::string> places;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = probe.add_subcommand("list", "List the probes scenarios and products can name");
  command->add_option("--probes", options->places, "Further folders with probes");
  command->add_flag("--json", options->json, "Print JSON");
  command->callback(
      [options, &action] { action = [options] { return list(options->places, options->json); }; });
}

void add_module(CLI::App& probe, Action& action) {
  CLI::App* command =
      probe.add_subcommand("module", "Print the folder of Candor's Python module, for PYTHONPATH");
  command->callback([&action] {
    action = [] {
      print((share_dir() / "probes/sdk/python").string() + "\n");
      return ExitCode::met;
    };
  });
}

void add_probe_commands(CLI::App& probe, Action& action) {
  add_new(probe, action);
  add_check(probe, action);
  add_listing(probe, action);
  add_module(probe, action);
}

}  // namespace

void add_probe(CLI::App& program, Action& action) {
  CLI::App* probe = program.add_subcommand("probe", "Make, check and list probes");
  probe->require_subcommand(1);
  add_probe_commands(*probe, action);
}

}  // namespace candor::cli
