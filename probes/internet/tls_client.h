// SPDX-License-Identifier: Apache-2.0
//
// The client's side of TLS to a host of the real world, without I/O: as tls_session.h, the other way round.
// The host's certificate must be valid for its name. Bounded memory: output is taken by the owner after every
// call.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "internet/openssl_ptr.h"

namespace candor::internet {

/// Certificates of authorities that are trusted to vouch for real hosts; the settings all such sessions
/// share.
class Trust {
 public:
  /// Reads the certificates in these files, in PEM; throws Error if one has none.
  explicit Trust(const std::vector<std::filesystem::path>& files);
  [[nodiscard]] SSL_CTX* native() const { return context_.get(); }

 private:
  SslContextPtr context_;
};

class TlsClient {
 public:
  enum class State { handshake, open, closed, failed };

  /// `host` is a name or an address; `alpn` the one protocol offered, or "". Its output begins the handshake.
  TlsClient(const Trust& trust, const std::string& host, const std::string& alpn);
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  /// What the host sent; what it said is appended to `plaintext`.
  void receive(ByteView ciphertext, std::string& plaintext);
  /// Encrypts for the host; ignored unless open.
  void send(std::string_view plaintext);
  /// Says close_notify, if the host can understand it.
  void close();
  [[nodiscard]] std::string take_output();

  [[nodiscard]] State state() const { return state_; }
  /// Why it failed: "certificate verify failed: self-signed certificate".
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  void shake();
  void note_result(int result);

  State state_ = State::handshake;
  std::string problem_;
  SslPtr ssl_;
  BIO* in_;   // owned by ssl_
  BIO* out_;  // owned by ssl_
};

}  // namespace candor::internet
