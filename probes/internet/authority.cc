// SPDX-License-Identifier: Apache-2.0
#include "internet/authority.h"

#include <openssl/bn.h>
#include <openssl/pem.h>

#include <algorithm>

namespace candor::internet {

namespace {

constexpr const char* kNotBefore = "20000101000000Z";
constexpr const char* kNotAfter = "20491231235959Z";

KeyPtr new_key() {
  KeyPtr key(EVP_EC_gen("P-256"));
  must(key != nullptr, "generating a P-256 key");
  return key;
}

void set_serial(X509* certificate) {
  const std::unique_ptr<BIGNUM, OpensslFree<BN_free>> serial(BN_new());
  must(BN_rand(serial.get(), 120, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
           BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr,
       "setting a certificate's serial number");
}

// `common_name` empty: an empty name.
void set_name(X509_NAME* name, const std::string& common_name) {
  if (common_name.empty()) return;
  must(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_UTF8,
                                  reinterpret_cast<const unsigned char*>(common_name.data()),
                                  static_cast<int>(common_name.size()), -1, 0) == 1,
       "setting a certificate's name");
}

void add_extension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const ExtensionPtr extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
  must(extension && X509_add_ext(certificate, extension.get(), -1) == 1, "adding a certificate extension");
}

CertificatePtr blank(EVP_PKEY* key) {
  CertificatePtr certificate(X509_new());
  must(certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
           X509_set_pubkey(certificate.get(), key) == 1 &&
           ASN1_TIME_set_string_X509(X509_getm_notBefore(certificate.get()), kNotBefore) == 1 &&
           ASN1_TIME_set_string_X509(X509_getm_notAfter(certificate.get()), kNotAfter) == 1,
       "making a certificate");
  set_serial(certificate.get());
  return certificate;
}

void sign(X509* certificate, EVP_PKEY* key) {
  must(X509_sign(certificate, key, EVP_sha256()) > 0, "signing a certificate");
}

CertificatePtr self_signed(EVP_PKEY* key) {
  CertificatePtr certificate = blank(key);
  X509* ca = certificate.get();
  set_name(X509_get_subject_name(ca), "Candor Run CA");
  X509_set_issuer_name(ca, X509_get_subject_name(ca));
  add_extension(ca, ca, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(ca, ca, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(ca, ca, NID_subject_key_identifier, "hash");
  sign(ca, key);
  return certificate;
}

// A name of any bytes or an address becomes one entry; built by hand so that no byte is read as syntax.
void push_name(GENERAL_NAMES* names, int kind, const void* data, std::size_t size) {
  std::unique_ptr<GENERAL_NAME, OpensslFree<GENERAL_NAME_free>> name(GENERAL_NAME_new());
  ASN1_STRING* value = kind == GEN_IPADD ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
  must(name && value && ASN1_STRING_set(value, data, static_cast<int>(size)) == 1, "naming a certificate");
  GENERAL_NAME_set0_value(name.get(), kind, value);
  must(sk_GENERAL_NAME_push(names, name.get()) > 0, "naming a certificate");
  name.release();
}

void push_address(GENERAL_NAMES* names, const asio::ip::address& address) {
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    push_name(names, GEN_IPADD, bytes.data(), bytes.size());
  } else {
    const auto bytes = address.to_v6().to_bytes();
    push_name(names, GEN_IPADD, bytes.data(), bytes.size());
  }
}

void add_names(X509* certificate, const Subject& subject, bool critical) {
  const NamesPtr names(GENERAL_NAMES_new());
  must(names != nullptr, "naming a certificate");
  if (!subject.name.empty()) push_name(names.get(), GEN_DNS, subject.name.data(), subject.name.size());
  if (subject.address) push_address(names.get(), *subject.address);
  must(X509_add1_ext_i2d(certificate, NID_subject_alt_name, names.get(), critical ? 1 : 0,
                         X509V3_ADD_DEFAULT) == 1,
       "naming a certificate");
}

// The name as a common name if it can be one.
std::string common_name(const Subject& subject) {
  constexpr std::size_t kLongest = 64;  // ub-common-name of X.520
  const bool plain =
      std::all_of(subject.name.begin(), subject.name.end(), [](char c) { return c > 0x20 && c < 0x7f; });
  return plain && subject.name.size() <= kLongest ? subject.name : std::string();
}

}  // namespace

Authority::Authority(std::size_t bound)
    : bound_(bound), ca_key_(new_key()), server_key_(new_key()), ca_(self_signed(ca_key_.get())) {}

std::string Authority::pem() const {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  must(bio && PEM_write_bio_X509(bio.get(), ca_.get()) == 1, "writing the CA certificate");
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

X509* Authority::certificate_for(const Subject& subject) {
  if (const auto known = cache_.find(subject); known != cache_.end()) return known->second.get();
  if (cache_.size() >= bound_) cache_.clear();
  return cache_.emplace(subject, mint(subject)).first->second.get();
}

CertificatePtr Authority::mint(const Subject& subject) const {
  CertificatePtr certificate = blank(server_key_.get());
  X509* leaf = certificate.get();
  const std::string name = common_name(subject);
  set_name(X509_get_subject_name(leaf), name);
  X509_set_issuer_name(leaf, X509_get_subject_name(ca_.get()));
  add_names(leaf, subject, name.empty());
  add_extension(leaf, ca_.get(), NID_basic_constraints, "critical,CA:FALSE");
  add_extension(leaf, ca_.get(), NID_key_usage, "critical,digitalSignature");
  add_extension(leaf, ca_.get(), NID_ext_key_usage, "serverAuth");
  add_extension(leaf, ca_.get(), NID_info_access, "OCSP;URI:http://ocsp.pki.example/");
  add_extension(leaf, ca_.get(), NID_crl_distribution_points, "URI:http://crl.pki.example/run.crl");
  add_extension(leaf, ca_.get(), NID_subject_key_identifier, "hash");
  add_extension(leaf, ca_.get(), NID_authority_key_identifier, "keyid");
  sign(leaf, ca_key_.get());
  return certificate;
}

}  // namespace candor::internet
