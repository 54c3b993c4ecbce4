// SPDX-License-Identifier: Apache-2.0
//
// How a session ends: probes finish, the guest comes to rest and is ended, and those who read what it left
// behind do their work.
#include "base/error.h"
#include "base/file.h"
#include "model/event.h"
#include "run/guest_probes.h"
#include "run/session.h"
#include "run/session_watch.h"

namespace candor::run {

namespace fs = std::filesystem;

namespace {

/// A probe that works when the guest is no more; what it is told is in `task`.
seal::Child after_run_child(const FolderPaths& paths, const std::string& endpoint,
                            const model::ProbeKind& kind, const fs::path& task, Environment environment) {
  seal::Child child;
  child.name = kind.name;
  child.argv = kind.command;
  // Anything but a program of the probe's folder or of Candor's is looked up by PATH.
  const std::string& program = child.argv.front();
  if (fs::is_regular_file(kind.folder / program) || program.starts_with("candor-"))
    child.argv.front() = probe_program(kind).string();
  child.env = std::move(environment);
  child.env.emplace_back("CANDOR_COLLECTOR", endpoint);
  child.env.emplace_back("CANDOR_AFTER_RUN", task.string());
  child.log = paths.logs() / (kind.name + ".log");
  return child;
}

}  // namespace

asio::awaitable<void> Session::finish_probes(model::ProbePlace place) {
  for (const model::RunProbe& each : probes_at(surroundings_.probes, place))
    static_cast<void>(
        co_await collector_->finish(each.kind.name, in(std::chrono::nanoseconds(each.use.deadline_ns))));
}

/// Brings the guest's file systems to rest, for those who read its disk afterwards.
asio::awaitable<void> Session::come_to_rest() {
  const auto readers = probes_at(surroundings_.probes, model::ProbePlace::after_run);
  if (readers.empty()) co_return;
  std::string problem = watch_->broken;
  if (problem.empty()) {
    try {
      // FAT knows no freezing.
      const CommandOutcome written = co_await sticks_.write_back(*agent_);
      if (!written.done) throw Error("the USB stick: " + written.detail);
      Json none = Json::object();
      const Json frozen =
          co_await agent_->call("guest-fsfreeze-freeze", std::move(none), std::chrono::seconds(30));
      if (!frozen.is_number_integer() || frozen.get<std::int64_t>() < 1) problem = "the guest has none";
    } catch (const Error& error) {
      problem = error.what();
    }
  }
  if (problem.empty()) co_return;
  for (const model::RunProbe& each : readers)
    watch_->probe_problems[each.kind.name] = "the guest's file systems were not at rest: " + problem;
}

/// Starts those who work when the guest is no more, one after the other, and lets each finish.
asio::awaitable<void> Session::look_at_what_is_left() {
  const auto readers = probes_at(surroundings_.probes, model::ProbePlace::after_run);
  if (readers.empty()) co_return;
  const FolderPaths& paths = folder_.paths();
  const fs::path task = paths.vm() / "after-run.json";
  Json told = {{"disk", Json::array()}, {"planted", surroundings_.planted}, {"sticks", sticks_.described()}};
  for (const fs::path& image : disk_) told["disk"].push_back(image.string());
  write_file(task, dump_json(told));
  for (const model::RunProbe& each : readers) {
    const std::string& name = each.kind.name;
    const std::chrono::nanoseconds deadline(each.use.deadline_ns);
    std::string problem;
    try {
      co_await compartment_->start_child(
          after_run_child(paths, collector_->endpoint(), each.kind, task, surroundings_.probe_environment),
          in(std::chrono::seconds(10)));
      co_await collector_->wait_welcomed(name, in(deadline));
      static_cast<void>(co_await collector_->finish(name, in(deadline)));
    } catch (const Error& error) {
      problem = error.what();
    }
    if (!problem.empty()) watch_->probe_problems.emplace(name, problem);
  }
}

asio::awaitable<void> Session::finish() {
  watch_->ending = true;
  // While there is a guest that can tell the rest.
  co_await finish_probes(model::ProbePlace::in_guest);
  co_await come_to_rest();
  if (machine_ && machine_->qmp().connected()) {
    try {
      co_await machine_->quit();
    } catch (const Error& error) {
      watch_->losses.push_back(std::string("ending QEMU: ") + error.what());
    }
  }
  co_await finish_probes(model::ProbePlace::beside);
  for (auto& [name, probe] : probes_) probe->kill();
  // The internet first: what it still answers to open connections is recorded by the wire, and what it ends,
  // the relay ends too.
  std::vector<std::string> probes = {"internet", "wire"};
  if (relay_) probes.insert(probes.begin() + 1, "relay");
  for (const std::string& probe : probes)
    static_cast<void>(co_await collector_->finish(probe, in(std::chrono::seconds(30))));
  co_await look_at_what_is_left();
  compartment_->kill();
}

}  // namespace candor::run
