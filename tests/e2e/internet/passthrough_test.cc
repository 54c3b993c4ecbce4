// SPDX-License-Identifier: Apache-2.0
// Real hosts that are passed through: curl as it is, on the guest's side; a world of its own behind the
// relay.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>

#include "base/hash.h"
#include "real_world.h"

namespace candor::internet_e2e {
namespace {

using testing::AnyOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

constexpr const char* kCloud = "cloud.vendor.example";

std::string document() {
  std::string text;
  for (int line = 0; line < 2000; ++line)
    text += "SECRET//FICTION, line " + std::to_string(line) + " of a document\n";
  return text;
}

/// The one end event of a connection to the world.
Json closed(Lab& lab) { return lab.event("relay.closed/1").data; }

struct InternetPassthrough : testing::Test {
  std::string curl(Lab& lab) const { return "curl -sS --max-time 20 --cacert " + lab.ca() + " "; }
  RealWorld world;
};

TEST_F(InternetPassthrough, ADocumentReachesTheRealServerItsAnswerTheGuestAndBothAreRecorded) {
  Lab lab(world.lab({"cloud.vendor.example:443"}));
  const std::string sent = document();
  const std::string digest = sha256_hex(as_bytes(sent));
  write_file(lab.folder() / "document", sent);
  EXPECT_EQ(shell(curl(lab) + "-H 'Expect:' --data-binary @" + (lab.folder() / "document").string() +
                  " https://cloud.vendor.example/upload"),
            "the real cloud has " + std::to_string(sent.size()) + " bytes, " + digest + "\n");
  EXPECT_EQ(world.body(digest), sent);
  EXPECT_EQ(world.requests().at(0)["alpn"], "http/1.1") << "though both ends have HTTP/2";

  const Json stream = lab.stream_to(443);
  EXPECT_EQ(stream["passed_to"], "cloud.vendor.example:443");
  EXPECT_EQ(stream["protocol"], "http/1.1");
  EXPECT_EQ(stream["tls"]["server_name"], kCloud);
  EXPECT_THAT(stream["destination"]["address"].get<std::string>(), StartsWith("198.18."))
      << "names lead to the pool";
  EXPECT_THAT(lab.content(stream), StartsWith("POST /upload HTTP/1.1\r\n"));
  EXPECT_THAT(lab.content(stream), EndsWith("\r\n\r\n" + sent));
  EXPECT_THAT(read_text(lab.folder() / "keys.log"), HasSubstr("CLIENT_TRAFFIC_SECRET_0 "));
  const Json passage = lab.event("internet.passage/1").data;
  EXPECT_EQ(passage["sent"], stream["bytes"]);
  EXPECT_EQ(passage["problem"], "");
  const Json relayed = closed(lab);
  EXPECT_EQ(relayed["host"], kCloud);
  EXPECT_THAT(relayed["address"].get<std::string>(), AnyOf("203.0.113.10", "2001:db8:113::10"));
  EXPECT_EQ(relayed["sent"], passage["written"]);
  EXPECT_GT(relayed["sent"], sent.size());
  EXPECT_GE(relayed["received"], passage["read"]) << "of the host's good-bye nobody here makes use";
  EXPECT_TRUE(lab.finish());
  EXPECT_EQ(lab.account("relay").missing, 0);
}

TEST_F(InternetPassthrough, WithoutItNothingReachesTheRealWorld) {
  Lab lab;
  EXPECT_EQ(shell(curl(lab) + "https://cloud.vendor.example/"), "{}");
  EXPECT_TRUE(lab.finish());
  EXPECT_THAT(world.connections(), IsEmpty());
  EXPECT_THAT(world.queries(), Not(HasSubstr("query")));
}

TEST_F(InternetPassthrough, HostsThatAreNotNamedNeverReachTheRealWorld) {
  Lab lab(world.lab({"cloud.vendor.example:443"}));
  EXPECT_EQ(shell(curl(lab) + "https://second.vendor.example/"), "{}") << "which does exist out there";
  EXPECT_EQ(shell(curl(lab) + "http://cloud.vendor.example/"), "{}") << "another port";
  EXPECT_EQ(shell(curl(lab) + "https://www.cloud.vendor.example/"), "{}");
  EXPECT_EQ(shell(curl(lab) + "-H 'Host: cloud.vendor.example' http://second.vendor.example/"), "{}");
  EXPECT_EQ(shell(curl(lab) + "-k https://203.0.113.10/"), "{}") << "its real address";
  // To the named host's address, and for another: the name that was said last decides.
  EXPECT_EQ(shell(curl(lab) + "--connect-to second.vendor.example:443:cloud.vendor.example:443 "
                              "https://second.vendor.example/"),
            "{}");
  EXPECT_TRUE(lab.finish());
  EXPECT_THAT(world.connections(), IsEmpty());
  EXPECT_THAT(world.queries(), Not(HasSubstr("query")));
  EXPECT_THAT(lab.all("relay.opened/1"), IsEmpty());
}

TEST_F(InternetPassthrough, ANameSaidOnAConnectionToAnotherAddressLeadsToTheNamedHostAlone) {
  Lab lab(world.lab({"cloud.vendor.example:443"}));
  EXPECT_EQ(shell(curl(lab) + "--connect-to ::198.51.100.9:443 https://cloud.vendor.example/"),
            "the real cloud\n");
  EXPECT_EQ(closed(lab)["host"], kCloud);
  EXPECT_EQ(lab.stream_to(443)["destination"]["address"], "198.51.100.9");
  // Within TLS to the named host, a request for another one.
  (void)shell(curl(lab) + "-H 'Host: second.vendor.example' https://cloud.vendor.example/", 52);
  EXPECT_THAT(world.requests(), SizeIs(1));
}

TEST_F(InternetPassthrough, HttpWithoutTlsAndByAProxyIsPassedThroughToo) {
  Lab lab(world.lab({kCloud}));
  EXPECT_EQ(shell(curl(lab) + "http://cloud.vendor.example/"), "the real cloud\n");
  EXPECT_EQ(shell(curl(lab) + "-6 http://cloud.vendor.example/"), "the real cloud\n");
  EXPECT_EQ(shell(curl(lab) + "-p -x http://proxy.corp.example:3128 https://cloud.vendor.example/"),
            "the real cloud\n");
  EXPECT_EQ(world.requests().at(2)["port"], 443);
}

TEST_F(InternetPassthrough, AHostWhoseCertificateIsNotVouchedForIsToldNothing) {
  Lab lab(world.lab({kCloud, "second.vendor.example"}));
  (void)shell(curl(lab) + "https://cloud.vendor.example:8443/", 52);
  EXPECT_THAT(lab.event("internet.passage/1").data["problem"].get<std::string>(),
              HasSubstr("certificate verify failed"));
  (void)shell(curl(lab) + "https://second.vendor.example/", 52);
  const auto second = [](const Json& data) { return data["host"] == "second.vendor.example"; };
  EXPECT_THAT(lab.event("internet.passage/1", second).data["problem"].get<std::string>(),
              HasSubstr("hostname mismatch"));
  EXPECT_THAT(world.requests(), IsEmpty());
}

TEST_F(InternetPassthrough, AClientThatRefusesTheCertificateIsRefusedAsEverAndReachesNobody) {
  Lab lab(world.lab({kCloud}));
  (void)shell("curl -sS --max-time 20 https://cloud.vendor.example/", 60);
  EXPECT_EQ(lab.event("internet.tls-refused/1").data["server_name"], kCloud);
  EXPECT_TRUE(lab.finish());
  EXPECT_THAT(world.connections(), IsEmpty());
}

TEST_F(InternetPassthrough, HostsThatCannotBeReachedAreToldWithTheReason) {
  Lab lab(world.lab(
      {"down.vendor.example", "lan.vendor.example", "missing.vendor.example", "cloud.vendor.example:81"}));
  const auto problem = [&](const std::string& host) {
    return lab
        .event("relay.closed/1",
               [&](const Json& data) { return data["host"] == host && data["ended"] == "failed"; })
        .data["detail"]
        .get<std::string>();
  };
  for (const char* host :
       {"down.vendor.example", "lan.vendor.example", "missing.vendor.example", "cloud.vendor.example:81"})
    (void)shell(curl(lab) + "http://" + host + "/", 52);
  EXPECT_THAT(problem("down.vendor.example"), HasSubstr("(203.0.113.99): Network is unreachable"));
  EXPECT_EQ(problem("lan.vendor.example"),
            "lan.vendor.example leads to no address of the public internet, but to 10.0.0.5");
  EXPECT_THAT(problem("missing.vendor.example"), StartsWith("looking up missing.vendor.example: "));
  EXPECT_THAT(problem(kCloud), HasSubstr("Connection refused"));
  EXPECT_THAT(world.queries(), HasSubstr(" missing.vendor.example from"));
  EXPECT_THAT(world.queries(), Not(HasSubstr("corp.example"))) << "no search list may complete a name";
}

TEST_F(InternetPassthrough, AHostMayResetStallOrBabbleWithoutHarm) {
  LabSettings settings = world.lab({kCloud});
  settings.relay_arguments = {"--receive-limit", "50000000"};
  Lab lab(settings);
  (void)shell(curl(lab) + "http://cloud.vendor.example:9001/", 52);
  EXPECT_EQ(lab.event("relay.closed/1", [](const Json& data) { return data["port"] == 9001; }).data["ended"],
            "reset");
  (void)shell(curl(lab) + "--max-time 1 http://cloud.vendor.example:9002/", 28);
  (void)shell(
      curl(lab) + "--http0.9 --limit-rate 1M --max-time 2 -o /dev/null http://cloud.vendor.example:9003/",
      28);
  (void)shell(
      "python3 - <<'END'\nimport socket\ns = socket.create_connection(('cloud.vendor.example', 9003))\n"
      "s.sendall(b'x' * 20)\nwhile s.recv(65536): pass\nEND");
  const auto limit = [](const Json& data) { return data["ended"] == "limit"; };
  (void)lab.event("relay.closed/1", limit);
  EXPECT_LT(lab.resident_kib(), 200'000);
  EXPECT_TRUE(lab.finish());
  std::uint64_t received = 0;
  for (const Json& each : lab.all("relay.closed/1")) received += each["received"].get<std::uint64_t>();
  EXPECT_GE(received, 50'000'000U);
  EXPECT_LT(received, 50'100'000U);
}

TEST_F(InternetPassthrough, AServerThatSpeaksFirstIsHeard) {
  Lab lab(world.lab({kCloud}));
  EXPECT_EQ(
      shell("python3 - <<'END'\nimport socket\ns = socket.create_connection(('cloud.vendor.example', 9004))\n"
            "print(s.recv(100).decode().strip())\ns.sendall(b'nothing known "
            "123\\n')\ns.shutdown(socket.SHUT_WR)\n"
            "print(s.recv(100).decode().strip())\nEND"),
      "220 the real host greets\nnothing known 123\n");
  EXPECT_EQ(lab.content(lab.stream_to(9004)), "nothing known 123\n");
}

TEST_F(InternetPassthrough, LargeUploadsAndDownloadsPassInBoundedMemory) {
  Lab lab(world.lab({"cloud.vendor.example:443"}));
  const std::string told =
      shell("head -c 67108864 /dev/zero | " + curl(lab) +
            "--max-time 60 -H 'Expect:' -T - -H 'Transfer-Encoding:' -H 'Content-Length: 67108864' "
            "https://cloud.vendor.example/big");
  EXPECT_THAT(told, StartsWith("the real cloud has 67108864 bytes, "
                               "3b6a07d0d404fab4e23b6d34bc6696a6a312dd92821332385e5af7c01c421351"));
  EXPECT_EQ(shell(curl(lab) + "--max-time 60 https://cloud.vendor.example/bytes/67108864 | wc -c"),
            "67108864\n");
  EXPECT_LT(lab.resident_kib(), 200'000);
  EXPECT_TRUE(lab.finish());
  for (const Json& passage : lab.all("internet.passage/1")) EXPECT_EQ(passage["problem"], "");
}

TEST_F(InternetPassthrough, TheRelaysDeathClosesWhatIsOpenAndLeavesItsAccountUnfinished) {
  Lab lab(world.lab({kCloud}));
  const std::string file = (lab.folder() / "got").string();
  // It reads as fast as it can: what the sockets in between still hold when the relay dies is megabytes.
  (void)shell(curl(lab) + "-N --http0.9 --max-time 15 -o " + file +
              " http://cloud.vendor.example:9003/ & curl=$!; until [ -s " + file +
              " ]; do sleep 0.05; done; kill -9 " + std::to_string(lab.relay().pid()) +
              "; wait $curl; test $? -ne 28");
  (void)shell(curl(lab) + "http://cloud.vendor.example/", 52);
  EXPECT_EQ(
      lab.event("internet.passage/1", [](const Json& data) { return data["port"] == 80; }).data["problem"],
      "the relay is gone");
  EXPECT_EQ(shell(curl(lab) + "http://other.example/"), "{}") << "the simulated internet goes on";
  EXPECT_FALSE(lab.finish());
  EXPECT_FALSE(lab.account("relay").finished);
}

}  // namespace
}  // namespace candor::internet_e2e
