// SPDX-License-Identifier: Apache-2.0
//
// What children of the compartment are, see and may do, and how they and it come to an end.
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <csignal>

#include "base/error.h"
#include "base/json.h"
#include "fixture.h"

namespace candor::seal::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::UnorderedElementsAre;

class CompartmentTest : public SealTest {};

TEST_F(CompartmentTest, ReportsEachChildsEndWithItsAccount) {
  CompartmentSpec wanted = spec(false);
  wanted.children.push_back(shell("failing", "echo out of cheese >&2; exit 3"));
  const auto compartment = start(std::move(wanted));
  const ChildEnd end = run(compartment->next_end());
  EXPECT_EQ(end.name, "failing");
  EXPECT_EQ(end.status.code, 3);
  EXPECT_THAT(end.account, HasSubstr("failing ended with exit code 3"));
  EXPECT_THAT(end.account, HasSubstr("out of cheese"));
  EXPECT_THAT(end.account, HasSubstr("exit 3'"));
}

TEST_F(CompartmentTest, GivesAChildTheDescriptorsNamedAndNoOthers) {
  CompartmentSpec wanted = spec(false);
  auto [ours, theirs] = socket_pair();
  Child child =
      shell("asked", "for n in $(seq 0 300); do [ -e /proc/$$/fd/$n ] && echo $n; done; echo hello >&7");
  child.fds = {{theirs.get(), 7}};
  wanted.children.push_back(child);
  const auto compartment = start(std::move(wanted));
  static_cast<void>(run(compartment->next_end()));
  EXPECT_EQ(read_text(folder() / "asked.log"), "0\n1\n2\n7\n");
  char text[6] = {};
  ASSERT_EQ(::read(ours.get(), text, 5), 5);
  EXPECT_STREQ(text, "hello");
}

TEST_F(CompartmentTest, LeavesAChildNoCapabilityUnlessNamed) {
  const std::string none =
      output_of("grep -E '^(Cap(Prm|Eff|Bnd|Inh|Amb)|NoNewPrivs)' /proc/self/status", false);
  EXPECT_THAT(none, HasSubstr("CapPrm:\t0000000000000000"));
  EXPECT_THAT(none, HasSubstr("CapEff:\t0000000000000000"));
  EXPECT_THAT(none, HasSubstr("CapBnd:\t0000000000000000"));
  EXPECT_THAT(none, HasSubstr("CapInh:\t0000000000000000"));
  EXPECT_THAT(none, HasSubstr("CapAmb:\t0000000000000000"));
  EXPECT_THAT(none, HasSubstr("NoNewPrivs:\t1"));
  const std::string network =
      output_of("grep -E '^Cap(Eff|Bnd)' /proc/self/status", false,
                {Capability::net_admin, Capability::net_raw, Capability::net_bind_service});
  EXPECT_EQ(network, "CapEff:\t0000000000003400\nCapBnd:\t0000000000003400\n");
}

TEST_F(CompartmentTest, GivesAChildACleanEnvironment) {
  ::setenv("CANDOR_TEST_SECRET", "hunter2", 1);
  CompartmentSpec wanted = spec(false);
  Child child = shell("asked", "env | grep -v -E '^(PWD|SHLVL|_|OLDPWD)=' | sort");
  child.env = {{"WANTED", "yes"}};
  wanted.children.push_back(child);
  const auto compartment = start(std::move(wanted));
  static_cast<void>(run(compartment->next_end()));
  const std::string env = read_text(folder() / "asked.log");
  EXPECT_THAT(env, Not(HasSubstr("hunter2")));
  EXPECT_THAT(env, HasSubstr("WANTED=yes\n"));
  EXPECT_THAT(env, HasSubstr("LC_ALL=C.UTF-8\n"));
}

TEST_F(CompartmentTest, ShowsOnlyItsOwnProcesses) {
  const std::string listed = output_of("ls -d /proc/[0-9]* | wc -l", false);
  EXPECT_LE(std::stoi(listed), 5) << listed;
}

TEST_F(CompartmentTest, HidesTheHostsFilesAndSockets) {
  const TempDir other("/tmp", "candor-hidden-");
  const std::string path = other.path() / "socket";
  const UniqueFd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  const std::string seen =
      output_of("ls -A /tmp /run /root /home " + other.path().string() + " 2>&1; ls /etc", false);
  EXPECT_THAT(seen, Not(HasSubstr("socket")));
  EXPECT_THAT(seen, Not(HasSubstr("passwd")));
  EXPECT_THAT(seen, HasSubstr("cannot access '/root'"));
  EXPECT_THAT(seen, HasSubstr("cannot access '/home'"));
  EXPECT_THAT(seen, HasSubstr("cannot access '" + other.path().string()));
}

TEST_F(CompartmentTest, LetsNothingBeWrittenButWritableFolders) {
  const TempDir reading("/tmp", "candor-reading-");
  CompartmentSpec wanted = spec(false);
  wanted.readable = {reading.path()};
  wanted.children.push_back(
      shell("asked", "for d in / /usr /etc /dev " + reading.path().string() + " " + folder().string() +
                         "; do touch $d/new 2>/dev/null && echo $d; done; "
                         "(echo 1 > /proc/sys/net/ipv4/ip_forward) 2>/dev/null && echo forwarding"));
  const auto compartment = start(std::move(wanted));
  static_cast<void>(run(compartment->next_end()));
  EXPECT_EQ(read_text(folder() / "asked.log"), folder().string() + "\n");
}

TEST_F(CompartmentTest, NamesAPathThatCannotBeMadeVisible) {
  CompartmentSpec wanted = spec(false);
  wanted.readable = {"/nowhere/at/all"};
  try {
    static_cast<void>(start(std::move(wanted)));
    FAIL() << "it started";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("/nowhere/at/all visible in the compartment: No such file"));
  }
}

TEST_F(CompartmentTest, TellsWhyAProgramCouldNotBeExecuted) {
  CompartmentSpec wanted = spec(false);
  Child child = shell("absent", "");
  child.argv = {"no-such-program-at-all"};
  wanted.children.push_back(child);
  const auto compartment = start(std::move(wanted));
  const ChildEnd end = run(compartment->next_end());
  EXPECT_EQ(end.status.code, 127);
  EXPECT_THAT(end.account, HasSubstr("executing no-such-program-at-all: No such file"));
}

TEST_F(CompartmentTest, RefusesASecondChildOfTheSameName) {
  const auto compartment = start(spec(false));
  run(compartment->start_child(shell("one", "sleep 1000"), soon()));
  EXPECT_THROW(run(compartment->start_child(shell("one", "sleep 1000"), soon())), Error);
}

TEST_F(CompartmentTest, RefusesATapWithoutANetwork) {
  const auto compartment = start(spec(false));
  Child child = shell("one", "true");
  child.wants_tap_at = 5;
  EXPECT_THROW(run(compartment->start_child(std::move(child), soon())), Error);
}

TEST_F(CompartmentTest, StartsSignalsAndLosesAChildLater) {
  const auto compartment = start(spec(false));
  run(compartment->start_child(shell("later", "sleep 1000"), soon()));
  const std::optional<int> pid = compartment->pid("later");
  ASSERT_TRUE(pid);
  EXPECT_EQ(::kill(*pid, 0), 0);
  EXPECT_TRUE(compartment->signal("later", SIGTERM));
  const ChildEnd end = run(compartment->next_end());
  EXPECT_EQ(end.status.signal, SIGTERM);
  EXPECT_FALSE(compartment->pid("later"));
  EXPECT_FALSE(compartment->signal("later", SIGTERM));
}

TEST_F(CompartmentTest, BuriesOrphans) {
  const std::string states = output_of(
      "(sh -c 'exec sleep 0.1' &) ; (sh -c true &); sleep 0.5; "
      "cat /proc/[0-9]*/status | grep ^State | grep -c zombie",
      false);
  EXPECT_EQ(states, "0\n");
}

TEST_F(CompartmentTest, IsGoneWhenKillReturns) {
  CompartmentSpec wanted = spec(false);
  wanted.children.push_back(shell("one", "sleep 1000 & setsid sleep 1000 & wait"));
  const auto compartment = start(std::move(wanted));
  const int init = compartment->pid("init").value();
  const int outer = compartment->pid("outer").value();
  const int one = compartment->pid("one").value();
  compartment->kill();
  for (const int pid : {init, outer, one}) EXPECT_TRUE(ends(pid, std::chrono::milliseconds(0))) << pid;
  EXPECT_EQ(run(compartment->next_end()).name, "one");
  EXPECT_EQ(run(compartment->next_end()).name, kCompartment);
  EXPECT_THROW(static_cast<void>(run(compartment->next_end())), Error);
}

TEST_F(CompartmentTest, TellsTheDeathOfItsInit) {
  CompartmentSpec wanted = spec(false);
  wanted.children.push_back(shell("one", "sleep 1000"));
  const auto compartment = start(std::move(wanted));
  ::kill(compartment->pid("init").value(), SIGKILL);
  EXPECT_EQ(run(compartment->next_end()).name, "one");
  EXPECT_EQ(run(compartment->next_end()).name, kCompartment);
}

TEST_F(CompartmentTest, HasWhatQemuNeeds) {
  const std::string said = output_of(
      "timeout 2 qemu-system-x86_64 -M q35 -m 64 -display none -nodefaults -S -sandbox "
      "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny; echo $?",
      false);
  EXPECT_THAT(said, HasSubstr("124\n"));  // timeout's word for a program that was still running
}

TEST_F(CompartmentTest, HasLoopbackAndNothingElseWithoutANetwork) {
  EXPECT_EQ(output_of("ip -o link | wc -l; ip route show table all | grep -v -c ' lo '", false), "1\n0\n");
}

class NetworkTest : public SealTest {
 protected:
  void SetUp() override {
    if (!tap_allowed()) GTEST_SKIP() << "this user may not open /dev/net/tun";
  }
};

TEST_F(NetworkTest, HasLoopbackAndOneTapAndNoWayOut) {
  const std::string text = output_of("ip -j link; ip -j route show table all", true);
  const std::size_t line = text.find('\n');
  std::vector<std::string> names;
  for (const Json& link : parse_json(text.substr(0, line)))
    names.push_back(link.at("ifname").get<std::string>());
  EXPECT_THAT(names, UnorderedElementsAre("lo", "candor0"));
  for (const Json& route : parse_json(text.substr(line + 1))) {
    EXPECT_FALSE(route.contains("gateway")) << route;
    if (route.at("dst") == "default") {
      EXPECT_EQ(route.at("type"), "local") << route;
    }
  }
}

TEST_F(NetworkTest, HasTheSameGatewayEveryTime) {
  const std::string first =
      output_of("cat /sys/class/net/candor0/address 2>/dev/null; ip -j addr show candor0", true);
  const std::string second =
      output_of("cat /sys/class/net/candor0/address 2>/dev/null; ip -j addr show candor0", true);
  EXPECT_THAT(first, HasSubstr(kGatewayMac));
  EXPECT_THAT(first, HasSubstr(kGateway4));
  EXPECT_THAT(first, HasSubstr(kGateway6));
  EXPECT_EQ(first, second);
}

}  // namespace
}  // namespace candor::seal::test
