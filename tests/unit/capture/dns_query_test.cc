// SPDX-License-Identifier: Apache-2.0
#include "capture/dns_query.h"

#include <gtest/gtest.h>

#include "capture_builder.h"

namespace candor::capture {
namespace {

using namespace test;

TEST(DnsQuery, ReadsTheLabelsOfAPlainQuestion) {
  const auto query = parse_dns_query(dns_query("Data.x.Vendor.example"));
  ASSERT_TRUE(query);
  EXPECT_EQ(query->labels, (std::vector<std::string>{"Data", "x", "Vendor", "example"}));
  EXPECT_EQ(query->name_length, 23U);
  EXPECT_EQ(query->opaque_labels, 0U);
  EXPECT_EQ(query->opaque_options, 0U);
  EXPECT_EQ(query->label_bytes(), 18U);
  EXPECT_EQ(base_domain(*query), "vendor.example");
  EXPECT_EQ(labels_before_base(*query), "Datax");
  EXPECT_EQ(joined_labels(*query, "."), "Data.x.Vendor.example");
}

TEST(DnsQuery, TakesTheRootAndSingleLabels) {
  EXPECT_EQ(base_domain(parse_dns_query(dns_query("")).value()), ".");
  EXPECT_EQ(base_domain(parse_dns_query(dns_query("Host")).value()), "host");
}

TEST(DnsQuery, CountsBinaryLabelsAsOpaque) {
  Bytes binary = dns_query("abcd.example");
  binary[14] = 0x80;
  EXPECT_EQ(parse_dns_query(binary).value().opaque_labels, 4U);
}

TEST(DnsQuery, CountsEdnsOptionsAsOpaqueUnlessTheyArePadding) {
  EXPECT_EQ(parse_dns_query(dns_query("a.example", edns(12, zeros(100)))).value().opaque_options, 0U);
  EXPECT_EQ(parse_dns_query(dns_query("a.example", edns(12, zeros(99) + u8(1)))).value().opaque_options,
            100U);
  EXPECT_EQ(parse_dns_query(dns_query("a.example", edns(10, zeros(8)))).value().opaque_options, 8U);
}

TEST(DnsQuery, RefusesWhateverIsNotOnePlainQuestion) {
  const Bytes good = dns_query("a.example", edns(12, zeros(4)));
  ASSERT_TRUE(parse_dns_query(good));
  for (std::size_t size = 0; size < good.size(); ++size)
    EXPECT_FALSE(parse_dns_query(ByteView(good).first(size))) << size;
  EXPECT_FALSE(parse_dns_query(good + u8(0)));
  const auto with = [&](std::size_t at, std::uint8_t value) {
    Bytes bad = good;
    bad[at] = value;
    return parse_dns_query(bad).has_value();
  };
  EXPECT_FALSE(with(2, 0x81));   // an answer
  EXPECT_FALSE(with(2, 0x29));   // another operation
  EXPECT_FALSE(with(3, 0x40));   // the reserved bit
  EXPECT_FALSE(with(5, 2));      // two questions
  EXPECT_FALSE(with(7, 1));      // an answer record
  EXPECT_FALSE(with(12, 0xc0));  // compression
  EXPECT_FALSE(with(26, 3));     // class CHAOS
  EXPECT_FALSE(with(11, 2));     // a second additional record
}

TEST(DnsQuery, RefusesNamesThatAreTooLong) {
  const std::string label(63, 'a');
  EXPECT_TRUE(parse_dns_query(dns_query(label + "." + label + "." + label + "." + std::string(61, 'a'))));
  EXPECT_FALSE(parse_dns_query(dns_query(label + "." + label + "." + label + "." + std::string(62, 'a'))));
  EXPECT_FALSE(parse_dns_query(dns_query(std::string(64, 'a'))));
}

}  // namespace
}  // namespace candor::capture
