// SPDX-License-Identifier: Apache-2.0
//
// The run's own certificate authority: a fresh ECDSA P-256 key and CA certificate per process, and server
// certificates minted on demand, all for one server key. All are valid from 2000 to 2049, since guest clocks
// are set to whatever a scenario wants.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "base/bytes.h"
#include "internet/openssl_ptr.h"

namespace candor::internet {

namespace asio = boost::asio;

/// Whom a certificate is for; at least one member is set. `name` may be any bytes.
struct Subject {
  std::string name;
  std::optional<asio::ip::address> address;
  bool operator<(const Subject& other) const {
    return std::tie(name, address) < std::tie(other.name, other.address);
  }
};

class Authority {
 public:
  /// At most `bound` minted certificates are kept; then all are forgotten, and minted again when asked for.
  explicit Authority(std::size_t bound = 4096);

  /// The CA's certificate, in PEM.
  [[nodiscard]] std::string pem() const;
  /// A server certificate with the subject's name and address; owned by the authority until it mints the
  /// next.
  [[nodiscard]] X509* certificate_for(const Subject& subject);
  /// The answer to an OCSP request (RFC 6960), in DER: certificates of this authority are good, others
  /// unknown. Empty if it is no request.
  [[nodiscard]] std::string ocsp_response(ByteView request) const;
  /// A list of its revoked certificates (RFC 5280, section 5), in DER: there are none.
  [[nodiscard]] std::string revocation_list() const;
  [[nodiscard]] EVP_PKEY* server_key() const { return server_key_.get(); }
  [[nodiscard]] X509* ca_certificate() const { return ca_.get(); }
  [[nodiscard]] std::size_t minted() const { return cache_.size(); }

 private:
  [[nodiscard]] CertificatePtr mint(const Subject& subject) const;

  std::size_t bound_;
  KeyPtr ca_key_;
  KeyPtr server_key_;
  CertificatePtr ca_;
  std::map<Subject, CertificatePtr> cache_;
};

}  // namespace candor::internet
