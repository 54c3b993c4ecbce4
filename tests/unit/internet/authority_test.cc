// SPDX-License-Identifier: Apache-2.0
#include "internet/authority.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/x509_vfy.h>

#include "rig.h"

namespace candor::internet {
namespace {

/// OpenSSL's verdict on a server certificate for a name or an address, at a time; "ok" or why not.
std::string verify(X509* leaf, const std::string& host, const std::string& address, time_t when = 0,
                   Authority& authority = shared_authority()) {
  const std::unique_ptr<X509_STORE, OpensslFree<X509_STORE_free>> store(X509_STORE_new());
  X509_STORE_add_cert(store.get(), authority.ca_certificate());
  const std::unique_ptr<X509_STORE_CTX, OpensslFree<X509_STORE_CTX_free>> context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), leaf, nullptr);
  X509_VERIFY_PARAM* rules = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_X509_STRICT);
  X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_SSL_SERVER);
  if (when != 0) X509_VERIFY_PARAM_set_time(rules, when);
  if (!host.empty()) X509_VERIFY_PARAM_set1_host(rules, host.data(), host.size());
  if (!address.empty()) X509_VERIFY_PARAM_set1_ip_asc(rules, address.c_str());
  if (X509_verify_cert(context.get()) == 1) return "ok";
  return X509_verify_cert_error_string(X509_STORE_CTX_get_error(context.get()));
}

TEST(Authority, MintsCertificatesThatOpensslAcceptsForTheirNameOnly) {
  X509* leaf = shared_authority().certificate_for({"samples.example", {}});
  EXPECT_EQ(verify(leaf, "samples.example", ""), "ok");
  EXPECT_EQ(verify(leaf, "SAMPLES.example", ""), "ok");
  EXPECT_EQ(verify(leaf, "other.example", ""), "hostname mismatch");
}

TEST(Authority, MintsCertificatesForAddresses) {
  X509* v4 = shared_authority().certificate_for({"", asio::ip::make_address("203.0.113.9")});
  EXPECT_EQ(verify(v4, "", "203.0.113.9"), "ok");
  EXPECT_EQ(verify(v4, "", "203.0.113.8"), "IP address mismatch");
  X509* both = shared_authority().certificate_for({"a.example", asio::ip::make_address("2001:db8::9")});
  EXPECT_EQ(verify(both, "a.example", "2001:db8::9"), "ok");
}

TEST(Authority, MintsCertificatesForGuestClocksFarOff) {
  X509* leaf = shared_authority().certificate_for({"samples.example", {}});
  EXPECT_EQ(verify(leaf, "samples.example", "", 978307200), "ok") << "2001";
  EXPECT_EQ(verify(leaf, "samples.example", "", 2493072000), "ok") << "2049";
}

TEST(Authority, TakesNamesOfAnyBytesAndLength) {
  for (const std::string& name :
       {std::string("DNS:evil,IP:1.2.3.4\n[section]"), std::string("\x01\xff\x80", 3), std::string(255, 'x'),
        std::string("under_score.example")}) {
    X509* leaf = shared_authority().certificate_for({name, {}});
    ASSERT_NE(leaf, nullptr);
    EXPECT_EQ(verify(leaf, "", ""), "ok") << printable(name);
    EXPECT_NE(verify(leaf, "", "1.2.3.4"), "ok");
  }
}

TEST(Authority, MintsOneCertificatePerSubjectAndKeepsABoundedNumber) {
  Authority authority(3);
  X509* first = authority.certificate_for({"a", {}});
  EXPECT_EQ(authority.certificate_for({"a", {}}), first);
  for (const char* name : {"b", "c", "d", "e"}) (void)authority.certificate_for({name, {}});
  EXPECT_LE(authority.minted(), 3U);
  EXPECT_EQ(verify(authority.certificate_for({"a", {}}), "a", "", 0, authority), "ok");
}

TEST(Authority, IsAnotherOneInEachProcessUnderTheSameName) {
  Authority other(1);
  EXPECT_NE(other.pem(), shared_authority().pem());
  EXPECT_NE(verify(other.certificate_for({"a", {}}), "a", ""), "ok");
  const std::unique_ptr<char, decltype([](char* text) { OPENSSL_free(text); })> name(
      X509_NAME_oneline(X509_get_subject_name(other.ca_certificate()), nullptr, 0));
  EXPECT_STREQ(name.get(), "/CN=Candor Run CA");
}

}  // namespace
}  // namespace candor::internet
