// SPDX-License-Identifier: Apache-2.0
#include "run/runner.h"

#include <algorithm>
#include <optional>
#include <set>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "capture/finalise.h"
#include "document/generate.h"
#include "document/identity.h"
#include "image/adapter.h"
#include "judge/judge.h"
#include "model/event.h"
#include "run/evidence.h"
#include "run/session.h"
#include "run/steps.h"
#include "scenario/record.h"

namespace candor::run {

namespace fs = std::filesystem;

namespace {

constexpr const char* kTool = CANDOR_VERSION;

/// One moment on both clocks.
struct Moment {
  std::int64_t wall_ns = candor::wall_ns();
  std::int64_t mono_ns = candor::monotonic_ns();
};

/// "20261123-0442-classified-documents-clamav-1f3a…": sorts by time, says what it was, and is unique.
std::string run_id(const model::Scenario& scenario, const std::string& product, std::int64_t started_ns) {
  const std::string time = iso_time(started_ns);
  std::string id;
  for (const char c : time.substr(0, 19))
    if (c != ':' && c != '-') id += c == 'T' ? '-' : c;
  const std::string unique = to_hex(Seed(static_cast<std::uint64_t>(started_ns)).derive("run id", 3));
  return id + "-" + scenario.name + "-" + product + "-" + unique;
}

/// Makes the documents, with their copies in the run folder.
Documents make_documents(const RunRequest& request, const FolderPaths& paths) {
  Documents documents;
  documents.planted = document::generate(request.scenario.documents, request.seed);
  for (int number = 1; number <= StepRunner::controls_needed(request.scenario); ++number) {
    document::Planted control = document::control_document(request.seed, number);
    // Outside every folder a product is told to watch, as a control says something about Candor, not about
    // it.
    control.document.path = "/var/tmp/" + control.document.name;
    documents.controls.push_back(std::move(control));
  }
  documents.manifest.seed = request.seed.value();
  documents.manifest.identities = document::identities(request.seed);
  for (auto* list : {&documents.planted, &documents.controls})
    for (document::Planted& file : *list) {
      file.document.file = "documents/" + file.document.id + "-" + file.document.name;
      file.document.text_file = "documents/" + file.document.id + ".text";
      write_file(paths.root / file.document.file, file.content);
      write_file(paths.root / file.document.text_file, file.text);
      documents.manifest.documents.push_back(file.document);
    }
  return documents;
}

Json provenance_of(const RunRequest& request) {
  const image::Image& image = request.provision.image;
  return {{"image",
           {{"name", image.name},
            {"id", image.id},
            {"kernel_sha256", image.kernel_sha256},
            {"initrd_sha256", image.initrd_sha256},
            {"disk_sha256", image.disk_sha256},
            {"recipe", image.recipe_hash},
            {"packages", image.packages}}},
          {"template", request.provision.frozen.folder.filename().string()},
          {"qemu", request.provision.frozen.qemu_version},
          {"product", sha256_hex(as_bytes(image::adapter_text(request.provision.product)))},
          {"scenario", sha256_hex(as_bytes(request.scenario_text))},
          {"tool", kTool}};
}

RunRecord make_record(const RunRequest& request, const FolderPaths& paths, const std::string& id,
                      Moment started) {
  const Provision& provision = request.provision;
  RunRecord record;
  record.info = {.id = id,
                 .folder = paths.root.string(),
                 .scenario = request.scenario.name,
                 .product = provision.product.name,
                 .version = provision.product_version,
                 .image = provision.image.id,
                 .seed = request.seed.value(),
                 .tool = kTool,
                 .accelerator = vm::text(provision.frozen.machine.accelerator),
                 .started_wall_ns = started.wall_ns,
                 .started_mono_ns = started.mono_ns};
  record.required_probes = required_probes(request.scenario.passthrough);
  for (const model::RunProbe& probe : request.probes) record.probes.push_back({.use = probe.use});
  record.declared = provision.product.declared;
  record.provenance = provenance_of(request);
  return record;
}

/// Where the run's documents lie, for probes that watch folders.
std::vector<std::string> watched_folders(const Documents& documents) {
  std::set<std::string> folders;
  for (const auto* list : {&documents.planted, &documents.controls})
    for (const document::Planted& file : *list)
      folders.insert(fs::path(file.document.path).parent_path().string());
  return {folders.begin(), folders.end()};
}

/// Where the steps put documents, for probes that look for copies nobody asked for.
std::vector<std::string> planted_files(const Documents& documents, const model::Scenario& scenario) {
  std::set<std::string> files;
  for (const auto* list : {&documents.planted, &documents.controls})
    for (const document::Planted& file : *list) files.insert(file.document.path);
  for (const model::Step& step : scenario.steps) {
    if (step.verb == model::Verb::archive) files.insert(step.path);
    if (step.verb != model::Verb::copy) continue;
    for (const document::Planted& file : documents.planted)
      if (std::find(step.documents.begin(), step.documents.end(), file.document.spec) != step.documents.end())
        files.insert((fs::path(step.path) / file.document.name).string());
  }
  return {files.begin(), files.end()};
}

/// Gives the guest names of its own, so that they tell this run's guest from every other.
asio::awaitable<void> identify(Session& session, const model::Product& product,
                               const model::Manifest& manifest) {
  Placeholders values;
  values["user"] = {document::identity_of(manifest, document::kUser)};
  values["host"] = {document::identity_of(manifest, document::kHost)};
  values["machine"] = {document::identity_of(manifest, document::kMachineId)};
  const CommandOutcome outcome = co_await run_verb(session.agent(), product, "identify", std::move(values));
  if (!outcome.done) throw Error("giving the guest its names: " + outcome.detail);
}

/// Installs the run's certificate authority in the guest, so that the product's TLS can be read.
asio::awaitable<void> install_authority(Session& session, const model::Product& product) {
  static const std::string path = "/run/candor-ca.pem";
  const std::string pem = co_await session.certificate_authority();
  std::string to = path;
  co_await session.agent().write_file(std::move(to), as_bytes(pem));
  Placeholders values;
  values["file"] = {path};
  const CommandOutcome outcome = co_await run_verb(session.agent(), product, "trust", std::move(values));
  if (!outcome.done) throw Error("installing the run's certificate authority: " + outcome.detail);
}

/// Gives the product what the scenario configures it by.
asio::awaitable<void> configure(Session& session, const model::Product& product, const Json& wishes) {
  static const std::string path = "/run/candor-configure.json";
  const std::string text = pretty_json(wishes);
  std::string to = path;
  co_await session.agent().write_file(std::move(to), as_bytes(text));
  Placeholders values;
  values["file"] = {path};
  const CommandOutcome outcome = co_await run_verb(session.agent(), product, "configure", std::move(values));
  std::vector<std::string> files = {path};
  static_cast<void>(co_await run_script(session.agent(), R"(rm -f -- "$1")", std::move(files)));
  if (!outcome.done) throw Error("configuring the product: " + outcome.detail);
}

/// Keeps what the product itself says it did; no verdict is made of it.
asio::awaitable<void> keep_account(Session& session, const model::Product& product,
                                   const FolderPaths& paths) {
  if (!product.verbs.contains("account") || !session.broken().empty()) co_return;
  const CommandOutcome outcome = co_await run_verb(session.agent(), product, "account");
  write_file(paths.account(), outcome.done ? outcome.output : outcome.detail);
}

/// A control of the runner's own: an Error here is a loss of the run, not its end.
asio::awaitable<void> own_control(StepRunner& steps, Session& session, std::vector<std::string>& losses) {
  if (!session.broken().empty()) co_return;
  std::string problem;
  try {
    static_cast<void>(co_await steps.send_control());
  } catch (const Error& error) {
    problem = error.what();
  }
  if (!problem.empty()) losses.push_back("sending a control document: " + problem);
}

/// What goes on in the guest: controls around the steps, then waiting for what is still on its way.
asio::awaitable<void> replay(Session& session, StepRunner& steps, const RunRequest& request,
                             const model::Manifest& manifest, std::vector<std::string>& losses,
                             const Progress& progress) {
  progress.status("giving the guest its names");
  co_await identify(session, request.provision.product, manifest);
  progress.status("installing the run's certificate authority");
  co_await install_authority(session, request.provision.product);
  if (!request.scenario.configure.empty()) {
    progress.status("configuring the product");
    co_await configure(session, request.provision.product, request.scenario.configure);
  }
  progress.status("sending the first control document");
  co_await own_control(steps, session, losses);
  co_await steps.run_all();
  if (!session.broken().empty()) co_return;
  const std::chrono::nanoseconds quiet(request.scenario.settle_quiet_ns);
  const std::chrono::nanoseconds limit(request.scenario.settle_limit_ns);
  progress.status("waiting until the guest sends nothing more");
  co_await session.settle(quiet, limit);
  if (!session.link_up()) co_return;  // the scenario ends offline: the first control has to do
  progress.status("sending the last control document");
  co_await own_control(steps, session, losses);
  co_await session.settle(std::chrono::milliseconds(100), limit);
}

model::Verdict judged(const FolderPaths& paths, RunRecord& record, const Stopwatch& total) {
  model::Evidence evidence = load_evidence(paths);
  static_cast<void>(judge::judge(evidence));
  // The time of judging belongs to the run; a verdict can only name it if it was taken before.
  record.timing.total_s = total.seconds();
  record.timing.harness_s = record.timing.total_s - record.timing.fork_s - record.timing.guest_s;
  write_record(paths, record);
  evidence.timing = read_record(paths).timing;
  return judge::judge(evidence);
}

/// Calls the hook for as long as a session can be interrupted.
class Interruptible {
 public:
  Interruptible(const InterruptHook& hook, Session& session) : hook_(hook) {
    if (hook_)
      hook_([this, &session] {
        interrupted_ = true;
        session.interrupt("interrupted");
      });
  }
  Interruptible(const Interruptible&) = delete;
  Interruptible& operator=(const Interruptible&) = delete;
  ~Interruptible() {
    if (hook_) hook_({});
  }
  [[nodiscard]] bool interrupted() const { return interrupted_; }

 private:
  const InterruptHook& hook_;
  bool interrupted_ = false;
};

}  // namespace

asio::awaitable<RunResult> run_scenario(asio::any_io_executor executor, RunRequest request,
                                        const Progress& progress, InterruptHook on_interrupt) {
  const Stopwatch total;
  const Moment started;
  const std::string id = run_id(request.scenario, request.provision.product.name, started.wall_ns);
  LiveFolder folder(request.runs, id);
  const FolderPaths& paths = folder.paths();

  const Documents documents = make_documents(request, paths);
  write_file(paths.scenario_source(), request.scenario_text);
  write_file(paths.product_source(), image::adapter_text(request.provision.product));
  write_file(paths.scenario(), pretty_json(scenario::to_json(request.scenario)));
  write_file(paths.manifest(), pretty_json(model::to_json(documents.manifest)));
  RunRecord record = make_record(request, paths, id, started);
  write_record(paths, record);
  if (!request.scenario.passthrough.empty()) write_authorities(paths, request.authorities);
  if (!request.probes.empty()) fs::create_directories(paths.probes());
  for (const model::RunProbe& probe : request.probes)
    write_file(paths.probes() / (probe.kind.name + ".yaml"), probe.kind.source);

  progress.status("forking " + request.provision.product.name);
  Surroundings surroundings{request.scenario.passthrough, request.probes, watched_folders(documents),
                            planted_files(documents, request.scenario), request.probe_environment};
  std::unique_ptr<Session> session =
      co_await Session::start(executor, request.provision, folder, id, std::move(surroundings));
  record.timing.fork_s = session->fork_seconds();
  {
    const Interruptible interruptible(on_interrupt, *session);
    StepRunner steps(*session, request.scenario, request.provision.product, documents, progress);
    const Stopwatch guest;
    std::string problem;
    try {
      co_await replay(*session, steps, request, documents.manifest, record.losses, progress);
    } catch (const Error& error) {
      problem = error.what();
    }
    if (interruptible.interrupted()) throw Interrupted();
    if (!problem.empty()) record.losses.push_back(problem);
    try {
      co_await keep_account(*session, request.provision.product, paths);
    } catch (const Error& error) {
      record.losses.push_back(std::string("asking the product for its account: ") + error.what());
    }
    record.timing.guest_s = guest.seconds();
    progress.status("collecting the evidence");
    co_await session->finish();
    if (interruptible.interrupted()) throw Interrupted();
  }
  session->collector().close();
  record.losses.insert(record.losses.end(), session->losses().begin(), session->losses().end());
  for (FurtherProbe& probe : record.probes)
    if (const auto problem = session->probe_problems().find(probe.use.name);
        problem != session->probe_problems().end())
      probe.problem = problem->second;
  session.reset();

  const vm::Template& frozen = request.provision.frozen;
  if (!vm::find_template(frozen.folder.parent_path(), frozen.folder.filename().string()))
    record.losses.push_back("the template was changed or removed while the run used it");

  progress.status("judging");
  capture::finalise_capture(paths.frames(), paths.keys());
  write_record(paths, record);
  RunResult result{.verdict = judged(paths, record, total), .paths = paths};
  write_verdict(paths, result.verdict);
  folder.keep_evidence();
  if (request.keep) folder.keep_vm();
  co_return result;
}

model::Verdict rejudge(const fs::path& folder) {
  const FolderPaths paths{fs::absolute(folder).lexically_normal()};
  if (!fs::exists(paths.run()))
    throw Error(folder.string() + " is no run folder: it has no run.json", Fault::input);
  return in_context("judging " + folder.string() + " again",
                    [&] { return judge::judge(load_evidence(paths)); });
}

}  // namespace candor::run
