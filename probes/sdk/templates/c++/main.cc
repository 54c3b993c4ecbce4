// @NAME@: reports how many processes this machine runs, whenever that changes.
#include <candor/probe.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>

namespace {

using candor::probe::Json;

constexpr const char* kEvent = "@NAME@.count/1";

/// What is the case now, as an event's data: the place for what you are after.
Json observe() {
  int processes = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename();
    if (std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c) != 0; }))
      ++processes;
  }
  return {{"processes", processes}};
}

int run() {
  candor::probe::Probe probe({.collector = candor::probe::collector_from_environment(),
                              .name = "@NAME@",
                              .version = "0.1",
                              .event_types = {kEvent}});
  Json last;
  while (true) {
    Json now = observe();
    if (now != last) {
      probe.report(kEvent, now);
      last = std::move(now);
    }
    const auto command = probe.wait_command(std::chrono::milliseconds(100));
    if (!command) continue;
    if (command->name == "finish") return probe.finish() ? 0 : 1;
    probe.done(*command, "there is no command '" + command->name + "'");
  }
}

}  // namespace

int main() {
  try {
    return run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
