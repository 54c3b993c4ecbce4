// SPDX-License-Identifier: Apache-2.0
#include "internet/tls_context.h"

#include <fcntl.h>

#include "base/error.h"
#include "internet/tls_session.h"

namespace candor::internet {

namespace {

// Whoever it is: what it shows is kept, nobody is turned away.
int take_any_certificate(int, X509_STORE_CTX*) { return 1; }

}  // namespace

TlsContext::TlsContext(Authority& authority, const std::filesystem::path& key_log)
    : authority_(authority),
      key_log_(::open(key_log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)),
      context_(SSL_CTX_new(TLS_server_method())) {
  if (!key_log_) throw errno_error("opening the key log " + key_log.string());
  SSL_CTX* context = context_.get();
  must(context != nullptr && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1, "preparing TLS");
  // Whoever offers weak ciphers is to be read, not taught.
  must(SSL_CTX_set_cipher_list(context, "ALL:!aNULL:!eNULL:@SECLEVEL=0") == 1, "setting TLS ciphers");
  SSL_CTX_set_app_data(context, this);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  // Early data that OpenSSL would skip is data nobody reads: it must break the handshake instead.
  SSL_CTX_set_max_early_data(context, 0);
  SSL_CTX_set_recv_max_early_data(context, 0);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, take_any_certificate);
  static constexpr std::string_view kSessions =
      "candor";  // OpenSSL resumes no session without a context's name
  must(SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(kSessions.data()),
                                      kSessions.size()) == 1,
       "naming TLS sessions");
  SSL_CTX_set_alpn_select_cb(context, select_alpn, nullptr);
  SSL_CTX_set_tlsext_servername_callback(context, TlsSession::note_server_name);
  SSL_CTX_set_keylog_callback(context, log_keys);
}

// Clients that offer only other protocols go on without ALPN: better to receive bytes that are not understood
// than to turn the client away.
int TlsContext::select_alpn(SSL* ssl, const unsigned char** out, unsigned char* out_size,
                            const unsigned char* in, unsigned int in_size, void*) {
  const std::string& ours = static_cast<TlsSession*>(SSL_get_app_data(ssl))->alpn_offer();
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, reinterpret_cast<const unsigned char*>(ours.data()),
                            static_cast<unsigned>(ours.size()), in, in_size) != OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_NOACK;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

void TlsContext::log_keys(const SSL* ssl, const char* line) {
  auto* self = static_cast<TlsContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
  try {
    const std::string whole = std::string(line) + '\n';
    write_all(self->key_log_.get(), as_bytes(whole));
  } catch (const std::exception& error) {
    self->key_log_problem_ = error.what();
  }
}

}  // namespace candor::internet
