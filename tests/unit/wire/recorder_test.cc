// SPDX-License-Identifier: Apache-2.0
//
// The judge of what the wire writes is tshark.
#include "wire/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"

namespace candor::wire {
namespace {

using ::testing::HasSubstr;

class RecorderTest : public ::testing::Test {
 protected:
  [[nodiscard]] CommandResult tshark() const {
    return run_command(
        {.name = "tshark",
         .argv = {"tshark", "-r", path(), "-T", "fields", "-E", "separator=/s", "-e", "frame.time_epoch",
                  "-e", "frame.len", "-e", "frame.packet_flags_direction", "-e", "frame.comment"}});
  }
  [[nodiscard]] std::string path() const { return folder_.path() / "frames.pcapng"; }
  static Bytes frame(std::size_t size) { return Bytes(size, 0xAB); }

  TempDir folder_{"/tmp", "candor-wire-"};
};

constexpr std::int64_t kStamp = 1'700'000'000'123'456'789;

TEST_F(RecorderTest, WritesWhatTsharkReads) {
  CaptureFile capture(path(), "candor-wire test");
  capture.add(Direction::from_guest, kStamp, frame(61), "");
  capture.add(Direction::to_guest, kStamp + 1, frame(1514), "not delivered: for a test");
  capture.commit();
  capture.add(Direction::from_guest, kStamp + 2, frame(0), "");
  capture.commit();
  const CommandResult result = tshark();
  EXPECT_TRUE(result.status.ok()) << result.error;
  EXPECT_EQ(result.output,
            "1700000000.123456789 61 0x00000002 \n"
            "1700000000.123456790 1514 0x00000001 not delivered: for a test\n"
            "1700000000.123456791 0 0x00000002 \n");
}

TEST_F(RecorderTest, MakesAReadableCaptureEvenWithoutFrames) {
  const CaptureFile capture(path(), "candor-wire test");
  const CommandResult result = tshark();
  EXPECT_TRUE(result.status.ok()) << result.error;
  EXPECT_EQ(result.output, "");
}

TEST_F(RecorderTest, NeverWritesOverACapture) {
  write_file(path(), "evidence");
  EXPECT_THROW(CaptureFile(path(), "candor-wire test"), Error);
  EXPECT_EQ(read_text(path()), "evidence");
}

TEST_F(RecorderTest, KeepsWholeBlocksWhenTheDiskIsFull) {
  CaptureFile capture(path(), "candor-wire test");
  capture.add(Direction::from_guest, kStamp, frame(1000), "");
  capture.commit();
  const auto before = std::filesystem::file_size(path());
  // A limit on the file's size ends a write in the middle, just as a full disk does.
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old), 0);
  const rlimit small{before + 500, old.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  capture.add(Direction::from_guest, kStamp, frame(1000), "");
  std::string sentence;
  try {
    capture.commit();
  } catch (const Error& error) {
    sentence = error.what();
  }
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &old), 0);
  EXPECT_THAT(sentence, HasSubstr("frames concerned were not passed on"));
  EXPECT_THAT(sentence, HasSubstr("frames.pcapng"));
  EXPECT_EQ(std::filesystem::file_size(path()), before);
}

TEST_F(RecorderTest, IsReadUpToATornLastBlock) {
  {
    CaptureFile capture(path(), "candor-wire test");
    for (int i = 0; i < 3; ++i) capture.add(Direction::from_guest, kStamp + i, frame(100), "");
    capture.commit();
  }
  std::filesystem::resize_file(path(), std::filesystem::file_size(path()) - 50);
  const CommandResult result = tshark();
  EXPECT_THAT(result.output, HasSubstr("123456789 100"));
  EXPECT_THAT(result.output, HasSubstr("123456790 100"));
  EXPECT_THAT(result.error, HasSubstr("cut short in the middle of a packet"));
}

}  // namespace
}  // namespace candor::wire
