// SPDX-License-Identifier: Apache-2.0
//
// How fast the wire carries a guest's upload, recording it, and how fast the same code is that records
// nothing.
//
//   TCP sender → tap "guest0" → pump → socket pair, as QEMU has it → wire::Forwarder → tap candor0 → TPROXY →
//   sink
//
// The sender and the pump (which does for guest0 what QEMU does for a card) run in a network namespace of
// their own; the forwarder and the sink are children of a real compartment. The two variants differ in the
// Recorder alone. They take turns; the medians are compared. Last line: "wire: X MB/s (anchor unrecorded Y
// MB/s, ratio r)".
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "seal/compartment.h"
#include "wire/forwarder.h"
#include "wire/recorder.h"

namespace candor {
namespace {

constexpr int kGuestFd = 4;
constexpr int kTapFd = 5;
constexpr int kReadyFd = 6;
constexpr std::size_t kBlock = 1U << 16;

class Nothing : public wire::Recorder {
 public:
  void add(wire::Direction, std::int64_t, ByteView, std::string_view) override {}
  void commit() override {}
};

void carry(int guest, int tap, wire::Recorder& recorder) {
  wire::Forwarder forwarder(guest, tap, recorder);
  while (!forwarder.guest_gone()) {
    auto ready = forwarder.wanted();
    ::poll(ready.data(), ready.size(), -1);
    forwarder.work(ready);
  }
}

/// Child of the compartment: the wire's inner part, with or without a capture.
int be_wire(const std::string& capture) {
  std::unique_ptr<wire::Recorder> recorder = std::make_unique<Nothing>();
  if (!capture.empty()) recorder = std::make_unique<wire::CaptureFile>(capture, "bench_wire");
  carry(kGuestFd, kTapFd, *recorder);
  return 0;
}

UniqueFd transparent_listener() {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_port = htons(seal::kSinkPort);
  if (::setsockopt(fd.get(), IPPROTO_IP, IP_TRANSPARENT, &on, sizeof on) != 0 ||
      ::bind(fd.get(), reinterpret_cast<sockaddr*>(&any), sizeof any) != 0 || ::listen(fd.get(), 1) != 0)
    throw errno_error("listening");
  return fd;
}

/// Child of the compartment: reads one connection to its end and confirms it.
int be_sink() {
  const UniqueFd listener = transparent_listener();
  write_all(kReadyFd, as_bytes("r"));
  const UniqueFd peer(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  Bytes buffer(kBlock);
  while (::read(peer.get(), buffer.data(), buffer.size()) > 0) continue;
  write_all(peer.get(), as_bytes("."));
  ::pause();
  return 0;
}

UniqueFd guest_tap() {
  UniqueFd tap(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  std::strcpy(request.ifr_name, "guest0");
  if (!tap || ::ioctl(tap.get(), TUNSETIFF, &request) != 0) throw errno_error("making the guest's tap");
  must_run({.name = "ip", .argv = {"ip", "-batch", "-"}},
           "link set guest0 up\naddr add 10.77.0.2/24 dev guest0\nroute add default via 10.77.0.1\n");
  return tap;
}

/// What QEMU does between a guest's card and its socket: the forwarder, whose two sides are alike but for the
/// stream's framing, the other way round.
[[noreturn]] void pump(int stream, int tap) {
  Nothing nothing;
  carry(stream, tap, nothing);
  ::_exit(0);
}

double upload(std::size_t megabytes) {
  const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(443);
  ::inet_pton(AF_INET, "198.51.100.7", &to.sin_addr);
  if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) throw errno_error("connecting");
  const Bytes block(kBlock, 0x5A);
  const Stopwatch watch;
  for (std::size_t sent = 0; sent < megabytes * 1'000'000; sent += block.size()) write_all(fd.get(), block);
  ::shutdown(fd.get(), SHUT_WR);
  char byte = 0;
  if (::read(fd.get(), &byte, 1) != 1) throw Error("the sink did not confirm");
  return static_cast<double>(megabytes) / watch.seconds();
}

/// In a process of its own, as it changes its network namespace; the rate comes back through a pipe.
double guest_rate(int stream, std::size_t megabytes) {
  auto [reading, writing] = make_pipe();
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      if (::unshare(CLONE_NEWNET) != 0) throw errno_error("making the guest's network");
      const UniqueFd tap = guest_tap();
      const pid_t pumping = ::fork();
      if (pumping == 0) pump(stream, tap.get());
      const double rate = upload(megabytes);
      write_all(writing.get(), ByteView(reinterpret_cast<const std::uint8_t*>(&rate), sizeof rate));
      ::kill(pumping, SIGKILL);
      ::waitpid(pumping, nullptr, 0);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "bench_wire: %s\n", error.what());
    }
    ::_exit(0);
  }
  writing.reset();
  double rate = 0;
  if (::read(reading.get(), &rate, sizeof rate) != static_cast<ssize_t>(sizeof rate)) rate = 0;
  ::waitpid(child, nullptr, 0);
  if (rate <= 0) throw Error("the upload failed");
  return rate;
}

seal::Child role(const std::filesystem::path& folder, const std::string& name, const std::string& argument) {
  seal::Child child;
  child.name = name;
  child.argv = {std::filesystem::read_symlink("/proc/self/exe"), name, argument};
  child.log = folder / (name + ".log");
  return child;
}

double measure(bool record, std::size_t megabytes) {
  const TempDir folder(std::filesystem::temp_directory_path(), "candor-bench-");
  auto [guest, qemu] = socket_pair();
  auto [told, telling] = make_pipe();
  seal::CompartmentSpec spec;
  spec.writable = {folder.path()};
  seal::Child wire = role(folder.path(), "wire", record ? (folder.path() / "frames.pcapng").string() : "");
  wire.fds = {{qemu.get(), kGuestFd}};
  wire.wants_tap_at = kTapFd;
  seal::Child sink = role(folder.path(), "sink", "");
  sink.fds = {{telling.get(), kReadyFd}};
  sink.capabilities = {seal::Capability::net_admin};
  spec.children = {wire, sink};

  asio::io_context io(1);
  std::unique_ptr<seal::Compartment> compartment;
  const seal::Deadline deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  asio::co_spawn(io, seal::Compartment::start(io.get_executor(), std::move(spec), deadline),
                 [&](std::exception_ptr failure, std::unique_ptr<seal::Compartment> started) {
                   if (failure) std::rethrow_exception(failure);
                   compartment = std::move(started);
                   io.stop();
                 });
  io.run();
  telling.reset();
  char byte = 0;
  if (::read(told.get(), &byte, 1) != 1) throw Error("the sink did not start");
  const double rate = guest_rate(guest.get(), megabytes);
  compartment->kill();
  return rate;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

int compare(std::size_t megabytes, int rounds) {
  std::vector<double> recorded;
  std::vector<double> unrecorded;
  for (int round = 0; round < rounds; ++round) {
    unrecorded.push_back(measure(false, megabytes));
    recorded.push_back(measure(true, megabytes));
    std::printf("round %d: recorded %.0f MB/s, unrecorded %.0f MB/s\n", round + 1, recorded.back(),
                unrecorded.back());
  }
  const double with = median(recorded);
  const double without = median(unrecorded);
  std::printf("wire: %.0f MB/s (anchor unrecorded %.0f MB/s, ratio %.2f)\n", with, without, with / without);
  return 0;
}

}  // namespace
}  // namespace candor

/// bench_wire [MEGABYTES [ROUNDS]]; "wire" and "sink" are its own children.
int main(int argc, char** argv) {
  const std::string word = argc > 1 ? argv[1] : "";
  try {
    if (word == "wire") return candor::be_wire(argc > 2 ? argv[2] : "");
    if (word == "sink") return candor::be_sink();
    return candor::compare(argc > 1 ? std::stoul(word) : 300, argc > 2 ? std::atoi(argv[2]) : 3);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_wire: %s\n", error.what());
    return 2;
  }
}
