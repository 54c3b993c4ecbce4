// SPDX-License-Identifier: Apache-2.0
// candor doctor: what this host lacks, and the command that mends it.
#include <memory>

#include "base/json.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "seal/doctor.h"

namespace candor::cli {

namespace {

ExitCode doctor(bool as_json) {
  bool healthy = true;
  Json json = Json::array();
  std::string text;
  for (const seal::Check& check : seal::check_host()) {
    healthy = healthy && (check.ok || !check.required);
    json.push_back({{"name", check.name},
                    {"ok", check.ok},
                    {"required", check.required},
                    {"found", check.found},
                    {"mend", check.mend}});
    std::string name = check.name;
    name.resize(std::max<std::size_t>(name.size() + 1, 24), ' ');
    text += std::string(check.ok         ? "ok       "
                        : check.required ? "MISSING  "
                                         : "note     ") +
            name + check.found + "\n";
    if (!check.ok && !check.mend.empty()) text += "         mend it with:  " + check.mend + "\n";
  }
  print(as_json ? pretty_json(json) : text);
  return healthy ? ExitCode::met : ExitCode::harness;
}

}  // namespace

void add_doctor(CLI::App& program, Action& action) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command = program.add_subcommand("doctor", "Check what this host needs to run scenarios");
  command->add_flag("--json", *json, "Print JSON");
  command->callback([json, &action] { action = [json] { return doctor(*json); }; });
}

}  // namespace candor::cli
