// SPDX-License-Identifier: Apache-2.0
#include "internet/tls_session.h"

#include <algorithm>
#include <array>
#include <utility>

#include "internet/name_pool.h"
#include "internet/protocols.h"

namespace candor::internet {

namespace {

// One record's payload.
constexpr std::size_t kPiece = 16U << 10;

}  // namespace

TlsSession::TlsSession(TlsContext& context, const asio::ip::address& destination, std::string dns_name)
    : context_(context),
      destination_(destination),
      dns_name_(std::move(dns_name)),
      ssl_(SSL_new(context.native())),
      in_(BIO_new(BIO_s_mem())),
      out_(BIO_new(BIO_s_mem())) {
  must(ssl_ && in_ != nullptr && out_ != nullptr, "starting TLS");
  SSL_set_bio(ssl_.get(), in_, out_);
  SSL_set_accept_state(ssl_.get());
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_cert_cb(ssl_.get(), choose_certificate, this);
  SSL_set_info_callback(ssl_.get(), note_alert);
}

// Called by OpenSSL once the ClientHello is read, also where a session is resumed and no certificate is
// chosen.
int TlsSession::note_server_name(SSL* ssl, int*, void*) {
  const char* asked = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (asked == nullptr) return SSL_TLSEXT_ERR_NOACK;
  static_cast<TlsSession*>(SSL_get_app_data(ssl))->server_name_ = asked;
  return SSL_TLSEXT_ERR_OK;
}

// No exception may pass through OpenSSL's frames.
int TlsSession::choose_certificate(SSL* ssl, void* argument) {
  auto* self = static_cast<TlsSession*>(argument);
  try {
    Authority& authority = self->context_.authority();
    const Subject subject = self->server_name_.empty()
                                ? Subject{self->dns_name_, self->destination_}
                                : Subject{lower_case(self->server_name_), std::nullopt};
    return SSL_use_cert_and_key(ssl, authority.certificate_for(subject), authority.server_key(), nullptr, 1);
  } catch (const std::exception& error) {
    self->problem_ = error.what();
    return 0;
  }
}

void TlsSession::note_alert(const SSL* ssl, int where, int value) {
  if ((where & SSL_CB_READ_ALERT) != SSL_CB_READ_ALERT) return;
  static_cast<TlsSession*>(SSL_get_app_data(ssl))->alert_ = SSL_alert_desc_string_long(value);
}

std::size_t TlsSession::receive(ByteView ciphertext, const std::function<void(ByteView)>& plaintext) {
  while (!ciphertext.empty() && (state_ == State::handshake || state_ == State::open)) {
    const ByteView piece = ciphertext.first(std::min(ciphertext.size(), kPiece));
    must(BIO_write(in_, piece.data(), static_cast<int>(piece.size())) == static_cast<int>(piece.size()),
         "buffering TLS");
    ciphertext = ciphertext.subspan(piece.size());
    pump(plaintext);
  }
  const bool ended = state_ == State::closed || state_ == State::failed;
  return ended ? ciphertext.size() + BIO_pending(in_) : 0;
}

void TlsSession::pump(const std::function<void(ByteView)>& plaintext) {
  ERR_clear_error();
  if (state_ == State::handshake) {
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
      state_ = State::open;
      handshake_done_ = true;
    } else {
      note_result(result);
    }
  }
  if (state_ == State::open) read_all(plaintext);
}

void TlsSession::read_all(const std::function<void(ByteView)>& plaintext) {
  std::array<std::uint8_t, kPiece> buffer;  // NOLINT: filled by SSL_read
  while (state_ == State::open) {
    ERR_clear_error();
    const int result = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
    if (result > 0) {
      plaintext(ByteView(buffer).first(static_cast<std::size_t>(result)));
    } else {
      note_result(result);
      return;
    }
  }
}

void TlsSession::note_result(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return;
    case SSL_ERROR_ZERO_RETURN:
      state_ = State::closed;
      return;
    default:
      state_ = State::failed;
      if (problem_.empty()) problem_ = openssl_reason();
      ERR_clear_error();
  }
}

void TlsSession::send(std::string_view plaintext) {
  ERR_clear_error();
  while (handshake_done_ && state_ != State::failed && !plaintext.empty()) {
    const int written = SSL_write(ssl_.get(), plaintext.data(), static_cast<int>(plaintext.size()));
    if (written <= 0) {
      note_result(written);
      return;
    }
    plaintext.remove_prefix(static_cast<std::size_t>(written));
  }
}

void TlsSession::close() {
  if (handshake_done_ && state_ != State::failed) SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

std::string TlsSession::take_output() {
  std::string output(BIO_ctrl_pending(out_), '\0');
  if (!output.empty())
    must(BIO_read(out_, output.data(), static_cast<int>(output.size())) > 0, "taking TLS output");
  return output;
}

bool TlsSession::mid_record() const { return BIO_pending(in_) > 0 || SSL_has_pending(ssl_.get()) == 1; }

std::string TlsSession::client_certificates() const {
  const STACK_OF(X509)* chain =
      SSL_session_reused(ssl_.get()) == 1 ? nullptr : SSL_get_peer_cert_chain(ssl_.get());
  const X509* own = SSL_session_reused(ssl_.get()) == 1 ? nullptr : SSL_get0_peer_certificate(ssl_.get());
  std::string all;
  const auto add = [&all](const X509* certificate) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    if (size > 0) all.append(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
  };
  // On a server's side OpenSSL keeps the peer's own certificate apart from its chain.
  if (own != nullptr) add(own);
  for (int i = 0; chain != nullptr && i < sk_X509_num(chain); ++i) add(sk_X509_value(chain, i));
  return all;
}

std::string TlsSession::client_subject() const {
  const X509* own = SSL_get0_peer_certificate(ssl_.get());
  if (own == nullptr) return {};
  const BioPtr text(BIO_new(BIO_s_mem()));
  X509_NAME_print_ex(text.get(), X509_get_subject_name(own), 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  std::string subject(BIO_ctrl_pending(text.get()), '\0');
  if (!subject.empty()) BIO_read(text.get(), subject.data(), static_cast<int>(subject.size()));
  return subject;
}

const std::string& TlsSession::alpn_offer() {
  const std::string& all = internet::alpn_offer();
  if (!may_agree_) return all;
  alpn_offer_.clear();
  for (std::size_t i = 0; i < all.size();) {
    const auto size = static_cast<std::size_t>(static_cast<unsigned char>(all[i]));
    if (may_agree_(std::string_view(all).substr(i + 1, size))) alpn_offer_ += all.substr(i, size + 1);
    i += size + 1;
  }
  return alpn_offer_;
}

std::string TlsSession::alpn() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  return {reinterpret_cast<const char*>(name), size};
}

}  // namespace candor::internet
