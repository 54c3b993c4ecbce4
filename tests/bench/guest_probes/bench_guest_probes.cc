// SPDX-License-Identifier: Apache-2.0
//
// What probes inside the guest cost those who work there: a tree of files is unpacked, and each of its files
// is read by a process of its own (find -exec cat), in whole runs with and without all four probes, in turns.
// Their templates are made before. Figures are the seconds of the guest's own steps.
//
// usage: bench_guest_probes [ROUNDS]
#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "base/process.h"

namespace candor::bench {
namespace {

constexpr const char* kScenario = R"(about: A workload of the guest's own.
documents:
  memo: {format: txt, marking: none, to: /srv/documents}
PROBES
steps:
  - plant: memo
  - exec: {command: "tar -C /usr -cf /opt/tree.tar share lib/systemd sbin", within: 5min}
  - exec: {command: "cat /opt/tree.tar > /dev/null; sync", within: 5min}
  - exec: {command: "mkdir /opt/tree && tar -xf /opt/tree.tar -C /opt/tree", within: 5min}
  - exec: {command: "find /opt/tree -type f | head -n 400 > /opt/list; xargs -d '\\n' -a /opt/list -n 1 cat > /dev/null", within: 10min}
)";
constexpr const char* kProbes = R"(probes:
  files: {deadline: 60s}
  processes: {deadline: 60s}
  sockets: {deadline: 60s}
  plaintext: {deadline: 60s}
)";
constexpr std::size_t kUnpack = 3;  // the step's place
constexpr std::size_t kRead = 4;

struct Times {
  double unpack = 0;
  double read = 0;
  [[nodiscard]] double all() const { return unpack + read; }
};

Times run(const TempDir& folder, bool probes) {
  std::string text = kScenario;
  text.replace(text.find("PROBES\n"), 7, probes ? kProbes : "");
  const std::string file = (folder.path() / (probes ? "with.yaml" : "without.yaml")).string();
  write_file(file, text);
  const CommandResult result = run_command(
      {.name = "candor",
       .argv = {CANDOR_COMMAND, "run", file, "clamav", "--json", "--runs", folder.path().string()}},
      {}, std::chrono::minutes(20), 16U << 20);
  const Json verdict = parse_json(result.output, {.bytes = 16U << 20, .depth = 32});
  for (const Json& step : verdict.at("steps"))
    if (!step.at("done").get<bool>()) throw Error("a step was not done: " + dump_json(step));
  for (const Json& probe : verdict.at("probes")) {
    if (probe.at("dropped") != 0 || probe.at("missing") != 0)
      throw Error("a probe lost events: " + dump_json(probe));
    fmt::print("  {}: {} events\n", probe.at("name").get<std::string>(), probe.at("events").get<int>());
  }
  return {verdict.at("steps").at(kUnpack).at("seconds").get<double>(),
          verdict.at("steps").at(kRead).at("seconds").get<double>()};
}

Times median(std::vector<Times> all) {
  const auto middle = [&](auto value) {
    std::sort(all.begin(), all.end(), [&](const Times& a, const Times& b) { return value(a) < value(b); });
    return value(all.at(all.size() / 2));
  };
  return {middle([](const Times& each) { return each.unpack; }),
          middle([](const Times& each) { return each.read; })};
}

void measure(int rounds) {
  const TempDir folder("/tmp", "bench-guest-probes-");
  std::vector<Times> without;
  std::vector<Times> with;
  for (int i = 0; i < rounds; ++i) {
    without.push_back(run(folder, false));
    with.push_back(run(folder, true));
    fmt::print(
        "round {}: unpacking {:.2f} s, with probes {:.2f} s; reading by processes {:.2f} s, with probes "
        "{:.2f} s\n",
        i + 1, without.back().unpack, with.back().unpack, without.back().read, with.back().read);
  }
  const Times bare = median(without);
  const Times watched = median(with);
  fmt::print("medians: unpacking {:+.1f} %, reading by processes {:+.1f} %\n",
             100 * (watched.unpack / bare.unpack - 1), 100 * (watched.read / bare.read - 1));
  fmt::print("guest_probes: {:.2f} s (without probes {:.2f} s, ratio {:.3f})\n", watched.all(), bare.all(),
             watched.all() / bare.all());
}

}  // namespace
}  // namespace candor::bench

int main(int argc, char** argv) {
  try {
    candor::bench::measure(argc > 1 ? std::stoi(argv[1]) : 5);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_guest_probes: {}\n", error.what());
    return 2;
  }
}
