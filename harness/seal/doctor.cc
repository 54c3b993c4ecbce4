// SPDX-License-Identifier: Apache-2.0
#include "seal/doctor.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <optional>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/paths.h"
#include "base/process.h"
#include "seal/compartment.h"

namespace candor::seal {

namespace {

namespace fs = std::filesystem;

std::optional<long> setting(const char* path) {
  std::istringstream text(tail(path, 64));
  long value = 0;
  return text >> value ? std::optional(value) : std::nullopt;
}

/// Starts a compartment and throws it away; the sentence of what went wrong, or nothing.
std::optional<std::string> trial(bool network) {
  asio::io_context io(1);
  std::optional<std::string> sentence;
  CompartmentSpec spec;
  spec.network = network;
  const Deadline deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  {
    std::unique_ptr<Compartment> compartment;
    auto done = [&](const std::exception_ptr& failure, std::unique_ptr<Compartment> started) {
      compartment = std::move(started);
      try {
        if (failure) std::rethrow_exception(failure);
      } catch (const std::exception& error) {
        sentence = error.what();
      }
      io.stop();
    };
    asio::co_spawn(io, Compartment::start(io.get_executor(), std::move(spec), deadline), done);
    io.run();
  }
  return sentence;
}

Check user_namespaces() {
  Check check{.name = "user namespaces"};
  const bool root = ::geteuid() == 0;
  if (setting("/proc/sys/user/max_user_namespaces") == 0) {
    check.found = "user.max_user_namespaces is 0";
    check.mend = "sudo sysctl -w user.max_user_namespaces=15000";
  } else if (!root && setting("/proc/sys/kernel/unprivileged_userns_clone") == 0) {
    check.found = "kernel.unprivileged_userns_clone is 0";
    check.mend = "sudo sysctl -w kernel.unprivileged_userns_clone=1";
  } else if (!root && setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").value_or(0) != 0) {
    check.found = "AppArmor restricts them (kernel.apparmor_restrict_unprivileged_userns)";
    check.mend = "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0";
  } else if (const auto sentence = trial(false)) {
    check.found = *sentence;
    check.mend = "sudo sysctl -w user.max_user_namespaces=15000";
  } else {
    check.ok = true;
    check.found = "a compartment was started";
  }
  return check;
}

Check tun_device() {
  Check check{.name = "/dev/net/tun"};
  const UniqueFd fd(::open("/dev/net/tun", O_RDWR | O_CLOEXEC));
  check.ok = static_cast<bool>(fd);
  check.found = check.ok ? "can be opened" : errno_error("opening it").what();
  if (!check.ok) check.mend = "sudo modprobe tun && sudo chmod 0666 /dev/net/tun";
  return check;
}

Check sealed_network() {
  const auto sentence = trial(true);
  return {
      .name = "sealed network",
      .ok = !sentence,
      .found = sentence ? *sentence : "tap, firewall and TPROXY work in a compartment",
      .mend = sentence ? "sudo apt-get install -y nftables iproute2; sudo modprobe -a tun nft_tproxy" : ""};
}

/// A program found where a user's PATH may not look, with the first line it prints.
Check program(const std::string& name, const std::vector<std::string>& arguments,
              const std::string& package) {
  Check check{.name = name, .found = "missing", .mend = "sudo apt-get install -y " + package};
  for (const char* folder : {"/usr/local/bin", "/usr/bin", "/usr/sbin", "/bin", "/sbin"}) {
    const std::string path = std::string(folder) + "/" + name;
    if (::access(path.c_str(), X_OK) != 0) continue;
    std::vector<std::string> argv = {path};
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    const CommandResult result = run_command({.name = name, .argv = argv}, {}, std::chrono::seconds(10));
    const std::string& said = result.output.empty() ? result.error : result.output;
    check.ok = result.status.ok();
    check.found = printable(said.substr(0, said.find('\n')));
    if (check.found.empty()) check.found = check.ok ? path : "failed: " + result.status.text();
    if (check.ok) check.mend.clear();
    return check;
  }
  return check;
}

bool has_range(const char* file, const std::string& user) {
  std::istringstream lines(tail(file, 1U << 20));
  const std::string uid = std::to_string(::geteuid());
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with(user + ":") || line.starts_with(uid + ":")) return true;
  return false;
}

Check subordinate_ids() {
  Check check{.name = "subordinate ids"};
  if (::geteuid() == 0) {
    check.ok = true;
    check.found = "not needed by root";
    return check;
  }
  const passwd* const entry = ::getpwuid(::geteuid());
  const std::string user = entry != nullptr ? entry->pw_name : std::to_string(::geteuid());
  const bool tools = ::access("/usr/bin/newuidmap", X_OK) == 0 && ::access("/usr/bin/newgidmap", X_OK) == 0;
  const bool ranges = has_range("/etc/subuid", user) && has_range("/etc/subgid", user);
  check.ok = tools && ranges;
  check.found = !tools ? "newuidmap is missing" : ranges ? "a range for " + user : "no range for " + user;
  if (!check.ok)
    check.mend =
        "sudo apt-get install -y uidmap && sudo usermod --add-subuids 100000-165535 "
        "--add-subgids 100000-165535 " +
        user;
  return check;
}

Check kvm() {
  const bool there = fs::exists("/dev/kvm");
  const bool usable = ::access("/dev/kvm", R_OK | W_OK) == 0;
  return {.name = "/dev/kvm",
          .ok = usable,
          .required = false,
          .found = usable  ? "can be opened"
                   : there ? "this user may not open it"
                           : "missing; guests are emulated, which is slower",
          .mend = there && !usable ? "sudo adduser $USER kvm" : ""};
}

std::string mebibytes(std::uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

Check memory() {
  constexpr std::uint64_t kWanted = 2ULL << 30;
  std::ifstream lines("/proc/meminfo");
  std::uint64_t available = 0;
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("MemAvailable:")) available = std::stoull(line.substr(13)) << 10;
  return {
      .name = "free memory",
      .ok = available >= kWanted,
      .found = mebibytes(available),
      .mend = available >= kWanted ? "" : "ps aux --sort=-rss | head  # a run needs " + mebibytes(kWanted)};
}

Check disk() {
  constexpr std::uint64_t kWanted = 6ULL << 30;
  fs::path folder = data_dir();
  while (!fs::exists(folder)) folder = folder.parent_path();
  struct statvfs status {};
  if (::statvfs(folder.c_str(), &status) != 0) throw errno_error("looking at " + folder.string());
  const std::uint64_t free = std::uint64_t{status.f_bavail} * status.f_frsize;
  return {.name = "free disk",
          .ok = free >= kWanted,
          .found = mebibytes(free) + " at " + folder.string(),
          .mend = free >= kWanted
                      ? ""
                      : "df -h  # images need " + mebibytes(kWanted) + "; CANDOR_DATA moves them"};
}

Check descriptors() {
  constexpr rlim_t kWanted = 1024;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return {.name = "file descriptors",
          .ok = limit.rlim_cur >= kWanted,
          .found = std::to_string(limit.rlim_cur),
          .mend = limit.rlim_cur >= kWanted ? "" : "ulimit -n 4096"};
}

/// A check that could not be made is one that failed.
template <typename Make>
void add(std::vector<Check>& checks, const char* name, Make make) {
  try {
    checks.push_back(make());
  } catch (const std::exception& error) {
    checks.push_back({.name = name, .found = error.what(), .mend = "see the sentence"});
  }
}

}  // namespace

std::vector<Check> check_host() {
  std::vector<Check> checks;
  add(checks, "user namespaces", user_namespaces);
  add(checks, "/dev/net/tun", tun_device);
  add(checks, "nft", [] { return program("nft", {"--version"}, "nftables"); });
  add(checks, "ip", [] { return program("ip", {"-V"}, "iproute2"); });
  add(checks, "dnsmasq", [] { return program("dnsmasq", {"--version"}, "dnsmasq-base"); });
  add(checks, "sealed network", sealed_network);
  add(checks, "qemu-system-x86_64",
      [] { return program("qemu-system-x86_64", {"--version"}, "qemu-system-x86"); });
  add(checks, "qemu-img", [] { return program("qemu-img", {"--version"}, "qemu-utils"); });
  add(checks, "mmdebstrap", [] { return program("mmdebstrap", {"--version"}, "mmdebstrap"); });
  add(checks, "mke2fs", [] { return program("mke2fs", {"-V"}, "e2fsprogs"); });
  add(checks, "mkfs.fat", [] { return program("mkfs.fat", {"--help"}, "dosfstools"); });
  add(checks, "subordinate ids", subordinate_ids);
  add(checks, "/dev/kvm", kvm);
  add(checks, "free memory", memory);
  add(checks, "free disk", disk);
  add(checks, "file descriptors", descriptors);
  return checks;
}

}  // namespace candor::seal
