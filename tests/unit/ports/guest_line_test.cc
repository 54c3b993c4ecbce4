// SPDX-License-Identifier: Apache-2.0
#include "ports/guest_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "ports/guest_clock.h"

namespace candor::ports {
namespace {

using testing::HasSubstr;

std::string mistake(std::string_view line) {
  try {
    static_cast<void>(read_guest_line(line));
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was wrong";
}

TEST(GuestLine, IsReadByItsKind) {
  EXPECT_EQ(std::get<GuestHello>(read_guest_line(R"({"hello":"files","version":"1"})")).name, "files");
  EXPECT_EQ(std::get<GuestStarted>(read_guest_line(R"({"started":true,"absent":["x"]})")).absent.at(0), "x");
  const auto pong = std::get<GuestPong>(read_guest_line(R"({"pong":1,"mono_ns":2,"events":3,"missed":4})"));
  EXPECT_EQ(pong.ping, 1);
  EXPECT_EQ(pong.mono_ns, 2);
  EXPECT_EQ(pong.events, 3);
  EXPECT_EQ(pong.missed, 4);
  EXPECT_EQ(std::get<GuestFin>(read_guest_line(R"({"fin":true,"events":3,"missed":4})")).events, 3);
  const auto event = std::get<GuestEvent>(read_guest_line(
      R"({"event":"a.b/1","mono_ns":5,"data":{"x":1},"blob":{"id":"i","last":true,"about":"left"},"hex":"00ff"})"));
  EXPECT_EQ(event.type, "a.b/1");
  EXPECT_EQ(event.mono_ns, 5);
  ASSERT_TRUE(event.blob);
  EXPECT_EQ(event.blob->bytes, (Bytes{0, 255}));
  EXPECT_EQ(event.blob->about, probe::About::left);
}

TEST(GuestLine, ThatIsWrongIsRefusedWithWhatIsWrong) {
  EXPECT_THAT(mistake("{}"), HasSubstr("none of hello, started, event, pong and fin"));
  EXPECT_THAT(mistake("[1]"), HasSubstr("none of hello"));
  EXPECT_NE(mistake("{\"hello\":"), "nothing was wrong");
  EXPECT_THAT(mistake(R"({"hello":7,"version":"1"})"), HasSubstr("hello"));
  EXPECT_THAT(mistake(R"({"hello":")" + std::string(65, 'a') + R"(","version":"1"})"),
              HasSubstr("more than 64 bytes"));
  EXPECT_THAT(mistake(R"({"pong":-1,"mono_ns":2,"events":3,"missed":4})"), HasSubstr("below 0"));
  EXPECT_THAT(mistake(R"({"event":"A b","mono_ns":5,"data":{}})"), HasSubstr("no event type"));
  EXPECT_THAT(mistake(R"({"event":"a/1","mono_ns":5,"data":[]})"), HasSubstr("no object"));
  const std::string blob =
      R"({"event":"a/1","mono_ns":5,"data":{},"hex":"0g","blob":{"id":"i","last":true,"about":)";
  EXPECT_THAT(mistake(blob + R"("left"}})"), HasSubstr("not hexadecimal"));
  EXPECT_THAT(mistake(blob + R"("gone"}})"), HasSubstr("none of left, kept, seen and at-rest"));
  EXPECT_NE(mistake(std::string(200, '[')), "nothing was wrong");
}

TEST(LineCutter, CutsWhateverPiecesComeIn) {
  const std::string all = "one\n\ntwo\nthree\n";
  for (std::size_t piece = 1; piece <= all.size(); ++piece) {
    LineCutter cutter;
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < all.size(); at += piece) {
      cutter.add(std::string_view(all).substr(at, piece));
      while (auto line = cutter.next()) lines.push_back(*line);
    }
    EXPECT_THAT(lines, testing::ElementsAre("one", "", "two", "three")) << piece;
  }
}

TEST(LineCutter, DropsAndCountsALineThatIsTooLongAndKeepsTheNext) {
  for (const std::size_t piece : {1000U, 65536U, 1U << 20}) {
    LineCutter cutter;
    const std::string all = std::string(3 * kLongestLine, 'x') + "\nnext\n";
    std::vector<std::string> lines;
    for (std::size_t at = 0; at < all.size(); at += piece) {
      cutter.add(std::string_view(all).substr(at, piece));
      while (auto line = cutter.next()) lines.push_back(*line);
    }
    EXPECT_THAT(lines, testing::ElementsAre("next")) << piece;
    EXPECT_EQ(cutter.dropped(), 1) << piece;
  }
}

TEST(GuestClock, TakesTheQuickestExchangeAndSaysHowWrongItCanBe) {
  GuestClock clock;
  EXPECT_FALSE(clock.best());
  clock.add(1000, 500, 3000);
  EXPECT_EQ(clock.best(), (ClockOffset{1500, 1001}));
  clock.add(5000, 4400, 5200);
  EXPECT_EQ(clock.best(), (ClockOffset{700, 101}));
  clock.add(9000, 4400, 19000);
  EXPECT_EQ(clock.best(), (ClockOffset{700, 101})) << "a slow answer says less";
}

TEST(GuestClock, LeavesOutTimesThatCannotBe) {
  GuestClock clock;
  clock.add(3000, 500, 1000);
  clock.add(1000, -1, 3000);
  clock.add(1000, INT64_MAX, 3000);
  EXPECT_FALSE(clock.best());
}

TEST(GuestClock, FollowsAClockThatDriftsAway) {
  GuestClock clock;
  clock.add(0, 0, 100);
  for (int i = 1; i <= 40; ++i) clock.add(i * 1000, i * 900, i * 1000 + 200);
  ASSERT_TRUE(clock.best());
  EXPECT_GT(clock.best()->offset_ns, 500) << "the quickest of the last exchanges counts, not of all";
}

}  // namespace
}  // namespace candor::ports
