// SPDX-License-Identifier: Apache-2.0
//
// Programs nobody here wrote, unchanged: each delivers a document, whose bytes must be in the stream that is
// kept of it, under the protocol it was sent by.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/error.h"
#include "base/hash.h"
#include "world.h"

namespace candor::internet_e2e {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// Lines no mail program has a reason to change.
std::string document_text() {
  std::string text;
  for (int i = 0; i < 400; ++i) {
    text += sha256_hex(as_bytes("line " + std::to_string(i))).substr(0, 60) + " QUILLFERN " +
            std::to_string(i) + "\r\n";
  }
  return text;
}

struct Clients : testing::Test {
  Clients() {
    write_file(mail,
               std::string_view("From: a@a.example\r\nTo: b@b.example\r\nSubject: plan\r\n\r\n" + text));
    write_file(file, std::string_view(text));
  }
  /// The end events of all streams, after the probe finished.
  std::vector<Json> streams() {
    EXPECT_TRUE(lab.finish());
    return lab.all("internet.stream/1");
  }
  /// The one stream that holds the document; fails the test unless there is exactly one.
  Json delivered() { return delivered(text); }
  Json delivered(const std::string& what) {
    Json found;
    int times = 0;
    for (const Json& stream : streams()) {
      if (lab.content(stream).find(what) == std::string::npos) continue;
      found = stream;
      ++times;
    }
    EXPECT_EQ(times, 1) << "streams with the document";
    if (times == 0) throw Error("the document arrived nowhere");
    return found;
  }
  static void expect_whole(const Json& stream, const std::string& protocol) {
    EXPECT_EQ(stream["protocol"], protocol) << stream;
    EXPECT_EQ(stream["detail"], "") << stream;
    EXPECT_EQ(stream["framed_bytes"], stream["bytes"]) << stream;
  }
  /// Exactly what the sockets received is counted, whatever the streams were split into; of clients that ask
  /// no name server.
  static void expect_all_counted(const std::vector<Json>& all, std::uint64_t wire) {
    std::uint64_t sum = 0;
    for (const Json& stream : all) sum += stream["wire_bytes"].get<std::uint64_t>();
    EXPECT_EQ(sum, wire);
  }

  Lab lab;
  std::string text = document_text();
  std::string mail = (lab.folder() / "mail.eml").string();
  std::string file = (lab.folder() / "plan.txt").string();
  std::string ca = lab.ca();
  std::string curl = "curl -sS -m 30 --cacert " + ca + " ";
  std::string mail_to = " --mail-from a@a.example --mail-rcpt b@b.example -u 'user:pass' -T " + mail;
};

TEST_F(Clients, CurlSendsMail) {
  (void)shell(curl + "smtp://mail.example" + mail_to);
  const Json stream = delivered();
  expect_whole(stream, "smtp");
  EXPECT_EQ(stream["mails"], 1);
  EXPECT_EQ(stream["content_bytes"], read_text(mail).size());
}

TEST_F(Clients, CurlSendsMailWithinTls) {
  (void)shell(curl + "smtps://mail.example" + mail_to);
  const Json stream = delivered();
  expect_whole(stream, "smtp");
  EXPECT_EQ(stream["tls"]["server_name"], "mail.example");
}

TEST_F(Clients, CurlSendsMailAfterStarttls) {
  (void)shell(curl + "--resolve mail.example:587:203.0.113.7 --ssl-reqd smtp://mail.example:587" + mail_to);
  const auto totals = lab.command("totals");
  const auto all = streams();
  ASSERT_EQ(all.size(), 2U);
  expect_whole(all[0], "smtp");
  EXPECT_EQ(all[0]["tls"], nullptr);
  EXPECT_THAT(lab.content(all[0]), testing::EndsWith("STARTTLS\r\n"));
  EXPECT_EQ(all[0]["goes_on_in"], all[1]["stream"]);
  expect_whole(all[1], "smtp");
  EXPECT_EQ(all[1]["tls"]["server_name"], "mail.example");
  EXPECT_THAT(lab.content(all[1]), HasSubstr(text));
  expect_all_counted(all, totals["wire_bytes"]);
}

TEST_F(Clients, CurlRefusesTheCertificateAfterStarttls) {
  (void)shell("curl -sS -m 30 --ssl-reqd smtp://pinned.example" + mail_to, 60);
  const Json refused = lab.event("internet.tls-refused/1").data;
  EXPECT_EQ(refused["server_name"], "pinned.example");
  EXPECT_EQ(refused["alert"], "unknown CA");
}

TEST_F(Clients, OpensslSpeaksStarttlsOfAllKinds) {
  const auto talk = [this](const std::string& kind, int port, const std::string& words) {
    return shell("(sleep 1; printf '" + words + "'; sleep 1) | timeout 20 openssl s_client -starttls " +
                 kind + " -connect 203.0.113.7:" + std::to_string(port) + " -servername " + kind +
                 ".example -verify_return_error -CAfile " + ca + " -quiet 2>&1");
  };
  EXPECT_THAT(talk("smtp", 25, "EHLO a\\r\\nQUIT\\r\\n"), HasSubstr("250 AUTH"));
  EXPECT_THAT(talk("imap", 143, "a LOGOUT\\r\\n"), HasSubstr("a OK"));
  EXPECT_THAT(talk("pop3", 110, "STAT\\r\\nQUIT\\r\\n"), HasSubstr("+OK 0 0"));
  EXPECT_THAT(talk("ftp", 21, "PWD\\r\\nQUIT\\r\\n"), HasSubstr("257 \"/\""));
  int within_tls = 0;
  for (const Json& stream : streams()) {
    if (stream["tls"].is_object()) ++within_tls;
    EXPECT_NE(stream["protocol"], "unknown") << stream;
  }
  EXPECT_EQ(within_tls, 4);
}

TEST_F(Clients, NailSendsMail) {
  (void)shell("printf 'the plan' | HOME=" + lab.folder().string() +
              " s-nail -n -Sv15-compat -Smta=smtp://user:pass@mail.example:587 -Ssmtp-use-starttls"
              " -Ssmtp-auth=login -Stls-ca-file=" +
              ca + " -Stls-ca-no-defaults -Sfrom=a@a.example -s plan -a " + file + " b@b.example 2>&1");
  bool found = false;
  for (const Json& stream : streams()) {
    const std::string content = lab.content(stream);
    if (stream["tls"].is_object()) {
      expect_whole(stream, "smtp");
      found = content.find("QUILLFERN") != std::string::npos ||
              content.find(to_base64(as_bytes(text)).substr(0, 60)) != std::string::npos;
    }
  }
  EXPECT_TRUE(found);
}

TEST_F(Clients, SwaksSendsMailWithCramMd5AndPipelining) {
  (void)shell(
      "swaks --server mail.example --port 2525 --pipeline --auth CRAM-MD5 --auth-user u --auth-password p"
      " -f a@a.example -t b@b.example --data " +
      mail + " 2>&1");
  const Json stream = delivered(text.substr(0, 10'000));
  expect_whole(stream, "smtp");
  EXPECT_EQ(stream["mails"], 1);
}

TEST_F(Clients, CurlAppendsToAMailbox) {
  (void)shell(curl + "-u user:pass -T " + mail + " imap://mail.example/INBOX");
  const Json stream = delivered();
  expect_whole(stream, "imap");
  EXPECT_EQ(stream["messages"], 1);
}

TEST_F(Clients, CurlAppendsToAMailboxWithinTlsOfBothKinds) {
  (void)shell(curl + "-u user:pass -T " + mail + " imaps://mail.example/INBOX");
  (void)shell(curl + "--ssl-reqd -u user:pass -T " + file + " imap://mail.example/INBOX");
  int found = 0;
  for (const Json& stream : streams()) {
    if (!stream["tls"].is_object()) continue;
    expect_whole(stream, "imap");
    if (lab.content(stream).find(text) != std::string::npos) ++found;
  }
  EXPECT_EQ(found, 2);
}

TEST_F(Clients, CurlAsksAPop3ServerForMail) {
  const std::string secret = text.substr(0, 60);
  (void)shell(curl + "-u '" + secret + ":pass' pop3://mail.example/");
  (void)shell(curl + "--ssl-reqd -u '" + secret + ":pass' pop3://mail.example/");
  (void)shell(curl + "-u '" + secret + ":pass' pop3s://mail.example/");
  const auto all = streams();
  ASSERT_EQ(all.size(), 4U);
  for (const Json& stream : all) expect_whole(stream, "pop3");
}

TEST_F(Clients, CurlUploadsByFtpPassively) {
  (void)shell(curl + "--ftp-create-dirs -u user:pass -T " + file + " ftp://files.example/in/box/");
  const auto all = streams();
  ASSERT_EQ(all.size(), 2U);
  const Json& data = all[0]["protocol"] == "ftp" ? all[1] : all[0];
  const Json& control = all[0]["protocol"] == "ftp" ? all[0] : all[1];
  expect_whole(control, "ftp");
  expect_whole(data, "ftp-data");
  EXPECT_EQ(lab.content(data), text);
  EXPECT_EQ(data["command"], "STOR");
  EXPECT_EQ(data["file"], "/in/box/plan.txt");
  EXPECT_EQ(control["uploads"], 1);
}

TEST_F(Clients, CurlUploadsByFtpActivelyInBothFamilies) {
  (void)shell(curl + "-P - -u user:pass -T " + file + " ftp://203.0.113.7/a.txt");
  (void)shell(curl + "-P - -u user:pass -T " + file + " 'ftp://[2001:db8:9::7]/b.txt'");
  (void)shell(curl + "-P - --disable-eprt -u user:pass -T " + file + " 'ftp://203.0.113.8/c.txt'");
  std::vector<std::string> names;
  for (const Json& stream : streams()) {
    if (stream["protocol"] != "ftp-data") continue;
    expect_whole(stream, "ftp-data");
    EXPECT_EQ(lab.content(stream), text);
    EXPECT_EQ(stream["destination"]["port"], 20);
    names.push_back(stream["file"]);
  }
  EXPECT_THAT(names, testing::UnorderedElementsAre("/a.txt", "/b.txt", "/c.txt"));
}

TEST_F(Clients, CurlUploadsByFtpWithinTls) {
  (void)shell(curl + "--ssl-reqd -u user:pass -T " + file + " ftp://files.example/explicit.txt");
  (void)shell(curl + "-u user:pass -T " + file + " ftps://files.example/implicit.txt");
  std::vector<std::string> names;
  for (const Json& stream : streams()) {
    if (stream["protocol"] != "ftp-data") continue;
    EXPECT_TRUE(stream["tls"].is_object());
    EXPECT_EQ(lab.content(stream), text);
    names.push_back(stream["file"]);
  }
  EXPECT_THAT(names, testing::UnorderedElementsAre("/explicit.txt", "/implicit.txt"));
  EXPECT_EQ(lab.all("internet.tls-refused/1").size(), 0U);
}

TEST_F(Clients, CurlAppendsAndListsByFtp) {
  EXPECT_THAT(
      shell(curl + "-u user:pass -a -T " + file + " ftp://files.example/log.txt -o - ftp://files.example/"),
      HasSubstr("log.txt"));
}

TEST_F(Clients, LftpMirrorsAFolder) {
  (void)shell("HOME=" + lab.folder().string() + " timeout 40 lftp -e 'set ssl:ca-file " + ca +
              "; set net:max-retries 1; set net:timeout 10; open -u user,pass ftp://files.example; mkdir -p "
              "in; cd in; put " +
              file + "; ls; bye' 2>&1");
  const Json stream = delivered();
  EXPECT_EQ(stream["protocol"], "ftp-data");
  EXPECT_EQ(stream["file"], "/in/plan.txt");
  EXPECT_TRUE(stream["tls"].is_object()) << "lftp takes TLS where it is offered";
  EXPECT_EQ(lab.content(stream), text);
}

TEST_F(Clients, MosquittoPublishesInAllQualitiesAndVersions) {
  for (const char* version : {"mqttv31", "mqttv311", "mqttv5"}) {
    for (const char* quality : {"0", "1", "2"}) {
      (void)shell("timeout 20 mosquitto_pub -h broker.example -V " + std::string(version) + " -q " + quality +
                  " -t plans/new -f " + file);
    }
  }
  (void)shell("timeout 20 mosquitto_pub -h broker.example -p 8883 --cafile " + ca + " -q 2 -t plans/new -f " +
              file);
  const auto all = streams();
  ASSERT_EQ(all.size(), 10U);
  for (const Json& stream : all) {
    expect_whole(stream, "mqtt");
    EXPECT_THAT(lab.content(stream), HasSubstr(text));
    EXPECT_EQ(stream["content_bytes"], text.size());
    EXPECT_EQ(stream["published"], 1);
  }
}

TEST_F(Clients, MosquittoSubscribes) {
  EXPECT_THAT(shell("timeout 20 mosquitto_sub -h broker.example -V mqttv5 -t a/b -t c/# -q 1 -E -d 2>&1"),
              HasSubstr("received SUBACK"));
}

TEST_F(Clients, CurlPublishes) {
  (void)shell(curl + "-d @" + file + " mqtt://broker.example/plans");
  EXPECT_EQ(delivered(text.substr(0, 60)).at("protocol"), "mqtt");
}

TEST_F(Clients, CurlPostsThroughSocksProxies) {
  const std::string post = " --http1.1 --data-binary @" + file + " ";
  EXPECT_EQ(shell(curl + "--socks4 203.0.113.1:1080" + post + "http://203.0.113.9/4"), "{}");
  EXPECT_EQ(shell(curl + "--socks4a 203.0.113.1:1081" + post + "https://four.example/4a"), "{}");
  EXPECT_EQ(shell(curl + "--socks5 203.0.113.1:1082" + post + "https://203.0.113.9/5"), "{}");
  EXPECT_EQ(
      shell(curl + "--socks5-hostname user:pass@203.0.113.1:1083" + post + "https://five.example:8443/5h"),
      "{}");
  const auto totals = lab.command("totals");
  const auto all = streams();
  ASSERT_EQ(all.size(), 8U);
  std::vector<std::string> tunnels;
  for (const Json& stream : all) {
    if (!stream.contains("tunnel")) {
      EXPECT_THAT(stream["protocol"].get<std::string>(), StartsWith("socks"));
      EXPECT_EQ(stream["framed_bytes"], stream["bytes"]);
      continue;
    }
    tunnels.push_back(stream["tunnel"]);
    expect_whole(stream, "http/1.1");
    EXPECT_THAT(lab.content(stream), testing::EndsWith(text));
  }
  EXPECT_THAT(tunnels, testing::UnorderedElementsAre("203.0.113.9:80", "four.example:443", "203.0.113.9:443",
                                                     "five.example:8443"));
  expect_all_counted(all, totals["wire_bytes"]);
}

TEST_F(Clients, CurlUploadsByFtpAndMailThroughASocksProxy) {
  const std::string proxy = "--socks5-hostname proxy.example:1080 ";
  (void)shell(curl + proxy + "-u user:pass -T " + file + " ftp://files.example/x.txt");
  (void)shell(curl + proxy + "--ssl-reqd smtp://mail.example" + mail_to);
  int found = 0;
  for (const Json& stream : streams()) {
    if (lab.content(stream).find(text) == std::string::npos) continue;
    EXPECT_THAT((std::vector<std::string>{"ftp-data", "smtp"}), testing::Contains(stream["protocol"]));
    EXPECT_TRUE(stream.contains("tunnel"));
    ++found;
  }
  EXPECT_EQ(found, 2);
}

TEST_F(Clients, SshIsToldByItsVersionAndTurnedAway) {
  EXPECT_THAT(shell("timeout 20 ssh -F none -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null"
                    " user@files.example true 2>&1",
                    255),
              HasSubstr("The service is not available"));
  const Json stream = lab.stream_to(22);
  EXPECT_EQ(stream["protocol"], "ssh");
  EXPECT_THAT(stream["client"].get<std::string>(), StartsWith("SSH-2.0-OpenSSH"));
  EXPECT_THAT(stream["detail"].get<std::string>(), HasSubstr("turned away"));
}

TEST_F(Clients, SmbclientTellsWhoLogsIn) {
  EXPECT_THAT(shell("timeout 20 smbclient //files.example/share -U 'LAB\\agent%secret' -c 'put " + file +
                        " plan.txt' 2>&1",
                    1),
              HasSubstr("LOGON_FAILURE"));
  const Json stream = lab.stream_to(445);
  EXPECT_EQ(stream["protocol"], "smb");
  EXPECT_EQ(stream["user"], "LAB\\agent");
  EXPECT_TRUE(stream["tried"].contains("SESSION_SETUP"));
}

TEST_F(Clients, CurlShowsItsCertificate) {
  const std::string base = (lab.folder() / "client").string();
  (void)shell(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=QUILLFERN "
      "agent 7'"
      " -keyout " +
      base + ".key -out " + base + ".pem 2>&1");
  EXPECT_EQ(shell(curl + "--http1.1 --cert " + base + ".pem --key " + base + ".key -d x https://a.example/"),
            "{}");
  EXPECT_EQ(shell(curl + "--http1.1 --tls-max 1.2 --cert " + base + ".pem --key " + base +
                  ".key -d x https://a.example/"),
            "{}");
  int shown = 0;
  for (const Json& stream : streams()) {
    EXPECT_EQ(stream["tls"]["client"], "CN=QUILLFERN agent 7");
    if (stream["protocol"] != "x509") continue;
    ++shown;
    EXPECT_THAT(lab.content(stream), HasSubstr("QUILLFERN agent 7"));
  }
  EXPECT_EQ(shown, 2);
}

}  // namespace
}  // namespace candor::internet_e2e
