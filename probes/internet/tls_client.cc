// SPDX-License-Identifier: Apache-2.0
#include "internet/tls_client.h"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address.hpp>

namespace candor::internet {

namespace {

constexpr std::size_t kPiece = 16U << 10;  // one record's payload

}  // namespace

Trust::Trust(const std::vector<std::filesystem::path>& files) : context_(SSL_CTX_new(TLS_client_method())) {
  SSL_CTX* context = context_.get();
  must(context != nullptr && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1, "preparing TLS");
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  for (const std::filesystem::path& file : files)
    must(SSL_CTX_load_verify_file(context, file.c_str()) == 1, "reading certificates from " + file.string());
}

TlsClient::TlsClient(const Trust& trust, const std::string& host, const std::string& alpn)
    : ssl_(SSL_new(trust.native())), in_(BIO_new(BIO_s_mem())), out_(BIO_new(BIO_s_mem())) {
  must(ssl_ && in_ != nullptr && out_ != nullptr, "starting TLS");
  SSL_set_bio(ssl_.get(), in_, out_);
  SSL_set_connect_state(ssl_.get());
  boost::system::error_code no_address;
  static_cast<void>(boost::asio::ip::make_address(host, no_address));
  if (no_address) {
    must(SSL_set_tlsext_host_name(ssl_.get(), host.c_str()) == 1 &&
             SSL_set1_host(ssl_.get(), host.c_str()) == 1,
         "naming the host");
    SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  } else {
    must(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host.c_str()) == 1, "naming the host");
  }
  if (!alpn.empty()) {
    const std::string offer = static_cast<char>(alpn.size()) + alpn;
    must(SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(offer.data()),
                             static_cast<unsigned>(offer.size())) == 0,
         "offering a protocol");
  }
  shake();
}

void TlsClient::shake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_.get());
  if (result == 1) {
    state_ = State::open;
  } else {
    note_result(result);
  }
}

void TlsClient::receive(ByteView ciphertext, std::string& plaintext) {
  std::array<char, kPiece> buffer;  // NOLINT: filled by SSL_read
  while (!ciphertext.empty() && (state_ == State::handshake || state_ == State::open)) {
    const ByteView piece = ciphertext.first(std::min(ciphertext.size(), kPiece));
    must(BIO_write(in_, piece.data(), static_cast<int>(piece.size())) == static_cast<int>(piece.size()),
         "buffering TLS");
    ciphertext = ciphertext.subspan(piece.size());
    if (state_ == State::handshake) shake();
    while (state_ == State::open) {
      ERR_clear_error();
      const int result = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
      if (result <= 0) {
        note_result(result);
        break;
      }
      plaintext.append(buffer.data(), static_cast<std::size_t>(result));
    }
  }
}

void TlsClient::note_result(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return;
    case SSL_ERROR_ZERO_RETURN:
      state_ = State::closed;
      return;
    default:
      state_ = State::failed;
      problem_ = openssl_reason();
      if (const long verified = SSL_get_verify_result(ssl_.get()); verified != X509_V_OK)
        problem_ += std::string(": ") + X509_verify_cert_error_string(verified);
  }
}

void TlsClient::send(std::string_view plaintext) {
  ERR_clear_error();
  while (state_ == State::open && !plaintext.empty()) {
    const std::string_view piece = plaintext.substr(0, kPiece);
    const int written = SSL_write(ssl_.get(), piece.data(), static_cast<int>(piece.size()));
    if (written <= 0) return note_result(written);
    plaintext.remove_prefix(static_cast<std::size_t>(written));
  }
}

void TlsClient::close() {
  if (state_ == State::open || state_ == State::closed) SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

std::string TlsClient::take_output() {
  std::string output(BIO_ctrl_pending(out_), '\0');
  if (!output.empty())
    must(BIO_read(out_, output.data(), static_cast<int>(output.size())) > 0, "taking TLS output");
  return output;
}

}  // namespace candor::internet
