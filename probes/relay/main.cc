// SPDX-License-Identifier: Apache-2.0
//
// candor-relay: passes connections through to hosts of the real world that a scenario names. The one program
// of a run that leads out; it runs outside the sealed compartment and is started only if there are such
// hosts. Reports to the collector and obeys its commands:
//   finish  ends all connections, reports them, says FIN and exits
//   totals  {connections, refused, sent, received}
// Exit codes: 0 finished and all stored · 4 wrong usage · 2 anything else.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/error.h"
#include "candor/probe.h"
#include "relay/event_types.h"
#include "relay/privileges.h"
#include "relay/relay.h"

namespace candor::relay {
namespace {

struct Options {
  std::string collector;
  int control_fd = -1;
  std::vector<std::string> allowed;
  Limits limits;
};

class Program {
 public:
  Program(const Options& options, std::vector<NamedHost> allowed)
      : probe_({.collector = options.collector,
                .name = "relay",
                .version = "0.1.0",
                .event_types = event::all()}),
        relay_(
            io_.get_executor(), UniqueFd(options.control_fd), std::move(allowed),
            [this](const std::string& type, Json data) { probe_.report(type, std::move(data)); },
            options.limits),
        signals_(io_, SIGTERM, SIGINT),
        turn_(io_),
        commands_(io_, ::dup(probe_.command_fd())) {}

  /// Returns the exit code.
  int run() {
    relay_.start();
    spawn(obey());
    spawn(watch_collector());
    signals_.async_wait([this](const boost::system::error_code& cancelled, int) {
      if (!cancelled) spawn(finish({}));
    });
    io_.run();
    return probe_.finish() ? 0 : 2;
  }

 private:
  void spawn(asio::awaitable<void> work) {
    asio::co_spawn(io_, std::move(work), [](const std::exception_ptr& thrown) {
      if (thrown) std::rethrow_exception(thrown);
    });
  }

  asio::awaitable<void> obey() {
    while (!finishing_) {
      co_await commands_.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
      while (const auto command = probe_.take_command()) obey_one(*command);
    }
  }

  void obey_one(const probe::Command& command) {
    if (command.name == "totals") {
      probe_.done(command, {}, relay_.totals());
    } else if (command.name == "finish") {
      spawn(finish(command));
    } else {
      probe_.done(command, "no command '" + printable(command.name) + "'");
    }
  }

  asio::awaitable<void> watch_collector() {
    while (!finishing_) {
      turn_.expires_after(std::chrono::milliseconds(500));
      boost::system::error_code cancelled;
      co_await turn_.async_wait(asio::redirect_error(asio::use_awaitable, cancelled));
      // What nobody records must not go on.
      if (probe_.lost()) throw Error("the collector is gone");
    }
  }

  asio::awaitable<void> finish(std::optional<probe::Command> command) {
    if (std::exchange(finishing_, true)) co_return;
    co_await relay_.finish();
    if (command) probe_.done(*command);
    io_.stop();
  }

  asio::io_context io_{1};
  probe::Probe probe_;
  Relay relay_;
  asio::signal_set signals_;
  asio::steady_timer turn_;
  asio::posix::stream_descriptor commands_;
  bool finishing_ = false;
};

std::vector<NamedHost> hosts_of(const std::vector<std::string>& texts) {
  std::vector<NamedHost> hosts;
  for (const std::string& text : texts) hosts.push_back(parse_named_host(text));
  return hosts;
}

int run(const Options& options) {
  try {
    std::signal(SIGPIPE, SIG_IGN);
    // The resolver must not complete names from this host's search list.
    ::setenv("LOCALDOMAIN", ".", 1);
    drop_privileges();
    // Never destroyed: the resolver's thread may still wait for a name server, and would be waited for.
    static Program program(options, hosts_of(options.allowed));
    return program.run();
  } catch (const Error& error) {
    std::fprintf(stderr, "candor-relay: %s\n", error.what());
    return error.fault() == Fault::input ? 4 : 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "candor-relay: %s\n", error.what());
    return 2;
  }
}

}  // namespace
}  // namespace candor::relay

int main(int argc, char** argv) {
  candor::relay::Options options;
  CLI::App app{"Passes connections of a Candor run through to named real hosts; started by the harness."};
  app.add_option("--collector", options.collector, "ZeroMQ endpoint of the collector")->required();
  app.add_option("--control-fd", options.control_fd, "Descriptor of the socket requests come on")->required();
  app.add_option("--allow", options.allowed, "A host that may be reached: NAME or NAME:PORT")
      ->required()
      ->allow_extra_args(false);
  app.add_option("--receive-limit", options.limits.receivable, "Bytes all hosts together may send")
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 4;
  }
  std::_Exit(candor::relay::run(options));
}
