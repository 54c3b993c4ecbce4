// SPDX-License-Identifier: Apache-2.0
//
// The simulated internet beside mitmproxy and INetSim: the same clients (h2load over HTTP/1.1 and TLS, curl with an
// upload), on the same machine, in one run. candor-internet keeps every byte, reports every request and answers
// through the compartment's rules; the others answer on loopback. mitmproxy answers by itself, without a server
// behind it, and stores its flows as it does by default: in memory.
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "world.h"

namespace candor::internet_e2e {
namespace {

constexpr int kConnections = 20;
constexpr std::int64_t kUploadMib = 20;

struct Figures {
  double requests_per_s = 0;
  double upload_mib_per_s = 0;
  long resident_kib = 0;
};

long resident_kib(int pid) {
  const std::string said = shell("grep VmRSS /proc/" + std::to_string(pid) + "/status");
  return std::stol(said.substr(said.find(':') + 1));
}

Figures measure(const std::string& url, int requests, const std::string& upload, int pid) {
  Figures figures;
  const std::string count = std::to_string(requests);
  shell("curl -ksS -o /dev/null " + url);  // what is made at the first request is made
  const Stopwatch watch;
  const std::string said = shell("h2load --h1 -t 1 -c " + std::to_string(kConnections) + " -n " + count + " " + url, 0,
                                 std::chrono::seconds(300));
  figures.requests_per_s = requests / watch.seconds();
  if (said.find(count + " succeeded") == std::string::npos) throw Error("not all requests succeeded: " + said);
  const Stopwatch uploading;
  shell("curl -ksS -o /dev/null -H 'Expect:' -X POST --data-binary @" + upload + " " + url, 0, std::chrono::seconds(300));
  figures.upload_mib_per_s = static_cast<double>(kUploadMib) / uploading.seconds();
  figures.resident_kib = resident_kib(pid);
  return figures;
}

void print(const char* name, const Figures& figures) {
  std::printf("%-16s %10.0f requests/s over HTTPS %8.1f MiB/s uploaded %8.1f MiB resident\n", name, figures.requests_per_s,
              figures.upload_mib_per_s, static_cast<double>(figures.resident_kib) / 1024);
  std::fflush(stdout);
}

void wait_for_port(std::uint16_t port) {
  const std::string command = "for i in $(seq 300); do (exec 3<>/dev/tcp/127.0.0.1/" + std::to_string(port) +
                              ") 2>/dev/null && exit 0; sleep 0.1; done; exit 1";
  shell(command);
}

/// A server started beside, by its command line; killed at the end.
class Server {
 public:
  Server(const std::string& name, std::vector<std::string> argv, const std::filesystem::path& log)
      : process_(io_.get_executor(), {.name = name, .argv = std::move(argv), .log = log}) {}
  ~Server() { process_.signal(9); }
  [[nodiscard]] int pid() const { return process_.pid(); }

 private:
  asio::io_context io_{1};
  Process process_;
};

Figures mitmproxy(const std::filesystem::path& folder, const std::string& upload) {
  write_file(folder / "answer.py",
             "from mitmproxy import http\n"
             "def request(flow):\n"
             "    flow.response = http.Response.make(200, b'{}', {'Content-Type': 'application/json'})\n");
  const Server server("mitmdump",
                      {"mitmdump", "-q", "--mode", "reverse:https://127.0.0.1:1", "--listen-host", "127.0.0.1",
                       "--listen-port", "8443", "--set", "connection_strategy=lazy", "--set",
                       "confdir=" + (folder / "mitmproxy").string(), "-s", (folder / "answer.py").string()},
                      folder / "mitmdump.log");
  wait_for_port(8443);
  return measure("https://127.0.0.1:8443/x", 2000, upload, server.pid());
}

Figures inetsim(const std::filesystem::path& folder, const std::string& upload) {
  for (const char* each : {"log", "report"}) std::filesystem::create_directories(folder / "inetsim" / each);
  write_file(folder / "inetsim.conf",
             "start_service https\nservice_bind_address 127.0.0.1\nservice_run_as_user root\nhttps_bind_port 9443\n");
  const Server server("inetsim",
                      {"inetsim", "--config", (folder / "inetsim.conf").string(), "--log-dir",
                       (folder / "inetsim" / "log").string(), "--report-dir", (folder / "inetsim" / "report").string(),
                       "--data-dir", "/var/lib/inetsim", "--user", "root", "--pidfile", (folder / "inetsim.pid").string()},
                      folder / "inetsim.log");
  wait_for_port(9443);
  return measure("https://127.0.0.1:9443/x", 500, upload, server.pid());
}

Figures candor(const std::string& upload, int requests) {
  Lab lab;
  return measure("https://bench.example/x", requests, upload, lab.pid());
}

int run() {
  const TempDir folder(std::filesystem::temp_directory_path(), "candor-bench-internet-");
  const std::string upload = (folder.path() / "upload").string();
  shell("head -c " + std::to_string(kUploadMib << 20) + " /dev/zero > " + upload);
  const Figures ours = candor(upload, 20'000);
  print("candor-internet", ours);
  const Figures theirs = mitmproxy(folder.path(), upload);
  print("mitmproxy", theirs);
  try {
    print("INetSim", inetsim(folder.path(), upload));
  } catch (const Error& error) {
    std::printf("INetSim          cannot be measured here: %s\n", error.what());
  }
  std::printf("internet: %.0f requests/s (mitmproxy %.0f requests/s, ratio %.1f)\n", ours.requests_per_s,
              theirs.requests_per_s, ours.requests_per_s / theirs.requests_per_s);
  return testing::Test::HasFailure() ? 1 : 0;
}

}  // namespace
}  // namespace candor::internet_e2e

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  try {
    candor::internet_e2e::enter_world();
    return candor::internet_e2e::run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_internet: %s\n", error.what());
    return 1;
  }
}
