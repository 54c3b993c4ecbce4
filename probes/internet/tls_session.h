// SPDX-License-Identifier: Apache-2.0
//
// The server's side of one TLS connection, without I/O: ciphertext in, plaintext and ciphertext out. The
// certificate is minted for the server name the client asks for; else for the DNS name and address it
// connected to. Bounded memory: output is taken by the owner after every call.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "internet/openssl_ptr.h"
#include "internet/tls_context.h"

namespace candor::internet {

class TlsSession {
 public:
  enum class State {
    handshake,
    open,
    closed,  ///< The peer said close_notify; it can still be answered.
    failed,  ///< It broke: see problem().
  };

  /// `dns_name` is the name the destination address was given out for, or "".
  TlsSession(TlsContext& context, const asio::ip::address& destination, std::string dns_name);
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  /// Of the protocols both sides have, only those that `may` takes are agreed upon; asked once the client's
  /// name for the server is known.
  void restrict_alpn(std::function<bool(std::string_view protocol)> may) { may_agree_ = std::move(may); }

  /// Calls `plaintext` with what the peer sent. Returns how many bytes at the end of `ciphertext` are no part
  /// of the session, because it had ended before them.
  std::size_t receive(ByteView ciphertext, const std::function<void(ByteView)>& plaintext);
  /// Encrypts for the peer; ignored before the handshake's end and after a failure.
  void send(std::string_view plaintext);
  /// Says close_notify, if the peer can understand it.
  void close();
  /// Ciphertext to be sent to the peer.
  [[nodiscard]] std::string take_output();

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] bool handshake_done() const { return handshake_done_; }
  /// A record or handshake message was begun and not ended.
  [[nodiscard]] bool mid_record() const;
  /// What the client asked for by SNI, as bytes; or "".
  [[nodiscard]] const std::string& server_name() const { return server_name_; }
  [[nodiscard]] std::string version() const { return SSL_get_version(ssl_.get()); }
  [[nodiscard]] std::string alpn() const;
  /// The certificates the client showed in this handshake, its own first, in DER one after the other; or "".
  [[nodiscard]] std::string client_certificates() const;
  /// The subject of its own, also of the session it resumes; or "".
  [[nodiscard]] std::string client_subject() const;
  /// The last alert the client sent ("unknown CA"), or "".
  [[nodiscard]] const std::string& alert() const { return alert_; }
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  friend class TlsContext;
  /// What may be agreed upon, as OpenSSL takes it.
  [[nodiscard]] const std::string& alpn_offer();
  static int note_server_name(SSL* ssl, int* alert, void* unused);
  static int choose_certificate(SSL* ssl, void* self);
  static void note_alert(const SSL* ssl, int where, int value);
  void pump(const std::function<void(ByteView)>& plaintext);
  void read_all(const std::function<void(ByteView)>& plaintext);
  void note_result(int result);

  TlsContext& context_;
  asio::ip::address destination_;
  std::string dns_name_;
  std::function<bool(std::string_view protocol)> may_agree_;
  std::string alpn_offer_;
  std::string server_name_;
  std::string alert_;
  std::string problem_;
  State state_ = State::handshake;
  bool handshake_done_ = false;
  SslPtr ssl_;
  BIO* in_;   // owned by ssl_
  BIO* out_;  // owned by ssl_
};

}  // namespace candor::internet
