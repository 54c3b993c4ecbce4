// SPDX-License-Identifier: Apache-2.0
#include "wire_fixture.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <sstream>

#include "base/json.h"
#include "base/paths.h"
#include "base/process.h"

namespace candor::seal::test {

namespace {

/// A capture that was cut short is read to its last whole frame, which tshark says with exit code 2.
void must_not_fail(const CommandResult& result) {
  const bool cut_short = result.error.find("cut short in the middle") != std::string::npos;
  EXPECT_TRUE(result.status.ok() || cut_short) << result.error;
}

}  // namespace

void WireTest::SetUp() {
  // The guest's stream ends in mid-frame when a test ends the wire: an error of the write, as in `candor`.
  std::signal(SIGPIPE, SIG_IGN);
  if (!tap_allowed()) GTEST_SKIP() << "this user may not open /dev/net/tun";
}

void WireTest::start_wire(const std::vector<std::string>& before) {
  collect::Settings settings;
  settings.folder = folder();
  settings.socket = folder() / "collector";
  settings.run = "test";
  collector_ = std::make_unique<collect::Collector>(io_.get_executor(), settings);
  start_compartment(collector_->endpoint(), before);
  run(collector_->wait_welcomed("wire", soon()));
}

void WireTest::start_compartment(const std::string& endpoint, const std::vector<std::string>& before) {
  auto [guest, qemu] = socket_pair();
  auto [told, telling] = make_pipe();
  guest_.emplace(std::move(guest));

  CompartmentSpec wanted = spec(true);
  Child wire = shell("wire", "");
  wire.argv = before;
  for (const std::string& word :
       std::vector<std::string>{helper_program("candor-wire"), "--collector", endpoint, "--capture",
                                capture(), "--guest-fd", "4", "--tap-fd", "5"})
    wire.argv.push_back(word);
  wire.fds = {{qemu.get(), 4}};
  wire.wants_tap_at = 5;
  wanted.readable.push_back(helper_program("candor-wire").parent_path());
  Child sink = shell("sink", "");
  sink.argv = {std::filesystem::path(CANDOR_TEST_SINK), "7"};
  sink.fds = {{telling.get(), 7}};
  sink.capabilities = {Capability::net_admin, Capability::net_raw};
  wanted.children = {sink, wire};
  compartment_ = start(std::move(wanted));
  telling.reset();
  std::array<char, 9> word{};
  ASSERT_EQ(::read(told.get(), word.data(), word.size()), 9) << read_text(folder() / "sink.log");
}

Json WireTest::command(const std::string& name, Json arguments) {
  return run(collector_->command("wire", name, std::move(arguments), soon()));
}

void WireTest::wait_taken() {
  const Deadline deadline = soon();
  while (command("totals").at("sent_frames") < guest_->sent().size())
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << "frames were not taken";
}

bool WireTest::finish() { return run(collector_->finish("wire", soon())); }

std::vector<Bytes> WireTest::captured_from_guest() const {
  // tshark knows directions, and makes of them a file that libpcap reads.
  const std::string only_sent = folder() / "sent.pcap";
  must_not_fail(run_command({.name = "tshark",
                             .argv = {"tshark", "-r", capture(), "-Y", "frame.packet_flags_direction == 2",
                                      "-F", "nsecpcap", "-w", only_sent}},
                            {}, std::chrono::seconds(60)));
  std::vector<Bytes> frames;
  Tins::FileSniffer sniffer(only_sent);
  sniffer.set_extract_raw_pdus(true);
  while (const Tins::Packet packet = sniffer.next_packet())
    frames.push_back(packet.pdu()->rfind_pdu<Tins::RawPDU>().payload());
  return frames;
}

std::vector<std::string> WireTest::arrived() const {
  std::istringstream log(read_text(folder() / "sink.log"));
  std::vector<std::string> lines;
  for (std::string line; std::getline(log, line);) lines.push_back(line);
  return lines;
}

bool WireTest::arrives(const std::string& line) const {
  const Deadline deadline = soon();
  while (std::chrono::steady_clock::now() < deadline) {
    const std::vector<std::string> lines = arrived();
    if (std::find(lines.begin(), lines.end(), line) != lines.end()) return true;
    ::usleep(1000);
  }
  return false;
}

}  // namespace candor::seal::test
