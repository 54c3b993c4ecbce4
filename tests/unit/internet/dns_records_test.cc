// SPDX-License-Identifier: Apache-2.0
#include "internet/dns_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace candor::internet {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> ask(const std::string& name, const std::string& type,
                             const NamePool& names = NamePool()) {
  DnsQuery query;
  query.name = name;
  query.type = type;
  return records_for(query, names);
}

TEST(DnsRecords, GiveEveryDomainServersAndMail) {
  EXPECT_THAT(ask("vendor.example", "MX"), ElementsAre("10 mail.vendor.example."));
  EXPECT_THAT(ask("vendor.example", "NS"), ElementsAre("ns1.vendor.example.", "ns2.vendor.example."));
  EXPECT_EQ(ask("vendor.example", "SOA").size(), 1U);
  EXPECT_THAT(ask("_imaps._tcp.vendor.example", "SRV"), ElementsAre("0 0 993 vendor.example."));
  EXPECT_THAT(ask("vendor.example", "SRV"), IsEmpty());
  EXPECT_THAT(ask("vendor.example", "HTTPS"), IsEmpty());
  EXPECT_THAT(ask("a b\x01", "MX"), ElementsAre("10 mail.a\\032b\\001."));
}

TEST(DnsRecords, LeadFromAnAddressBackToItsName) {
  NamePool names;
  const auto addresses = names.addresses_of("Updates.example");
  EXPECT_EQ(addresses.v4.to_string(), "198.18.0.1");
  EXPECT_THAT(ask("1.0.18.198.in-addr.arpa", "PTR", names), ElementsAre("updates.example."));
  EXPECT_THAT(ask("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.7.7.0.0.8.b.d.0.1.0.0.2.IP6.ARPA", "PTR", names),
              ElementsAre("updates.example."));
  EXPECT_THAT(ask("2.0.18.198.in-addr.arpa", "PTR", names), IsEmpty());
  for (const char* none :
       {"1.0.18.in-addr.arpa", "1.0.18.999.in-addr.arpa", "x.0.18.198.in-addr.arpa", "arpa", ""}) {
    EXPECT_FALSE(reverse_address(none).has_value()) << none;
  }
}

}  // namespace
}  // namespace candor::internet
