// SPDX-License-Identifier: Apache-2.0
//
// SIGKILL of any of the three processes that hold a compartment together leaves no process of it.
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "base/error.h"
#include "base/fd.h"
#include "fixture.h"

namespace candor::seal::test {
namespace {

constexpr std::chrono::seconds kLimit(10);

struct Pids {
  int outer = 0;
  int init = 0;
  int child = 0;
};

/// A process that starts a compartment, tells its pids and then only waits: a harness to be killed.
class Harness {
 public:
  explicit Harness(const std::filesystem::path& folder) {
    auto [reading, writing] = make_pipe();
    pid_ = ::fork();
    if (pid_ == 0) live(folder, writing.get());
    writing.reset();
    if (::read(reading.get(), &pids, sizeof pids) != static_cast<ssize_t>(sizeof pids)) pids = {};
  }
  Harness(const Harness&) = delete;
  Harness& operator=(const Harness&) = delete;
  ~Harness() { kill(); }

  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

  Pids pids;

 private:
  [[noreturn]] static void live(const std::filesystem::path& folder, int tell) {
    try {
      asio::io_context io;
      std::unique_ptr<Compartment> compartment;
      asio::co_spawn(io, begin(io.get_executor(), folder, compartment, tell),
                     [](const std::exception_ptr& failure) {
                       if (failure) ::_exit(1);
                     });
      for (;;) {
        io.run();
        ::pause();
      }
    } catch (const std::exception&) {
    }
    ::_exit(1);
  }

  static asio::awaitable<void> begin(asio::any_io_executor executor, std::filesystem::path folder,
                                     std::unique_ptr<Compartment>& compartment, int tell) {
    CompartmentSpec spec;
    spec.network = false;
    spec.writable = {folder};
    Child child;
    child.name = "child";
    child.argv = {"sh", "-c", "setsid sleep 1000 & sleep 1000"};
    spec.children.push_back(std::move(child));
    compartment = co_await Compartment::start(executor, std::move(spec),
                                              std::chrono::steady_clock::now() + std::chrono::seconds(20));
    const Pids pids{*compartment->pid("outer"), *compartment->pid("init"), *compartment->pid("child")};
    if (::write(tell, &pids, sizeof pids) != static_cast<ssize_t>(sizeof pids)) ::_exit(1);
  }

  pid_t pid_ = 0;
};

/// Whether this process has no children left before the limit.
bool all_children_end() {
  const auto deadline = std::chrono::steady_clock::now() + kLimit;
  while (std::chrono::steady_clock::now() < deadline) {
    if (::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD) return true;
    ::usleep(1000);
  }
  return false;
}

class DeathTest : public SealTest {
 protected:
  static void expect_all_gone(const Pids& pids) {
    for (const int pid : {pids.outer, pids.init, pids.child}) EXPECT_TRUE(ends(pid, kLimit)) << "pid " << pid;
  }
};

TEST_F(DeathTest, OfTheHarnessLeavesNoProcess) {
  Harness harness(folder());
  ASSERT_NE(harness.pids.child, 0);
  harness.kill();
  expect_all_gone(harness.pids);
}

TEST_F(DeathTest, OfTheOuterProcessLeavesNoProcess) {
  Harness harness(folder());
  ASSERT_NE(harness.pids.child, 0);
  ::kill(harness.pids.outer, SIGKILL);
  expect_all_gone(harness.pids);
}

TEST_F(DeathTest, OfInitLeavesNoProcess) {
  Harness harness(folder());
  ASSERT_NE(harness.pids.child, 0);
  ::kill(harness.pids.init, SIGKILL);
  expect_all_gone(harness.pids);
}

TEST_F(DeathTest, OfTheHarnessDuringSetUpLeavesNoProcess) {
  // Orphans of the dead harnesses become this process's children, so that none can hide.
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  for (int moment = 0; moment < 20; ++moment) {
    const pid_t harness = ::fork();
    if (harness == 0) {
      ::setpgid(0, 0);
      try {
        static_cast<void>(start(spec(tap_allowed())));
      } catch (const std::exception&) {
      }
      ::pause();
      ::_exit(0);
    }
    ::usleep(static_cast<useconds_t>(moment) * 10'000);
    ::kill(harness, SIGKILL);
    ::waitpid(harness, nullptr, 0);
  }
  EXPECT_TRUE(all_children_end());
}

}  // namespace
}  // namespace candor::seal::test
