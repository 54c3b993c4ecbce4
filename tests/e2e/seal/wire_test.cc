// SPDX-License-Identifier: Apache-2.0
//
// candor-wire as a process, with its collector.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "base/clock.h"
#include "base/error.h"
#include "collect/store.h"
#include "wire_fixture.h"

namespace candor::seal::test {
namespace {

using ::testing::HasSubstr;

TEST_F(WireTest, ReportsCaptureLinkAndTotalsAndFinishes) {
  start_wire();
  ASSERT_TRUE(guest_->introduce());
  command("link", {{"up", false}});
  for (int i = 0; i < 10; ++i) {
    auto frame = datagram(kGatewayMac, "198.51.100.1", 1000);
    guest_->send(frame);
  }
  wait_taken();
  command("link", {{"up", true}});
  ASSERT_TRUE(finish());
  EXPECT_TRUE(run(compartment_->next_end()).status.ok());
  collector_->close();

  std::vector<std::string> types;
  Json totals;
  for (const model::Event& event : collect::read_events(collector_->file())) {
    if (event.probe != "wire") continue;
    if (event.type == model::event::kWireTotals) totals = event.data;
    if (types.empty() || types.back() != event.type) types.push_back(event.type);
  }
  EXPECT_EQ(types.front(), model::event::kCapture);
  EXPECT_EQ(types.back(), model::event::kWireTotals);
  EXPECT_THAT(types, ::testing::Contains(model::event::kLink));
  EXPECT_EQ(totals.at("sent_frames"), guest_->sent().size());
  EXPECT_EQ(totals.at("undelivered_frames").get<int>(), 10);
  EXPECT_EQ(arrived().size(), 0U);
  EXPECT_EQ(captured_from_guest(), guest_->sent());
}

TEST_F(WireTest, SaysWhenTheGuestIsQuiet) {
  start_wire();
  const Json soon_quiet = command("quiet", {{"quiet_ns", 50'000'000}, {"limit_ns", 5'000'000'000}});
  EXPECT_EQ(soon_quiet.at("quiet"), true);
  ASSERT_TRUE(guest_->introduce());
  const std::int64_t before = monotonic_ns();
  auto frame = datagram(kGatewayMac, "198.51.100.1", 1000);
  guest_->send(frame);
  EXPECT_EQ(command("quiet", {{"quiet_ns", 200'000'000}, {"limit_ns", 5'000'000'000}}).at("quiet"), true);
  EXPECT_GE(monotonic_ns() - before, 200'000'000);
  EXPECT_EQ(command("quiet", {{"quiet_ns", 5'000'000'000}, {"limit_ns", 50'000'000}}).at("quiet"), false);
}

TEST_F(WireTest, RefusesWhatItDoesNotUnderstandAndGoesOn) {
  start_wire();
  EXPECT_THROW(static_cast<void>(command("dance")), std::exception);
  EXPECT_THROW(static_cast<void>(command("link", {{"up", "perhaps"}})), std::exception);
  EXPECT_TRUE(guest_->introduce());
}

TEST_F(WireTest, LeavesAReadableCaptureWhenItIsKilled) {
  start_wire();
  ASSERT_TRUE(guest_->introduce());
  try {
    for (int i = 0;; ++i) {
      auto frame = datagram(kGatewayMac, "198.51.100.1", 1000);
      guest_->send(frame);
      if (i == 1000) compartment_->signal("wire", SIGKILL);
    }
  } catch (const Error&) {
    // the stream broke when the wire died
  }
  EXPECT_EQ(run(compartment_->next_end()).status.signal, SIGKILL);
  const std::vector<Bytes> captured = captured_from_guest();
  ASSERT_LE(captured.size(), guest_->sent().size());
  EXPECT_TRUE(std::equal(captured.begin(), captured.end(), guest_->sent().begin()));
  // Record, then forward: what arrived beyond the wire is in the capture.
  EXPECT_LE(arrived().size() + 2, captured.size());
}

TEST_F(WireTest, EndsAndForwardsNothingMoreWhenItCannotRecord) {
  start_wire({"prlimit", "--fsize=20000"});
  ASSERT_TRUE(guest_->introduce());
  try {
    for (;;) {
      auto frame = datagram(kGatewayMac, "198.51.100.1", 1000);
      guest_->send(frame);
    }
  } catch (const Error&) {
    // the wire has ended and closed the stream
  }
  const ChildEnd end = run(compartment_->next_end());
  EXPECT_EQ(end.name, "wire");
  EXPECT_EQ(end.status.code, 2);
  EXPECT_THAT(end.account, HasSubstr("frames concerned were not passed on"));
  EXPECT_THAT(end.account, HasSubstr("File too large"));
  EXPECT_LE(arrived().size() + 2, captured_from_guest().size());
}

TEST_F(WireTest, EndsWithASentenceOnABrokenStream) {
  start_wire();
  guest_->send(Bytes(70'000));
  const ChildEnd end = run(compartment_->next_end());
  EXPECT_EQ(end.status.code, 2);
  EXPECT_THAT(end.account, HasSubstr("the guest's stream is broken: a frame of 70000 bytes was announced"));
}

/// A process with a collector, which can be stopped as a whole.
class CollectorProcess {
 public:
  explicit CollectorProcess(const std::filesystem::path& folder) : pid_(::fork()) {
    if (pid_ != 0) return;
    asio::io_context io(1);
    collect::Settings settings;
    settings.folder = folder;
    settings.socket = folder / "collector";
    settings.run = "test";
    const collect::Collector collector(io.get_executor(), settings);
    for (;;) ::pause();
  }
  CollectorProcess(const CollectorProcess&) = delete;
  CollectorProcess& operator=(const CollectorProcess&) = delete;
  ~CollectorProcess() {
    signal(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  void signal(int number) const { ::kill(pid_, number); }

 private:
  pid_t pid_;
};

TEST_F(WireTest, CarriesFramesWhileTheCollectorIsStopped) {
  const CollectorProcess collector(folder());
  start_compartment("ipc://" + (folder() / "collector").string());
  ASSERT_TRUE(guest_->introduce());
  collector.signal(SIGSTOP);
  const std::int64_t until = monotonic_ns() + 3'000'000'000;  // several reports and heartbeats long
  std::uint16_t port = 1000;
  while (monotonic_ns() < until) ASSERT_TRUE(guest_->connects("198.51.100.1", ++port));
  collector.signal(SIGCONT);
  ASSERT_TRUE(guest_->connects("198.51.100.1", ++port));
  EXPECT_TRUE(compartment_->pid("wire"));
  compartment_->kill();
  EXPECT_EQ(captured_from_guest(), guest_->sent());
}

}  // namespace
}  // namespace candor::seal::test
