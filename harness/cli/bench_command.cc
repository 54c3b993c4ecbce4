// SPDX-License-Identifier: Apache-2.0
// candor bench: cases of known leaks, and of none, run side by side; a table of what is seen and what is not.
#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/paths.h"
#include "base/process.h"
#include "bench/outcome.h"
#include "bench/table.h"
#include "cli/commands.h"
#include "cli/places.h"
#include "cli/terminal.h"
#include "image/adapter.h"
#include "run/folder.h"
#include "scenario/scenario.h"

namespace candor::cli {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::minutes kLongestCase{60};
constexpr std::size_t kLargestVerdict = 64U << 20;

struct BenchOptions {
  std::vector<std::string> cases;
  std::string product = "mole";
  std::uint64_t seed = 1;
  int repeat = 1;
  int control_repeat = 1;
  int jobs = 0;
  std::string runs;
  std::string json;
  std::string junit;
};

struct Planned {
  fs::path file;
  model::Scenario scenario;
  std::uint64_t seed = 0;
};

/// Files, names, or folders of files; without any, share/scenarios/bench.
std::vector<fs::path> case_files(const BenchOptions& options) {
  std::vector<fs::path> files;
  const auto add_folder = [&](const fs::path& folder) {
    std::vector<fs::path> found;
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".yaml") found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    files.insert(files.end(), found.begin(), found.end());
  };
  const fs::path own = share_dir() / "scenarios" / "bench";
  if (options.cases.empty()) add_folder(own);
  for (const std::string& word : options.cases) {
    if (fs::is_directory(word)) {
      add_folder(word);
    } else if (!fs::exists(word) && fs::exists(own / (word + ".yaml"))) {
      files.push_back(own / (word + ".yaml"));
    } else {
      files.push_back(scenario_file(word));
    }
  }
  if (files.empty()) throw Error("there are no cases in " + own.string(), Fault::input);
  return files;
}

bool is_control(const model::Scenario& scenario, const std::string& product) {
  return model::expectation_for(scenario, product).verdict.value_or(model::Outcome::no_leak_observed) ==
         model::Outcome::no_leak_observed;
}

/// All runs there will be. Every mistake of every file is reported before anything runs.
std::vector<Planned> plan(const BenchOptions& options) {
  const model::Product product = image::load_product(share_dir(), options.product);
  std::vector<Planned> planned;
  std::string mistakes;
  for (const fs::path& file : case_files(options)) {
    try {
      const model::Scenario scenario = scenario::read_scenario(file);
      for (const std::string& sentence : scenario::validate_against_product(scenario, product))
        mistakes += (mistakes.empty() ? "" : "\n") + sentence;
      const int times = is_control(scenario, product.name) ? options.control_repeat : options.repeat;
      for (int i = 0; i < times; ++i)
        planned.push_back({file, scenario, options.seed + static_cast<std::uint64_t>(i)});
    } catch (const Error& error) {
      mistakes += (mistakes.empty() ? "" : "\n") + std::string(error.what());
    }
  }
  if (!mistakes.empty()) throw Error(mistakes, Fault::input);
  return planned;
}

bench::CaseRun run_case(const BenchOptions& options, const Planned& planned, const fs::path& runs) {
  const CommandResult result = run_command(
      {.name = "candor run",
       .argv = {fs::read_symlink("/proc/self/exe").string(), "run", planned.file.string(), options.product,
                "--seed", std::to_string(planned.seed), "--runs", runs.string(), "--json"}},
      {}, kLongestCase, kLargestVerdict);
  const bool answered =
      !result.timed_out && (result.status.code == 0 || result.status.code == 1 || result.status.code == 3);
  if (!answered || result.status.signal != 0) {
    const std::string error =
        result.error.substr(result.error.size() - std::min<std::size_t>(result.error.size(), 600));
    return bench::failed_case(planned.scenario, planned.seed,
                              (result.timed_out ? "still running after an hour" : result.status.text()) +
                                  ": " + printable(error, 800));
  }
  try {
    const Json verdict = parse_json(result.output, {.bytes = kLargestVerdict, .depth = 32});
    const run::FolderPaths paths{string_member(member(verdict, "run"), "folder")};
    const std::string account =
        fs::exists(paths.account()) ? read_text(paths.account(), kLargestVerdict) : "";
    return bench::judged_case(planned.scenario, model::expectation_for(planned.scenario, options.product),
                              verdict, bench::read_account(account));
  } catch (const Error& error) {
    return bench::failed_case(planned.scenario, planned.seed, error.what());
  }
}

/// Runs all, several at once. The first runs alone: it makes the template the others wait for.
std::vector<bench::CaseRun> run_all(const BenchOptions& options, const std::vector<Planned>& planned) {
  const fs::path runs = options.runs.empty() ? run::default_runs_dir() : fs::path(options.runs);
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  const std::size_t jobs = options.jobs > 0 ? static_cast<std::size_t>(options.jobs) : cores;
  std::vector<bench::CaseRun> results(planned.size());
  Terminal terminal;
  std::mutex mutex;
  std::atomic<std::size_t> next = 0;
  std::size_t done = 0;
  const auto work_on = [&](std::size_t index) {
    results[index] = run_case(options, planned[index], runs);
    const std::lock_guard lock(mutex);
    const bench::CaseRun& run = results[index];
    terminal.line(std::to_string(++done) + "/" + std::to_string(planned.size()) + "  " + run.name +
                  "  seed " + std::to_string(planned[index].seed) + "  " + bench::text(run.worth) +
                  (run.verdict.empty() ? "" : "  (" + run.verdict + ")"));
  };
  const auto worker = [&] {
    for (std::size_t index = next++; index < planned.size(); index = next++) work_on(index);
  };
  work_on(next++);
  std::vector<std::jthread> workers;
  for (std::size_t i = 0; i < std::min(jobs, planned.size() - 1); ++i) workers.emplace_back(worker);
  workers.clear();
  return results;
}

ExitCode run_bench(const BenchOptions& options) {
  const std::vector<Planned> planned = plan(options);
  const std::vector<bench::CaseRun> runs = run_all(options, planned);
  if (!options.json.empty()) write_file(options.json, pretty_json(bench::to_json(runs)));
  if (!options.junit.empty()) write_file(options.junit, bench::junit(runs));
  print(bench::markdown(runs));
  const bench::Summary summary = bench::sum_up(runs);
  if (bench::passed(summary)) return ExitCode::met;
  return summary.failed > 0 ? ExitCode::harness : ExitCode::leak;
}

}  // namespace

void add_bench(CLI::App& program, Action& action) {
  auto options = std::make_shared<BenchOptions>();
  CLI::App* command = program.add_subcommand(
      "bench", "Run cases of known leaks, and of none, and say what is seen: a table in Markdown");
  command->add_option("cases", options->cases, "Cases by file, folder or name (default: scenarios/bench)");
  command->add_option("--product", options->product, "The product that leaks as a case says (mole)");
  command->add_option("--seed", options->seed, "Seed of the first run of each case (1)");
  command->add_option("--repeat", options->repeat, "Runs of each case, with seeds one after another (1)")
      ->check(CLI::Range(1, 1000));
  command->add_option("--control-repeat", options->control_repeat, "The same of each negative control (1)")
      ->check(CLI::Range(1, 1000));
  command->add_option("--jobs", options->jobs, "Runs at once (as many as there are processors)")
      ->check(CLI::Range(1, 256));
  command->add_option("--runs", options->runs,
                      "Folder in which run folders are made (default: XDG state folder)");
  command->add_option("--json", options->json, "Write the results to this file as JSON, too");
  command->add_option("--junit", options->junit, "Write them to this file as JUnit's XML, too");
  command->callback([options, &action] { action = [options] { return run_bench(*options); }; });
}

}  // namespace candor::cli
