// SPDX-License-Identifier: Apache-2.0

#include "base/bytes.h"
#include "internet/http_responders.h"

namespace candor::internet {

namespace {

/// The request in a GET's path (RFC 6960, appendix A.1).
std::optional<Bytes> request_in(std::string_view path) {
  return from_base64(percent_decoded(path.substr(path.rfind('/') + 1)));
}

}  // namespace

std::optional<HttpAnswer> answer_revocation(Services& services, const Route&, const HttpRequest& request) {
  const Authority& authority = services.tls.authority();
  const bool get = request.method == "GET";
  if ((get || request.method == "HEAD") && request.path.ends_with(".crl")) {
    return HttpAnswer{.fields = {{"Content-Type", "application/pkix-crl"}},
                      .body = authority.revocation_list(),
                      .rule = "revocation"};
  }
  std::optional<Bytes> asked;
  if (request.method == "POST" && request.field("content-type") == "application/ocsp-request" &&
      request.whole())
    asked = to_bytes(request.body);
  if (get && request.host.starts_with("ocsp.")) asked = request_in(request.path);
  if (!asked) return std::nullopt;
  HttpAnswer answer{.fields = {{"Content-Type", "application/ocsp-response"}},
                    .body = authority.ocsp_response(*asked),
                    .rule = "revocation"};
  if (answer.body.empty()) answer.status = 400;
  return answer;
}

}  // namespace candor::internet
