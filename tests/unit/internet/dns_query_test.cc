// SPDX-License-Identifier: Apache-2.0
#include "internet/dns_query.h"

// ldns.h turns bool, true and false into macros unless it finds this.
#include <stdbool.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ldns/ldns.h>

#include <memory>

#include "internet/dns_conversation.h"
#include "rig.h"

namespace candor::internet {
namespace {

/// A query as a resolver writes it: id 0x1234, RD, one question of class IN.
Bytes query(const std::vector<std::string>& labels, unsigned type) {
  Bytes message = {0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0};
  for (const std::string& label : labels) {
    message.push_back(static_cast<std::uint8_t>(label.size()));
    message.insert(message.end(), label.begin(), label.end());
  }
  for (const unsigned byte : {0U, type >> 8, type & 255U, 0U, 1U})
    message.push_back(static_cast<std::uint8_t>(byte));
  return message;
}

Bytes with_edns(Bytes message, const Bytes& options = {}) {
  message[11] = 1;
  const Bytes opt = {0, 0, 41, 0x10, 0x00, 0, 0, 0x80, 0, 0, static_cast<std::uint8_t>(options.size())};
  message.insert(message.end(), opt.begin(), opt.end());
  message.insert(message.end(), options.begin(), options.end());
  return message;
}

DnsQuery parsed(const Bytes& message) {
  const auto result = parse_dns_query(message);
  const auto* query = std::get_if<DnsQuery>(&result);
  EXPECT_NE(query, nullptr) << (query == nullptr ? std::get<NotDns>(result).reason : "");
  return query != nullptr ? *query : DnsQuery{};
}

std::string reason(const Bytes& message) {
  const auto result = parse_dns_query(message);
  const auto* broken = std::get_if<NotDns>(&result);
  return broken != nullptr ? broken->reason : "a query";
}

struct Answer {
  explicit Answer(const Bytes& wire) {
    ldns_pkt* parsed = nullptr;
    EXPECT_EQ(ldns_wire2pkt(&parsed, wire.data(), wire.size()), LDNS_STATUS_OK);
    packet.reset(parsed, ldns_pkt_free);
  }
  [[nodiscard]] std::string text() const {
    char* all = ldns_rr_list2str(ldns_pkt_answer(packet.get()));
    const std::string copy = all;
    std::free(all);
    return copy;
  }
  std::shared_ptr<ldns_pkt> packet;
};

TEST(DnsQuery, ReadsNameAndTypeOfAPlainQuestion) {
  const DnsQuery a = parsed(query({"www", "Example", "org"}, 1));
  EXPECT_EQ(a.name, "www.Example.org");
  EXPECT_EQ(a.type, "A");
  EXPECT_TRUE(a.wants_v4);
  EXPECT_FALSE(a.wants_v6);
  EXPECT_TRUE(a.plain);
  EXPECT_TRUE(parsed(query({"x"}, 28)).wants_v6);
  EXPECT_EQ(parsed(query({"x"}, 16)).type, "TXT");
  EXPECT_EQ(parsed(query({"x"}, 65400)).type, "TYPE65400");
  EXPECT_EQ(parsed(query({}, 2)).name, "");
}

TEST(DnsQuery, TakesLabelsOfAnyBytes) {
  const std::string label("\0\xff.\\\"\n", 6);
  EXPECT_EQ(parsed(query({label, "example"}, 1)).name, label + ".example");
  EXPECT_EQ(parsed(query(std::vector<std::string>(3, std::string(63, 'x')), 1)).name.size(), 63U * 3 + 2);
}

TEST(DnsQuery, IsPlainOnlyIfItsEventTellsEveryByte) {
  EXPECT_TRUE(parsed(with_edns(query({"x"}, 1))).plain);
  EXPECT_FALSE(parsed(with_edns(query({"x"}, 1), {0, 10, 0, 2, 7, 7})).plain) << "an EDNS option";
  Bytes trailing = query({"x"}, 1);
  trailing.push_back('!');
  EXPECT_FALSE(parsed(trailing).plain) << "a byte behind the message";
  Bytes trailing_edns = with_edns(query({"x"}, 1));
  trailing_edns.push_back('!');
  EXPECT_FALSE(parsed(trailing_edns).plain) << "a byte behind EDNS";
  Bytes reserved = query({"x"}, 1);
  reserved[3] = 0x40;
  EXPECT_FALSE(parsed(reserved).plain) << "a reserved flag";
  Bytes update = query({"x"}, 1);
  update[2] = 0x28;
  EXPECT_FALSE(parsed(update).plain) << "opcode UPDATE";
  Bytes claimed = query({"x"}, 1);
  claimed[7] = 1;
  EXPECT_FALSE(parsed(claimed).plain) << "an answer section";
}

TEST(DnsQuery, NamesWhatIsWrongWithAMalformedPacket) {
  EXPECT_EQ(reason({}), "cut short in its header");
  EXPECT_EQ(reason({1, 2, 3}), "cut short in its header");
  Bytes response = query({"x"}, 1);
  response[2] |= 0x80;
  EXPECT_EQ(reason(response), "a response, not a query");
  Bytes two = query({"x"}, 1);
  two[5] = 2;
  EXPECT_EQ(reason(two), "2 questions");
  Bytes loop = {0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1};
  EXPECT_EQ(reason(loop), "a malformed question") << "a name that points at itself";
  Bytes forward = {0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 0xff, 0, 1, 0, 1};
  EXPECT_EQ(reason(forward), "a malformed question") << "a name that points outside";
  EXPECT_EQ(reason(query(std::vector<std::string>(5, std::string(63, 'x')), 1)), "a malformed question")
      << "too long";
}

TEST(DnsQuery, RefusesAQuestionCutAtAnyByte) {
  const Bytes whole = query({"www", "example"}, 1);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_NE(reason(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))), "a query")
        << size;
  }
}

TEST(DnsAnswer, GivesTheAddressUnderTheNameAndIdThatWasAsked) {
  const Answer v4(dns_answer(query({"WwW", "example"}, 1), {asio::ip::make_address("198.18.0.9")}));
  EXPECT_EQ(ldns_pkt_id(v4.packet.get()), 0x1234);
  EXPECT_TRUE(ldns_pkt_qr(v4.packet.get()));
  EXPECT_TRUE(ldns_pkt_rd(v4.packet.get()));
  EXPECT_EQ(ldns_pkt_get_rcode(v4.packet.get()), LDNS_RCODE_NOERROR);
  EXPECT_EQ(v4.text(), "WwW.example.\t300\tIN\tA\t198.18.0.9\n");
  const Answer v6(dns_answer(query({"x"}, 28), {asio::ip::make_address("2001:db8:77::9")}));
  EXPECT_EQ(v6.text(), "x.\t300\tIN\tAAAA\t2001:db8:77::9\n");
}

TEST(DnsAnswer, EchoesEdnsOnlyWhereItWasOffered) {
  EXPECT_TRUE(ldns_pkt_edns(Answer(dns_answer(with_edns(query({"x"}, 1)), {})).packet.get()));
  EXPECT_FALSE(ldns_pkt_edns(Answer(dns_answer(query({"x"}, 1), {})).packet.get()));
}

TEST(DnsAnswer, SaysNotImplementedToOtherOpcodes) {
  Bytes notify = query({"x"}, 6);
  notify[2] = 0x20;
  EXPECT_EQ(ldns_pkt_get_rcode(Answer(dns_answer(notify, {})).packet.get()), LDNS_RCODE_NOTIMPL);
}

Bytes framed(const Bytes& message) {
  Bytes whole = {static_cast<std::uint8_t>(message.size() >> 8),
                 static_cast<std::uint8_t>(message.size() & 255)};
  whole.insert(whole.end(), message.begin(), message.end());
  return whole;
}

const Route kRoute{
    "tcp", {asio::ip::make_address("10.77.0.2"), 4000}, {asio::ip::make_address("8.8.8.8"), 53}, ""};

TEST(DnsConversation, AnswersAndReportsQueriesWhereverTheStreamIsCut) {
  Bytes both = framed(query({"one"}, 1));
  const Bytes second = framed(query({"two"}, 16));
  both.insert(both.end(), second.begin(), second.end());
  for (std::size_t split = 0; split <= both.size(); ++split) {
    Rig rig;
    DnsConversation conversation(rig.services, kRoute);
    std::string answer = conversation.receive(ByteView(both).first(split)).bytes;
    answer += conversation.receive(ByteView(both).subspan(split)).bytes;
    const auto events = rig.reporter.of(event::kDns);
    ASSERT_EQ(events.size(), 2U) << split;
    EXPECT_EQ(events[0]["name"], "one");
    EXPECT_EQ(events[0]["answer"], Json::array({"198.18.0.1"}));
    EXPECT_EQ(events[1]["type"], "TXT");
    EXPECT_EQ(events[1]["answer"], Json::array());
    EXPECT_EQ(conversation.protocol(), "dns");
    EXPECT_EQ(conversation.detail(), "");
    const ByteView bytes = as_bytes(answer);
    const std::size_t first = static_cast<std::size_t>(bytes[0] << 8 | bytes[1]);
    EXPECT_EQ(Answer({bytes.begin() + 2, bytes.begin() + 2 + static_cast<std::ptrdiff_t>(first)}).text(),
              "one.\t300\tIN\tA\t198.18.0.1\n");
  }
}

TEST(DnsConversation, SaysWhatIsNoDns) {
  Rig rig;
  DnsConversation conversation(rig.services, kRoute);
  EXPECT_EQ(conversation.receive(as_bytes(std::string_view("\0\4abcd", 6))).bytes, "");
  EXPECT_EQ(conversation.protocol(), "");
  EXPECT_EQ(conversation.detail(), "malformed DNS query: cut short in its header");
  DnsConversation cut(rig.services, kRoute);
  (void)cut.receive(as_bytes(std::string_view("\0\x40half", 6)));
  EXPECT_EQ(cut.detail(), "ended within a DNS query");
}

TEST(DnsService, ReportsHostileNamesPrintableAndAsBytes) {
  Rig rig;
  const std::string label("\x1b[2J\0\xff", 6);
  (void)serve_dns(rig.services, kRoute, query({label}, 1));
  const Json event = rig.reporter.of(event::kDns).at(0);
  EXPECT_EQ(event["name"], printable(label));
  EXPECT_EQ(event["name_b64"], to_base64(as_bytes(label)));
  EXPECT_EQ(event["source"]["address"], "10.77.0.2");
}

TEST(DnsService, ReportsTroubleOnceWhenTheNameTableIsFullAndStillAnswersAndReports) {
  Rig rig;
  rig.names = NamePool(1);
  for (const char* name : {"one", "two", "three"}) {
    EXPECT_FALSE(serve_dns(rig.services, kRoute, query({name}, 1)).answer.empty());
  }
  EXPECT_EQ(rig.reporter.of(event::kTrouble).size(), 1U);
  EXPECT_EQ(rig.reporter.of(event::kDns).size(), 3U);
}

}  // namespace
}  // namespace candor::internet
