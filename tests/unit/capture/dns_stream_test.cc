// SPDX-License-Identifier: Apache-2.0
#include "capture/dns_stream.h"

#include <gtest/gtest.h>

#include "capture_builder.h"

namespace candor::capture {
namespace {

using namespace test;

const std::string kToken = "abcdefghijklmnopqrstuvwx23";

Bytes message(const std::string& name, const Bytes& additional = {}) {
  const Bytes query = dns_query(name, additional);
  return u16(static_cast<unsigned>(query.size())) + query;
}

model::Recognition search(const Bytes& stream) {
  const auto recognise = finder({kToken});
  return search_dns_stream(stream, recognise, recognise(stream));
}

TEST(DnsStream, FindsATokenSpreadOverLabelsAndOverNames) {
  const auto labels =
      search(message("a.example") + message(kToken.substr(0, 13) + "." + kToken.substr(13) + ".v.example"));
  ASSERT_FALSE(labels.hits.empty());
  EXPECT_EQ(labels.hits[0].chain.at(0).decoder, "dns labels joined");
  EXPECT_EQ(labels.hits[0].chain.at(0).offset, 2 + 12 + 11 + 4 + 2 + 12U);
  const auto names =
      search(message(kToken.substr(0, 13) + ".v.example") + message(kToken.substr(13) + ".v.example"));
  ASSERT_FALSE(names.hits.empty());
  EXPECT_EQ(names.hits[0].chain.at(0).decoder, "dns names joined");
}

TEST(DnsStream, LeavesOpaqueOnlyWhatASenderMayFill) {
  EXPECT_EQ(search(message("a.example") + message("b.example")).opaque, 4U) << "identifiers";
  EXPECT_EQ(search(message("a.example", edns(12, zeros(100)))).opaque, 2U);
  EXPECT_EQ(search(message("a.example", edns(10, zeros(8)))).opaque, 10U);
}

TEST(DnsStream, KeepsWhatIsNoQueryAsOpaqueAsItWas) {
  const Bytes broken = message("a.example") + u16(20) + zeros(20);
  EXPECT_EQ(search(broken).opaque, finder({})(broken).opaque);
  const Bytes cut = message("a.example") + u16(20) + zeros(3);
  EXPECT_EQ(search(cut).opaque, finder({})(cut).opaque);
  EXPECT_EQ(search({}).opaque, 0U);
}

}  // namespace
}  // namespace candor::capture
