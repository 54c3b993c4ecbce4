// SPDX-License-Identifier: Apache-2.0
// ldns.h turns bool, true and false into macros unless it finds this.
#include <stdbool.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <ldns/ldns.h>
#include <sys/socket.h>

#include "world.h"

namespace candor::internet_e2e {
namespace {

using testing::HasSubstr;

/// What ldns's own resolver gets from a name server: the answer section.
std::string ask(const std::string& server, const std::string& name, ldns_rr_type type, bool tcp = false) {
  const std::unique_ptr<ldns_resolver, decltype(&ldns_resolver_deep_free)> resolver(ldns_resolver_new(),
                                                                                    ldns_resolver_deep_free);
  ldns_rdf* address = ldns_rdf_new_frm_str(
      server.find(':') == std::string::npos ? LDNS_RDF_TYPE_A : LDNS_RDF_TYPE_AAAA, server.c_str());
  ldns_resolver_push_nameserver(resolver.get(), address);
  ldns_rdf_deep_free(address);
  ldns_resolver_set_usevc(resolver.get(), tcp);
  ldns_resolver_set_timeout(resolver.get(), {5, 0});
  ldns_rdf* owner = ldns_dname_new_frm_str(name.c_str());
  ldns_pkt* packet = nullptr;
  const ldns_status status =
      ldns_resolver_query_status(&packet, resolver.get(), owner, type, LDNS_RR_CLASS_IN, LDNS_RD);
  ldns_rdf_deep_free(owner);
  if (status != LDNS_STATUS_OK || packet == nullptr) return "no answer";
  char* text = ldns_rr_list2str(ldns_pkt_answer(packet));
  std::string answer = "rcode " + std::to_string(ldns_pkt_get_rcode(packet)) + ": " + text;
  std::free(text);
  ldns_pkt_free(packet);
  return answer;
}

TEST(InternetDns, AnswersEveryNameAtEveryServerOverUdpAndTcpAndBothFamilies) {
  Lab lab;
  for (const char* server : {"192.0.2.53", "8.8.8.8", "10.77.0.1", "fd77::1", "2001:4860:4860::8888"}) {
    for (const bool tcp : {false, true}) {
      EXPECT_EQ(ask(server, "updates.example", LDNS_RR_TYPE_A, tcp),
                "rcode 0: updates.example.\t300\tIN\tA\t198.18.0.1\n")
          << server;
      EXPECT_THAT(ask(server, "updates.example", LDNS_RR_TYPE_AAAA, tcp), HasSubstr("2001:db8:77::1"))
          << server;
    }
  }
  EXPECT_EQ(ask("8.8.8.8", "current.cvd.clamav.example", LDNS_RR_TYPE_TXT), "rcode 0: ");
  EXPECT_TRUE(lab.finish());
  EXPECT_EQ(lab.all("internet.dns/1").size(), 21U);
}

TEST(InternetDns, ReportsEachQueryWithItsServerAndAnswer) {
  Lab lab;
  (void)ask("8.8.4.4", "Leak.example", LDNS_RR_TYPE_A);
  const Json query = lab.event("internet.dns/1").data;
  EXPECT_EQ(query["transport"], "udp");
  EXPECT_EQ(query["source"]["address"], "10.77.0.2");
  EXPECT_EQ(query["destination"]["address"], "8.8.4.4");
  EXPECT_EQ(query["name"], "Leak.example");
  EXPECT_EQ(query["type"], "A");
  EXPECT_EQ(query["answer"], Json::array({"198.18.0.1"}));
  EXPECT_TRUE(query["plain"].get<bool>());
}

TEST(InternetDns, KeepsWhatIsNoQueryAndWhatAQueryHidesBesideItsQuestion) {
  Lab lab;
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  const std::string hidden =
      std::string("\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x01x\x00\x00\x01\x00\x01", 19) +
      "TOP SECRET";
  send_udp("192.0.2.53", 53, hidden, socket.get());
  EXPECT_THAT(receive_all(socket.get(), std::chrono::milliseconds(500)), HasSubstr("\x12\x34"));
  send_udp("192.0.2.54", 53, "not dns at all");
  const auto query = lab.event("internet.dns/1");
  EXPECT_FALSE(query.data["plain"].get<bool>());
  EXPECT_TRUE(lab.finish());
  const auto streams = lab.all("internet.stream/1");
  ASSERT_EQ(streams.size(), 2U);
  EXPECT_EQ(lab.content(streams[0]), hidden);
  EXPECT_EQ(lab.content(streams[1]), "not dns at all");
  EXPECT_EQ(streams[1]["detail"], "malformed DNS query: 25710 questions");
}

TEST(InternetDns, AnswersDigAndKdigInAllTheirWays) {
  Lab lab;
  const auto records = [](const std::string& words) {
    return shell("dig +tries=1 +time=5 +short @9.9.9.9 " + words);
  };
  EXPECT_EQ(records("vendor.example"), "198.18.0.1\n");
  EXPECT_EQ(records("-x 198.18.0.1"), "vendor.example.\n");
  EXPECT_EQ(records("vendor.example MX"), "10 mail.vendor.example.\n");
  EXPECT_EQ(records("_mqtt._tcp.vendor.example SRV"), "0 0 1883 vendor.example.\n");
  EXPECT_EQ(records("+tcp vendor.example NS"), "ns1.vendor.example.\nns2.vendor.example.\n");
  EXPECT_EQ(records("leaf.vendor.example HTTPS"), "");
  const std::string whole = shell("dig +tries=1 +time=5 +dnssec +cookie @9.9.9.9 x.example CAA");
  EXPECT_THAT(whole, HasSubstr("status: NOERROR"));
  EXPECT_THAT(whole, HasSubstr("EDNS: version: 0"));
  const std::string kdig = "kdig +short +retry=0 +time=5 @9.9.9.9 ";
  EXPECT_EQ(shell(kdig + "+tcp -p 5353 QUILLFERN.vendor.example A"), "198.18.0.2\n");
  EXPECT_EQ(shell(kdig + "+tls-ca=" + lab.ca() + " +tls-hostname=dns.example QUILLFERN.vendor.example A"),
            "198.18.0.2\n");
  EXPECT_EQ(
      shell(kdig + "+tls-ca=" + lab.ca() + " +tls-hostname=dns.example -p 443 QUILLFERN.vendor.example A"),
      "198.18.0.2\n");
  EXPECT_TRUE(lab.finish());
  int over_tls = 0;
  for (const Json& stream : lab.all("internet.stream/1")) {
    if (stream["transport"] != "tcp") continue;
    EXPECT_EQ(stream["protocol"], "dns");
    EXPECT_EQ(stream["framed_bytes"], stream["bytes"]);
    if (stream["tls"].is_object()) ++over_tls;
  }
  EXPECT_EQ(over_tls, 2);
}

}  // namespace
}  // namespace candor::internet_e2e
