// SPDX-License-Identifier: Apache-2.0
//
// What all TLS sessions of a run share: OpenSSL's server context (TLS 1.2 and 1.3, of the ALPN names a
// client offers the best one the table of protocols has, stateless tickets, no early data; asks for a client
// certificate, takes any and none), the authority, and the key log. Owned by the probe; outlives
// its sessions.
#pragma once

#include <filesystem>
#include <string>

#include "base/fd.h"
#include "internet/authority.h"
#include "internet/openssl_ptr.h"

namespace candor::internet {

class TlsContext {
 public:
  /// Secrets are appended to `key_log` in NSS's format, each line by one write before the handshake goes on.
  TlsContext(Authority& authority, const std::filesystem::path& key_log);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  [[nodiscard]] Authority& authority() { return authority_; }
  [[nodiscard]] SSL_CTX* native() { return context_.get(); }
  /// Why secrets could not be written, or "".
  [[nodiscard]] const std::string& key_log_problem() const { return key_log_problem_; }

 private:
  static int select_alpn(SSL* ssl, const unsigned char** out, unsigned char* out_size,
                         const unsigned char* in, unsigned int in_size, void*);
  static void log_keys(const SSL* ssl, const char* line);

  Authority& authority_;
  UniqueFd key_log_;
  std::string key_log_problem_;
  SslContextPtr context_;
};

}  // namespace candor::internet
