// SPDX-License-Identifier: Apache-2.0
// candor: does an antivirus leak the documents it guards?
#include <csignal>
#include <cstdio>

#include "base/error.h"
#include "cli/commands.h"
#include "run/runner.h"

namespace {

using candor::cli::Action;
using candor::cli::ExitCode;

constexpr const char* kFooter = R"(Examples:
  candor doctor
  candor validate scenarios/classified-documents.yaml
  candor run classified-documents clamav clamav-sender
  candor run classified-documents clamav --seed 7 --json | jq .verdict
  candor scan capture.pcapng mailbox/ --manifest RUN

Exit codes:
  0 expectations met   1 a leak, or another expectation failed   2 the harness failed
  3 inconclusive       4 wrong usage or input                    130 interrupted

Environment:
  CANDOR_DATA   where images and templates are kept (default: XDG data folder)
  CANDOR_SHARE  folder that holds images/, scenarios/ and probes/
  CANDOR_PROBES folders with probes, joined by ':'
  NO_COLOR      no colours)";

int to_int(ExitCode code) { return static_cast<int>(code); }

int guarded(const Action& action) {
  try {
    return to_int(action());
  } catch (const candor::run::Interrupted&) {
    std::fputs("candor: interrupted; nothing was left behind\n", stderr);
    return to_int(ExitCode::interrupted);
  } catch (const candor::Error& error) {
    std::fprintf(stderr, "candor: %s\n", error.what());
    return to_int(error.fault() == candor::Fault::input ? ExitCode::input : ExitCode::harness);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "candor: %s\n", error.what());
    return to_int(ExitCode::harness);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a peer that is gone shows in the write's result
  CLI::App program("Candor tests whether an antivirus leaks the documents it guards.", "candor");
  program.set_version_flag("--version", "candor " CANDOR_VERSION);
  program.require_subcommand(1);
  program.footer(kFooter);
  Action action;
  candor::cli::add_run(program, action);
  candor::cli::add_validate(program, action);
  candor::cli::add_schema(program, action);
  candor::cli::add_list(program, action);
  candor::cli::add_image(program, action);
  candor::cli::add_doctor(program, action);
  candor::cli::add_rejudge(program, action);
  candor::cli::add_scan(program, action);
  candor::cli::add_probe(program, action);
  candor::cli::add_bench(program, action);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : to_int(ExitCode::input);
  }
  return guarded(action);
}
