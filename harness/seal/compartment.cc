// SPDX-License-Identifier: Apache-2.0
#include "seal/compartment.h"

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <deque>
#include <fstream>
#include <functional>
#include <map>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/paths.h"
#include "seal/message.h"

namespace candor::seal {

namespace {

/// A process of the compartment, held so that its number cannot be taken by another.
struct Held {
  UniqueFd pidfd;
  int pid = 0;
};

/// The kernel says in fdinfo which process a pidfd means, in our numbers.
int pid_of(const UniqueFd& pidfd) {
  std::ifstream info("/proc/self/fdinfo/" + std::to_string(pidfd.get()));
  std::string key;
  for (std::string line; std::getline(info, line);)
    if (line.rfind("Pid:", 0) == 0) return std::stoi(line.substr(4));
  return 0;
}

Held hold(Message& message) {
  if (message.fds.size() != 1) throw Error("a message of the compartment lacks its descriptor");
  Held held{std::move(message.fds[0])};
  held.pid = pid_of(held.pidfd);
  return held;
}

bool send_signal(const Held& held, int number) {
  return held.pidfd && ::syscall(SYS_pidfd_send_signal, held.pidfd.get(), number, nullptr, 0) == 0;
}

void wait_gone(const Held& held) {
  pollfd end{held.pidfd.get(), POLLIN, 0};
  // PID 1 ends after all processes of its namespace did; nothing here can be waited for in vain but a process
  // stuck in the kernel.
  constexpr int kLimitMs = 10'000;
  while (held.pidfd && ::poll(&end, 1, kLimitMs) < 0 && errno == EINTR) continue;
}

std::string account_of(const Child& child, const ExitStatus& status) {
  std::string text = child.name + " ended with " + status.text() + "\n  command: " + shell_quoted(child.argv);
  const std::string log = child.log.empty() ? std::string() : tail(child.log, 2000);
  if (log.empty()) return text;
  text += "\n  last lines of " + child.log.string() + ":";
  std::string_view rest = log;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    text += "\n    " + printable(rest.substr(0, end), 400);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return text;
}

std::vector<std::string> absolute(const std::vector<std::filesystem::path>& paths) {
  std::vector<std::string> result;
  for (const auto& path : paths)
    result.push_back(std::filesystem::absolute(path).lexically_normal().string());
  return result;
}

/// The spec's paths, and the folders of the programs that are known by now.
SetUp set_up_of(const CompartmentSpec& spec, const std::filesystem::path& program) {
  SetUp set_up{spec.network, absolute(spec.writable), absolute(spec.readable)};
  set_up.readable.push_back(program.parent_path().string());
  for (const Child& child : spec.children) {
    const bool by_path = !child.argv.empty() && child.argv[0].find('/') != std::string::npos;
    if (by_path) set_up.readable.push_back(std::filesystem::absolute(child.argv[0]).parent_path().string());
  }
  return set_up;
}

}  // namespace

struct Compartment::State {
  struct Living {
    Child child;
    Held held;  ///< Empty until it is started.
  };

  State(asio::any_io_executor e, UniqueFd socket) : executor(e), control(e, socket.release()) {}

  asio::any_io_executor executor;
  asio::posix::stream_descriptor control;
  std::optional<Process> outer;
  Held init;
  std::map<std::string, Living> living;
  std::map<std::string, std::string> refused;  ///< Why a child was not started.
  std::deque<ChildEnd> ends;
  bool ready = false;
  bool gone = false;
  bool gone_told = false;
  std::string failure;  ///< What the compartment said of its own end.
  std::set<asio::steady_timer*> waiting;

  void notify() {
    for (asio::steady_timer* timer : waiting) timer->cancel();
  }

  void child_ended(const std::string& name, ExitStatus status) {
    const auto found = living.find(name);
    if (found == living.end()) return;
    ends.push_back({name, status, account_of(found->second.child, status)});
    living.erase(found);
  }

  void take(Message& message) {
    const std::string event = string_member(message.body, "event");
    if (event == "init") {
      init = hold(message);
    } else if (event == "ready") {
      ready = true;
    } else if (event == "failed") {
      failure = string_member(message.body, "sentence");
    } else if (event == "started") {
      if (const auto found = living.find(string_member(message.body, "name")); found != living.end())
        found->second.held = hold(message);
    } else if (event == "refused") {
      refused[string_member(message.body, "name")] = string_member(message.body, "sentence");
    } else if (event == "exited") {
      child_ended(string_member(message.body, "name"),
                  {static_cast<int>(int_member(message.body, "code")),
                   static_cast<int>(int_member(message.body, "signal"))});
    } else {
      throw Error("the compartment sent an unknown message, " + printable(event));
    }
  }

  /// Takes all messages that have come; false at the end.
  bool take_all() {
    for (;;) {
      bool empty = false;
      std::optional<Message> message = receive_message(control.native_handle(), false, &empty);
      if (empty) return true;
      if (!message) return false;
      take(*message);
    }
  }

  /// The compartment is no more, so neither are its children.
  void end() {
    if (gone) return;
    gone = true;
    while (!living.empty()) child_ended(living.begin()->first, {.code = 0, .signal = SIGKILL});
    notify();
  }
};

namespace {

/// Waits until `ready` says so; false at the deadline. State::notify() makes it look again.
template <typename State>
asio::awaitable<bool> wait_until(std::shared_ptr<State> state, Deadline deadline,
                                 std::function<bool()> ready) {
  while (!ready()) {
    if (std::chrono::steady_clock::now() >= deadline) co_return false;
    struct Registered {
      State& state;
      asio::steady_timer timer;
      Registered(State& s, Deadline d) : state(s), timer(s.executor, d) { state.waiting.insert(&timer); }
      Registered(const Registered&) = delete;
      Registered& operator=(const Registered&) = delete;
      ~Registered() { state.waiting.erase(&timer); }
    };
    Registered registered(*state, deadline);
    co_await registered.timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  co_return true;
}

/// Takes the compartment's messages as they come, until its end.
template <typename State>
asio::awaitable<void> listen(std::shared_ptr<State> state) {
  try {
    bool more = true;
    while (more) {
      co_await state->control.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
      more = state->take_all();
      state->notify();
    }
  } catch (const Error& error) {
    if (state->failure.empty()) state->failure = error.what();
  } catch (const boost::system::system_error&) {
    co_return;  // closed by kill()
  }
  state->end();
}

}  // namespace

Compartment::Compartment(std::shared_ptr<State> state) : state_(std::move(state)) {}

Compartment::~Compartment() { kill(); }

asio::awaitable<std::unique_ptr<Compartment>> Compartment::start(asio::any_io_executor executor,
                                                                 CompartmentSpec spec, Deadline deadline) {
  const std::filesystem::path program = helper_program("candor-compartment");
  auto [ours, theirs] = message_pair();
  auto state = std::make_shared<State>(executor, std::move(ours));
  std::unique_ptr<Compartment> compartment(new Compartment(state));
  ProcessSpec outer{
      .name = "compartment", .argv = {program.string(), "enter", "3"}, .fds = {{theirs.get(), 3}}};
  state->outer.emplace(executor, std::move(outer));
  theirs.reset();
  asio::co_spawn(executor, listen(state), asio::detached);
  const Json set_up = {{"set-up", to_json(set_up_of(spec, program))}};
  send_message(state->control.native_handle(), set_up);
  const bool answered =
      co_await wait_until(state, deadline, [&s = *state] { return s.ready || s.gone || !s.failure.empty(); });
  if (!answered) throw Error("setting up the sealed compartment: no answer before the deadline");
  if (!state->ready)
    throw Error("setting up the sealed compartment: " +
                (state->failure.empty() ? "it ended" : state->failure));
  for (Child& child : spec.children) co_await compartment->start_child(std::move(child), deadline);
  co_return compartment;
}

asio::awaitable<void> Compartment::start_child(Child child, Deadline deadline) {
  const auto state = state_;
  const std::string name = child.name;
  if (state->gone) throw Error("starting " + name + ": the compartment is gone");
  if (name == "init" || name == "outer" || name == kCompartment || state->living.contains(name))
    throw Error("starting " + name + ": the name is taken in the compartment");
  std::vector<int> fds;
  for (const auto& [here, there] : child.fds) fds.push_back(here);
  state->refused.erase(name);
  const Json body = {{"start", to_json(child)}};
  in_context("starting " + name, [&] { send_message(state->control.native_handle(), body, fds); });
  state->living[name].child = std::move(child);
  // A child that ended at once was started all the same: its end is told by next_end().
  const bool answered = co_await wait_until(state, deadline, [&s = *state, &name] {
    const auto found = s.living.find(name);
    return s.gone || s.refused.contains(name) || found == s.living.end() || found->second.held.pidfd;
  });
  if (const auto why = state->refused.find(name); why != state->refused.end()) {
    state->living.erase(name);
    throw Error("starting " + name + " in the compartment: " + why->second);
  }
  if (!answered) throw Error("starting " + name + " in the compartment: no answer before the deadline");
}

asio::awaitable<ChildEnd> Compartment::next_end() {
  const auto state = state_;
  co_await wait_until(state, Deadline::max(), [&s = *state] { return s.gone || !s.ends.empty(); });
  if (!state->ends.empty()) {
    ChildEnd end = std::move(state->ends.front());
    state->ends.pop_front();
    co_return end;
  }
  if (std::exchange(state->gone_told, true)) throw Error("the compartment is gone");
  const std::string why = state->failure.empty() ? "was killed" : "ended: " + state->failure;
  ChildEnd end{kCompartment, {.code = 0, .signal = SIGKILL}, "the sealed compartment " + why};
  co_return end;
}

bool Compartment::signal(const std::string& name, int number) {
  const auto found = state_->living.find(name);
  return found != state_->living.end() && send_signal(found->second.held, number);
}

std::optional<int> Compartment::pid(const std::string& name) const {
  if (state_->gone) return std::nullopt;
  if (name == "init") return state_->init.pid > 0 ? std::optional(state_->init.pid) : std::nullopt;
  if (name == "outer") return state_->outer ? std::optional(state_->outer->pid()) : std::nullopt;
  const auto found = state_->living.find(name);
  if (found == state_->living.end() || found->second.held.pid <= 0) return std::nullopt;
  return found->second.held.pid;
}

void Compartment::kill() noexcept {
  State& state = *state_;
  try {
    if (state.control.is_open()) state.take_all();
  } catch (const std::exception& error) {
    if (state.failure.empty()) state.failure = error.what();
  }
  send_signal(state.init, SIGKILL);
  state.outer.reset();  // killed and reaped; if init was born unseen, the kernel kills it with its parent
  try {
    if (state.control.is_open()) state.take_all();
  } catch (const std::exception& error) {
    if (state.failure.empty()) state.failure = error.what();
  }
  wait_gone(state.init);
  boost::system::error_code ignored;
  state.control.close(ignored);
  state.end();
}

}  // namespace candor::seal
