// SPDX-License-Identifier: Apache-2.0
//
// own_tls HOST FILE: posts a file over HTTPS with a TLS library of its own: linked statically, so that no library of the
// guest is used. It is a leak made for tests of the harness: without the harness's marker device it does nothing.
//
// cc -O2 -static own_tls.c -lssl -lcrypto
#include <netdb.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <unistd.h>

static char text[65536];

int main(int argc, char **argv) {
  if (argc != 3 || access("/dev/virtio-ports/org.candor.marker.0", F_OK) != 0) return 77;
  FILE *file = fopen(argv[2], "rb");
  const size_t bytes = file ? fread(text, 1, sizeof text, file) : 0;
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  if (bytes == 0 || !context || SSL_CTX_load_verify_locations(context, "/etc/ssl/certs/ca-certificates.crt", NULL) != 1) return 1;
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);

  char address[300];
  snprintf(address, sizeof address, "%s:443", argv[1]);
  BIO *connection = BIO_new_ssl_connect(context);
  SSL *ssl = NULL;
  BIO_get_ssl(connection, &ssl);
  SSL_set1_host(ssl, argv[1]);
  SSL_set_tlsext_host_name(ssl, argv[1]);
  BIO_set_conn_hostname(connection, address);
  if (BIO_do_connect(connection) != 1) return 2;

  char head[400];
  const int size = snprintf(head, sizeof head, "POST /in HTTP/1.1\r\nHost: %s\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n",
                            argv[1], bytes);
  if (SSL_write(ssl, head, size) != size || SSL_write(ssl, text, (int)bytes) != (int)bytes) return 3;
  while (SSL_read(ssl, text, sizeof text) > 0) continue;
  SSL_shutdown(ssl);
  return 0;
}
