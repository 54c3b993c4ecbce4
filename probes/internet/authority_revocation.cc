// SPDX-License-Identifier: Apache-2.0
// What the authority says about revocation. Valid for all the time its certificates are.
#include <openssl/ocsp.h>
#include <openssl/x509.h>

#include "internet/authority.h"

namespace candor::internet {

namespace {

constexpr const char* kThisUpdate = "20000101000000Z";
constexpr const char* kNextUpdate = "20491231235959Z";

template <auto function>
struct Free {
  template <typename T>
  void operator()(T* value) const {
    function(value);
  }
};
using Request = std::unique_ptr<OCSP_REQUEST, Free<OCSP_REQUEST_free>>;
using BasicResponse = std::unique_ptr<OCSP_BASICRESP, Free<OCSP_BASICRESP_free>>;
using Response = std::unique_ptr<OCSP_RESPONSE, Free<OCSP_RESPONSE_free>>;
using CertificateId = std::unique_ptr<OCSP_CERTID, Free<OCSP_CERTID_free>>;
using Time = std::unique_ptr<ASN1_TIME, Free<ASN1_TIME_free>>;
using List = std::unique_ptr<X509_CRL, Free<X509_CRL_free>>;

Time time_of(const char* text) {
  Time time(ASN1_TIME_new());
  must(time && ASN1_TIME_set_string_X509(time.get(), text) == 1, "making a time");
  return time;
}

/// The DER form by one of OpenSSL's i2d functions.
template <typename Write, typename Value>
std::string der(Write write, Value* value) {
  unsigned char* data = nullptr;
  const int size = write(value, &data);
  must(size > 0, "writing DER");
  std::string text(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
  OPENSSL_free(data);
  return text;
}

bool issued_by(OCSP_CERTID* id, X509* ca) {
  ASN1_OBJECT* hash = nullptr;
  ASN1_INTEGER* serial = nullptr;
  OCSP_id_get0_info(nullptr, &hash, nullptr, &serial, id);
  const EVP_MD* digest = EVP_get_digestbyobj(hash);
  if (digest == nullptr) return false;
  const CertificateId own(
      OCSP_cert_id_new(digest, X509_get_subject_name(ca), X509_get0_pubkey_bitstr(ca), serial));
  return own && OCSP_id_issuer_cmp(own.get(), id) == 0;
}

}  // namespace

std::string Authority::ocsp_response(ByteView request) const {
  const unsigned char* data = request.data();
  const Request asked(d2i_OCSP_REQUEST(nullptr, &data, static_cast<long>(request.size())));
  if (!asked) return {};
  const BasicResponse basic(OCSP_BASICRESP_new());
  const Time from = time_of(kThisUpdate);
  const Time until = time_of(kNextUpdate);
  must(basic != nullptr, "answering OCSP");
  for (int i = 0; i < OCSP_request_onereq_count(asked.get()); ++i) {
    OCSP_CERTID* id = OCSP_onereq_get0_id(OCSP_request_onereq_get0(asked.get(), i));
    const int status = issued_by(id, ca_.get()) ? V_OCSP_CERTSTATUS_GOOD : V_OCSP_CERTSTATUS_UNKNOWN;
    must(OCSP_basic_add1_status(basic.get(), id, status, 0, nullptr, from.get(), until.get()) != nullptr,
         "answering OCSP");
  }
  OCSP_copy_nonce(basic.get(), asked.get());
  must(OCSP_basic_sign(basic.get(), ca_.get(), ca_key_.get(), EVP_sha256(), nullptr, 0) == 1, "signing OCSP");
  const Response response(OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get()));
  must(response != nullptr, "answering OCSP");
  return der(i2d_OCSP_RESPONSE, response.get());
}

std::string Authority::revocation_list() const {
  const List list(X509_CRL_new());
  const Time from = time_of(kThisUpdate);
  const Time until = time_of(kNextUpdate);
  must(list && X509_CRL_set_version(list.get(), X509_CRL_VERSION_2) == 1 &&
           X509_CRL_set_issuer_name(list.get(), X509_get_subject_name(ca_.get())) == 1 &&
           X509_CRL_set1_lastUpdate(list.get(), from.get()) == 1 &&
           X509_CRL_set1_nextUpdate(list.get(), until.get()) == 1 &&
           X509_CRL_sign(list.get(), ca_key_.get(), EVP_sha256()) > 0,
       "making a revocation list");
  return der(i2d_X509_CRL, list.get());
}

}  // namespace candor::internet
