// SPDX-License-Identifier: Apache-2.0
#include "internet/name_pool.h"

#include <gtest/gtest.h>

#include <set>

namespace candor::internet {
namespace {

TEST(NamePool, StartsAtTheFirstAddressOfEachRange) {
  NamePool pool;
  const auto first = pool.addresses_of("example.org");
  EXPECT_EQ(first.v4.to_string(), "198.18.0.1");
  EXPECT_EQ(first.v6.to_string(), "2001:db8:77::1");
}

TEST(NamePool, LeadsFromANameToItsAddressesAndBackForTheWholeRun) {
  NamePool pool;
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(pool.addresses_of("host" + std::to_string(i)).v4.to_string());
  EXPECT_EQ(seen.size(), 1000U);
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "host" + std::to_string(i);
    const auto again = pool.addresses_of(name);
    EXPECT_EQ(pool.name_of(again.v4), name);
    EXPECT_EQ(pool.name_of(again.v6), name);
  }
}

TEST(NamePool, TakesNamesWithoutTheirCaseAndOfAnyBytes) {
  NamePool pool;
  EXPECT_EQ(pool.addresses_of("Example.ORG").v4, pool.addresses_of("example.org").v4);
  const std::string hostile("a\0b\xff", 4);
  EXPECT_EQ(pool.name_of(pool.addresses_of(hostile).v4), hostile);
  EXPECT_NE(pool.addresses_of(hostile).v4, pool.addresses_of("a").v4);
}

TEST(NamePool, KnowsNoNameForAddressesItDidNotGiveOut) {
  NamePool pool;
  (void)pool.addresses_of("one");
  for (const char* address : {"198.18.0.0", "198.18.0.2", "198.17.255.255", "8.8.8.8", "2001:db8:77::2",
                              "2001:db8:77:0:1::1", "2001:db8:78::1", "::1"}) {
    EXPECT_EQ(pool.name_of(asio::ip::make_address(address)), "") << address;
  }
}

TEST(NamePool, SharesOneNamelessAddressBeyondItsBoundAndSaysSo) {
  NamePool pool(2);
  (void)pool.addresses_of("one");
  (void)pool.addresses_of("two");
  EXPECT_FALSE(pool.overflowed());
  const auto third = pool.addresses_of("three");
  EXPECT_TRUE(pool.overflowed());
  EXPECT_EQ(third.v4.to_string(), "198.19.255.254");
  EXPECT_EQ(pool.addresses_of("four").v4, third.v4);
  EXPECT_EQ(pool.name_of(third.v4), "");
  EXPECT_EQ(pool.name_of(pool.addresses_of("two").v4), "two");
}

}  // namespace
}  // namespace candor::internet
