// SPDX-License-Identifier: Apache-2.0
//
// candor-ports: relays what probes inside a guest say on their virtio-serial ports, each under its own name.
// It works in the sealed compartment, as all it reads is the guest's.
#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <thread>

#include "base/error.h"
#include "base/json.h"
#include "ports/guest_port.h"

namespace candor::ports {
namespace {

/// "files=5": the probe's name and its port's descriptor.
std::pair<std::string, int> port_of(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos) throw Error("'" + text + "' is not NAME=DESCRIPTOR", Fault::input);
  return {text.substr(0, equals), std::stoi(text.substr(equals + 1))};
}

int serve(const std::string& collector, const std::vector<std::string>& ports, const std::string& wishes) {
  std::vector<std::thread> threads;
  for (const std::string& each : ports) {
    const auto [name, fd] = port_of(each);
    PortSettings settings{.collector = collector, .name = name, .wishes = parse_json(wishes)};
    threads.emplace_back([settings = std::move(settings), fd = fd] {
      try {
        GuestPort(settings, UniqueFd(fd)).run();
      } catch (const std::exception& error) {
        // Its probe leaves without an end, which is what the verdict needs to know.
        std::fprintf(stderr, "%s: %s\n", settings.name.c_str(), error.what());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  return 0;
}

}  // namespace
}  // namespace candor::ports

int main(int argc, char** argv) {
  CLI::App app("Relays what probes inside a guest say on their ports.");
  std::string collector;
  std::string wishes = "{}";
  std::vector<std::string> ports;
  app.add_option("--collector", collector, "The collector's endpoint.")->required();
  app.add_option("--port", ports, "NAME=DESCRIPTOR of a port.")->required();
  app.add_option("--start", wishes, "What the probes are told to begin with, in JSON.");
  CLI11_PARSE(app, argc, argv);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return candor::ports::serve(collector, ports, wishes);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "candor-ports: %s\n", error.what());
    return 2;
  }
}
