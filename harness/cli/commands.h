// SPDX-License-Identifier: Apache-2.0
//
// The subcommands. Each adds itself to the program's options and sets `action` to what it does when it is
// chosen; actions return the exit code and throw candor::Error.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>

#include "cli/exit_code.h"

namespace candor::cli {

using Action = std::function<ExitCode()>;

void add_run(CLI::App& program, Action& action);
void add_validate(CLI::App& program, Action& action);
void add_schema(CLI::App& program, Action& action);
void add_list(CLI::App& program, Action& action);
void add_image(CLI::App& program, Action& action);
void add_doctor(CLI::App& program, Action& action);
void add_rejudge(CLI::App& program, Action& action);
void add_scan(CLI::App& program, Action& action);
void add_probe(CLI::App& program, Action& action);
void add_bench(CLI::App& program, Action& action);

}  // namespace candor::cli
