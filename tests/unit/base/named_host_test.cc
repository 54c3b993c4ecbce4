// SPDX-License-Identifier: Apache-2.0
#include "base/named_host.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace candor {
namespace {

std::string why(std::string_view text) {
  try {
    (void)parse_named_host(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::input);
    return error.what();
  }
  return {};
}

bool public_address(const char* text) { return is_public(boost::asio::ip::make_address(text)); }

TEST(NamedHost, IsANameOrAnAddressWithAPortOrWithout) {
  EXPECT_EQ(parse_named_host("Cloud.Vendor.example"), (NamedHost{"cloud.vendor.example", 0}));
  EXPECT_EQ(parse_named_host("cloud.vendor.example:8443"), (NamedHost{"cloud.vendor.example", 8443}));
  EXPECT_EQ(parse_named_host("203.0.113.9:443"), (NamedHost{"203.0.113.9", 443}));
  EXPECT_EQ(parse_named_host("2001:DB8::9"), (NamedHost{"2001:db8::9", 0}));
  EXPECT_EQ(parse_named_host("[2001:db8::9]:443").text(), "[2001:db8::9]:443");
  EXPECT_EQ(parse_named_host("xn--bcher-kva.example").text(), "xn--bcher-kva.example");
}

TEST(NamedHost, CannotMeanMoreThanOneHost) {
  EXPECT_EQ(why("*.vendor.example"), "'*.vendor.example' is a pattern; each host is named in full");
  EXPECT_EQ(why("cloud"), "'cloud' has no dot; a host is named in full");
  EXPECT_EQ(why(""), "a host's name is empty");
  EXPECT_EQ(why("a.localhost"), "'a.localhost' is this machine");
  for (const char* text :
       {"a..example", ".example", "a.example.", "-a.example", "a b.example", "https://a.example",
        "a.example/path", "1.2.3", "a.example:", "a.example:0", "a.example:65536", "a.example:x",
        "[2001:db8::9", "[2001:db8::9]443", "[a.example]", "a:b:c", "\xc3\xa9.example"})
    EXPECT_NE(why(text), "") << text;
  EXPECT_NE(why(std::string(64, 'a') + ".example"), "");
  EXPECT_NE(why(std::string("a.example\0b", 11)), "");
}

TEST(NamedHost, IsNoAddressOfThisMachineOrItsNetwork) {
  for (const char* text :
       {"127.0.0.1", "10.1.2.3:443", "192.168.0.1", "172.31.255.1", "169.254.169.254", "100.64.0.1",
        "198.18.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fd00::1", "ff02::1",
        "::ffff:127.0.0.1", "64:ff9b::a00:1", "2002:7f00:1::"})
    EXPECT_NE(why(text).find("is no address of the public internet"), std::string::npos) << text;
  EXPECT_TRUE(public_address("93.184.216.34"));
  EXPECT_TRUE(public_address("172.32.0.1"));
  EXPECT_TRUE(public_address("2606:2800:220:1::1"));
  EXPECT_TRUE(public_address("::ffff:93.184.216.34"));
  EXPECT_FALSE(public_address("2001::1")) << "Teredo";
}

TEST(NamedHost, AdmitsItselfAloneAndAtItsPort) {
  const std::vector<NamedHost> hosts = {parse_named_host("cloud.example:443"),
                                        parse_named_host("any.example")};
  EXPECT_TRUE(names_host(hosts, "cloud.example", 443));
  EXPECT_FALSE(names_host(hosts, "cloud.example", 80));
  EXPECT_TRUE(names_host(hosts, "any.example", 1));
  EXPECT_FALSE(names_host(hosts, "www.any.example", 443));
  EXPECT_FALSE(names_host(hosts, "example", 443));
  EXPECT_EQ(plain_host_name("Cloud.Example."), "cloud.example");
  EXPECT_EQ(plain_host_name("2001:DB8:0::9"), "2001:db8::9");
}

}  // namespace
}  // namespace candor
