// SPDX-License-Identifier: Apache-2.0
#include "capture/account.h"

#include <gmock/gmock.h>

#include <random>
#include <stdexcept>

#include "base/file.h"
#include "capture_builder.h"

namespace candor::capture {
namespace {

using namespace test;
using model::FrameAccount;

const std::string kToken = "abcdefghijklmnopqrstuvwx23";

FrameAccount account(const CaptureBuilder& capture) {
  return account_frames(capture.bytes(), {finder({kToken})});
}

std::uint64_t sum(const FrameAccount& account) {
  return account.framing + account.retransmitted + account.dns + account.tcp + account.udp + account.known +
         account.other;
}

Bytes udp_frame(unsigned port, const Bytes& payload, unsigned from = 4000) {
  return ethernet(0x0800, ipv4(17, udp(from, port, payload)));
}
Bytes dns_frame(const std::string& name) { return udp_frame(53, dns_query(name)); }
Bytes tcp_frame(std::uint32_t sequence, unsigned flags, const std::string& payload = {}) {
  return ethernet(0x0800, ipv4(6, tcp(4000, 443, sequence, flags, to_bytes(payload))));
}
Bytes tcp_answer(unsigned flags) {
  return ethernet(0x0800, ipv4(6, tcp(443, 4000, 77, flags), kHost, kGuest));
}

TEST(Account, CountsOnlyWhatTheGuestSentAndNumbersAllFrames) {
  const FrameAccount found = account(CaptureBuilder()
                                         .received(udp_frame(1, to_bytes(kToken)))
                                         .sent(udp_frame(9999, to_bytes("x " + kToken)))
                                         .received(zeros(60)));
  EXPECT_TRUE(found.complete) << found.problem;
  EXPECT_EQ(found.frames, 1U);
  EXPECT_EQ(found.sent, 42U + 28U);
  ASSERT_EQ(found.findings.size(), 1U);
  EXPECT_EQ(found.findings[0].frame, 2U);
  EXPECT_EQ(found.findings[0].channel, "udp/9999");
  EXPECT_EQ(found.findings[0].destination, "198.18.0.7:9999");
  EXPECT_EQ(found.findings[0].wall_ns, 1'700'000'000'002'000'000);
  EXPECT_EQ(found.findings[0].found.hits.at(0).offset, 2U);
}

TEST(Account, LeavesAnsweredConnectionsToTheirStreams) {
  const FrameAccount found = account(CaptureBuilder()
                                         .sent(tcp_frame(99, kSyn))
                                         .received(tcp_answer(kSyn | kAck))
                                         .sent(tcp_frame(100, kAck, "hello " + kToken))
                                         .sent(tcp_frame(100, kAck, "hello " + kToken))
                                         .sent(tcp_frame(132, kAck | kFin, "bye")));
  EXPECT_EQ(found.tcp, 35U);
  EXPECT_EQ(found.retransmitted, 32U);
  EXPECT_EQ(found.other, 0U);
  EXPECT_TRUE(found.findings.empty());
  ASSERT_EQ(found.flows.size(), 1U);
  EXPECT_EQ(found.flows[0].source.text(), "10.0.2.15:4000");
  EXPECT_EQ(found.flows[0].destination.text(), "198.18.0.7:443");
  EXPECT_EQ(found.flows[0].transport, "tcp");
  EXPECT_EQ(found.flows[0].payload, 35U);
}

TEST(Account, SearchesTcpThatNobodyAccepted) {
  const FrameAccount found = account(CaptureBuilder()
                                         .sent(tcp_frame(99, kSyn))
                                         .received(tcp_answer(kRst | kAck))
                                         .sent(tcp_frame(100, kAck, kToken)));
  ASSERT_EQ(found.findings.size(), 1U);
  EXPECT_EQ(found.findings[0].channel, "tcp/443");
  EXPECT_EQ(found.findings[0].destination, "198.18.0.7:443");
}

TEST(Account, SearchesARetransmissionWithOtherBytesAndCallsItOpaque) {
  const FrameAccount found = account(CaptureBuilder()
                                         .sent(tcp_frame(99, kSyn))
                                         .received(tcp_answer(kSyn | kAck))
                                         .sent(tcp_frame(100, kAck, std::string(26, '.')))
                                         .sent(tcp_frame(100, kAck, kToken)));
  EXPECT_EQ(found.tcp, 26U);
  EXPECT_EQ(found.other, 26U);
  EXPECT_EQ(found.retransmitted, 0U);
  ASSERT_EQ(found.findings.size(), 1U);
  EXPECT_EQ(found.findings[0].frame, 4U);
}

TEST(Account, PutsUnansweredSegmentsTogether) {
  const FrameAccount found = account(CaptureBuilder()
                                         .sent(tcp_frame(100, kAck, kToken.substr(0, 10)))
                                         .sent(tcp_frame(110, kAck, kToken.substr(10))));
  ASSERT_EQ(found.findings.size(), 1U);
  EXPECT_EQ(found.findings[0].frame, 1U);
  EXPECT_EQ(found.findings[0].found.hits.at(0).chain.at(0).decoder, "segments put together");
}

TEST(Account, FindsATokenSpreadOverLabelsOfOneName) {
  const FrameAccount found = account(
      CaptureBuilder().sent(dns_frame(kToken.substr(0, 13) + "." + kToken.substr(13) + ".vendor.example")));
  ASSERT_EQ(found.findings.size(), 1U);
  EXPECT_EQ(found.findings[0].channel, "dns");
  EXPECT_EQ(found.findings[0].destination, "vendor.example (198.18.0.7:53)");
  EXPECT_EQ(found.findings[0].found.hits.at(0).chain.at(0).decoder, "dns labels joined");
  EXPECT_EQ(found.other, 0U);
  EXPECT_GT(found.dns, 0U);
}

TEST(Account, FindsATokenSpreadOverNamesInSpiteOfRetriesAndOtherNames) {
  CaptureBuilder capture;
  for (std::size_t at = 0; at < kToken.size(); at += 4) {
    const Bytes frame = dns_frame(kToken.substr(at, 4) + ".vendor.example");
    capture.sent(frame).sent(dns_frame("mirror" + std::to_string(at) + ".distribution.example")).sent(frame);
  }
  const FrameAccount found = account(capture);
  ASSERT_EQ(found.findings.size(), 1U);
  EXPECT_EQ(found.findings[0].frame, 1U);
  EXPECT_EQ(found.findings[0].found.hits.at(0).chain.at(0).decoder, "dns names joined");
}

TEST(Account, FindsATokenInTheFirstLabelsAlone) {
  CaptureBuilder capture;
  for (std::size_t at = 0; at < kToken.size(); at += 4)
    capture.sent(dns_frame(kToken.substr(at, 4) + ".part" + std::to_string(at) + ".vendor.example"));
  const FrameAccount found = account(capture);
  ASSERT_EQ(found.findings.size(), 1U);
  EXPECT_EQ(found.findings[0].found.hits.at(0).chain.at(0).decoder, "first dns labels joined");
}

TEST(Account, FindsATokenSpreadOverDomains) {
  const auto asked = [](const std::string& text) {
    CaptureBuilder capture;
    for (std::size_t at = 0; at < text.size(); at += 4) {
      const Bytes frame = dns_frame(text.substr(at, 4) + ".example");
      capture.sent(frame).sent(dns_frame("www.mirror" + std::to_string(at) + ".example")).sent(frame);
    }
    return account(capture);
  };
  const FrameAccount found = asked(kToken);
  ASSERT_EQ(found.findings.size(), 1U);
  EXPECT_EQ(found.findings[0].destination, "all domains (198.18.0.7:53)");
  EXPECT_EQ(found.findings[0].found.hits.at(0).chain.at(0).decoder, "dns domains joined");
  EXPECT_TRUE(asked(kToken.substr(0, 12) + "-" + kToken.substr(13)).findings.empty());
}

TEST(Account, FindsATokenWhoseCaseAResolverChanged) {
  std::string mixed = kToken;
  for (std::size_t i = 0; i < mixed.size(); i += 2) mixed[i] = static_cast<char>(std::toupper(mixed[i]));
  const FrameAccount found = account(CaptureBuilder().sent(dns_frame(mixed + ".Vendor.example")));
  ASSERT_EQ(found.findings.size(), 1U);
  EXPECT_EQ(found.findings[0].destination, "vendor.example (198.18.0.7:53)");
}

TEST(Account, FindsATokenAfterMoreNamesThanOneSearchHolds) {
  CaptureBuilder capture;
  for (int i = 0; i < 4000; ++i)
    capture.sent(dns_frame("n" + std::to_string(i) + std::string(40, 'x') + ".vendor.example"));
  capture.sent(dns_frame(kToken.substr(0, 13) + ".vendor.example"))
      .sent(dns_frame(kToken.substr(13) + ".vendor.example"));
  const FrameAccount found = account(capture);
  ASSERT_EQ(found.findings.size(), 1U);
  EXPECT_EQ(found.findings[0].frame, 4001U);
}

TEST(Account, WhatTheRecogniserCannotReadOfANameIsOpaque) {
  const Recogniser nothing_understood = [](ByteView bytes) {
    model::Recognition found;
    found.opaque = bytes.size();
    return found;
  };
  const Bytes query = dns_query("aabbccdd.vendor.example");
  const FrameAccount found =
      account_frames(CaptureBuilder().sent(udp_frame(53, query)).bytes(), {nothing_understood});
  EXPECT_EQ(found.other, 21U);
  EXPECT_EQ(found.dns, 0U);
  EXPECT_EQ(found.known, query.size() - 21);
}

TEST(Account, FollowsSoManyDomainsAndCallsTheRestOpaque) {
  CaptureBuilder capture;
  for (int i = 0; i < 2000; ++i) capture.sent(dns_frame("x.d" + std::to_string(i) + ".example"));
  const FrameAccount found = account(capture);
  EXPECT_GT(found.other, 0U);
  EXPECT_GT(found.dns, 0U);
  EXPECT_EQ(sum(found), found.sent);
}

TEST(Account, FindsTokensInPingsAndRawFramesWholeOrInPieces) {
  const auto ping = [](const std::string& data) {
    return ethernet(0x0800, ipv4(1, u8(8) + zeros(7) + to_bytes(data)));
  };
  const FrameAccount pings =
      account(CaptureBuilder().sent(ping(kToken.substr(0, 9))).sent(ping(kToken.substr(9))));
  ASSERT_EQ(pings.findings.size(), 1U);
  EXPECT_EQ(pings.findings[0].channel, "icmp");
  EXPECT_EQ(pings.findings[0].destination, "198.18.0.7");
  const FrameAccount raw = account(CaptureBuilder().sent(ethernet(0x88b5, to_bytes(kToken))));
  ASSERT_EQ(raw.findings.size(), 1U);
  EXPECT_EQ(raw.findings[0].channel, "ethernet 0x88b5");
  EXPECT_EQ(raw.findings[0].destination, "52:54:00:77:00:01");
}

TEST(Account, FindsTokensBehindTheEndOfAPacketAndInTags) {
  const FrameAccount behind = account(CaptureBuilder().sent(tcp_frame(1, kSyn) + to_bytes(kToken)));
  ASSERT_EQ(behind.findings.size(), 1U);
  EXPECT_EQ(behind.other, kToken.size());
  const FrameAccount tagged = account(
      CaptureBuilder().sent(ethernet(0x8100, u16(9) + u16(0x0800) + ipv4(17, udp(1, 2, to_bytes(kToken))))));
  ASSERT_EQ(tagged.findings.size(), 1U);
  EXPECT_EQ(tagged.findings[0].channel, "vlan 9");
}

TEST(Account, KeepsEachThingOncePerPlace) {
  CaptureBuilder capture;
  for (int i = 0; i < 10; ++i) capture.sent(udp_frame(9999, to_bytes(kToken)));
  capture.sent(udp_frame(9998, to_bytes(kToken)));
  EXPECT_EQ(account(capture).findings.size(), 2U);
}

TEST(Account, CountsDatagramsByFlowAndDnsApart) {
  const FrameAccount found = account(CaptureBuilder()
                                         .sent(udp_frame(123, zeros(48)))
                                         .sent(udp_frame(123, zeros(48)))
                                         .sent(udp_frame(53, dns_query("a.example"))));
  ASSERT_EQ(found.flows.size(), 2U);
  EXPECT_EQ(found.flows[0].transport, "udp");
  EXPECT_EQ(found.flows[0].payload, 96U);
  EXPECT_EQ(found.udp, 96U);
  EXPECT_EQ(found.flows[1].transport, "dns");
  EXPECT_EQ(found.flows[1].payload, found.dns + found.known);
  EXPECT_EQ(found.dns, std::string("aexample").size());
}

TEST(Account, ATornCaptureIsIncompleteAndCountsAsFarAsItGoes) {
  Bytes torn = CaptureBuilder().sent(udp_frame(1, to_bytes(kToken))).sent(zeros(60)).bytes();
  torn.resize(torn.size() - 5);
  const FrameAccount found = account_frames(torn, {finder({kToken})});
  EXPECT_FALSE(found.complete);
  EXPECT_THAT(found.problem, testing::HasSubstr("breaks off"));
  EXPECT_EQ(found.frames, 1U);
  EXPECT_EQ(found.findings.size(), 1U);
}

TEST(Account, WhatItCannotTrustMakesItIncomplete) {
  EXPECT_EQ(account(CaptureBuilder().packet(zeros(60), 0)).problem, "frame 1 does not say who sent it");
  EXPECT_EQ(account(CaptureBuilder().packet(zeros(60), 0)).sent, 60U);
  EXPECT_EQ(account(CaptureBuilder().packet(zeros(60), 2, 99)).problem, "frame 1 was not recorded whole");
  EXPECT_EQ(account_frames(ByteView{}, {finder({})}).problem, "the capture is empty");
  const FrameAccount missing = account_frames(std::filesystem::path("/nonexistent.pcapng"), {finder({})});
  EXPECT_FALSE(missing.complete);
  EXPECT_THAT(missing.problem, testing::HasSubstr("/nonexistent.pcapng"));
}

TEST(Account, AFailureOfTheRecogniserMakesItIncomplete) {
  const Recogniser broken = [](ByteView) -> model::Recognition { throw std::runtime_error("out of order"); };
  const FrameAccount found = account_frames(CaptureBuilder().sent(udp_frame(1, zeros(4))).bytes(), {broken});
  EXPECT_FALSE(found.complete);
  EXPECT_EQ(found.problem, "searching frame 1 failed: out of order");
  EXPECT_EQ(found.sent, 46U);
}

TEST(Account, ReadsTheSameFromAFile) {
  const TempDir folder(std::filesystem::temp_directory_path(), "candor-account-");
  const CaptureBuilder capture =
      CaptureBuilder().sent(udp_frame(1, to_bytes(kToken))).sent(tcp_frame(1, kSyn));
  write_file(folder.path() / "frames.pcapng", capture.bytes());
  const FrameAccount found = account_frames(folder.path() / "frames.pcapng", {finder({kToken})});
  EXPECT_TRUE(found.complete);
  EXPECT_EQ(found.sent, account(capture).sent);
  EXPECT_EQ(found.findings.size(), 1U);
}

AccountHelp help_with(std::uint64_t received) {
  return {.recognise = finder({kToken}),
          .received = [received](const model::Endpoint&, const model::Endpoint&) { return received; }};
}

CaptureBuilder accepted() {
  return CaptureBuilder().sent(tcp_frame(99, kSyn)).received(tcp_answer(kSyn | kAck));
}

TEST(Account, SearchesWhatWasAcceptedAndNoSocketReceived) {
  const CaptureBuilder capture = accepted()
                                     .sent(tcp_frame(100, kAck, "hello " + kToken.substr(0, 9)))
                                     .sent(tcp_frame(115, kAck, kToken.substr(9)))
                                     .sent(tcp_frame(132, kRst));
  EXPECT_TRUE(account_frames(capture.bytes(), help_with(32)).findings.empty());
  const FrameAccount found = account_frames(capture.bytes(), help_with(15));
  ASSERT_EQ(found.findings.size(), 1U);
  EXPECT_EQ(found.findings[0].channel, "tcp/443");
  EXPECT_EQ(found.findings[0].found.hits.at(0).chain.at(0).decoder, "segments put together");
}

TEST(Account, SearchesBothVersionsOfWhatWasSentTwice) {
  const std::string half = kToken.substr(0, 13);
  const FrameAccount found = account_frames(accepted()
                                                .sent(tcp_frame(100, kAck, std::string(13, '.')))
                                                .sent(tcp_frame(113, kAck, kToken.substr(13)))
                                                .sent(tcp_frame(100, kAck, half))
                                                .bytes(),
                                            help_with(26));
  ASSERT_EQ(found.findings.size(), 1U);
  EXPECT_THAT(found.findings[0].found.hits.at(0).chain.at(0).decoder, testing::HasSubstr("later of two"));
  EXPECT_EQ(found.other, 13U);
}

TEST(Account, DoesNotTakeASecondConnectionOnTheSamePortsForAccepted) {
  const FrameAccount found = account(accepted()
                                         .sent(tcp_frame(100, kAck, "first"))
                                         .sent(tcp_frame(7000, kSyn))
                                         .sent(tcp_frame(7001, kAck, "again " + kToken)));
  EXPECT_EQ(found.findings.size(), 1U);
  ASSERT_EQ(found.flows.size(), 1U);
  EXPECT_EQ(found.flows[0].payload, 5U + 32U);
}

TEST(Account, CountsAKeepAliveProbeAsSentAgain) {
  const FrameAccount found = account(accepted()
                                         .sent(tcp_frame(100, kAck, "hello"))
                                         .sent(tcp_frame(104, kAck, "o"))
                                         .sent(tcp_frame(104, kAck)));
  EXPECT_EQ(found.tcp, 5U);
  EXPECT_EQ(found.retransmitted, 1U);
  EXPECT_EQ(found.other, 0U);
}

TEST(Account, OfOverlappingSegmentsCountsEachByteOnce) {
  const FrameAccount found = account(accepted()
                                         .sent(tcp_frame(105, kAck, "world"))
                                         .sent(tcp_frame(100, kAck, "hellowo"))
                                         .sent(tcp_frame(103, kAck, "lowor")));
  EXPECT_EQ(found.tcp, 10U);
  EXPECT_EQ(found.retransmitted, 7U);
  EXPECT_EQ(found.other, 0U);
}

/// A datagram to port 9999 in two fragments, as frames.
std::vector<Bytes> fragments(const std::string& content, bool version6) {
  const Bytes whole = udp(4000, 9999, to_bytes(content));
  const Bytes first(whole.begin(), whole.begin() + 16);
  const Bytes rest(whole.begin() + 16, whole.end());
  if (version6)
    return {ethernet(0x86dd, ipv6(44, u8(17) + u8(0) + u16(1) + u32(9) + first)),
            ethernet(0x86dd, ipv6(44, u8(17) + u8(0) + u16(16) + u32(9) + rest))};
  return {ethernet(0x0800, ipv4(17, first, kGuest, kHost, {.fragment = 0x2000})),
          ethernet(0x0800, ipv4(17, rest, kGuest, kHost, {.fragment = 2}))};
}

TEST(Account, PutsFragmentsTogetherAsSocketsDo) {
  for (const bool version6 : {false, true}) {
    std::vector<Bytes> frames = fragments("split " + kToken, version6);
    for (int turn = 0; turn < 2; ++turn) {
      const FrameAccount found = account(CaptureBuilder().sent(frames[0]).sent(frames[1]));
      EXPECT_EQ(found.udp, 32U);
      EXPECT_EQ(found.other, 0U);
      EXPECT_EQ(sum(found), found.sent);
      const auto flow = std::find_if(found.flows.begin(), found.flows.end(),
                                     [](const auto& each) { return each.transport == "udp"; });
      ASSERT_NE(flow, found.flows.end());
      EXPECT_EQ(flow->payload, 32U);
      EXPECT_EQ(flow->destination.port, 9999);
      EXPECT_FALSE(found.findings.empty());
      std::swap(frames[0], frames[1]);
    }
    const FrameAccount half = account(CaptureBuilder().sent(frames[0]));
    EXPECT_EQ(half.other, 16U);
    EXPECT_EQ(sum(half), half.sent);
    const FrameAccount twice = account(CaptureBuilder().sent(frames[0]).sent(frames[0]).sent(frames[1]));
    EXPECT_EQ(twice.retransmitted, 16U);
    EXPECT_EQ(sum(twice), twice.sent);
  }
}

TEST(Account, DoesNotChooseBetweenFragmentsThatContradictEachOther) {
  const std::vector<Bytes> frames = fragments("split " + kToken, false);
  Bytes other = frames[0];
  other.back() = '!';
  const FrameAccount found = account(CaptureBuilder().sent(frames[0]).sent(other).sent(frames[1]));
  EXPECT_EQ(found.udp, 0U);
  EXPECT_EQ(found.other, 16U + 16U + 24U);
  EXPECT_EQ(sum(found), found.sent);
}

TEST(Account, TellsQuicWhatItIs) {
  const Bytes initial = u8(0xc3) + u32(1) + zeros(30);
  const FrameAccount found = account(CaptureBuilder().sent(udp_frame(443, initial)));
  ASSERT_EQ(found.flows.size(), 1U);
  EXPECT_EQ(found.flows[0].protocol, "quic");
}

Bytes mdns_announcement(const std::string& host, const std::string& text, const Bytes& address) {
  const Bytes name =
      u8(static_cast<unsigned>(host.size())) + to_bytes(host) + u8(5) + to_bytes("local") + u8(0);
  const Bytes record = u16(0x8001) + u32(120);
  return u16(0) + u16(0x8400) + u16(0) + u16(2) + u16(0) + u16(0) + name + u16(1) + record + u16(4) +
         address + u16(0xc00c) + u16(16) + record + u16(static_cast<unsigned>(text.size() + 2)) +
         u8(static_cast<unsigned>(text.size() / 2)) + to_bytes(text.substr(0, text.size() / 2)) +
         u8(static_cast<unsigned>(text.size() - text.size() / 2)) + to_bytes(text.substr(text.size() / 2));
}

TEST(Account, FindsATokenInWhatNeighboursAreToldAndAddsUpItsBytes) {
  const Bytes told = mdns_announcement("laptop", kToken, ip_bytes(kGuest));
  const FrameAccount found = account(CaptureBuilder().sent(udp_frame(5353, told)));
  ASSERT_EQ(found.findings.size(), 1U);
  EXPECT_EQ(found.findings[0].channel, "mdns");
  EXPECT_EQ(found.findings[0].destination, "198.18.0.7:5353");
  EXPECT_EQ(found.findings[0].found.hits.at(0).chain.at(0).decoder, "strings joined");
  EXPECT_EQ(found.dns, std::string("laptoplocal").size() + kToken.size());
  EXPECT_EQ(found.known, told.size() - found.dns);
  EXPECT_EQ(found.other, 0U);
  ASSERT_EQ(found.flows.size(), 1U);
  EXPECT_EQ(found.flows[0].transport, "read");
  EXPECT_EQ(found.flows[0].protocol, "mdns");
}

TEST(Account, TakesForKnownOnlyTheGuestsOwnAddress) {
  const FrameAccount own =
      account(CaptureBuilder().sent(udp_frame(5353, mdns_announcement("laptop", "a=b", ip_bytes(kGuest)))));
  EXPECT_EQ(own.other, 0U);
  const FrameAccount another =
      account(CaptureBuilder().sent(udp_frame(5353, mdns_announcement("laptop", "a=b", ip_bytes(kHost)))));
  EXPECT_EQ(another.other, 4U);
  EXPECT_EQ(sum(another), another.sent);
}

TEST(Account, FindsATokenSpreadOverNetbiosNames) {
  CaptureBuilder capture;
  for (const std::string& part : {kToken.substr(0, 14), kToken.substr(14)}) {
    std::string name = part;
    name.resize(15, ' ');
    Bytes letters;
    for (const char c : name + '\0')
      letters = letters + u8('A' + (static_cast<unsigned char>(c) >> 4U)) +
                u8('A' + (static_cast<unsigned>(c) & 15U));
    capture.sent(udp_frame(
        137, u16(7) + u16(0x0110) + u16(1) + zeros(6) + u8(32) + letters + u8(0) + u16(32) + u16(1)));
  }
  const FrameAccount found = account(capture);
  ASSERT_EQ(found.findings.size(), 1U);
  EXPECT_EQ(found.findings[0].channel, "netbios-ns");
  EXPECT_EQ(found.findings[0].found.hits.at(0).chain.at(0).decoder, "netbios name");
  EXPECT_EQ(found.dns, 64U);
  EXPECT_EQ(sum(found), found.sent);
}

TEST(Account, NamesWhomAQuicClientMeantAndSearchesWhatItSaid) {
  const std::string file = read_text(CANDOR_SOURCE_DIR "/tests/unit/capture/quic_initials.txt");
  std::string hex = file.substr(file.find('\n'), file.find("\n\n") - file.find('\n'));
  std::erase(hex, '\n');
  const FrameAccount found =
      account_frames(CaptureBuilder().sent(udp_frame(443, from_hex(hex).value())).bytes(),
                     {finder({"example.com"}), finder({})});
  ASSERT_EQ(found.flows.size(), 1U);
  EXPECT_EQ(found.flows[0].protocol, "quic");
  EXPECT_EQ(found.flows[0].server_name, "example.com");
  EXPECT_EQ(found.flows[0].alpn, "alpn");
  EXPECT_EQ(found.free_bits.at("QUIC connection id"), 64U);
  EXPECT_EQ(found.free_bits.at("TLS client random"), 256U);
  EXPECT_EQ(found.udp, 1200U) << "opaque to the ledger, whatever was searched";
  ASSERT_FALSE(found.findings.empty());
  EXPECT_EQ(found.findings[0].found.hits.at(0).chain.at(0).decoder, "quic initial");
}

TEST(Account, SaysHowManyBitsASenderWasFreeToChoose) {
  const FrameAccount found =
      account(CaptureBuilder().sent(udp_frame(9, zeros(4))).sent(udp_frame(9, zeros(4))));
  EXPECT_EQ(found.free_bits.at("IPv4 identification"), 32U);
  EXPECT_EQ(found.free_bits.at("source port"), 16U);
  ASSERT_EQ(found.flows.size(), 1U);
  EXPECT_GT(found.flows[0].free_bits, 100U);
}

TEST(Account, ThePartsAddUpWhateverTheGuestSends) {
  std::mt19937 random(3);
  const std::vector<Bytes> seeds = {tcp_frame(99, kSyn),
                                    tcp_frame(100, kAck, "hello there"),
                                    tcp_frame(105, kAck, "hello there"),
                                    dns_frame("a.b.example"),
                                    udp_frame(9, zeros(20)),
                                    ethernet(0x86dd, ipv6(6, tcp(1, 2, 3, kAck, zeros(30)))),
                                    ethernet(0x0806, zeros(28)),
                                    fragments("in two pieces", false)[0],
                                    fragments("in two pieces", false)[1],
                                    fragments("in two pieces", true)[0],
                                    fragments("in two pieces", true)[1],
                                    tcp_frame(99, kSyn),
                                    tcp_frame(7000, kSyn),
                                    tcp_frame(7001, kAck, "another"),
                                    udp_frame(5353, mdns_announcement("laptop", "a=b", ip_bytes(kGuest))),
                                    udp_frame(1900, to_bytes("M-SEARCH * HTTP/1.1\r\nST: upnp:all\r\n\r\n")),
                                    udp_frame(123, u8(0x23) + zeros(47)),
                                    udp_frame(443, u8(0xc3) + u32(1) + zeros(30))};
  for (int round = 0; round < 200; ++round) {
    CaptureBuilder capture;
    std::uint64_t sent = 0;
    for (int i = 0; i < 60; ++i) {
      Bytes frame = seeds[random() % seeds.size()];
      for (std::size_t changes = random() % 3; changes > 0; --changes)
        frame[random() % frame.size()] = static_cast<std::uint8_t>(random());
      frame.resize(frame.size() + random() % 3);
      sent += frame.size();
      capture.sent(frame);
      if (random() % 10 == 0) capture.received(tcp_answer(kSyn | kAck));
    }
    const FrameAccount found = account(capture);
    ASSERT_EQ(found.sent, sent);
    ASSERT_EQ(sum(found), sent);
    FrameAccount flows;
    std::uint64_t bytes = 0;
    std::uint64_t frames = 0;
    for (const FrameAccount::Flow& flow : found.flows) {
      bytes += flow.bytes;
      frames += flow.frames;
      flows.framing += flow.headers;
      flows.retransmitted += flow.retransmitted;
      flows.known += flow.known;
      flows.other += flow.other;
      ASSERT_LE(flow.first_wall_ns, flow.last_wall_ns);
    }
    ASSERT_EQ(bytes, sent);
    ASSERT_EQ(frames, found.frames);
    ASSERT_EQ(flows.framing, found.framing);
    ASSERT_EQ(flows.retransmitted, found.retransmitted);
    ASSERT_EQ(flows.known, found.known);
    ASSERT_EQ(flows.other, found.other);
    std::uint64_t tcp = 0;
    std::uint64_t datagrams = 0;
    for (const FrameAccount::Flow& flow : found.flows) {
      if (flow.transport == "tcp") tcp += flow.payload;
      if (flow.transport == "udp") datagrams += flow.payload;
    }
    ASSERT_EQ(tcp, found.tcp);
    ASSERT_EQ(datagrams, found.udp);
  }
}

}  // namespace
}  // namespace candor::capture
