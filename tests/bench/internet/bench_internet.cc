// SPDX-License-Identifier: Apache-2.0
//
// The simulated internet beside mitmproxy and INetSim: the same clients (h2load over HTTP/1.1 and TLS, curl
// with an upload), on the same machine, in one run. candor-internet keeps every byte, reports every request
// and answers through the compartment's rules; the others answer on loopback. mitmproxy answers by itself,
// without a server behind it, and stores its flows as it does by default: in memory. INetSim runs with its
// own data and one service, and changes to a group that is root here, where there is no other; of an upload
// it reads the first TLS record and no more, so that its rate there says nothing. What each can do is asked
// of it as well.
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "world.h"

namespace candor::internet_e2e {
namespace {

constexpr int kConnections = 20;
constexpr std::int64_t kUploadMib = 20;

/// What is measured: where it is reached, and by what it is known.
struct Subject {
  const char* name = "";
  std::string url;             ///< Answered with success.
  std::string resolve;         ///< Of curl, for names that lead there.
  std::string ca;              ///< Certificates it signs with.
  std::filesystem::path kept;  ///< The folder in which it keeps what it received.
  int pid = 0;
};

struct Figures {
  double requests_per_s = 0;
  double upload_mib_per_s = 0;  ///< 0: it breaks the connection.
  long resident_kib = 0;
  bool trusted = false;  ///< Shows a certificate for whatever name is asked for, signed by its authority.
  bool http2 = false;
  bool kept = false;  ///< Keeps the upload, every byte of it, in a file.
};

/// A client's output; throws Error if it fails.
std::string client(const std::string& command) {
  return must_run({.name = "client",
                   .argv = {"bash", "-c", command},
                   .env = {{"http_proxy", ""},
                           {"https_proxy", ""},
                           {"HTTPS_PROXY", ""},
                           {"all_proxy", ""},
                           {"ALL_PROXY", ""}}},
                  {}, std::chrono::seconds(300));
}

/// Of a process and all it started.
long resident_kib(int pid) {
  return std::stol(client("all=" + std::to_string(pid) +
                          "; next=$all; while next=$(pgrep -d, -P $next); do all=$all,$next; done; "
                          "ps -o rss= -p $all | awk '{sum += $1} END {print sum}'"));
}

Figures measure(const Subject& subject, int requests, const std::string& upload) {
  Figures figures;
  const std::string& url = subject.url;
  const std::string count = std::to_string(requests);
  client("curl -ksS -o /dev/null " + url);  // what is made at the first request is made
  const Stopwatch watch;
  const std::string said =
      client("h2load --h1 -t 1 -c " + std::to_string(kConnections) + " -n " + count + " " + url);
  figures.requests_per_s = requests / watch.seconds();
  if (said.find(count + " succeeded") == std::string::npos)
    throw Error("not all requests succeeded: " + said);
  const Stopwatch uploading;
  const std::string sent = client("curl -ksS -o /dev/null -H 'Expect:' -X POST --data-binary @" + upload +
                                  " " + url + " && echo yes || true");
  if (sent == "yes\n") figures.upload_mib_per_s = static_cast<double>(kUploadMib) / uploading.seconds();
  figures.resident_kib = resident_kib(subject.pid);
  const std::string asked = "curl -sS -o /dev/null " + subject.resolve + " https://any.name.example";
  figures.trusted = client(asked + " --cacert " + subject.ca + " && echo yes || true") == "yes\n";
  figures.http2 = client("curl -ksS --http2 -o /dev/null -w '%{http_version}' " + url) == "2";
  // Header fields and framing may stand around it.
  figures.kept = !client("find " + subject.kept.string() + " -type f -size +" +
                         std::to_string(kUploadMib * 1024 - 1) + "k -print -quit")
                      .empty();
  return figures;
}

void print(const char* name, const Figures& figures) {
  const auto say = [](bool can) { return can ? "yes" : "no"; };
  std::printf("%-16s %10.0f %12.1f %12.1f   %-12s %-7s %s\n", name, figures.requests_per_s,
              figures.upload_mib_per_s, static_cast<double>(figures.resident_kib) / 1024,
              say(figures.trusted), say(figures.http2), say(figures.kept));
  std::fflush(stdout);
}

void wait_for_port(std::uint16_t port) {
  client("for i in $(seq 300); do (exec 3<>/dev/tcp/127.0.0.1/" + std::to_string(port) +
         ") 2>/dev/null && exit 0; sleep 0.1; done; echo 'nothing listens' >&2; exit 1");
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
  const std::filesystem::path home = folder / "mitmproxy";
  const Server server("mitmdump",
                      {"mitmdump", "-q", "--mode", "reverse:https://127.0.0.1:1", "--listen-host",
                       "127.0.0.1", "--listen-port", "8443", "--set", "connection_strategy=lazy", "--set",
                       "confdir=" + home.string(), "-s", (folder / "answer.py").string()},
                      folder / "mitmdump.log");
  wait_for_port(8443);
  return measure({.url = "https://127.0.0.1:8443/x",
                  .resolve = "--connect-to ::127.0.0.1:8443",
                  .ca = (home / "mitmproxy-ca-cert.pem").string(),
                  .kept = home,
                  .pid = server.pid()},
                 2000, upload);
}

/// INetSim's services change to the group inetsim, and there is one group here. In a mount namespace of its
/// own it is told that they are the same.
Figures inetsim(const std::filesystem::path& folder, const std::string& upload) {
  const std::filesystem::path home = folder / "inetsim";
  for (const char* each : {"log", "report"}) std::filesystem::create_directories(home / each);
  client("cp -r /usr/share/inetsim/data " + home.string() + " && chmod 770 " + home.string() +
         "/data/http/postdata");
  write_file(home / "group", "inetsim:x:0:\nnogroup:x:65534:\n");
  write_file(home / "passwd", "root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n");
  write_file(
      home / "inetsim.conf",
      "start_service https\nservice_bind_address 127.0.0.1\nservice_run_as_user root\nhttps_bind_port 9443\n"
      "service_max_childs 30\nhttps_post_limit 1000000000\nhttps_default_fakefile sample.html text/html\n");
  const auto at = [&](const char* name) { return (home / name).string(); };
  const Server server(
      "inetsim",
      {"unshare",
       "--mount",
       "sh",
       "-ec",
       "mount --bind \"$1/group\" /etc/group; mount --bind \"$1/passwd\" /etc/passwd; shift; exec \"$@\"",
       "sh",
       home.string(),
       "inetsim",
       "--config",
       at("inetsim.conf"),
       "--log-dir",
       at("log"),
       "--report-dir",
       at("report"),
       "--data-dir",
       at("data"),
       "--user",
       "root",
       "--pidfile",
       at("pid")},
      folder / "inetsim.log");
  wait_for_port(9443);
  return measure({.url = "https://127.0.0.1:9443/x.html",
                  .resolve = "--connect-to ::127.0.0.1:9443",
                  .ca = "/usr/share/inetsim/data/certs/default_cert.pem",
                  .kept = home / "data",
                  .pid = server.pid()},
                 100, upload);
}

Figures candor(const std::string& upload, int requests) {
  Lab lab;
  return measure({.url = "https://bench.example/x", .ca = lab.ca(), .kept = lab.folder(), .pid = lab.pid()},
                 requests, upload);
}

int run() {
  const TempDir folder(std::filesystem::temp_directory_path(), "candor-bench-internet-");
  const std::string upload = (folder.path() / "upload").string();
  shell("head -c " + std::to_string(kUploadMib << 20) + " /dev/zero > " + upload);
  std::printf("%-16s %10s %12s %12s   %-12s %-7s %s\n", "", "requests/s", "upload MiB/s", "memory MiB",
              "certificates", "HTTP/2", "keeps uploads");
  const Figures ours = candor(upload, 20'000);
  print("candor-internet", ours);
  const Figures theirs = mitmproxy(folder.path(), upload);
  print("mitmproxy", theirs);
  try {
    print("INetSim", inetsim(folder.path(), upload));
  } catch (const Error& error) {
    const std::string why = printable(error.what(), 300);
    std::printf("%-16s cannot be measured here: %s\n", "INetSim", why.c_str());
  }
  if (!ours.kept) throw Error("candor-internet did not keep the upload");
  std::printf("internet: %.0f requests/s (mitmproxy %.0f requests/s, ratio %.1f)\n", ours.requests_per_s,
              theirs.requests_per_s, ours.requests_per_s / theirs.requests_per_s);
  return testing::Test::HasFailure() ? 1 : 0;  // of the Lab
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
