// SPDX-License-Identifier: Apache-2.0
#include "run/session.h"

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>

#include "base/clock.h"
#include "base/error.h"
#include "base/paths.h"
#include "image/adapter.h"
#include "model/event.h"
#include "run/guest_probes.h"
#include "run/session_watch.h"
#include "seal/address_service.h"
#include "vm/launch.h"

namespace candor::run {

namespace fs = std::filesystem;
using std::chrono::steady_clock;

namespace {

constexpr int kGuestFd = 3;
constexpr int kTapFd = 4;
constexpr int kRelayFd = 3;
constexpr int kFirstPortFd = 3;

/// Puts the cloud files of the product, or of the image it runs on, into the run folder; false if there are
/// none.
bool copy_cloud(const model::Product& product, const FolderPaths& paths) {
  const fs::path from = image::cloud_folder(product);
  if (from.empty()) return false;
  fs::copy(from, paths.cloud(), fs::copy_options::recursive);
  return true;
}

seal::Child internet_child(const FolderPaths& paths, const std::string& endpoint, bool cloud) {
  seal::Child child;
  child.name = "internet";
  child.argv = {helper_program("candor-internet").string(),
                "--collector",
                endpoint,
                "--streams",
                paths.streams().string(),
                "--keylog",
                paths.keys().string()};
  if (cloud) child.argv.insert(child.argv.end(), {"--cloud", paths.cloud().string()});
  child.log = paths.logs() / "internet.log";
  child.capabilities = {seal::Capability::net_admin, seal::Capability::net_raw,
                        seal::Capability::net_bind_service};
  return child;
}

/// Gives the simulated internet the way to the relay, and the hosts that lead there.
void let_through(seal::Child& internet, const FolderPaths& paths, const RelayProcess& relay,
                 const std::vector<NamedHost>& hosts) {
  internet.fds.emplace_back(relay.sealed_end(), kRelayFd);
  internet.argv.insert(internet.argv.end(),
                       {"--relay-fd", std::to_string(kRelayFd), "--trust", paths.authorities().string()});
  for (const NamedHost& host : hosts) internet.argv.insert(internet.argv.end(), {"--pass", host.text()});
}

seal::Child wire_child(const FolderPaths& paths, const std::string& endpoint, int guest_fd) {
  seal::Child child;
  child.name = "wire";
  child.argv = {helper_program("candor-wire").string(),
                "--collector",
                endpoint,
                "--capture",
                paths.frames().string(),
                "--guest-fd",
                std::to_string(kGuestFd),
                "--tap-fd",
                std::to_string(kTapFd)};
  child.log = paths.logs() / "wire.log";
  child.fds = {{guest_fd, kGuestFd}};
  child.wants_tap_at = kTapFd;
  return child;
}

/// What relays the words of probes inside the guest. `ports` are the near ends of their ports.
seal::Child ports_child(const FolderPaths& paths, const std::string& endpoint,
                        const std::vector<model::RunProbe>& probes, const std::vector<UniqueFd>& ports,
                        const std::vector<std::string>& watched, const std::vector<std::string>& programs) {
  seal::Child child;
  child.name = "ports";
  const Json wishes = {{"watch", watched}, {"programs", programs}};
  child.argv = {helper_program("candor-ports").string(), "--collector", endpoint, "--start",
                dump_json(wishes)};
  child.log = paths.logs() / "ports.log";
  int fd = kFirstPortFd;
  for (std::size_t i = 0; i < ports.size(); ++i, ++fd) {
    child.argv.insert(child.argv.end(), {"--port", probes.at(i).kind.name + "=" + std::to_string(fd)});
    child.fds.emplace_back(ports.at(i).get(), fd);
  }
  return child;
}

seal::Child qemu_child(const ProcessSpec& process) {
  seal::Child child;
  child.name = "qemu";
  child.argv = process.argv;
  child.env = process.env;
  child.fds = process.fds;
  child.log = process.log;
  return child;
}

}  // namespace

std::vector<std::string> required_probes(const std::vector<NamedHost>& passthrough) {
  std::vector<std::string> names = {"wire", "internet"};
  if (!passthrough.empty()) names.emplace_back("relay");
  return names;
}

Session::Session(asio::any_io_executor executor, const LiveFolder& folder, Surroundings surroundings)
    : executor_(std::move(executor)),
      folder_(folder),
      surroundings_(std::move(surroundings)),
      watch_(std::make_shared<Watch>(executor_)),
      sticks_(folder_.paths().vm() / "sticks") {}

Session::~Session() {
  watch_->ending = true;
  agent_.reset();
  machine_.reset();
  if (compartment_) compartment_->kill();
  if (relay_) relay_->kill();
  for (auto& [name, probe] : probes_) probe->kill();
}

asio::awaitable<std::unique_ptr<Session>> Session::start(asio::any_io_executor executor,
                                                         const Provision& provision, const LiveFolder& folder,
                                                         std::string run_id, Surroundings surroundings) {
  std::unique_ptr<Session> session(new Session(executor, folder, std::move(surroundings)));
  co_await session->bring_up(provision, std::move(run_id));
  co_return session;
}

namespace {

/// Sees every end of a child; the shared parts live until the compartment has told its last.
asio::awaitable<void> watch_ends(std::shared_ptr<seal::Compartment> compartment,
                                 std::shared_ptr<collect::Collector> collector,
                                 std::function<bool(const seal::ChildEnd&)> on_end) {
  try {
    for (;;) {
      const seal::ChildEnd end = co_await compartment->next_end();
      if (!on_end(end)) continue;
      collector->record(model::event::kProcessDied, {{"process", end.name}, {"how", end.status.text()}});
    }
  } catch (const Error&) {
    co_return;  // no more ends can come, or the store failed, which the collector reports itself
  }
}

/// The same for the one child outside the compartment.
asio::awaitable<void> watch_relay(std::shared_ptr<RelayProcess> relay,
                                  std::shared_ptr<collect::Collector> collector,
                                  std::function<bool(const seal::ChildEnd&)> on_end) {
  const ExitStatus status = co_await relay->wait();
  const seal::ChildEnd end{"relay", status, relay->account()};
  if (!on_end(end)) co_return;
  collector->record(model::event::kProcessDied, {{"process", end.name}, {"how", status.text()}});
}

}  // namespace

namespace {

/// A further probe that ends early is on record, and the run goes on.
asio::awaitable<void> watch_probe(std::string name, std::shared_ptr<ProbeProcess> probe,
                                  std::function<void(const std::string&, const std::string&)> on_end) {
  co_await probe->wait();
  on_end(name, probe->account());
}

}  // namespace

void Session::start_probes() {
  const auto on_end = [watch = watch_](const std::string& name, const std::string& account) {
    if (!watch->ending) watch->probe_problems[name] = account;
  };
  for (const model::RunProbe& each : probes_at(surroundings_.probes, model::ProbePlace::beside)) {
    const std::string& name = each.kind.name;
    try {
      auto probe = std::make_shared<ProbeProcess>(executor_, each.kind, folder_.paths(),
                                                  collector_->endpoint(), surroundings_.probe_environment);
      probes_.emplace(name, probe);
      asio::co_spawn(executor_, watch_probe(name, std::move(probe), on_end), asio::detached);
    } catch (const Error& error) {
      watch_->probe_problems[name] = error.what();
    }
  }
}

asio::awaitable<void> Session::await_probes(model::ProbePlace place) {
  const Stopwatch since;
  for (const model::RunProbe& each : probes_at(surroundings_.probes, place)) {
    if (place == model::ProbePlace::beside && !probes_.contains(each.kind.name)) continue;
    const auto left =
        std::chrono::nanoseconds(each.use.deadline_ns) -
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(since.seconds()));
    std::string problem;
    try {
      co_await collector_->wait_welcomed(each.kind.name, in(left));
    } catch (const Error& error) {
      problem = error.what();
    }
    // Its end, if it has ended, says more than that it did not join.
    if (!problem.empty()) watch_->probe_problems.emplace(each.kind.name, problem);
  }
}

asio::awaitable<void> Session::bring_up(const Provision& provision, std::string run_id) {
  const FolderPaths& paths = folder_.paths();
  collect::Settings settings;
  settings.folder = paths.root;
  settings.socket = folder_.sockets() / "collector";
  settings.run = std::move(run_id);
  const std::shared_ptr<Watch> watch = watch_;
  const std::vector<std::string> own = required_probes(surroundings_.passthrough);
  const auto on_problem = [watch, own](const collect::Problem& problem) {
    // What another probe does wrong is on its account; the run goes on.
    const bool ours = problem.probe.empty() || std::find(own.begin(), own.end(), problem.probe) != own.end();
    if (watch->ending || !ours) return;
    const std::string who =
        problem.probe.empty() ? std::string("the event store") : "the probe '" + problem.probe + "'";
    watch->losses.push_back(who + ": " + problem.sentence);
    watch->break_with(who + ": " + problem.sentence);
  };
  collector_ = std::make_shared<collect::Collector>(executor_, settings, on_problem);

  const Stopwatch fork_watch;
  auto [guest_end, wire_end] = socket_pair();
  const vm::MachineConfig config = vm::fork_config(provision.frozen, paths.vm());
  vm::Prepared prepared = vm::prepare(config, std::move(guest_end));
  seal::CompartmentSpec spec;
  // QEMU opens the template's memory for writing even where it maps it privately; find_template() sees a
  // change.
  spec.writable = {paths.root, folder_.sockets(), provision.frozen.machine.ram};
  spec.readable = {provision.image.folder, provision.frozen.folder,
                   helper_program("candor-wire").parent_path()};
  disk_ = {paths.vm() / "overlay.qcow2", provision.frozen.folder / "disk.qcow2",
           provision.image.folder / "disk.img"};
  for (const model::RunProbe& each : probes_at(surroundings_.probes, model::ProbePlace::after_run))
    spec.readable.push_back(each.kind.folder);
  seal::Child internet = internet_child(paths, collector_->endpoint(), copy_cloud(provision.product, paths));
  if (!surroundings_.passthrough.empty()) {
    relay_ =
        std::make_shared<RelayProcess>(executor_, paths, collector_->endpoint(), surroundings_.passthrough);
    let_through(internet, paths, *relay_, surroundings_.passthrough);
  }
  spec.children = {std::move(internet),
                   seal::address_service(paths.vm() / "leases", paths.logs() / "dhcp.log"),
                   wire_child(paths, collector_->endpoint(), wire_end.get()), qemu_child(prepared.process)};
  if (!prepared.probe_ports.empty())
    spec.children.insert(
        spec.children.end() - 1,
        ports_child(paths, collector_->endpoint(),
                    probes_at(surroundings_.probes, model::ProbePlace::in_guest), prepared.probe_ports,
                    surroundings_.watched, provision.product.processes));
  compartment_ = co_await seal::Compartment::start(executor_, std::move(spec), in(std::chrono::seconds(20)));
  wire_end.reset();
  prepared.probe_ports.clear();
  if (relay_) relay_->handed_over();

  const auto compartment = std::weak_ptr<seal::Compartment>(compartment_);
  auto on_end = [watch, compartment](const seal::ChildEnd& end) {
    if (watch->ending) return false;
    watch->losses.push_back(end.account.empty() ? end.name + " ended: " + end.status.text() : end.account);
    watch->break_with(end.name + " ended during the run: " + end.status.text());
    // A guest that nobody watches must not run on, and nobody shall wait for it.
    if (const auto held = compartment.lock()) held->signal("qemu", SIGKILL);
    return true;
  };
  if (relay_) asio::co_spawn(executor_, watch_relay(relay_, collector_, on_end), asio::detached);
  asio::co_spawn(executor_, watch_ends(compartment_, collector_, std::move(on_end)), asio::detached);

  start_probes();
  machine_.emplace(co_await vm::Machine::attach(std::move(prepared), executor_));
  agent_.emplace(executor_, machine_->take_agent());
  // The guest must not run before everything it sends is recorded.
  for (const std::string& probe : required_probes(surroundings_.passthrough))
    co_await collector_->wait_welcomed(probe, in(std::chrono::seconds(10)));
  co_await await_probes(model::ProbePlace::beside);
  co_await vm::resume(*machine_, provision.frozen);
  co_await agent_->wait_until_answers(std::chrono::seconds(60));
  co_await await_probes(model::ProbePlace::in_guest);
  fork_seconds_ = fork_watch.seconds();
  co_await agent_->set_time(wall_ns());
}

asio::awaitable<void> Session::restart_guest_probes() {
  co_await start_guest_probes(*agent_, probes_at(surroundings_.probes, model::ProbePlace::in_guest));
}

asio::awaitable<std::string> Session::certificate_authority() {
  const auto any = [](const model::Event&) { return true; };
  const auto ready =
      co_await collector_->wait_event(model::event::kInternetReady, any, in(std::chrono::seconds(10)));
  if (!ready) throw Error("the internet probe did not say that it is ready");
  co_return string_member(ready->data, "ca_pem");
}

const std::string& Session::broken() const { return watch_->broken; }
const std::vector<std::string>& Session::losses() const { return watch_->losses; }

const std::map<std::string, std::string>& Session::probe_problems() const { return watch_->probe_problems; }

void Session::interrupt(const std::string& why) {
  watch_->break_with(why);
  if (compartment_) compartment_->signal("qemu", SIGKILL);
}

asio::awaitable<bool> Session::pause(std::chrono::nanoseconds duration) {
  if (!watch_->broken.empty()) co_return false;
  watch_->timer.expires_after(std::chrono::duration_cast<steady_clock::duration>(duration));
  boost::system::error_code cancelled;
  co_await watch_->timer.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
  co_return watch_->broken.empty();
}

asio::awaitable<void> Session::set_link(bool up) {
  // The wire first when the cable is pulled, last when it is plugged: the guest never sends into a link that
  // looks up and loses.
  Json wire_link = {{"up", up}};
  Json card_link = {{"name", "n0"}, {"up", up}};
  if (up) co_await machine_->qmp().execute("set_link", card_link);
  co_await collector_->command("wire", "link", std::move(wire_link), in(std::chrono::seconds(10)));
  if (!up) co_await machine_->qmp().execute("set_link", card_link);
  link_up_ = up;
}

asio::awaitable<void> Session::set_cloud(std::map<std::string, std::string> values) {
  Json change = {{"set", values}};
  co_await collector_->command("internet", "cloud", std::move(change), in(std::chrono::seconds(10)));
}

asio::awaitable<void> Session::set_condition(const model::LinkCondition& condition) {
  Json arguments = {{"delay_ns", condition.delay_ns},
                    {"loss_ppm", condition.loss_ppm},
                    {"rate_bit_s", condition.rate_bit_s},
                    {"seed", condition.seed}};
  co_await collector_->command("wire", "condition", std::move(arguments), in(std::chrono::seconds(10)));
}

asio::awaitable<void> Session::settle(std::chrono::nanoseconds quiet, std::chrono::nanoseconds limit) {
  Json until_quiet = {{"quiet_ns", quiet.count()}, {"limit_ns", limit.count()}};
  const Json calm = co_await collector_->command("wire", "quiet", std::move(until_quiet),
                                                 in(limit + std::chrono::seconds(10)));
  // What it would have sent next was cut off by us.
  if (!bool_member(calm, "quiet"))
    watch_->losses.push_back("the guest was still sending when the wait for quiet ended");
  Json until_drained = {{"limit_ns", limit.count()}};
  co_await collector_->command("internet", "drained", std::move(until_drained),
                               in(limit + std::chrono::seconds(10)));
}

}  // namespace candor::run
