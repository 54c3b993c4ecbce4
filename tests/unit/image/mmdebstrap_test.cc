// SPDX-License-Identifier: Apache-2.0
#include "image/mmdebstrap.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <optional>
#include <thread>

#include "base/fd.h"
#include "base/file.h"
#include "base/process.h"

namespace candor::image {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

model::Recipe recipe_of(std::vector<std::string> packages) {
  model::Recipe recipe;
  recipe.name = "test";
  recipe.packages = std::move(packages);
  return recipe;
}

TEST(MmdebstrapArguments, AddWhatEveryGuestNeeds) {
  EXPECT_THAT(mmdebstrap_arguments({recipe_of({"curl"})}, false),
              Contains("--include=systemd-sysv,linux-image-cloud-amd64,tiny-initramfs,curl"));
}

TEST(MmdebstrapArguments, InstallTheRecipesOwnKernelInstead) {
  EXPECT_THAT(mmdebstrap_arguments({recipe_of({"linux-image-amd64"})}, false),
              Contains("--include=systemd-sysv,tiny-initramfs,linux-image-amd64"));
}

TEST(MmdebstrapArguments, LeaveOutWhatARecipeAboveDoesWithout) {
  model::Recipe above = recipe_of({"wget"});
  above.without = {"curl"};
  EXPECT_THAT(mmdebstrap_arguments({recipe_of({"curl", "zip"}), above}, false),
              Contains("--include=systemd-sysv,linux-image-cloud-amd64,tiny-initramfs,zip,wget"));
}

TEST(MmdebstrapArguments, AskNoPackageOfAnOldReleaseWhetherItsRootIsMerged) {
  model::Recipe recipe = recipe_of({});
  recipe.release = "bullseye";
  const std::string hooks = "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr";
  EXPECT_THAT(mmdebstrap_arguments({recipe}, false), Not(Contains(hooks)));
  EXPECT_THAT(mmdebstrap_arguments({recipe}, false), Contains(HasSubstr("merged-usr/setup00.sh")));
  EXPECT_THAT(mmdebstrap_arguments({recipe}, false), Contains(HasSubstr("-updates/d")));
  EXPECT_THAT(mmdebstrap_arguments({recipe_of({})}, false), Contains(hooks));
}

TEST(MmdebstrapArguments, NameNoMirror) {
  const std::vector<std::string> arguments = mmdebstrap_arguments({recipe_of({})}, true);
  EXPECT_EQ(arguments[arguments.size() - 2], "bookworm");
  EXPECT_EQ(arguments.back(), "/dev/null");
}

TEST(MmdebstrapArguments, TakeATmpfsOnlyWhereThereIsMemory) {
  const std::string hook = "--setup-hook=eval \"$CANDOR_IN_MEMORY\"";
  EXPECT_THAT(mmdebstrap_arguments({recipe_of({})}, true), Contains(hook));
  EXPECT_THAT(mmdebstrap_arguments({recipe_of({})}, false), Not(Contains(hook)));
}

/// A watched shell command, its process, and the harness's end of its life line.
class Watchdog : public testing::Test {
 protected:
  void start(const std::string& command) {
    auto [there, here] = make_pipe();
    ProcessSpec spec;
    spec.name = "watched";
    spec.argv = watched({"sh", "-c", command});
    spec.fds = {{there.get(), 3}};
    life_ = std::move(here);
    process_.emplace(io_.get_executor(), std::move(spec));
  }
  ExitStatus end() {
    ExitStatus status;
    asio::co_spawn(io_, process_->wait(), [&](std::exception_ptr, ExitStatus result) { status = result; });
    io_.run_for(std::chrono::seconds(20));
    return status;
  }

  asio::io_context io_;
  UniqueFd life_;
  std::optional<Process> process_;
};

TEST_F(Watchdog, PassesTheCommandsExitCodeOn) {
  start("exit 25");
  EXPECT_EQ(end().code, 25);
}

TEST_F(Watchdog, KillsTheWholeProcessGroupOnceTheHarnessIsGone) {
  start("sleep 1000 & sleep 1000; true");
  const int group = process_->pid();
  life_.reset();
  EXPECT_EQ(end().signal, SIGKILL);
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (::kill(-group, 0) == 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  EXPECT_EQ(::kill(-group, 0), -1) << "a process of the group survived";
}

/// What the script does when a real shell runs it, in a folder of the test's own.
class CustomiseScript : public testing::Test {
 protected:
  [[nodiscard]] std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  static CommandResult run(const std::vector<model::Recipe>& chain) {
    ProcessSpec spec;
    spec.name = "sh";
    spec.argv = {"sh", "-eu"};
    return run_command(std::move(spec), customise_script(chain));
  }
  [[nodiscard]] model::RecipeFile file(const std::string& name, std::string content, int mode = 0644) const {
    const std::string me = std::to_string(::getuid()) + ":" + std::to_string(::getgid());
    return {path(name), {}, std::move(content), mode, me};
  }

 private:
  TempDir folder_{testing::TempDir(), "candor-customise-"};
};

TEST_F(CustomiseScript, WritesFilesByteForByteWithTheirModes) {
  model::Recipe recipe = recipe_of({});
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes += static_cast<char>(i);
  recipe.files = {file("it's/a file", bytes, 0600)};
  const CommandResult result = run({recipe});
  ASSERT_TRUE(result.status.ok()) << result.error;
  EXPECT_EQ(read_text(path("it's/a file")), bytes);
  EXPECT_EQ(std::filesystem::status(path("it's/a file")).permissions(), std::filesystem::perms(0600));
}

TEST_F(CustomiseScript, RunsCommandsAfterFilesBaseFirst) {
  model::Recipe base = recipe_of({});
  base.files = {file("list", "file\n"), file("same", "base\n")};
  base.commands = {"echo 'base' >> '" + path("list") + "'"};
  model::Recipe top = recipe_of({});
  top.files = {file("same", "top\n")};
  top.commands = {"echo top >> '" + path("list") + "'"};
  ASSERT_TRUE(run({base, top}).status.ok());
  EXPECT_EQ(read_text(path("list")), "file\nbase\ntop\n");
  EXPECT_EQ(read_text(path("same")), "top\n");
}

TEST_F(CustomiseScript, StopsAtTheFirstFailingCommandAndNamesIt) {
  model::Recipe recipe = recipe_of({});
  recipe.commands = {"true", "echo 'doing it'; false; true", "touch '" + path("after") + "'"};
  const CommandResult result = run({recipe});
  EXPECT_FALSE(result.status.ok());
  EXPECT_THAT(result.error, HasSubstr("this command failed: echo 'doing it'; false; true"));
  EXPECT_FALSE(std::filesystem::exists(path("after")));
}

TEST(Progress, TellsPeopleWhatTheLogMeans) {
  EXPECT_EQ(progress_of("I: extracting archives..."), "extracting the base system");
  EXPECT_EQ(progress_of("0 upgraded, 86 newly installed, 0 to remove and 0 not upgraded."),
            "installing 86 packages");
  EXPECT_EQ(progress_of("candor: writing the disk"), "writing the disk");
  EXPECT_EQ(progress_of("Setting up libc6:amd64 (2.36-9) ..."), "");
  EXPECT_EQ(progress_of("candor: \x1b[31mred"), "\\x1b[31mred");
}

TEST(Scratch, OfADeadBuildIsRemovedAndNothingElseIs) {
  const TempDir folder(testing::TempDir(), "candor-sweep-");
  const std::filesystem::path scratch = folder.path() / "candor-build-abc";
  const std::filesystem::path other = folder.path() / "precious";
  std::filesystem::create_directories(scratch / "root/etc");
  std::filesystem::create_directories(other);
  write_file(folder.path() / "scratch", scratch.string());
  sweep_scratch(folder.path());
  EXPECT_FALSE(std::filesystem::exists(scratch));
  write_file(folder.path() / "scratch", other.string());
  sweep_scratch(folder.path());
  EXPECT_TRUE(std::filesystem::exists(other));
}

}  // namespace
}  // namespace candor::image
