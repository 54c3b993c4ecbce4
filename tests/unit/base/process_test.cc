// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <csignal>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"

namespace candor {
namespace {

using testing::HasSubstr;

ExitStatus wait_for(asio::io_context& io, Process& process) {
  auto status = asio::co_spawn(io, process.wait(), asio::use_future);
  io.restart();
  io.run();
  return status.get();
}

ProcessSpec shell(const std::string& script) { return {.name = "shell", .argv = {"sh", "-c", script}}; }

TEST(Process, TellsExitCodeAndSignalApart) {
  asio::io_context io;
  Process exits(io.get_executor(), shell("exit 3"));
  EXPECT_EQ(wait_for(io, exits).text(), "exit code 3");
  Process killed(io.get_executor(), shell("kill -9 $$"));
  EXPECT_EQ(wait_for(io, killed).text(), "killed by signal 9 (Killed)");
}

TEST(Process, AChildHasTheDescriptorsItWasGivenAndNoOthers) {
  const UniqueFd leaked(::open("/dev/null", O_RDONLY));  // not close-on-exec: must be closed all the same
  ASSERT_GE(leaked.get(), 0);
  auto [here, there] = make_pipe();
  const TempDir dir("/tmp", "process-test-");
  asio::io_context io;
  ProcessSpec spec = shell("ls /proc/self/fd | tr '\\n' ' '; echo word >&9");
  spec.fds = {{there.get(), 9}};
  spec.log = dir.path() / "log";
  Process process(io.get_executor(), spec);
  EXPECT_TRUE(wait_for(io, process).ok());
  // ls itself opens one more, the listing's own.
  EXPECT_EQ(read_text(spec.log), "0 1 2 3 9 ");
  std::string word(5, '\0');
  EXPECT_EQ(::read(here.get(), word.data(), word.size()), 5);
  EXPECT_EQ(word, "word\n");
}

TEST(Process, DescriptorsMayTradeNumbers) {
  auto [read_end, write_end] = make_pipe();
  asio::io_context io;
  ProcessSpec spec = shell("echo from-child >&" + std::to_string(read_end.get()));
  spec.fds = {{write_end.get(), read_end.get()}, {read_end.get(), write_end.get()}};
  Process process(io.get_executor(), spec);
  EXPECT_TRUE(wait_for(io, process).ok());
  std::string text(11, '\0');
  EXPECT_EQ(::read(read_end.get(), text.data(), text.size()), 11);
}

TEST(Process, AProgramThatCannotBeExecutedIsAnErrorWithItsCommandLine) {
  asio::io_context io;
  ProcessSpec spec{.name = "ghost", .argv = {"/nonexistent/ghost", "--now"}};
  try {
    Process process(io.get_executor(), spec);
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("starting ghost: executing /nonexistent/ghost --now: No such file"));
  }
}

TEST(Process, ItsDestructorLeavesNoChildBehind) {
  asio::io_context io;
  auto [here, there] = make_pipe();
  {
    ProcessSpec spec = shell("sleep 1000 & sleep 1000");
    spec.fds = {{there.get(), 7}};
    const Process process(io.get_executor(), spec);
    ASSERT_EQ(::kill(process.pid(), 0), 0);
  }
  there.reset();
  char byte = 0;
  EXPECT_EQ(::read(here.get(), &byte, 1), 0) << "a grandchild still holds the pipe";
}

TEST(Process, DiesWithTheThreadThatStartedIt) {
  auto [here, there] = make_pipe();
  const pid_t parent = ::fork();
  if (parent == 0) {
    asio::io_context io;
    ProcessSpec spec = shell("exec sleep 1000");
    spec.fds = {{there.get(), 7}};
    const Process process(io.get_executor(), spec);
    ::raise(SIGKILL);
  }
  there.reset();
  char byte = 0;
  EXPECT_EQ(::read(here.get(), &byte, 1), 0) << "the grandchild still holds the pipe";
}

TEST(Process, AccountNamesCommandEndAndLastLogLines) {
  const TempDir dir("/tmp", "process-test-");
  asio::io_context io;
  ProcessSpec spec = shell("echo 'could not \033[31mopen'; exit 7");
  spec.log = dir.path() / "log";
  Process process(io.get_executor(), spec);
  wait_for(io, process);
  EXPECT_THAT(process.account(), HasSubstr("ended with exit code 7"));
  EXPECT_THAT(process.account(), HasSubstr("command: sh -c"));
  EXPECT_THAT(process.account(), HasSubstr("could not \\x1b[31mopen"));
}

TEST(RunCommand, GivesInputAndReturnsBothOutputs) {
  const CommandResult result = run_command(shell("cat; echo trouble >&2; exit 2"), "hello");
  EXPECT_EQ(result.output, "hello");
  EXPECT_EQ(result.error, "trouble\n");
  EXPECT_EQ(result.status.code, 2);
}

TEST(RunCommand, CutsOutputAtItsLimitAndSaysSo) {
  const CommandResult result =
      run_command(shell("head -c 100000 /dev/zero"), {}, std::chrono::seconds(10), 1000);
  EXPECT_EQ(result.output.size(), 1000U);
  EXPECT_TRUE(result.cut);
}

TEST(RunCommand, KillsTheWholeGroupAtTheDeadline) {
  const Stopwatch watch;
  const CommandResult result =
      run_command(shell("sleep 1000 & sleep 1000"), {}, std::chrono::milliseconds(200));
  EXPECT_TRUE(result.timed_out);
  EXPECT_LT(watch.seconds(), 5);
}

TEST(RunCommand, SurvivesACommandThatDoesNotReadItsInput) {
  const std::string large(1 << 20, 'x');
  EXPECT_TRUE(run_command(shell("exit 0"), large).status.ok());
}

TEST(MustRun, ReportsCommandExitCodeAndWhatItSaid) {
  try {
    must_run(shell("echo no such rule >&2; exit 4"));
    FAIL() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("exit code 4: no such rule"));
  }
}

TEST(ShellQuoted, QuotesWhatAShellWouldRead) {
  EXPECT_EQ(shell_quoted({"a", "b c", "it's", ""}), "a 'b c' 'it'\\''s' ''");
}

}  // namespace
}  // namespace candor
