// SPDX-License-Identifier: Apache-2.0
//
// The probe's beginning and its ends: privileges, finish, signals, sudden death, a full disk.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <csignal>

#include "base/error.h"
#include "world.h"

namespace candor::internet_e2e {
namespace {

using testing::HasSubstr;

std::string part_files(const Lab& lab) {
  std::string all;
  for (const auto& entry : std::filesystem::directory_iterator(lab.streams())) {
    if (entry.path().filename().string().starts_with(".part-")) all += read_text(entry.path());
  }
  return all;
}

TEST(InternetLife, KeepsThreeCapabilitiesAndGainsNoMore) {
  Lab lab;
  const std::string status = shell("cat /proc/" + std::to_string(lab.pid()) + "/status");
  EXPECT_THAT(status, HasSubstr("NoNewPrivs:\t1"));
  const std::string kept = "0000000000003400";  // NET_BIND_SERVICE, NET_ADMIN, NET_RAW
  EXPECT_THAT(status, HasSubstr("CapEff:\t" + kept));
  EXPECT_THAT(status, HasSubstr("CapPrm:\t" + kept));
  EXPECT_THAT(status, HasSubstr("CapInh:\t0000000000000000"));
}

TEST(InternetLife, TakesInWhatHasArrivedBeforeItFinishes) {
  Lab lab;
  std::vector<UniqueFd> sockets;
  // Held still, so that connections and bytes wait in the kernel when the command comes.
  lab.kill(SIGSTOP);
  for (int i = 0; i < 50; ++i) {
    sockets.push_back(connect_tcp("203.0.113.7", static_cast<std::uint16_t>(3000 + i)));
    send_all(sockets.back().get(), "waiting " + std::string(100'000, 'w'));
  }
  send_udp("203.0.113.7", 999, "a datagram too");
  lab.kill(SIGCONT);
  EXPECT_TRUE(lab.finish());
  EXPECT_TRUE(lab.wait_exit().ok());
  const auto streams = lab.all("internet.stream/1");
  ASSERT_EQ(streams.size(), 51U);
  EXPECT_EQ(lab.all("internet.stream-opened/1").size(), 51U);
  for (const Json& stream : streams) {
    EXPECT_EQ(stream["ended"], "stopped");
    EXPECT_EQ(stream["bytes"], stream["transport"] == "udp" ? 14 : 100'008);
  }
  EXPECT_EQ(part_files(lab), "");
  EXPECT_TRUE(lab.account().finished);
  EXPECT_EQ(lab.account().dropped, 0);
}

TEST(InternetLife, FinishesOnSigtermToo) {
  Lab lab;
  const UniqueFd socket = connect_tcp("203.0.113.7", 3000);
  send_all(socket.get(), "some bytes");
  (void)lab.event("internet.stream-opened/1");
  lab.kill(SIGTERM);
  EXPECT_TRUE(lab.wait_exit().ok());
  const auto streams = lab.all("internet.stream/1");
  ASSERT_EQ(streams.size(), 1U);
  EXPECT_EQ(lab.content(streams[0]), "some bytes");
  EXPECT_TRUE(lab.account().finished);
}

TEST(InternetLife, LeavesItsPartFilesWhenItIsKilled) {
  Lab lab;
  const UniqueFd socket = connect_tcp("203.0.113.7", 3000);
  const std::string bytes = "begun " + std::string(300'000, 'b');
  send_all(socket.get(), bytes);
  for (int i = 0; i < 1000 && lab.command("totals")["bytes"] != bytes.size(); ++i) {
  }
  lab.kill(SIGKILL);
  EXPECT_EQ(lab.wait_exit().signal, SIGKILL);
  EXPECT_EQ(part_files(lab), bytes);
  EXPECT_EQ(lab.all("internet.stream-opened/1").size(), 1U);
  EXPECT_EQ(lab.all("internet.stream/1").size(), 0U);
  EXPECT_FALSE(lab.account().finished);
}

TEST(InternetLife, TurnsAFullDiskIntoAnErrorOfItsStreamAndALoss) {
  Lab lab({.streams_mib = 4});
  {
    const UniqueFd socket = connect_tcp("203.0.113.7", 3000);
    try {
      for (int i = 0; i < 64; ++i) send_all(socket.get(), std::string(1U << 20, 'f'));
    } catch (const Error&) {
      // The probe closes the stream it cannot keep.
    }
  }
  const Json stream = lab.stream_to(3000);
  EXPECT_EQ(stream["ended"], "error");
  EXPECT_EQ(stream["kept"], false);
  EXPECT_THAT(stream["detail"].get<std::string>(), HasSubstr("No space left on device"));
  EXPECT_LE(stream["bytes"], 4U << 20);
  EXPECT_EQ(lab.content(stream).size(), stream["bytes"]);
  EXPECT_EQ(lab.event("internet.trouble/1").data["what"], "stream not kept");
  EXPECT_TRUE(lab.finish());
  EXPECT_GE(lab.account().dropped, 1);
}

TEST(InternetLife, CountsWhatItReceived) {
  Lab lab;
  EXPECT_EQ(shell("curl -sS http://203.0.113.7:8080/"), "{}");
  send_udp("203.0.113.7", 999, "1234");
  (void)lab.event("internet.stream-opened/1", [](const Json& data) { return data["transport"] == "udp"; });
  const Json totals = lab.command("totals");
  EXPECT_EQ(totals["streams"], 2);
  EXPECT_EQ(totals["udp_open"], 1);
  EXPECT_EQ(totals["datagrams"], 1);
  EXPECT_EQ(totals["bytes"], totals["wire_bytes"]);
  EXPECT_GT(totals["last_activity_ns"], 0);
}

TEST(InternetLife, SaysWhetherItDrained) {
  Lab lab;
  EXPECT_EQ(lab.command("drained", {{"limit_ns", 0}})["drained"], true);
  const UniqueFd socket = connect_tcp("203.0.113.7", 3000);
  (void)lab.event("internet.stream-opened/1");
  const Json still_open = lab.command("drained", {{"limit_ns", 200'000'000}});
  EXPECT_EQ(still_open["drained"], false);
  EXPECT_EQ(still_open["open"], 1);
  EXPECT_THROW(lab.command("drained"), Error) << "no limit";
  EXPECT_THROW(lab.command("sing"), Error);
}

}  // namespace
}  // namespace candor::internet_e2e
