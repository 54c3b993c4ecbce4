// SPDX-License-Identifier: Apache-2.0
// candor run: one scenario against one or more products, one after the other.
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <exception>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/paths.h"
#include "cli/commands.h"
#include "cli/places.h"
#include "cli/terminal.h"
#include "image/adapter.h"
#include "judge/judge.h"
#include "kit/probe_file.h"
#include "report/text.h"
#include "run/guest_probes.h"
#include "run/runner.h"
#include "scenario/scenario.h"

namespace candor::cli {

namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

struct RunOptions {
  std::string scenario;
  std::vector<std::string> products;
  std::optional<std::uint64_t> seed;
  std::string runs;
  std::string accelerator = "auto";
  std::string authorities;
  std::vector<std::string> probes;
  bool allow_passthrough = false;
  bool keep = false;
  bool json = false;
};

/// Ends the work at Ctrl-C or SIGTERM: in order where there is a run to end, else at once.
class Interrupts {
 public:
  explicit Interrupts(asio::io_context& io) : io_(io), signals_(io, SIGINT, SIGTERM) { wait(); }
  [[nodiscard]] bool happened() const { return happened_; }
  [[nodiscard]] run::InterruptHook hook() {
    return [this](std::function<void()> end_run) { end_run_ = std::move(end_run); };
  }
  void stop() { signals_.cancel(); }

 private:
  void wait() {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (error) return;
      happened_ = true;
      if (end_run_) {
        end_run_();
      } else {
        io_.stop();
      }
      wait();
    });
  }

  asio::io_context& io_;
  asio::signal_set signals_;
  std::function<void()> end_run_;
  bool happened_ = false;
};

asio::awaitable<run::RunResult> run_one(asio::any_io_executor executor, run::RunRequest request,
                                        run::ProvisionRequest provision, run::Progress progress,
                                        run::InterruptHook hook) {
  request.provision = co_await run::provide(executor, std::move(provision), progress);
  co_return co_await run::run_scenario(executor, std::move(request), progress, std::move(hook));
}

run::RunResult run_blocking(run::RunRequest request, run::ProvisionRequest provision,
                            const run::Progress& progress) {
  asio::io_context io(1);
  Interrupts interrupts(io);
  std::optional<run::RunResult> result;
  std::exception_ptr failure;
  auto done = [&](std::exception_ptr error, std::optional<run::RunResult> value) {
    failure = error;
    result = std::move(value);
    interrupts.stop();
  };
  auto work = [&]() -> asio::awaitable<std::optional<run::RunResult>> {
    co_return co_await run_one(io.get_executor(), std::move(request), std::move(provision), progress,
                               interrupts.hook());
  };
  asio::co_spawn(io, work, done);
  io.run();
  if (interrupts.happened()) throw run::Interrupted();
  if (failure) std::rethrow_exception(failure);
  if (!result) throw Error("the run ended without a result");
  return std::move(*result);
}

void check_products(const model::Scenario& scenario, const RunOptions& options, const fs::path& share) {
  std::string mistakes;
  for (const std::string& name : options.products) {
    const model::Product product = image::load_product(share, name);
    for (const std::string& sentence : scenario::validate_against_product(scenario, product))
      mistakes += (mistakes.empty() ? "" : "\n") + sentence;
  }
  if (!mistakes.empty()) throw Error(mistakes, Fault::input);
}

/// A scenario may be somebody else's: nothing leaves this machine unless whoever runs it has agreed.
void check_consent(const model::Scenario& scenario, const RunOptions& options) {
  if (scenario.passthrough.empty() || options.allow_passthrough) return;
  throw Error(
      printable(scenario.file) +
          ": this scenario lets the guest reach real hosts: " + hosts_text(scenario.passthrough) +
          ". What the product sends there, perhaps the planted documents, leaves this machine. Run it with "
          "--allow-passthrough if that is what you want",
      Fault::input);
}

/// The probes of scenario and product; what the scenario says of one holds.
std::vector<model::RunProbe> probes_of(const model::Scenario& scenario, const model::Product& product,
                                       const std::vector<fs::path>& places) {
  std::vector<model::RunProbe> probes;
  const auto add = [&](const std::vector<model::ProbeUse>& uses, const std::string& file) {
    for (const model::ProbeUse& use : uses) {
      const bool there = std::any_of(probes.begin(), probes.end(),
                                     [&](const model::RunProbe& each) { return each.use.name == use.name; });
      if (there) continue;
      probes.push_back({in_context(file + ":" + std::to_string(use.line),
                                   [&] { return kit::find_probe(places, use.name); }),
                        use});
    }
  };
  add(scenario.probes, printable(scenario.file));
  add(product.probes, (product.folder / "product.yaml").string());
  return probes;
}

/// The worse of two, in the order a CI maintainer has to look at them.
ExitCode worse(ExitCode a, ExitCode b) {
  constexpr ExitCode kOrder[] = {ExitCode::harness, ExitCode::input, ExitCode::leak, ExitCode::inconclusive};
  for (const ExitCode code : kOrder)
    if (a == code || b == code) return code;
  return ExitCode::met;
}

ExitCode run_products(const RunOptions& options) {
  const fs::path file = scenario_file(options.scenario);
  const model::Scenario scenario = scenario::read_scenario(file);
  check_consent(scenario, options);
  const fs::path share = share_dir();
  check_products(scenario, options, share);
  const std::vector<fs::path> places = probe_places(options.probes);
  for (const std::string& product : options.products)
    static_cast<void>(probes_of(scenario, image::load_product(share, product), places));

  Terminal terminal;
  Json array = Json::array();
  ExitCode code = ExitCode::met;
  for (const std::string& product : options.products) {
    run::RunRequest request;
    request.scenario = scenario;
    request.scenario_text = read_text(file);
    request.runs = options.runs.empty() ? run::default_runs_dir() : fs::path(options.runs);
    request.seed = options.seed ? Seed(*options.seed) : Seed::fresh();
    request.keep = options.keep;
    request.probes = probes_of(scenario, image::load_product(share, product), places);
    request.probe_environment = run::probe_environment(share);
    request.authorities = options.authorities;
    run::ProvisionRequest provision{.share = share,
                                    .data = data_dir(),
                                    .product = product,
                                    .accelerator = options.accelerator,
                                    .probes = run::probes_at(request.probes, model::ProbePlace::in_guest)};
    terminal.line("run " + scenario.name + " against " + product + ", seed " +
                  std::to_string(request.seed.value()));
    if (!scenario.passthrough.empty())
      terminal.line("passed through to real hosts: " + hosts_text(scenario.passthrough));
    const run::RunResult result =
        run_blocking(std::move(request), std::move(provision), terminal.progress("  "));
    terminal.clear();
    code = worse(code, static_cast<ExitCode>(judge::exit_code(result.verdict)));
    if (options.json) {
      array.push_back(model::to_json(result.verdict));
    } else {
      print(report::render_text(result.verdict, Terminal::color_on_stdout()));
    }
  }
  if (options.json) print(pretty_json(array.size() == 1 ? array[0] : array));
  return code;
}

}  // namespace

void add_run(CLI::App& program, Action& action) {
  auto options = std::make_shared<RunOptions>();
  CLI::App* command = program.add_subcommand("run", "Run a scenario against products and give a verdict");
  command->add_option("scenario", options->scenario, "Scenario file, or the name of one in scenarios/")
      ->required();
  command->add_option("products", options->products, "Products, as in images/")->required();
  command->add_option("--seed", options->seed,
                      "Seed of everything random in the run (default: a fresh one, printed)");
  command->add_option("--runs", options->runs,
                      "Folder in which run folders are made (default: XDG state folder)");
  command->add_option("--accel", options->accelerator, "auto, tcg or kvm")
      ->check(CLI::IsMember({"auto", "tcg", "kvm"}));
  command->add_flag("--allow-passthrough", options->allow_passthrough,
                    "Agree that the guest reaches the real hosts the scenario names");
  command
      ->add_option("--passthrough-ca", options->authorities,
                   "Certificates (PEM) trusted for those hosts besides the system's")
      ->check(CLI::ExistingFile);
  command->add_option("--probes", options->probes,
                      "Folders with probes that scenarios and products may name");
  command->add_flag("--keep", options->keep, "Keep the guest's disk in the run folder");
  command->add_flag("--json", options->json, "Print what verdict.json holds (a list, for several products)");
  command->callback([options, &action] { action = [options] { return run_products(*options); }; });
}

}  // namespace candor::cli
