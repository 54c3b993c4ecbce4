// SPDX-License-Identifier: Apache-2.0
// candor rejudge: the verdict again, from a run folder alone.
#include <memory>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "judge/judge.h"
#include "report/text.h"
#include "run/runner.h"

namespace candor::cli {

void add_rejudge(CLI::App& program, Action& action) {
  struct Options {
    std::string folder;
    bool json = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = program.add_subcommand("rejudge", "Judge a run folder again, without any VM");
  command->add_option("run", options->folder, "Run folder")->required();
  command->add_flag("--json", options->json, "Print what verdict.json holds");
  command->callback([options, &action] {
    action = [options] {
      const model::Verdict verdict = run::rejudge(options->folder);
      print(options->json ? pretty_json(model::to_json(verdict))
                          : report::render_text(verdict, Terminal::color_on_stdout()));
      return static_cast<ExitCode>(judge::exit_code(verdict));
    };
  });
}

}  // namespace candor::cli
