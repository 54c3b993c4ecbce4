// SPDX-License-Identifier: Apache-2.0
//
// candor-guest-probe NAME PORT: one probe inside a Linux guest. It is ready when the command returns with 0,
// and goes on in the background, silent until the host's end of the port is there. Of everything it needs, it
// brings all but the kernel's type information, so one file runs on Debian 11 to 13.
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/json.h"
#include "guest/describe.h"
#include "guest/lines.h"
#include "guest/plaintext.h"
#include "guest/port.h"
#include "guest/programs.h"
#include "guest/watched_folders.h"

namespace candor::guest_probe {
namespace {

/// Records are taken together: waking up for each would cost the guest more than what it does.
constexpr int kGather = 20;    // ms
constexpr int kPatience = 50;  // ms between looks at a full port
constexpr const char* kVersion = CANDOR_VERSION;

std::vector<std::string> texts(const Json& wishes, const char* key) {
  return wishes.value(key, std::vector<std::string>{});
}

class GuestProbe {
 public:
  GuestProbe(std::string name, const std::string& port)
      : name_(std::move(name)),
        port_(port),
        programs_(name_, [this](const record& head, std::string_view bytes) { take(head, bytes); }),
        folders_(programs_.map_fd("watched")) {
    if (name_ == "plaintext")
      plaintext_.emplace(programs_, [this](std::string line) { say_event(std::move(line)); });
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGINT);
    sigprocmask(SIG_BLOCK, &mask, nullptr);
    signals_.reset(signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK));
    epoll_.reset(epoll_create1(EPOLL_CLOEXEC));
    if (!signals_ || !epoll_) throw errno_error("preparing to wait");
    add(port_.fd(), EPOLLIN | EPOLLOUT | EPOLLET);
    add(programs_.fd(), EPOLLIN);
    add(signals_.get(), EPOLLIN);
  }

  void run() {
    while (!ended_) {
      std::array<epoll_event, 4> events{};
      const int count = epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), patience());
      if (count < 0 && errno != EINTR) throw errno_error("waiting");
      for (int i = 0; i < count; ++i) {
        const int fd = events.at(static_cast<std::size_t>(i)).data.fd;
        if (fd == signals_.get()) ended_ = true;
        if (fd == programs_.fd()) gather(kGather);
      }
      serve_host();
      if (consume_ns_ != 0 && monotonic_ns() >= consume_ns_) serve_programs();
    }
    // The guest is going down: what is known is said, if anybody is there.
    if (listening_) say_end();
  }

 private:
  void add(int fd, std::uint32_t what) { wait_for(EPOLL_CTL_ADD, fd, what); }

  void wait_for(int change, int fd, std::uint32_t what) {
    epoll_event event{};
    event.events = what;
    event.data.fd = fd;
    if (epoll_ctl(epoll_.get(), change, fd, &event) != 0) throw errno_error("preparing to wait");
  }

  /// Leaves the records alone for a while; the host is heard meanwhile.
  void gather(int ms) {
    consume_ns_ = monotonic_ns() + std::int64_t{ms} * 1'000'000;
    wait_for(EPOLL_CTL_MOD, programs_.fd(), 0);
  }

  /// How long there is nothing to do, in ms; -1 if there is no telling.
  [[nodiscard]] int patience() const {
    if (consume_ns_ == 0) return -1;
    const std::int64_t left = consume_ns_ - monotonic_ns();
    return left <= 0 ? 0 : static_cast<int>(left / 1'000'000) + 1;
  }

  void serve_host() {
    const bool there = port_.connected();
    if (there != there_) {
      there_ = there;
      events_ = 0;
      if (listening_) programs_.listen(listening_ = false);
      if (there) say_hello();
    }
    if (!there) return;
    port_.flush();
    while (const auto line = port_.next_line()) answer(parse_json(*line));
  }

  void serve_programs() {
    if (port_.full())
      return gather(kPatience);  // the ring buffer holds what comes, and counts what it cannot
    folders_.refresh();
    programs_.consume();
    consume_ns_ = 0;
    wait_for(EPOLL_CTL_MOD, programs_.fd(), EPOLLIN);
  }

  void answer(const Json& message) {
    if (message.contains("ping")) {
      const auto now = static_cast<std::uint64_t>(monotonic_ns());
      folders_.refresh();
      JsonLine line;
      line.add("pong", message.at("ping").get<std::uint64_t>()).add("mono_ns", now);
      port_.send(line.add("events", events_).add("missed", missed()).take());
    } else if (message.contains("start")) {
      begin(message.at("start"));
    } else if (message.contains("finish")) {
      say_end();
    }
  }

  void begin(const Json& wishes) {
    if (name_ == "files") folders_.set(texts(wishes, "watch"));
    missed_before_ = programs_.missed();
    programs_.listen(listening_ = true);
    if (plaintext_) plaintext_->begin(texts(wishes, "programs"));
    JsonLine line;
    line.add("started", true).open_list("absent");
    for (const std::string& function : programs_.absent()) line.item(function);
    port_.send(line.close_list().take());
    programs_.dump();
  }

  void say_hello() {
    JsonLine line;
    port_.send(line.add("hello", name_).add("version", std::string_view(kVersion)).take());
  }

  void say_end() {
    programs_.consume();
    if (plaintext_) plaintext_->end();
    programs_.listen(listening_ = false);
    JsonLine line;
    port_.send(line.add("fin", true).add("events", events_).add("missed", missed()).take());
  }

  void take(const record& head, std::string_view bytes) {
    if (!listening_) return;
    if (plaintext_) return plaintext_->take(head, bytes);
    if (std::string line = describe(head, bytes); !line.empty()) say_event(std::move(line));
  }

  void say_event(std::string line) {
    ++events_;
    port_.send(std::move(line));
  }

  [[nodiscard]] std::uint64_t missed() const {
    return programs_.missed() - missed_before_ + (plaintext_ ? plaintext_->missed() : 0);
  }

  std::string name_;
  Port port_;
  Programs programs_;
  WatchedFolders folders_;
  std::optional<Plaintext> plaintext_;
  UniqueFd signals_;
  UniqueFd epoll_;
  std::int64_t consume_ns_ = 0;  ///< When the records are taken; 0: when there are any.
  bool there_ = false;
  bool listening_ = false;
  bool ended_ = false;
  std::uint64_t events_ = 0;
  std::uint64_t missed_before_ = 0;
};

/// Runs in the background; tells the command, through `ready`, that it does or why it cannot.
void serve(const std::string& name, const std::string& port, UniqueFd ready) {
  std::optional<GuestProbe> probe;
  try {
    probe.emplace(name, port);
  } catch (const std::exception& error) {
    write_all(ready.get(), as_bytes(error.what()));
    std::_Exit(1);
  }
  setsid();
  const UniqueFd nowhere(open("/dev/null", O_RDWR | O_CLOEXEC));
  for (int fd = 0; fd <= 2; ++fd) dup2(nowhere.get(), fd);
  write_all(ready.get(), as_bytes("ready"));
  ready.reset();
  try {
    probe->run();
  } catch (const std::exception&) {
    std::_Exit(1);  // the host learns it from silence; there is nobody else to tell
  }
  std::_Exit(0);
}

int start(const std::string& name, const std::string& port) {
  auto [hear, tell] = make_pipe();
  const pid_t child = fork();
  if (child < 0) throw errno_error("forking");
  if (child == 0) {
    hear.reset();
    serve(name, port, std::move(tell));
  }
  tell.reset();
  std::string said;
  std::array<char, 4096> buffer{};
  for (ssize_t got = 0; (got = read(hear.get(), buffer.data(), buffer.size())) > 0;)
    said.append(buffer.data(), static_cast<std::size_t>(got));
  if (said == "ready") return 0;
  std::fprintf(stderr, "candor-guest-probe %s: %s\n", name.c_str(), said.empty() ? "it died" : said.c_str());
  return 1;
}

}  // namespace
}  // namespace candor::guest_probe

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: candor-guest-probe NAME PORT; NAME is one of");
    for (const std::string& name : candor::guest_probe::program_names())
      std::fprintf(stderr, " %s", name.c_str());
    std::fprintf(stderr, "\n");
    return 4;
  }
  try {
    return candor::guest_probe::start(argv[1], argv[2]);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "candor-guest-probe: %s\n", error.what());
    return 2;
  }
}
