// SPDX-License-Identifier: Apache-2.0
//
// A collector in a process of its own, killed without warning and started again while a probe reports. The
// process is this executable again, which becomes a collector when its environment says so.
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "unit/collect/rig.h"

namespace candor::collect {
namespace {

constexpr const char* kFolder = "CANDOR_TEST_COLLECTOR";

Settings settings_in(const std::filesystem::path& folder) {
  Settings settings{folder, folder / "s", "restarted"};
  settings.heartbeat = 200ms;
  settings.window = 1024;
  return settings;
}

[[noreturn]] void collect_until_killed(const char* folder) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  asio::io_context io;
  const Collector collector(io.get_executor(), settings_in(folder));
  while (true) pause();
}

[[maybe_unused]] const bool kIsCollector = [] {
  if (const char* folder = std::getenv(kFolder)) collect_until_killed(folder);
  return false;
}();

class CollectorProcess {
 public:
  explicit CollectorProcess(const std::filesystem::path& folder) {
    std::string environment = std::string(kFolder) + "=" + folder.string();
    std::string self = "/proc/self/exe";
    char* argv[] = {self.data(), nullptr};
    char* envp[] = {environment.data(), nullptr};
    if (posix_spawn(&pid_, self.c_str(), nullptr, nullptr, argv, envp) != 0) throw errno_error("spawning");
  }
  ~CollectorProcess() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  CollectorProcess(const CollectorProcess&) = delete;
  CollectorProcess& operator=(const CollectorProcess&) = delete;

 private:
  pid_t pid_ = 0;
};

/// Reports `events` events while the collector is killed `kills` times, then looks for each of them once.
void survive(std::int64_t events, std::int64_t kills) {
  const TempDir folder("/tmp", "restart-test-");
  auto process = std::make_unique<CollectorProcess>(folder.path());
  probe::Probe probe({"ipc://" + (folder.path() / "s").string(), "files", "1", {"test.event/1"}});
  std::int64_t killed = 0;
  for (std::int64_t i = 1; i <= events; ++i) {
    probe.report("test.event/1", {{"n", i}});
    if (i % (events / (kills + 1)) == 0 && killed < kills) {
      process.reset();
      process = std::make_unique<CollectorProcess>(folder.path());
      ++killed;
    }
  }
  ASSERT_EQ(killed, kills);
  ASSERT_TRUE(probe.finish(60s));
  process.reset();

  asio::io_context io;
  Collector last(io.get_executor(), settings_in(folder.path()));
  last.close();
  const std::vector<std::string> names{"files"};
  const auto account = read_accounts(last.file(), names).at(0);
  EXPECT_TRUE(account.finished);
  EXPECT_EQ(account.events, events);
  EXPECT_EQ(account.missing, 0);
  EXPECT_EQ(account.problem, "");
  const auto stored = read_events(last.file());
  ASSERT_EQ(static_cast<std::int64_t>(stored.size()), events);
  for (std::int64_t i = 1; i <= events; ++i) {
    ASSERT_EQ(int_member(stored[static_cast<std::size_t>(i - 1)].data, "n"), i);
  }
}

TEST(Restart, LosesAndDoublesNothingOfAMillionEventsWhenTheCollectorIsKilledTwentyTimes) {
  survive(1'000'000, 20);
}

TEST(Restart, LosesNothingWhenTheCollectorIsKilledBetweenTheLastEventAndFin) {
  const TempDir folder("/tmp", "restart-test-");
  auto process = std::make_unique<CollectorProcess>(folder.path());
  probe::Probe probe({"ipc://" + (folder.path() / "s").string(), "files", "1", {"test.event/1"}});
  for (int i = 1; i <= 500; ++i) probe.report("test.event/1", {{"n", i}});
  process.reset();
  std::thread back([&] { process = std::make_unique<CollectorProcess>(folder.path()); });
  EXPECT_TRUE(probe.finish(30s));
  back.join();
}

TEST(Restart, LeavesAReadableFileThatSaysTheRunBrokeOff) {
  const TempDir folder("/tmp", "restart-test-");
  auto process = std::make_unique<CollectorProcess>(folder.path());
  probe::Probe probe({"ipc://" + (folder.path() / "s").string(), "files", "1", {"test.event/1"}});
  for (int i = 1; i <= 100; ++i) probe.report("test.event/1", {{"n", i}});
  ASSERT_TRUE(probe.finish(30s));
  process.reset();
  EXPECT_EQ(read_events(folder.path() / kStoreFile).size(), 100U);
  const std::vector<std::string> names{"files"};
  EXPECT_THAT(read_accounts(folder.path() / kStoreFile, names).at(0).problem,
              ::testing::HasSubstr("the run broke off"));
}

}  // namespace
}  // namespace candor::collect
