// SPDX-License-Identifier: Apache-2.0
#include "world.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>

#include "base/error.h"

namespace candor::internet_e2e {

namespace {

UniqueFd far_side;
UniqueFd near_side;

constexpr const char* kFarRules = R"(table inet candor {
  chain prerouting {
    type filter hook prerouting priority mangle; policy accept;
    iifname "candor0" meta l4proto { tcp, udp } tproxy ip to :61000 meta mark set 1 accept
    iifname "candor0" meta nfproto ipv6 meta l4proto { tcp, udp } tproxy ip6 to :61000 meta mark set 1 accept
  }
})";

void enter(const UniqueFd& side) {
  if (::setns(side.get(), CLONE_NEWNET) != 0) throw errno_error("changing the network namespace");
}

UniqueFd this_side() { return UniqueFd(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)); }

void run(const std::string& line, std::string_view input = {}) {
  must_run({.name = "setup", .argv = {"sh", "-ec", line}}, input);
}

void map_user() {
  const auto uid = ::getuid();
  const auto gid = ::getgid();
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWNET) != 0) throw errno_error("making namespaces");
  write_all(UniqueFd(::open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC)).get(), as_bytes("deny"));
  write_all(UniqueFd(::open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC)).get(),
            as_bytes("0 " + std::to_string(uid) + " 1"));
  write_all(UniqueFd(::open("/proc/self/gid_map", O_WRONLY | O_CLOEXEC)).get(),
            as_bytes("0 " + std::to_string(gid) + " 1"));
}

// Names are asked of an address nobody has, and short ones completed.
void use_own_resolver() {
  static const TempDir folder(std::filesystem::temp_directory_path(), "candor-resolver-");
  const auto file = folder.path() / "resolv.conf";
  write_file(file, std::string_view("nameserver 192.0.2.53\nsearch corp.example\n"));
  const std::string target = std::filesystem::canonical("/etc/resolv.conf").string();
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
      ::mount(file.c_str(), target.c_str(), nullptr, MS_BIND, nullptr) != 0) {
    throw errno_error("mounting a resolv.conf");
  }
}

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  int family = AF_INET;
};

Address address_of(const std::string& text, std::uint16_t port) {
  Address address;
  if (text.find(':') != std::string::npos) {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    EXPECT_EQ(::inet_pton(AF_INET6, text.c_str(), &in.sin6_addr), 1);
    std::memcpy(&address.storage, &in, sizeof in);
    address.size = sizeof in;
    address.family = AF_INET6;
  } else {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    EXPECT_EQ(::inet_pton(AF_INET, text.c_str(), &in.sin_addr), 1);
    std::memcpy(&address.storage, &in, sizeof in);
    address.size = sizeof in;
  }
  return address;
}

const sockaddr* as_sockaddr(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address.storage);
}

collect::Deadline in_ten_seconds() { return std::chrono::steady_clock::now() + std::chrono::seconds(10); }

}  // namespace

void enter_world() {
  map_user();
  use_own_resolver();
  far_side = this_side();
  run("ip link set lo up; ip route add local 0.0.0.0/0 dev lo table 100; ip rule add fwmark 1 lookup 100;"
      "ip -6 route add local ::/0 dev lo table 100; ip -6 rule add fwmark 1 lookup 100; nft -f -",
      kFarRules);
  if (::unshare(CLONE_NEWNET) != 0) throw errno_error("making a network namespace");
  near_side = this_side();
  const std::string near = "/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(near_side.get());
  on_far_side([&near] {
    run("ip link add candor0 type veth peer name eth0 netns " + near +
        "; ip link set candor0 up;"
        "ip addr add 10.77.0.1/24 dev candor0; ip addr add fd77::1/64 dev candor0 nodad");
  });
  run("ip link set lo up; ip link set eth0 up; ip addr add 10.77.0.2/24 dev eth0; ip addr add fd77::2/64 dev "
      "eth0 nodad;"
      "ip route add default via 10.77.0.1; ip -6 route add default via fd77::1");
}

void on_far_side(const std::function<void()>& work) {
  enter(far_side);
  try {
    work();
  } catch (...) {
    enter(near_side);
    throw;
  }
  enter(near_side);
}

Namespace::Namespace() {
  if (::unshare(CLONE_NEWNET) != 0) throw errno_error("making a network namespace");
  fd_ = this_side();
  enter(near_side);
}

void Namespace::run(const std::function<void()>& work) const {
  enter(fd_);
  try {
    work();
  } catch (...) {
    enter(near_side);
    throw;
  }
  enter(near_side);
}

UniqueFd connect_tcp(const std::string& text, std::uint16_t port) {
  const Address address = address_of(text, port);
  UniqueFd socket(::socket(address.family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(socket.get(), as_sockaddr(address), address.size) != 0)
    throw errno_error("connecting to " + text);
  return socket;
}

void send_udp(const std::string& text, std::uint16_t port, std::string_view bytes, int socket) {
  const Address address = address_of(text, port);
  const UniqueFd own(socket >= 0 ? -1 : ::socket(address.family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const int fd = socket >= 0 ? socket : own.get();
  if (::sendto(fd, bytes.data(), bytes.size(), 0, as_sockaddr(address), address.size) < 0)
    throw errno_error("sending");
}

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) throw errno_error("sending");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string receive_all(int socket, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  std::string all;
  while (true) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd ready{socket, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&ready, 1, static_cast<int>(left.count())) <= 0) return all;
    char buffer[4096];
    const ssize_t size = ::recv(socket, buffer, sizeof buffer, 0);
    if (size <= 0) return all;
    all.append(buffer, static_cast<std::size_t>(size));
  }
}

std::string shell(const std::string& command, int expected_code, std::chrono::seconds limit) {
  const CommandResult result = run_command({.name = "client",
                                            .argv = {"bash", "-c", command},
                                            .env = {{"http_proxy", ""},
                                                    {"https_proxy", ""},
                                                    {"HTTPS_PROXY", ""},
                                                    {"ALL_PROXY", ""},
                                                    {"all_proxy", ""},
                                                    {"SSL_CERT_FILE", ""},
                                                    {"SSL_CERT_DIR", "/nowhere"},
                                                    {"CURL_CA_BUNDLE", ""}}},
                                           {}, limit);
  EXPECT_EQ(result.status.code, expected_code) << command << '\n' << result.output << '\n' << result.error;
  EXPECT_FALSE(result.timed_out) << command;
  return result.output;
}

Lab::Lab(LabSettings settings) : folder_(std::filesystem::temp_directory_path(), "candor-internet-e2e-") {
  std::filesystem::create_directory(streams());
  if (settings.streams_mib > 0) {
    const std::string size = "size=" + std::to_string(settings.streams_mib) + "m";
    if (::mount("tmpfs", streams().c_str(), "tmpfs", 0, size.c_str()) != 0)
      throw errno_error("mounting a tmpfs");
    mounted_ = true;
  }
  collect::Settings store;
  store.folder = folder();
  store.socket = folder() / "collector";
  store.run = "e2e";
  collector_ = std::make_unique<collect::Collector>(io_.get_executor(), store);
  ProcessSpec spec{.name = "internet",
                   .argv = {CANDOR_INTERNET, "--collector", collector_->endpoint(), "--streams",
                            streams().string(), "--keylog", (folder() / "keys.log").string()},
                   .log = folder() / "internet.log"};
  spec.argv.insert(spec.argv.end(), settings.arguments.begin(), settings.arguments.end());
  const UniqueFd to_relay = settings.passed.empty() ? UniqueFd() : start_relay(settings, spec);
  on_far_side([&] { probe_ = std::make_unique<Process>(io_.get_executor(), spec); });
  const Event ready = event("internet.ready/1");
  write_file(ca(), ready.data.at("ca_pem").get<std::string>());
}

UniqueFd Lab::start_relay(const LabSettings& settings, ProcessSpec& probe) {
  constexpr int kFd = 3;
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw errno_error("making a pair");
  UniqueFd inside(ends[0]);
  const UniqueFd outside(ends[1]);
  ProcessSpec relay{
      .name = "relay",
      .argv = {CANDOR_RELAY, "--collector", collector_->endpoint(), "--control-fd", std::to_string(kFd)},
      .fds = {{outside.get(), kFd}},
      .log = folder() / "relay.log"};
  relay.argv.insert(relay.argv.end(), settings.relay_arguments.begin(), settings.relay_arguments.end());
  probe.argv.insert(probe.argv.end(), {"--relay-fd", std::to_string(kFd)});
  probe.fds.emplace_back(inside.get(), kFd);
  for (const std::string& host : settings.passed) {
    relay.argv.insert(relay.argv.end(), {"--allow", host});
    probe.argv.insert(probe.argv.end(), {"--pass", host});
  }
  for (const std::string& file : settings.trust) probe.argv.insert(probe.argv.end(), {"--trust", file});
  settings.outside->run([&] { relay_ = std::make_unique<Process>(io_.get_executor(), relay); });
  (void)event("relay.ready/1");
  return inside;
}

Lab::~Lab() {
  if (!std::uncaught_exceptions() && testing::Test::HasFailure()) {
    std::fprintf(stderr, "candor-internet said: %s\n", tail(folder() / "internet.log").c_str());
  }
  probe_.reset();
  relay_.reset();
  collector_.reset();
  if (mounted_) ::umount2(streams().c_str(), MNT_DETACH);
}

long Lab::resident_kib() const {
  const std::string status = shell("grep VmRSS /proc/" + std::to_string(pid()) + "/status");
  return std::stol(status.substr(status.find(':') + 1));
}

Event Lab::event(const std::string& type, std::function<bool(const Json&)> matches) {
  const auto deadline = in_ten_seconds();
  std::function<bool(const Event&)> on_event = [matches = std::move(matches)](const Event& e) {
    return matches(e.data);
  };
  auto found = await(collector_->wait_event(type, std::move(on_event), deadline));
  if (!found) throw Error("no event " + type + "; the probe said: " + tail(folder() / "internet.log"));
  return *found;
}

Json Lab::stream_to(std::uint16_t port) {
  return event("internet.stream/1",
               [port](const Json& data) { return data.at("destination").at("port") == port; })
      .data;
}

std::string Lab::content(const Json& stream) const {
  return read_text(streams() / stream.at("sha256").get<std::string>());
}

Json Lab::command(const std::string& name, Json arguments) {
  return await(collector_->command("internet", name, std::move(arguments), in_ten_seconds()));
}

bool Lab::finish() {
  bool finished = await(collector_->finish("internet", in_ten_seconds()));
  if (relay_) finished = await(collector_->finish("relay", in_ten_seconds())) && finished;
  collector_->close();
  closed_ = true;
  return finished;
}

void Lab::kill(int signal) { probe_->signal(signal); }

ExitStatus Lab::wait_exit() { return await(probe_->wait()); }

std::vector<Json> Lab::all(const std::string& type) {
  if (!closed_) collector_->close();
  closed_ = true;
  std::vector<Json> found;
  for (const Event& each : collect::read_events(collector_->file())) {
    if (each.type == type) found.push_back(each.data);
  }
  return found;
}

model::ProbeAccount Lab::account(const std::string& probe) {
  const std::vector<std::string> names = {probe};
  return collect::read_accounts(collector_->file(), names).at(0);
}

}  // namespace candor::internet_e2e
