// SPDX-License-Identifier: Apache-2.0
//
// The words and the memory of the choice; tests/e2e/vm tries a real kernel.
#include "vm/accel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "base/file.h"
#include "support/loop.h"

namespace candor::vm {
namespace {

using test::Loop;
using ::testing::HasSubstr;

class AcceleratorTest : public ::testing::Test {
 protected:
  AcceleratorChoice choose(const std::string& wanted, const char* device = "/dev/kvm") {
    return loop_.run(
        choose_accelerator(loop_.executor(), wanted, cache_.path() / "kernel", cache_.path(), device));
  }
  Loop loop_;
  TempDir cache_{std::filesystem::temp_directory_path(), "accel."};
};

TEST_F(AcceleratorTest, IsTakenAtItsWord) {
  EXPECT_EQ(choose("tcg").accelerator, Accelerator::tcg);
  EXPECT_EQ(choose("kvm").accelerator, Accelerator::kvm);
}

TEST_F(AcceleratorTest, IsTheUsersMistakeIfUnknown) {
  try {
    choose("hax");
    FAIL() << "it was accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::input);
    EXPECT_THAT(error.what(), HasSubstr("expected auto, tcg or kvm"));
  }
}

TEST_F(AcceleratorTest, IsEmulationIfThereIsNoDeviceWhichIsNotRemembered) {
  for (int i = 0; i < 2; ++i) {
    const AcceleratorChoice choice = choose("auto", "/no/such/device");
    EXPECT_EQ(choice.accelerator, Accelerator::tcg);
    EXPECT_THAT(choice.reason,
                HasSubstr("KVM is not available (opening /no/such/device: No such file or directory)"));
    EXPECT_FALSE(choice.remembered);
  }
}

TEST_F(AcceleratorTest, IsEmulationIfNoKernelSpeaksWhichIsRememberedUntilTheHostBoots) {
  write_file(cache_.path() / "kernel", std::string_view("no kernel"));
  const AcceleratorChoice tried = choose("auto", "/dev/null");
  EXPECT_EQ(tried.accelerator, Accelerator::tcg);
  EXPECT_THAT(tried.reason, HasSubstr("KVM does not work here ("));
  EXPECT_FALSE(tried.remembered);
  const AcceleratorChoice again = choose("auto", "/dev/null");
  EXPECT_TRUE(again.remembered);
  EXPECT_EQ(again.reason, tried.reason);
  const auto file = cache_.path() / "accelerator.json";
  std::string text = read_text(file);
  text.replace(text.find("boot_id\": \"") + 11, 8, "00000000");
  write_file(file, std::string_view(text));
  EXPECT_FALSE(choose("auto", "/dev/null").remembered);
}

TEST_F(AcceleratorTest, SaysWhyAFileThatIsNoKernelDoesNotBoot) {
  write_file(cache_.path() / "kernel", std::string_view("no kernel"));
  const std::string why = loop_.run(why_no_boot(loop_.executor(), Accelerator::tcg, cache_.path() / "kernel",
                                                std::chrono::milliseconds(3000)));
  EXPECT_FALSE(why.empty());
}

}  // namespace
}  // namespace candor::vm
