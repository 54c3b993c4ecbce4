// SPDX-License-Identifier: Apache-2.0
#include "internet/tls_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rig.h"

namespace candor::internet {
namespace {

using testing::HasSubstr;

/// OpenSSL's own client over memory, which checks the certificate for `host`.
class Client {
 public:
  explicit Client(const std::string& host, bool trusts = true, int version = TLS1_3_VERSION)
      : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    SSL_CTX_set_cipher_list(context_.get(), "ALL:@SECLEVEL=0");
    if (trusts)
      X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), shared_authority().ca_certificate());
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_connect_state(ssl_.get());
    if (!host.empty()) SSL_set_tlsext_host_name(ssl_.get(), host.c_str());
    if (!host.empty()) SSL_set1_host(ssl_.get(), host.c_str());
  }
  SSL* ssl() { return ssl_.get(); }
  /// Whether the handshake is done; otherwise it made progress or failed.
  bool shake() { return SSL_do_handshake(ssl_.get()) == 1; }
  std::string take() {
    BIO* out = SSL_get_wbio(ssl_.get());
    std::string bytes(BIO_ctrl_pending(out), '\0');
    if (!bytes.empty()) BIO_read(out, bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
  }
  void give(const std::string& bytes) {
    if (!bytes.empty()) BIO_write(SSL_get_rbio(ssl_.get()), bytes.data(), static_cast<int>(bytes.size()));
  }
  std::string encrypt(const std::string& text) {
    SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size()));
    return take();
  }
  std::string read() {
    std::string text(1 << 16, '\0');
    const int size = SSL_read(ssl_.get(), text.data(), static_cast<int>(text.size()));
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }

 private:
  SslContextPtr context_;
  SslPtr ssl_;
};

struct Pair {
  explicit Pair(const std::string& host, bool trusts = true, int version = TLS1_3_VERSION,
                std::size_t piece = 1U << 20)
      : client(host, trusts, version),
        server(rig.tls, asio::ip::make_address("198.18.0.7"), "by-dns.example"),
        piece_(piece) {}

  std::size_t to_server(const std::string& bytes) {
    std::size_t behind = 0;
    for (std::size_t i = 0; i < bytes.size(); i += piece_) {
      behind += server.receive(as_bytes(std::string_view(bytes).substr(i, piece_)),
                               [this](ByteView text) { received += as_text(text); });
    }
    return behind;
  }
  /// Lets both talk until neither has more to say; whether the client is content.
  bool shake() {
    bool done = false;
    for (int i = 0; i < 10; ++i) {
      done = client.shake();
      to_server(client.take());
      client.give(server.take_output());
    }
    return done;
  }

  Rig rig;
  Client client;
  TlsSession server;
  std::string received;

 private:
  std::size_t piece_;
};

TEST(TlsSession, ServesTheNameTheClientAsksForAndTellsWhatWasNegotiated) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Pair pair("Samples.Example", true, version);
    ASSERT_TRUE(pair.shake());
    EXPECT_EQ(pair.server.state(), TlsSession::State::open);
    EXPECT_EQ(pair.server.server_name(), "Samples.Example");
    EXPECT_EQ(pair.server.version(), version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");
    EXPECT_EQ(pair.server.alpn(), "");
    pair.to_server(pair.client.encrypt("secret"));
    EXPECT_EQ(pair.received, "secret");
    pair.server.send("answer");
    pair.client.give(pair.server.take_output());
    EXPECT_EQ(pair.client.read(), "answer");
  }
}

TEST(TlsSession, NeedsNoMoreThanAByteAtATime) {
  Pair pair("samples.example", true, TLS1_3_VERSION, 1);
  ASSERT_TRUE(pair.shake());
  const std::string text(40'000, 's');
  pair.to_server(pair.client.encrypt(text));
  EXPECT_EQ(pair.received, text);
}

TEST(TlsSession, ServesTheDnsNameAndTheAddressWhereNoNameIsAskedFor) {
  Pair pair("");
  SSL_set1_host(pair.client.ssl(), "by-dns.example");
  EXPECT_TRUE(pair.shake());
  Pair by_address("");
  X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(by_address.client.ssl()), "198.18.0.7");
  EXPECT_TRUE(by_address.shake());
}

TEST(TlsSession, ChoosesTheBestItSpeaksAndGoesOnWithoutWhereThereIsNone) {
  Pair both("a.example");
  SSL_set_alpn_protos(both.client.ssl(), reinterpret_cast<const unsigned char*>("\2h2\10http/1.1"), 12);
  ASSERT_TRUE(both.shake());
  EXPECT_EQ(both.server.alpn(), "h2");
  Pair unknown("a.example");
  SSL_set_alpn_protos(unknown.client.ssl(), reinterpret_cast<const unsigned char*>("\2h9"), 3);
  ASSERT_TRUE(unknown.shake());
  EXPECT_EQ(unknown.server.alpn(), "");
}

TEST(TlsSession, TellsTheAlertOfAClientThatDoesNotTrustIt) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Pair pair("pinned.example", false, version);
    EXPECT_FALSE(pair.shake());
    EXPECT_EQ(pair.server.state(), TlsSession::State::failed);
    EXPECT_FALSE(pair.server.handshake_done());
    EXPECT_EQ(pair.server.alert(), "unknown CA");
    EXPECT_EQ(pair.server.server_name(), "pinned.example");
  }
}

TEST(TlsSession, FailsWithAReasonOnWhatOnlyLooksLikeTls) {
  Pair pair("");
  pair.to_server(std::string("\x16\x03\x01\x00\x05hello, world", 17));
  EXPECT_EQ(pair.server.state(), TlsSession::State::failed);
  EXPECT_FALSE(pair.server.problem().empty());
}

TEST(TlsSession, SeesTheOrderlyEndAndLeavesTheBytesBehindIt) {
  Pair pair("a.example");
  ASSERT_TRUE(pair.shake());
  std::string bytes = pair.client.encrypt("last words");
  SSL_shutdown(pair.client.ssl());
  bytes += pair.client.take() + "and in the clear";
  EXPECT_EQ(pair.to_server(bytes), std::string("and in the clear").size());
  EXPECT_EQ(pair.received, "last words");
  EXPECT_EQ(pair.server.state(), TlsSession::State::closed);
  pair.server.send("still answered");
  pair.client.give(pair.server.take_output());
  EXPECT_EQ(pair.client.read(), "still answered");
}

TEST(TlsSession, FailsOnARecordThatWasTamperedWith) {
  Pair pair("a.example");
  ASSERT_TRUE(pair.shake());
  std::string record = pair.client.encrypt("x");
  record.back() = static_cast<char>(record.back() ^ 1);
  pair.to_server(record);
  EXPECT_EQ(pair.server.state(), TlsSession::State::failed);
  EXPECT_EQ(pair.received, "");
}

TEST(TlsSession, KnowsThatARecordWasCut) {
  Pair pair("a.example");
  ASSERT_TRUE(pair.shake());
  const std::string record = pair.client.encrypt("a whole sentence");
  pair.to_server(record.substr(0, record.size() / 2));
  EXPECT_TRUE(pair.server.mid_record());
  pair.to_server(record.substr(record.size() / 2));
  EXPECT_FALSE(pair.server.mid_record());
  EXPECT_EQ(pair.received, "a whole sentence");
}

TEST(TlsSession, ResumesWithItsTicketAndStillKnowsTheNameAndLogsTheKeys) {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    Pair first("a.example", true, version);
    ASSERT_TRUE(first.shake());
    (void)first.client.read();  // takes TLS 1.3's ticket
    const std::unique_ptr<SSL_SESSION, OpensslFree<SSL_SESSION_free>> ticket(
        SSL_get1_session(first.client.ssl()));
    Client again("a.example", true, version);
    TlsSession server(first.rig.tls, asio::ip::make_address("198.18.0.7"), "");
    SSL_set_session(again.ssl(), ticket.get());
    const std::size_t keys_before = read_text(first.rig.key_log).size();
    bool done = false;
    for (int i = 0; i < 5; ++i) {
      done = again.shake();
      (void)server.receive(as_bytes(again.take()), [](ByteView) {});
      again.give(server.take_output());
    }
    EXPECT_TRUE(done);
    EXPECT_EQ(SSL_session_reused(again.ssl()), 1);
    EXPECT_EQ(server.server_name(), "a.example");
    EXPECT_GT(read_text(first.rig.key_log).size(), keys_before);
  }
}

TEST(TlsContext, LogsTheSecretsBeforeAnythingIsAnswered) {
  Pair pair("a.example");
  ASSERT_TRUE(pair.shake());
  const std::string log = read_text(pair.rig.key_log);
  EXPECT_THAT(log, HasSubstr("SERVER_HANDSHAKE_TRAFFIC_SECRET "));
  EXPECT_THAT(log, HasSubstr("CLIENT_TRAFFIC_SECRET_0 "));
  EXPECT_THAT(log, HasSubstr("SERVER_TRAFFIC_SECRET_0 "));
  EXPECT_EQ(log.back(), '\n');
}

TEST(TlsContext, SaysWhenTheSecretsCannotBeWritten) {
  Rig rig;
  TlsContext context(shared_authority(), "/dev/full");
  Client client("a.example");
  TlsSession server(context, asio::ip::make_address("198.18.0.7"), "");
  client.shake();
  (void)server.receive(as_bytes(client.take()), [](ByteView) {});
  EXPECT_THAT(context.key_log_problem(), HasSubstr("No space left"));
}

}  // namespace
}  // namespace candor::internet
