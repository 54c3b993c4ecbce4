// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <csignal>
#include <map>
#include <thread>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/hash.h"
#include "world.h"

namespace candor::internet_e2e {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST(InternetTcp, AnswersCurlUnderANameThatDoesNotExistAndKeepsItsRequest) {
  Lab lab;
  EXPECT_EQ(shell("curl -sS -d 'TOP SECRET//QUILLFERN' http://Telemetry.Vendor.example:8080/upload?id=7"),
            "{}");
  const Json stream = lab.stream_to(8080);
  EXPECT_EQ(stream["name"], "telemetry.vendor.example");
  EXPECT_EQ(stream["transport"], "tcp");
  EXPECT_THAT(stream["source"]["address"].get<std::string>(), testing::AnyOf("10.77.0.2", "fd77::2"));
  EXPECT_EQ(stream["protocol"], "http/1.1");
  EXPECT_EQ(stream["tls"], nullptr);
  EXPECT_EQ(stream["ended"], "eof");
  EXPECT_EQ(stream["detail"], "");
  EXPECT_EQ(stream["requests"], 1);
  EXPECT_EQ(stream["framed_bytes"], stream["bytes"]);
  EXPECT_EQ(stream["wire_bytes"], stream["bytes"]);
  const std::string content = lab.content(stream);
  EXPECT_THAT(content, StartsWith("POST /upload?id=7 HTTP/1.1\r\n"));
  EXPECT_THAT(content, EndsWith("\r\n\r\nTOP SECRET//QUILLFERN"));
  EXPECT_EQ(sha256_hex(as_bytes(content)), stream["sha256"]);
}

TEST(InternetTcp, AnswersAtAnyAddressAndPortOfBothFamilies) {
  Lab lab;
  std::uint16_t port = 1;
  for (const char* host :
       {"8.8.8.8", "169.254.169.254", "10.77.0.1", "172.16.0.9", "[2001:4860:4860::8888]", "[fd77::1]"}) {
    port = static_cast<std::uint16_t>(port + 9999);
    EXPECT_EQ(shell("curl -sS http://" + std::string(host) + ":" + std::to_string(port) + "/"), "{}") << host;
    const Json stream = lab.stream_to(port);
    EXPECT_THAT(std::string(host), HasSubstr(stream["destination"]["address"].get<std::string>()));
    EXPECT_EQ(stream["name"], "");
  }
}

TEST(InternetTcp, SpeaksTheRestOfHttpThatClientsUse) {
  Lab lab;
  EXPECT_THAT(shell("curl -sS -I http://a.example:81/"), HasSubstr("Content-Length: 2"));
  EXPECT_EQ(
      shell("printf chunked-body | curl -sS -T - -H 'Transfer-Encoding: chunked' http://a.example:82/f"), "");
  EXPECT_THAT(lab.content(lab.stream_to(82)), EndsWith("\r\nc\r\nchunked-body\r\n0\r\n\r\n"));
  EXPECT_THAT(
      shell("curl -sSv --expect100-timeout 30 -H 'Expect: 100-continue' -d body http://a.example:83/ 2>&1"),
      HasSubstr("HTTP/1.1 100 Continue"));
  EXPECT_EQ(shell("curl -sS http://a.example:84/1 http://a.example:84/2 http://a.example:84/3"), "{}{}{}");
  EXPECT_EQ(lab.stream_to(84)["requests"], 3) << "on one connection";
  EXPECT_EQ(shell("curl -sS -0 http://a.example:85/"), "{}");
  EXPECT_THAT(shell("curl -sS -o /dev/null -w '%{http_connect}' -p -x http://a.example:86 http://b.example/"),
              HasSubstr("200"));
  EXPECT_EQ(shell("curl -sS --http2 http://a.example:87/"), "{}") << "an upgrade";
}

TEST(InternetTcp, ReadsWhatItDoesNotKnowToItsEndAndKeepsIt) {
  Lab lab;
  const std::string binary("\x00\x01\xff secret", 10);
  {
    const UniqueFd socket = connect_tcp("203.0.113.7", 6667);
    send_all(socket.get(), binary);
    ::shutdown(socket.get(), SHUT_WR);
    EXPECT_EQ(receive_all(socket.get()), "");
  }
  const Json unknown = lab.stream_to(6667);
  EXPECT_EQ(unknown["protocol"], "unknown");
  EXPECT_EQ(lab.content(unknown), binary);
  {
    const UniqueFd socket = connect_tcp("203.0.113.7", 25);
    send_all(socket.get(), "EHLO läufer\r\n");
  }
  EXPECT_EQ(lab.stream_to(25)["protocol"], "smtp");
  {
    const UniqueFd socket = connect_tcp("203.0.113.7", 26);
    send_all(socket.get(), "\x16\x03");
  }
  EXPECT_EQ(lab.content(lab.stream_to(26)), "\x16\x03") << "too few bytes to tell TLS";
}

TEST(InternetTcp, ReportsAConnectionThatSendsNothing) {
  Lab lab;
  { const UniqueFd socket = connect_tcp("203.0.113.7", 4444); }
  const Json stream = lab.stream_to(4444);
  EXPECT_EQ(stream["bytes"], 0);
  EXPECT_EQ(stream["ended"], "eof");
  EXPECT_EQ(lab.content(stream), "");
}

TEST(InternetTcp, KeepsWhatCameBeforeAReset) {
  Lab lab;
  UniqueFd socket = connect_tcp("203.0.113.7", 4445);
  send_all(socket.get(), "before the reset");
  (void)lab.event("internet.stream-opened/1");
  const linger hard{1, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  socket.reset();
  const Json stream = lab.stream_to(4445);
  EXPECT_EQ(stream["ended"], "reset");
  EXPECT_EQ(lab.content(stream), "before the reset");
}

TEST(InternetTcp, KeepsWhatCameFromAPeerThatWasGoneBeforeItWasAccepted) {
  Lab lab;
  lab.kill(SIGSTOP);
  UniqueFd socket = connect_tcp("203.0.113.7", 4446);
  send_all(socket.get(), "hit and run");
  const linger hard{1, 0};
  ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  socket.reset();
  lab.kill(SIGCONT);
  const Json stream = lab.stream_to(4446);
  EXPECT_EQ(stream["source"]["address"], "10.77.0.2");
  EXPECT_EQ(lab.content(stream), "hit and run");
}

TEST(InternetTcp, ClosesTheSilentAndNeverTheSlow) {
  Lab lab({.arguments = {"--idle", "1"}});
  const UniqueFd silent = connect_tcp("203.0.113.7", 1001);
  send_all(silent.get(), "then nothing");
  const UniqueFd slow = connect_tcp("203.0.113.7", 1002);
  std::string sent;
  for (const Stopwatch watch; watch.seconds() < 4;) {
    send_all(slow.get(), "s");
    sent += 's';
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
  EXPECT_EQ(receive_all(silent.get(), std::chrono::seconds(2)), "") << "half-closed by now";
  send_all(silent.get(), ", and then a word");
  ::shutdown(silent.get(), SHUT_WR);
  EXPECT_EQ(lab.content(lab.stream_to(1001)), "then nothing, and then a word");
  ::shutdown(slow.get(), SHUT_WR);
  EXPECT_EQ(lab.content(lab.stream_to(1002)), sent);
}

TEST(InternetTcp, TakesAThousandConnectionsAtOnce) {
  Lab lab;
  const long before = lab.resident_kib();
  std::vector<UniqueFd> sockets;
  for (int i = 0; i < 1000; ++i) {
    sockets.push_back(
        connect_tcp("198.51.100." + std::to_string(i % 250 + 1), static_cast<std::uint16_t>(2000 + i)));
    send_all(sockets.back().get(), "number " + std::to_string(i));
  }
  (void)lab.event("internet.stream-opened/1",
                  [](const Json& data) { return data["destination"]["port"] == 2999; });
  EXPECT_EQ(lab.command("streams-open")["open"], 1000);
  EXPECT_LT(lab.resident_kib() - before, 64 * 1024);
  sockets.clear();
  EXPECT_EQ(lab.command("drained", {{"limit_ns", 5'000'000'000}})["drained"], true);
  EXPECT_TRUE(lab.finish());
  std::map<int, std::string> kept;
  for (const Json& stream : lab.all("internet.stream/1"))
    kept[stream["destination"]["port"]] = lab.content(stream);
  ASSERT_EQ(kept.size(), 1000U);
  for (const auto& [port, content] : kept) EXPECT_EQ(content, "number " + std::to_string(port - 2000));
}

TEST(InternetTcp, TakesFiveThousandConnectionsAtOnceOnPortsOfAllKinds) {
  Lab lab;
  const long before = lab.resident_kib();
  std::vector<UniqueFd> sockets;
  const std::vector<std::uint16_t> ports = {25, 80, 143, 1883, 6667};
  for (int i = 0; i < 5000; ++i) {
    sockets.push_back(connect_tcp("198.51." + std::to_string(i / 250) + "." + std::to_string(i % 250 + 1),
                                  ports[static_cast<std::size_t>(i) % ports.size()]));
    send_all(sockets.back().get(), "number " + std::to_string(i));
  }
  std::size_t received = 0;
  for (int i = 0; i < 5000; ++i) received += ("number " + std::to_string(i)).size();
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (lab.command("totals")["bytes"] != received && std::chrono::steady_clock::now() < limit) {
  }
  EXPECT_EQ(lab.command("streams-open")["open"], 5000);
  const long grown = lab.resident_kib() - before;
  EXPECT_LT(grown, 128 * 1024) << "KiB";
  std::printf("5,000 connections: %ld KiB\n", grown);
  sockets.clear();
  EXPECT_EQ(lab.command("drained", {{"limit_ns", 9'000'000'000}})["drained"], true);
  EXPECT_TRUE(lab.finish());
  std::map<std::string, int> kept;
  for (const Json& stream : lab.all("internet.stream/1")) ++kept[lab.content(stream)];
  EXPECT_EQ(kept.size(), 5000U);
}

TEST(InternetTcp, KeepsAFloodOfHeadersWithoutGrowing) {
  Lab lab;
  const long before = lab.resident_kib();
  const UniqueFd socket = connect_tcp("203.0.113.7", 80);
  send_all(socket.get(), "GET / HTTP/1.1\r\n");
  const std::string headers = [] {
    std::string text;
    while (text.size() < (1U << 20)) text += "X-Flood: " + std::string(100, 'x') + "\r\n";
    return text;
  }();
  for (int i = 0; i < 64; ++i) send_all(socket.get(), headers);
  send_all(socket.get(), "X-Endless: ");
  for (int i = 0; i < 64; ++i) send_all(socket.get(), std::string(1U << 20, 'x'));
  ::shutdown(socket.get(), SHUT_WR);
  const Json stream = lab.stream_to(80);
  EXPECT_EQ(stream["bytes"], 16 + 64 * headers.size() + 11 + (64U << 20));
  EXPECT_THAT(stream["detail"].get<std::string>(), StartsWith("HTTP broke after 0 bytes"));
  EXPECT_LT(lab.resident_kib() - before, 16 * 1024);
}

TEST(InternetTcp, KeepsAllOfAPeerThatTakesNoAnswers) {
  Lab lab({.arguments = {"--idle", "2"}});
  const UniqueFd socket = connect_tcp("203.0.113.7", 80);
  const int small = 4096;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  const std::string request = "GET / HTTP/1.1\r\nX-Long: " + std::string(170, 'x') + "\r\n\r\n";
  std::string requests;
  while (requests.size() < (4U << 20)) requests += request;
  send_all(socket.get(), requests);
  ::shutdown(socket.get(), SHUT_WR);
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(40);
  while (lab.command("streams-open")["open"] != 0 && std::chrono::steady_clock::now() < end) {
    (void)lab.command("drained", {{"limit_ns", 5'000'000'000}});
  }
  EXPECT_EQ(lab.stream_to(80)["bytes"], requests.size());
}

}  // namespace
}  // namespace candor::internet_e2e
