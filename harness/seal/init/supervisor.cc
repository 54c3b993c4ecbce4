// SPDX-License-Identifier: Apache-2.0
#include "supervisor.h"

#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <exception>
#include <map>
#include <utility>

#include "base/error.h"
#include "base/process.h"
#include "privileges.h"
#include "seal/message.h"

namespace candor::seal::init {

namespace {

class Supervisor {
 public:
  Supervisor(UniqueFd control, UniqueFd alive, UniqueFd tap, std::string self)
      : control_(io_, control.release()),
        alive_(io_, alive.release()),
        deaths_(io_, SIGCHLD),
        tap_(std::move(tap)),
        self_(std::move(self)) {}

  void run() {
    spawn(obey());
    spawn(reap());
    spawn(watch_outer());
    io_.run();
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  /// Whichever of the three tasks returns or fails first ends the compartment.
  void spawn(asio::awaitable<void> task) {
    asio::co_spawn(io_, std::move(task), [this](std::exception_ptr failure) {
      if (failure && !failure_) failure_ = std::move(failure);
      io_.stop();
    });
  }

  asio::awaitable<void> watch_outer() {
    co_await alive_.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
  }

  asio::awaitable<void> obey() {
    for (;;) {
      co_await control_.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
      bool empty = false;
      const std::optional<Message> message = receive_message(control_.native_handle(), false, &empty);
      if (empty) continue;
      if (!message) co_return;
      start(*message);
    }
  }

  void start(const Message& message) {
    std::string name;
    try {
      Child child = child_from_json(member(message.body, "start"));
      name = child.name;
      if (children_.contains(name)) throw Error("there is already a child named " + printable(name));
      if (child.fds.size() != message.fds.size()) throw Error("descriptors are missing");
      for (auto& [here, there] : child.fds) here = message.fds[static_cast<std::size_t>(here)].get();
      if (child.wants_tap_at && !tap_) throw Error("the compartment has no network");
      if (child.wants_tap_at) child.fds.emplace_back(tap_.get(), *child.wants_tap_at);
      launch(child);
    } catch (const std::exception& error) {
      send_message(control_.native_handle(),
                   {{"event", "refused"}, {"name", name}, {"sentence", error.what()}});
    }
  }

  void launch(const Child& child) {
    ProcessSpec spec{.name = child.name,
                     .argv = restricted_command(self_, child),
                     .fds = child.fds,
                     .log = child.log,
                     .env = child.env};
    Process process(io_.get_executor(), std::move(spec));
    const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, process.pid(), 0)));
    if (!handle) throw errno_error("opening a handle on " + child.name);
    const Json started = {{"event", "started"}, {"name", child.name}};
    send_message(control_.native_handle(), started, {handle.get()});
    children_.emplace(child.name, std::move(process));
  }

  asio::awaitable<void> reap() {
    for (;;) {
      while (reap_one()) continue;
      co_await deaths_.async_wait(asio::use_awaitable);
    }
  }

  /// Children report through their Process; what they left behind falls to PID 1 and is only buried.
  bool reap_one() {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) return false;
    for (auto& [name, process] : children_) {
      if (process.pid() != info.si_pid) continue;
      report_end(name, process);
      return true;
    }
    ::waitpid(info.si_pid, nullptr, WNOHANG);
    return true;
  }

  void report_end(const std::string& name, Process& process) {
    const std::optional<ExitStatus> status = process.poll();
    if (!status) throw Error("the end of " + name + " could not be read");
    const Json end = {
        {"event", "exited"}, {"name", name}, {"code", status->code}, {"signal", status->signal}};
    send_message(control_.native_handle(), end);
    children_.erase(std::string(name));
  }

  asio::io_context io_{1};
  asio::posix::stream_descriptor control_;
  asio::posix::stream_descriptor alive_;
  asio::signal_set deaths_;
  UniqueFd tap_;
  std::string self_;
  std::map<std::string, Process> children_;
  std::exception_ptr failure_;
};

}  // namespace

void supervise(UniqueFd control, UniqueFd alive, UniqueFd tap, const std::string& self) {
  Supervisor(std::move(control), std::move(alive), std::move(tap), self).run();
}

}  // namespace candor::seal::init
