// SPDX-License-Identifier: Apache-2.0
#include "internet/http_responders.h"

namespace candor::internet {

namespace {

/// The files by which apt learns what an archive has. It takes a missing Release file for a broken archive
/// and any other content for a forged one, whatever is in it; the former is the answer of a mirror that
/// moved.
bool is_archive_index(std::string_view path) {
  if (path.find("/dists/") == std::string_view::npos) return false;
  return path.ends_with("/InRelease") || path.ends_with("/Release") || path.ends_with("/Release.gpg");
}

}  // namespace

std::optional<HttpAnswer> answer_unchanged(Services&, const Route&, const HttpRequest& request) {
  if (request.method != "GET" && request.method != "HEAD") return std::nullopt;
  if (!request.field("if-modified-since").empty() || !request.field("if-none-match").empty()) {
    return HttpAnswer{.status = 304, .rule = "unchanged"};
  }
  if (is_archive_index(request.path)) {
    return HttpAnswer{.status = 404,
                      .fields = {{"Content-Type", "text/plain"}},
                      .body = "File not found\n",
                      .rule = "archive"};
  }
  return std::nullopt;
}

}  // namespace candor::internet
