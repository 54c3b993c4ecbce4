// SPDX-License-Identifier: Apache-2.0
// candor scan: what of a run's documents is in files and captures made elsewhere.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "recognise/recogniser.h"
#include "run/boilerplate.h"
#include "scan/planted.h"
#include "scan/scan.h"

namespace candor::cli {

namespace {

struct ScanOptions {
  std::vector<std::string> files;
  std::string manifest;
  std::optional<std::string> keylog;
  bool json = false;
};

ExitCode code_of(scan::Answer answer) {
  switch (answer) {
    case scan::Answer::nothing:
      return ExitCode::met;
    case scan::Answer::found:
      return ExitCode::leak;
    case scan::Answer::inconclusive:
      return ExitCode::inconclusive;
    case scan::Answer::unreadable:
      return ExitCode::input;
  }
  return ExitCode::harness;
}

/// In ASCII, so that names from strangers' files cannot act on a terminal either.
std::string ascii_json(const Json& json) {
  return json.dump(2, ' ', true, Json::error_handler_t::replace) + "\n";
}

ExitCode scan_files(const ScanOptions& options) {
  const scan::Planted planted(options.manifest);
  const std::filesystem::path named(options.manifest);
  const run::Boilerplate boilerplate = run::boilerplate_of(
      {.root = std::filesystem::is_directory(named) ? named : named.parent_path()}, planted.manifest());
  const recognise::Recogniser recogniser(planted.manifest(), planted.contents(), {}, boilerplate.views);
  Terminal terminal;
  scan::ScanRequest request{.files = options.files};
  if (options.keylog) request.keylog = *options.keylog;
  request.as_it_stands = [&](ByteView bytes) { return recogniser.search_as_it_stands(bytes); };
  request.on_file = [&](const std::string& name) { terminal.status("searching " + name); };
  const scan::ScanFinding finding =
      scan::scan(request, [&](ByteView bytes) { return recogniser.search(bytes); });
  terminal.clear();
  print(options.json ? ascii_json(scan::to_json(finding))
                     : scan::render_text(finding, planted.manifest(), Terminal::color_on_stdout()));
  return code_of(finding.answer());
}

}  // namespace

void add_scan(CLI::App& program, Action& action) {
  auto options = std::make_shared<ScanOptions>();
  CLI::App* command =
      program.add_subcommand("scan", "Search files and captures made elsewhere for a run's documents");
  command
      ->add_option("files", options->files, "Files, folders, pcap and pcapng captures; - is standard input")
      ->required();
  command->add_option("--manifest", options->manifest, "A run's manifest.json, or the run folder")
      ->required();
  command->add_option("--keylog", options->keylog,
                      "TLS secrets of the captures (NSS key log format; needs tshark)");
  command->add_flag("--json", options->json, "Print one JSON document");
  command->footer(
      "Exit codes: 0 nothing found and everything looked into, 1 something found, 3 nothing found but not\n"
      "everything could be looked into, 4 wrong usage, or nothing could be read.");
  command->callback([options, &action] { action = [options] { return scan_files(*options); }; });
}

}  // namespace candor::cli
