// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/hash.h"
#include "world.h"

namespace candor::internet_e2e {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST(InternetTls, IsTrustedByCurlAndKeepsThePlaintext) {
  Lab lab;
  EXPECT_EQ(
      shell("curl -sS --http1.1 --cacert " + lab.ca() + " -d secret https://samples.vendor.example/upload"),
      "{}");
  const Json stream = lab.stream_to(443);
  EXPECT_EQ(stream["name"], "samples.vendor.example");
  EXPECT_EQ(stream["tls"]["server_name"], "samples.vendor.example");
  EXPECT_EQ(stream["tls"]["version"], "TLSv1.3");
  EXPECT_EQ(stream["tls"]["alpn"], "http/1.1");
  EXPECT_EQ(stream["protocol"], "http/1.1");
  EXPECT_GT(stream["wire_bytes"], stream["bytes"]);
  EXPECT_THAT(lab.content(stream), StartsWith("POST /upload HTTP/1.1\r\n"));
  EXPECT_THAT(lab.content(stream), EndsWith("\r\n\r\nsecret"));
  EXPECT_THAT(read_text(lab.folder() / "keys.log"), HasSubstr("CLIENT_TRAFFIC_SECRET_0 "));
}

TEST(InternetTls, IsTrustedUnderLiteralAddressesAtAnyPortAndWithTls12) {
  Lab lab;
  const std::string curl = "curl -sS --cacert " + lab.ca();
  EXPECT_EQ(shell(curl + " https://203.0.113.9:8443/"), "{}");
  EXPECT_EQ(shell(curl + " 'https://[2001:db8:5::9]:8444/'"), "{}");
  EXPECT_EQ(shell(curl + " --http1.1 --tls-max 1.2 https://old.example:8445/"), "{}");
  EXPECT_EQ(lab.stream_to(8445)["tls"]["version"], "TLSv1.2");
  EXPECT_THAT(shell(curl + " -I https://a.example/"), HasSubstr(" 200"));
}

TEST(InternetTls, ReportsClientsThatRefuseTheCertificateAndKeepsTheirBytes) {
  Lab lab;
  (void)shell("curl -sS https://pinned.example:9443/", 60);
  const Json refused = lab.event("internet.tls-refused/1").data;
  EXPECT_EQ(refused["server_name"], "pinned.example");
  EXPECT_EQ(refused["name"], "pinned.example");
  EXPECT_EQ(refused["alert"], "unknown CA");
  const Json stream = lab.stream_to(9443);
  EXPECT_EQ(stream["tls"], nullptr);
  EXPECT_EQ(stream["detail"], "TLS handshake failed: unknown CA (from the client)");
  EXPECT_EQ(stream["bytes"], stream["wire_bytes"]);
  EXPECT_THAT(lab.content(stream), HasSubstr("pinned.example")) << "the raw ClientHello";
}

TEST(InternetTls, ReportsClientsThatCheckTheirPinOnlyAfterTheHandshake) {
  Lab lab;
  const std::string pin = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
  (void)shell("curl -sS --cacert " + lab.ca() + " --pinnedpubkey " + pin + " https://late.example/", 90);
  EXPECT_EQ(lab.event("internet.tls-refused/1").data["server_name"], "late.example");
}

TEST(InternetTls, ReportsClientsThatGoAwayWithinTheHandshake) {
  Lab lab;
  {
    const UniqueFd socket = connect_tcp("203.0.113.7", 9444);
    send_all(socket.get(), std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03half a hello", 23));
  }
  EXPECT_EQ(lab.event("internet.tls-refused/1").data["alert"], "eof within the handshake");
  EXPECT_THAT(lab.content(lab.stream_to(9444)), HasSubstr("half a hello"));
}

TEST(InternetTls, KeepsWhatOnlyLooksLikeTlsToItsEnd) {
  Lab lab;
  const std::string start("\x16\x03\x01\x00\x05HELLOthis is no TLS", 23);
  const std::string more(100'000, '!');
  {
    const UniqueFd socket = connect_tcp("203.0.113.7", 9445);
    send_all(socket.get(), start);
    (void)lab.event("internet.tls-refused/1");
    send_all(socket.get(), more);
    ::shutdown(socket.get(), SHUT_WR);
    (void)receive_all(socket.get());
  }
  EXPECT_EQ(lab.content(lab.stream_to(9445)), start + more);
}

TEST(InternetTls, KeepsBytesBehindTheEndOfTlsAsAStreamOfTheirOwn) {
  Lab lab;
  const std::string script =
      "import socket,ssl\n"
      "s=socket.create_connection(('203.0.113.7',9446))\n"
      "i,o=ssl.MemoryBIO(),ssl.MemoryBIO()\n"
      "c=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT); c.load_verify_locations('" +
      lab.ca() +
      "')\n"
      "t=c.wrap_bio(i,o,server_hostname='twice.example')\n"
      "def go(f):\n"
      " while True:\n"
      "  try:\n"
      "   r=f(); s.sendall(o.read()); return r\n"
      "  except ssl.SSLWantReadError:\n"
      "   s.sendall(o.read()); i.write(s.recv(65536))\n"
      "go(t.do_handshake); go(lambda: t.write(b'inside')); go(t.unwrap)\n"
      "s.sendall(b'outside'); s.shutdown(socket.SHUT_WR); s.recv(100)\n";
  (void)shell("/usr/bin/python3 - <<'EOF'\n" + script + "EOF");
  EXPECT_TRUE(lab.finish());
  const auto streams = lab.all("internet.stream/1");
  ASSERT_EQ(streams.size(), 2U);
  EXPECT_EQ(lab.content(streams[0]), "inside");
  EXPECT_EQ(lab.content(streams[1]), "outside");
  EXPECT_EQ(streams[1]["detail"], "behind the end of TLS");
  EXPECT_EQ(streams[1]["tls"], nullptr);
}

TEST(InternetTls, IsTrustedByOpensslAndResumes) {
  Lab lab;
  const std::string client =
      "openssl s_client -connect 203.0.113.7:9447 -servername tool.example -verify_return_error"
      " -verify_hostname tool.example -CAfile " +
      lab.ca() + " -ign_eof ";
  const auto request = [&client](const std::string& more) {
    return shell("printf 'GET / HTTP/1.1\\r\\nConnection: close\\r\\n\\r\\n' | " + client + more + " 2>&1");
  };
  const std::string ticket = (lab.folder() / "ticket").string();
  EXPECT_THAT(request("-sess_out " + ticket), HasSubstr("Verify return code: 0 (ok)"));
  EXPECT_THAT(request("-sess_in " + ticket), HasSubstr("Reused, TLSv1.3"));
  EXPECT_TRUE(lab.finish());
  const auto streams = lab.all("internet.stream/1");
  ASSERT_EQ(streams.size(), 2U);
  for (const Json& stream : streams) {
    EXPECT_EQ(stream["tls"]["server_name"], "tool.example");
    EXPECT_EQ(stream["requests"], 1);
  }
}

TEST(InternetTls, TakesAGibibyteWithoutGrowing) {
  Lab lab;
  EXPECT_EQ(shell("curl -sS --cacert " + lab.ca() + " -d warm https://warm.example:1443/"), "{}");
  const long before = lab.resident_kib();
  const Stopwatch watch;
  (void)shell("head -c 1073741824 /dev/zero | curl -sS -m 250 --cacert " + lab.ca() +
                  " -T - https://upload.example/big",
              0, std::chrono::seconds(260));
  const double seconds = watch.seconds();
  const Json stream = lab.stream_to(443);
  const long after = lab.resident_kib();
  EXPECT_GE(stream["bytes"], 1073741824U);
  EXPECT_EQ(stream["requests"], 1);
  EXPECT_EQ(stream["framed_bytes"], stream["bytes"]);
  EXPECT_EQ(std::filesystem::file_size(lab.streams() / stream["sha256"].get<std::string>()), stream["bytes"]);
  EXPECT_LT(after - before, 8 * 1024) << "KiB";
  RecordProperty("MB_per_s", std::to_string(1073.741824 / seconds));
  std::printf("1 GiB over TLS: %.1f MB/s, %ld KiB more memory\n", 1073.741824 / seconds, after - before);
}

}  // namespace
}  // namespace candor::internet_e2e
