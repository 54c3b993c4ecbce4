// SPDX-License-Identifier: Apache-2.0
//
// The whole life of machines with real QEMU and a real guest: boot, agent, freeze, fork, death. One machine
// is booted and one template frozen for all tests; each test forks it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <csignal>
#include <cstdio>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "rig.h"
#include "vm/accel.h"

namespace candor::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;

guest::ExecRequest shell(const std::string& script) {
  guest::ExecRequest request;
  request.argv = {"/bin/sh", "-c", script};
  return request;
}

class Vm : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    root_ = std::make_unique<TempDir>(fs::temp_directory_path(), "candor-vm-e2e.");
    Loop loop;
    frozen_ = loop.run(make_template(loop.executor(), root_->path() / "templates", "guest"));
  }
  static void TearDownTestSuite() { root_.reset(); }

  /// A running fork in a folder of its own.
  std::unique_ptr<Live> forked() {
    folders_.emplace_back(root_->path(), "fork.");
    return loop_.run(fork(loop_.executor(), *frozen_, folders_.back().path()));
  }
  std::string output_of(Live& live, const std::string& script) {
    const guest::ExecResult result = loop_.run(live.agent->exec(shell(script)));
    EXPECT_TRUE(result.ok()) << result.text() << " " << result.error;
    return result.output;
  }
  static std::string state_of_template() {
    std::string digests;
    for (const auto& entry : fs::directory_iterator(frozen_->folder))
      digests += entry.path().filename().string() + sha256_hex(MappedFile(entry.path()).bytes());
    return digests;
  }

  static std::unique_ptr<TempDir> root_;
  static std::optional<vm::Template> frozen_;
  Loop loop_;
  std::vector<TempDir> folders_;
};

std::unique_ptr<TempDir> Vm::root_;
std::optional<vm::Template> Vm::frozen_;

TEST_F(Vm, IsFoundAgainOnceItIsPublishedAndLeavesNoWorkFolder) {
  const auto found = vm::find_template(root_->path() / "templates", "guest");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->machine.ram, frozen_->folder / "ram");
  EXPECT_EQ(found->qemu_version, frozen_->qemu_version);
  EXPECT_EQ(vm::sweep_templates(root_->path() / "templates"), 0);
}

TEST_F(Vm, RunsCommandsWithInputEnvironmentAndExitCodes) {
  const auto live = forked();
  guest::ExecRequest request = shell("cat; echo \"$WORD\" >&2; exit 7");
  request.input = to_bytes("from the host");
  request.env = {{"WORD", "a word"}, {"PATH", "/usr/bin:/bin"}};
  const guest::ExecResult result = loop_.run(live->agent->exec(request));
  EXPECT_EQ(result.code, 7);
  EXPECT_EQ(result.output, "from the host");
  EXPECT_EQ(result.error, "a word\n");
  EXPECT_FALSE(result.cut);
}

TEST_F(Vm, SaysSoWhenACommandIsKilledOrItsOutputCutOrItsTimeUp) {
  const auto live = forked();
  EXPECT_EQ(loop_.run(live->agent->exec(shell("kill -9 $$"))).signal, SIGKILL);
  guest::ExecRequest loud = shell("head -c 300000 /dev/zero");
  loud.limit = 1000;
  const guest::ExecResult cut = loop_.run(live->agent->exec(loud));
  EXPECT_TRUE(cut.cut);
  EXPECT_EQ(cut.output.size(), 1000U);
  guest::ExecRequest slow = shell("exec sleep 1000");
  slow.timeout = milliseconds(500);
  const guest::ExecResult late = loop_.run(live->agent->exec(slow));
  EXPECT_TRUE(late.timed_out);
  EXPECT_EQ(output_of(*live, "kill " + std::to_string(late.pid) + " && echo gone"), "gone\n");
}

TEST_F(Vm, RefusesACommandThatDoesNotExistWithTheAgentsWords) {
  const auto live = forked();
  guest::ExecRequest request;
  request.argv = {"/no/such/program"};
  try {
    loop_.run(live->agent->exec(request));
    FAIL() << "it ran";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("guest agent guest-exec: GenericError: "));
  }
  EXPECT_EQ(output_of(*live, "echo on"), "on\n");
}

TEST_F(Vm, CarriesTwentyMegabytesThereAndBackUnchanged) {
  const auto live = forked();
  Bytes content(20'000'003);
  std::uint32_t state = 1;
  for (auto& byte : content) byte = static_cast<std::uint8_t>((state = state * 1664525U + 1013904223U) >> 24);
  const Stopwatch writing;
  loop_.run(live->agent->write_file("/root/blob", content));
  const double written = writing.seconds();
  EXPECT_EQ(output_of(*live, "sha256sum < /root/blob").substr(0, 64), sha256_hex(content));
  const Stopwatch reading;
  const Bytes back = loop_.run(live->agent->read_file("/root/blob", 30'000'000));
  std::printf("20 MB: written in %.2f s, read in %.2f s\n", written, reading.seconds());
  EXPECT_TRUE(back == content);
  const fs::path local = folders_.back().path() / "blob";
  EXPECT_EQ(loop_.run(live->agent->pull("/root/blob", local, 30'000'000)), content.size());
  loop_.run(live->agent->push(local, "/root/again"));
  EXPECT_EQ(output_of(*live, "cmp /root/blob /root/again && echo same"), "same\n");
  EXPECT_THROW(loop_.run(live->agent->read_file("/root/blob", 19'000'000)), Error);
}

TEST_F(Vm, ForksTwentyTimesToAnAnsweringAgent) {
  std::vector<double> times;
  std::vector<MemoryUse> uses;
  for (int i = 0; i < 20; ++i) {
    const Stopwatch watch;
    const auto live = forked();
    times.push_back(watch.seconds());
    uses.push_back(memory_of(live->process->pid()));
    loop_.run(finish(*live));
    folders_.clear();
  }
  std::sort(times.begin(), times.end());
  std::sort(uses.begin(), uses.end(), [](auto a, auto b) { return a.private_kib < b.private_kib; });
  std::printf("fork: median %.3f s, slowest %.3f s; private %lu MiB, resident %lu MiB\n", times[10],
              times.back(), uses[10].private_kib / 1024, uses[10].resident_kib / 1024);
  EXPECT_LT(times[10], 5.0) << "tests/bench/fork has the real bound; tests share the processor";
  EXPECT_GT(uses[10].private_kib, 0U);
  EXPECT_LT(uses[10].private_kib, 64U * 1024);
}

TEST_F(Vm, ShowsNoForkWhatAnotherWroteToMemoryOrDisk) {
  const std::string before = state_of_template();
  const auto one = forked();
  const auto two = forked();
  EXPECT_EQ(output_of(*one, "echo secret > /root/note; echo secret > /run/note; sync; cat /root/note"),
            "secret\n");
  EXPECT_EQ(output_of(*two, "cat /root/note /run/note 2>/dev/null || echo none"), "none\n");
  loop_.run(finish(*one));
  loop_.run(finish(*two));
  EXPECT_EQ(state_of_template(), before);
  const auto three = forked();
  EXPECT_EQ(output_of(*three, "cat /root/note /run/note 2>/dev/null || echo none"), "none\n");
}

TEST_F(Vm, SetsTheGuestsClock) {
  const auto live = forked();
  const Stopwatch watch;
  loop_.run(live->agent->set_time(wall_ns()));
  std::printf("set_time: %.3f s\n", watch.seconds());
  const std::int64_t guest_s = std::stoll(output_of(*live, "date +%s"));
  EXPECT_NEAR(static_cast<double>(guest_s), static_cast<double>(wall_ns()) / 1e9, 2.0);
}

TEST_F(Vm, AnswersAgainAfterAReboot) {
  const auto live = forked();
  vm::Qmp::Events events = live->machine->events();
  output_of(*live, "echo kept > /root/note; sync");
  loop_.run(live->agent->reboot());
  const auto reset = loop_.run(events.next_of({"RESET"}, seconds(60)));
  ASSERT_TRUE(reset) << "no RESET event";
  loop_.run(live->agent->wait_until_answers(seconds(120)));
  EXPECT_EQ(output_of(*live, "cat /root/note"), "kept\n");
}

TEST_F(Vm, EndsWhenTheGuestShutsDown) {
  const auto live = forked();
  vm::Qmp::Events events = live->machine->events();
  loop_.run(live->agent->shutdown());
  EXPECT_TRUE(loop_.run(live->machine->wait_end(seconds(60))));
  EXPECT_TRUE(loop_.run(events.next_of({"SHUTDOWN"}, seconds(1))));
  EXPECT_TRUE(loop_.run(live->process->wait()).ok());
}

TEST_F(Vm, TellsAKernelThatSpeaksFromOneThatIsNone) {
  const vm::MachineConfig config = guest_config();
  EXPECT_EQ(loop_.run(vm::why_no_boot(loop_.executor(), vm::Accelerator::tcg, config.kernel, seconds(30))),
            "");
  EXPECT_NE(loop_.run(vm::why_no_boot(loop_.executor(), vm::Accelerator::tcg, config.disk, seconds(2))), "");
}

TEST_F(Vm, ReportsAStoppedGuestWithinTheDeadlineAndServesOnAfterIt) {
  const auto live = forked();
  loop_.run(live->machine->stop());
  const Stopwatch watch;
  EXPECT_THROW(loop_.run(live->agent->ping(milliseconds(300))), Error);
  EXPECT_LT(watch.seconds(), 1.0);
  loop_.run(live->machine->cont());
  EXPECT_EQ(output_of(*live, "echo awake"), "awake\n");
}

TEST_F(Vm, GivesAnErrorWithAccountWhenQemuIsKilled) {
  const auto live = forked();
  vm::Qmp::Events events = live->machine->events();
  live->process->signal(SIGKILL);
  EXPECT_TRUE(loop_.run(live->machine->wait_end(seconds(5))));
  EXPECT_EQ(loop_.run(live->process->wait()).signal, SIGKILL);
  EXPECT_THAT(live->process->account(), AllOf(HasSubstr("killed by signal 9"), HasSubstr("-incoming defer")));
  EXPECT_THROW(loop_.run(live->machine->status()), Error);
  EXPECT_THROW(loop_.run(live->agent->ping()), Error);
  EXPECT_THROW(loop_.run(events.next_of({"RESET"}, seconds(5))), Error);
}

TEST_F(Vm, QuotesQemusOwnWordsWhenItCannotStart) {
  TempDir folder(root_->path(), "broken.");
  vm::MachineConfig config = vm::fork_config(*frozen_, folder.path());
  config.ram = folder.path() / "no" / "ram";
  try {
    loop_.run(start(loop_.executor(), config));
    FAIL() << "it started";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(),
                AllOf(HasSubstr("QMP greeting: "), HasSubstr("QEMU said: "), HasSubstr("/no/ram")));
  }
}

TEST_F(Vm, RefusesAStateThatWasDamaged) {
  TempDir folder(root_->path(), "broken.");
  vm::Template damaged = *frozen_;
  damaged.folder = folder.path();
  fs::copy_file(frozen_->folder / "overlay.qcow2", folder.path() / "overlay.qcow2");
  write_file(folder.path() / "state", std::string_view("no state at all"));
  TempDir work(root_->path(), "work.");
  auto live = loop_.run(start(loop_.executor(), vm::fork_config(damaged, work.path())));
  EXPECT_THROW(loop_.run(vm::resume(*live->machine, damaged)), Error);
}

}  // namespace
}  // namespace candor::test
