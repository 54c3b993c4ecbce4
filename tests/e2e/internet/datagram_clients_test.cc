// SPDX-License-Identifier: Apache-2.0
//
// Programs nobody here wrote, unchanged, that speak over UDP: each takes the answer it is given for a real
// one, and what it sent is kept under the protocol it was sent by.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.h"

namespace candor::internet_e2e {
namespace {

using testing::MatchesRegex;

TEST(DatagramClients, ChronyMeasuresTheOffsetOfItsClock) {
  Lab lab;
  // -Q: measures and changes nothing. Without names of users: here there is one.
  const std::string said = shell(
      "timeout 60 chronyd -Q -t 40 -u root -f /dev/null"
      " 'server time.example iburst maxsamples 1' 2>&1");
  EXPECT_THAT(said, MatchesRegex("(.|\n)*System clock wrong by -?0\\.0[0-9]+ seconds \\(ignored\\)(.|\n)*"));
  EXPECT_TRUE(lab.finish());
  const Json stream = lab.all("internet.stream/1").at(0);
  EXPECT_EQ(stream["protocol"], "ntp");
  EXPECT_EQ(stream["name"], "time.example");
  EXPECT_EQ(stream["destination"]["port"], 123);
  EXPECT_EQ(lab.content(stream).size() % 48, 0U);
}

TEST(DatagramClients, AioiceLearnsTheAddressItIsSeenAt) {
  Lab lab;
  const std::string said = shell(
      "timeout 40 /usr/bin/python3 - <<'END'\n"
      "import asyncio, aioice\n"
      "async def main():\n"
      "  connection = aioice.Connection(ice_controlling=True, use_ipv6=False, stun_server=('stun.example', "
      "3478))\n"
      "  await connection.gather_candidates()\n"
      "  print([c.host for c in connection.local_candidates if c.type == 'srflx'])\n"
      "  await connection.close()\n"
      "asyncio.run(main())\n"
      "END");
  EXPECT_THAT(said, MatchesRegex("\\['[0-9.]+'.*\\]\n"));
  EXPECT_TRUE(lab.finish());
  bool found = false;
  for (const Json& stream : lab.all("internet.stream/1")) {
    if (stream["destination"]["port"] != 3478) continue;
    found = true;
    EXPECT_EQ(stream["protocol"], "stun");
    EXPECT_EQ(stream["name"], "stun.example");
  }
  EXPECT_TRUE(found);
}

TEST(DatagramClients, DigIsToldTheVersionsOfAVendorsFeed) {
  Lab lab({.arguments = {"--cloud", std::string(CANDOR_SOURCE_DIR) + "/images/clamav/cloud"}});
  EXPECT_THAT(shell("dig +tries=1 +time=5 +short @9.9.9.9 current.cvd.clamav.net TXT"),
              MatchesRegex("\"[0-9.]+:[0-9]+:[0-9]+:.*\"\n"));
  EXPECT_TRUE(lab.finish());
  const Json query = lab.all("internet.dns/1").at(0);
  EXPECT_EQ(query["name"], "current.cvd.clamav.net");
  EXPECT_EQ(query["type"], "TXT");
}

}  // namespace
}  // namespace candor::internet_e2e
