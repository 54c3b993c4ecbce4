// SPDX-License-Identifier: Apache-2.0
//
// candor-internet: the simulated internet as a probe. Runs inside the sealed compartment, reports to the
// collector and obeys its commands:
//   finish        ends all streams, reports them, says FIN and exits
//   totals        {streams, bytes, wire_bytes, dns_queries, datagrams, last_activity_ns, open, udp_open}
//   streams-open  {open, udp_open}
//   cloud         {set: {name: value}}: values of the vendor's cloud that change
//   drained       {limit_ns} → {drained, open}: answered once no TCP stream is open, or after the limit
// With --check-cloud FOLDER it only reads a product's cloud files and says what is wrong with them.
// Exit codes: 0 finished and all stored, or nothing wrong · 4 wrong cloud files · 2 anything else.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "candor/probe.h"
#include "cloud/reader.h"
#include "internet/internet.h"
#include "internet/spawn.h"
#include "internet/transparent_socket.h"

namespace candor::internet {
namespace {

struct Options {
  std::string collector;
  std::string streams;
  std::string key_log;
  std::string cloud;
  std::vector<std::string> passed;
  int relay_fd = -1;
  std::vector<std::string> trust;
  std::uint16_t port = 61000;
  int idle_s = 300;
};

class ProbeReporter : public Reporter {
 public:
  explicit ProbeReporter(const std::string& collector)
      : probe_(
            {.collector = collector, .name = "internet", .version = "0.1.0", .event_types = event::all()}) {}
  void report(const std::string& type, Json data) override { probe_.report(type, std::move(data)); }
  void dropped(std::uint64_t count) override { probe_.count_dropped(count); }
  [[nodiscard]] probe::Probe& probe() { return probe_; }

 private:
  probe::Probe probe_;
};

class Program {
 public:
  explicit Program(const Options& options)
      : reporter_(options.collector),
        tls_(authority_, options.key_log),
        services_{.reporter = reporter_,
                  .tls = tls_,
                  .names = names_,
                  .streams = options.streams,
                  .limits = limits(options)},
        internet_(io_.get_executor(), services_, options.port),
        signals_(io_, SIGTERM, SIGINT),
        commands_(io_, ::dup(reporter_.probe().command_fd())) {
    if (!options.cloud.empty())
      services_.web.cloud = std::make_unique<cloud::Cloud>(cloud::read_cloud(options.cloud));
    if (options.relay_fd >= 0) services_.relay = relay_client(options);
  }

  /// Returns the exit code.
  int run() {
    internet_.start([this] { must_be_heard(); });
    spawn(io_.get_executor(), obey());
    signals_.async_wait([this](const boost::system::error_code& cancelled, int) {
      if (!cancelled) spawn(io_.get_executor(), finish());
    });
    io_.run();
    return reporter_.probe().finish() ? 0 : 2;
  }

 private:
  std::unique_ptr<RelayClient> relay_client(const Options& options) {
    std::vector<NamedHost> hosts;
    for (const std::string& text : options.passed) hosts.push_back(parse_named_host(text));
    return std::make_unique<RelayClient>(io_.get_executor(), UniqueFd(options.relay_fd), std::move(hosts),
                                         Trust({options.trust.begin(), options.trust.end()}));
  }

  static Limits limits(const Options& options) {
    const std::size_t descriptors = raise_descriptor_limit();
    Limits limits;
    limits.tcp_idle = std::chrono::seconds(options.idle_s);
    limits.answer_stall = std::min(limits.answer_stall, limits.tcp_idle);
    // A connection holds two descriptors, a conversation one.
    limits.connections = std::min(limits.connections, descriptors / 3);
    limits.conversations = std::min(limits.conversations, descriptors / 6);
    return limits;
  }

  void must_be_heard() {
    if (reporter_.probe().lost()) throw Error("the collector is gone");
  }

  asio::awaitable<void> obey() {
    while (!finishing_) {
      co_await commands_.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
      while (const auto command = reporter_.probe().take_command()) obey_one(*command);
    }
  }

  void obey_one(const probe::Command& command) {
    probe::Probe& probe = reporter_.probe();
    if (command.name == "totals") {
      probe.done(command, {}, internet_.totals());
    } else if (command.name == "streams-open") {
      probe.done(command, {}, {{"open", internet_.tcp_open()}, {"udp_open", internet_.udp_open()}});
    } else if (command.name == "drained") {
      spawn(io_.get_executor(), answer_drained(command));
    } else if (command.name == "cloud") {
      probe.done(command, set_cloud(command.arguments));
    } else if (command.name == "finish") {
      spawn(io_.get_executor(), finish(command));
    } else {
      probe.done(command, "no command '" + printable(command.name) + "'");
    }
  }

  /// Why a value could not be set; or "".
  std::string set_cloud(const Json& arguments) {
    if (!services_.web.cloud) return "this product's vendor has no simulated cloud";
    const auto values = arguments.find("set");
    if (values == arguments.end() || !values->is_object()) return "expected {set: {name: value}}";
    for (const auto& [name, value] : values->items()) {
      if (!value.is_string()) return "the value of '" + printable(name) + "' is no text";
      if (std::string problem = services_.web.cloud->set(name, value); !problem.empty()) return problem;
      reporter_.report(event::kCloudState, {{"name", name}, {"value", value}, {"by", "step"}});
    }
    return {};
  }

  asio::awaitable<void> answer_drained(probe::Command command) {
    std::string problem;
    std::int64_t limit = 0;
    try {
      limit = int_member(command.arguments, "limit_ns");
    } catch (const Error& error) {
      problem = error.what();
    }
    if (problem.empty()) {
      const bool drained = co_await internet_.drained(std::chrono::nanoseconds(limit));
      reporter_.probe().done(command, {}, {{"drained", drained}, {"open", internet_.tcp_open()}});
    } else {
      reporter_.probe().done(command, problem);
    }
  }

  asio::awaitable<void> finish(std::optional<probe::Command> command = {}) {
    if (std::exchange(finishing_, true)) co_return;
    co_await internet_.finish();
    if (command) reporter_.probe().done(*command);
    io_.stop();
  }

  asio::io_context io_{1};
  ProbeReporter reporter_;
  Authority authority_;
  TlsContext tls_;
  NamePool names_;
  Services services_;
  Internet internet_;
  asio::signal_set signals_;
  asio::posix::stream_descriptor commands_;
  bool finishing_ = false;
};

}  // namespace
}  // namespace candor::internet

namespace {

int check_cloud(const std::string& folder) {
  try {
    static_cast<void>(candor::cloud::read_cloud(folder));
    return 0;
  } catch (const candor::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return error.fault() == candor::Fault::input ? 4 : 2;
  }
}

}  // namespace

int main(int argc, char** argv) {
  using namespace candor::internet;
  if (argc == 3 && std::string_view(argv[1]) == "--check-cloud") return check_cloud(argv[2]);
  Options options;
  CLI::App app{"The simulated internet of a Candor run; started by the harness."};
  app.add_option("--collector", options.collector, "ZeroMQ endpoint of the collector")->required();
  app.add_option("--streams", options.streams, "Folder for received streams")
      ->required()
      ->check(CLI::ExistingDirectory);
  app.add_option("--keylog", options.key_log, "File TLS secrets are appended to")->required();
  app.add_option("--cloud", options.cloud, "Folder of the vendor's cloud files")
      ->check(CLI::ExistingDirectory);
  CLI::Option* relay =
      app.add_option("--relay-fd", options.relay_fd, "Descriptor of the socket to candor-relay");
  app.add_option("--pass", options.passed,
                 "A real host connections to which are passed through: NAME or NAME:PORT")
      ->allow_extra_args(false)
      ->needs(relay);
  app.add_option("--trust", options.trust, "Certificates of authorities that vouch for such hosts, in PEM")
      ->allow_extra_args(false)
      ->check(CLI::ExistingFile)
      ->needs(relay);
  app.add_option("--port", options.port, "Port all traffic is diverted to")->capture_default_str();
  app.add_option("--idle", options.idle_s, "Seconds until a silent TCP connection is closed")
      ->capture_default_str()
      ->check(CLI::Range(1, 86400));
  CLI11_PARSE(app, argc, argv);
  try {
    std::signal(SIGPIPE, SIG_IGN);
    drop_privileges();
    return Program(options).run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "candor-internet: %s\n", error.what());
    return 2;
  }
}
