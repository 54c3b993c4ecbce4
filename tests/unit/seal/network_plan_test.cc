// SPDX-License-Identifier: Apache-2.0
#include "seal/network_plan.h"

#include <gmock/gmock.h>

namespace candor::seal {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

const std::vector<std::string> kBoth = {"lo", "candor0"};

Json routes_here() {
  return Json::parse(R"([
    {"type":"local","dst":"default","dev":"lo","table":"100"},
    {"dst":"10.77.0.0/24","dev":"candor0"},
    {"type":"broadcast","dst":"10.77.0.255","dev":"candor0","table":"local"},
    {"type":"local","dst":"127.0.0.0/8","dev":"lo","table":"local"},
    {"dst":"fe80::/64","dev":"candor0"},
    {"type":"multicast","dst":"ff00::/8","dev":"candor0","table":"local"}])");
}

TEST(NetworkPlan, FindsNoWayOutOfTheCompartmentsOwnRoutes) {
  EXPECT_EQ(way_out(kBoth, routes_here()), std::nullopt);
}

TEST(NetworkPlan, FindsAFurtherInterface) {
  EXPECT_THAT(way_out({"lo", "candor0", "sit0"}, routes_here()), Optional(HasSubstr("sit0")));
}

TEST(NetworkPlan, FindsEveryKindOfRouteOut) {
  for (const char* out :
       {R"({"dst":"default","dev":"candor0"})", R"({"dst":"default","gateway":"10.77.0.2","dev":"candor0"})",
        R"({"dst":"10.0.0.0/8","gateway":"10.77.0.2","dev":"candor0"})",
        R"({"dst":"10.0.0.0/8","dev":"eth0"})", R"({"dst":"10.0.0.0/8"})",
        R"({"dst":"10.0.0.0/8","dev":"candor0","via":{"family":"inet6","host":"fe80::1"}})",
        R"({"dst":"::/0","dev":"candor0"})", R"({"dev":"candor0"})",
        R"({"dst":"10.0.0.0/8","nexthops":[{"dev":"candor0"}]})", R"("default")"}) {
    Json routes = routes_here();
    routes.push_back(Json::parse(out));
    EXPECT_NE(way_out(kBoth, routes), std::nullopt) << out;
  }
}

TEST(NetworkPlan, TakesUnreadableRoutesForAWayOut) {
  EXPECT_NE(way_out(kBoth, Json::object()), std::nullopt);
}

TEST(NetworkPlan, DropsWhatNoRuleNamesInEveryChainThatHooks) {
  const std::string rules = firewall_rules();
  std::size_t hooks = 0;
  for (std::size_t at = rules.find("type filter hook"); at != std::string::npos;
       at = rules.find("type filter hook", at + 1)) {
    const std::string line = rules.substr(at, rules.find('\n', at) - at);
    EXPECT_THAT(line, HasSubstr("policy drop;"));
    ++hooks;
  }
  EXPECT_EQ(hooks, 4U);
}

TEST(NetworkPlan, RaisesTheTapLast) {
  const std::string commands = address_commands();
  const std::string last = "link set candor0 up\n";
  ASSERT_GE(commands.size(), last.size());
  EXPECT_EQ(commands.substr(commands.size() - last.size()), last);
}

}  // namespace
}  // namespace candor::seal
