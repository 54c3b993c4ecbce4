// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/hash.h"
#include "internet/http_responders.h"

namespace candor::internet {

namespace {

constexpr std::array<std::string_view, 8> kMethods = {"PROPFIND", "PROPPATCH", "MKCOL",  "COPY",
                                                      "MOVE",     "LOCK",      "UNLOCK", "REPORT"};

/// For XML, between tags and in attributes.
std::string escaped(std::string_view text) {
  std::string made;
  for (const char c : text) {
    if (c == '<')
      made += "&lt;";
    else if (c == '>')
      made += "&gt;";
    else if (c == '&')
      made += "&amp;";
    else if (c == '"')
      made += "&quot;";
    else if (static_cast<unsigned char>(c) >= 0x20)
      made += c;
  }
  return made;
}

HttpAnswer xml(int status, const std::string& content) {
  HttpAnswer answer{.status = status, .rule = "webdav"};
  answer.fields.emplace_back("Content-Type", "application/xml; charset=utf-8");
  answer.body = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n" + content;
  return answer;
}

/// A path that ends in a slash is a folder, any other one a file that was put there, or nothing.
HttpAnswer properties(Services& services, const HttpRequest& request) {
  const bool folder =
      request.path.ends_with('/') || services.web.folders.contains(request.host + request.path);
  const auto file = services.web.files.find(request.host + request.path);
  if (!folder && file == services.web.files.end()) return {.status = 404, .rule = "webdav"};
  const std::string what = folder ? "<D:resourcetype><D:collection/></D:resourcetype>"
                                  : "<D:resourcetype/><D:getcontentlength>" + std::to_string(file->second) +
                                        "</D:getcontentlength>";
  return xml(207,
             "<D:multistatus xmlns:D=\"DAV:\"><D:response><D:href>" + escaped(request.path) +
                 "</D:href><D:propstat><D:prop>" + what +
                 "</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response></D:multistatus>\n");
}

HttpAnswer lock(const HttpRequest& request) {
  const std::string id = sha256_hex(as_bytes("lock " + request.host + request.path));
  const std::string token = "opaquelocktoken:" + id.substr(0, 8) + "-" + id.substr(8, 4) + "-" +
                            id.substr(12, 4) + "-" + id.substr(16, 4) + "-" + id.substr(20, 12);
  HttpAnswer answer =
      xml(200,
          "<D:prop xmlns:D=\"DAV:\"><D:lockdiscovery><D:activelock><D:locktype><D:write/></D:locktype>"
          "<D:lockscope><D:exclusive/></D:lockscope><D:depth>0</D:depth><D:timeout>Second-3600</D:timeout>"
          "<D:locktoken><D:href>" +
              token + "</D:href></D:locktoken><D:lockroot><D:href>" + escaped(request.path) +
              "</D:href></D:lockroot></D:activelock></D:lockdiscovery></D:prop>\n");
  answer.fields.emplace_back("Lock-Token", "<" + token + ">");
  return answer;
}

HttpAnswer options() {
  HttpAnswer answer{.rule = "webdav"};
  answer.fields = {
      {"Allow",
       "OPTIONS, GET, HEAD, POST, PUT, PATCH, DELETE, PROPFIND, PROPPATCH, MKCOL, COPY, MOVE, LOCK, "
       "UNLOCK"},
      {"DAV", "1, 2"},
      {"MS-Author-Via", "DAV"},
      // Also what a browser's preflight asks for.
      {"Access-Control-Allow-Origin", "*"},
      {"Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE"},
      {"Access-Control-Allow-Headers", "*"}};
  return answer;
}

HttpAnswer put(Services& services, const HttpRequest& request) {
  services.web.note_file(request.host + request.path, request.body_size);
  return {.status = 201, .rule = "webdav"};
}

}  // namespace

std::optional<HttpAnswer> answer_webdav(Services& services, const Route&, const HttpRequest& request) {
  if (request.method == "OPTIONS") return options();
  if (request.method == "PUT") return put(services, request);
  if (std::find(kMethods.begin(), kMethods.end(), request.method) == kMethods.end()) return std::nullopt;
  if (request.method == "PROPFIND") return properties(services, request);
  if (request.method == "LOCK") return lock(request);
  if (request.method == "UNLOCK") return HttpAnswer{.status = 204, .rule = "webdav"};
  if (request.method == "MKCOL") {
    services.web.note_folder(request.host + request.path);
    return HttpAnswer{.status = 201, .rule = "webdav"};
  }
  if (request.method == "COPY" || request.method == "MOVE")
    return HttpAnswer{.status = 201, .rule = "webdav"};
  return xml(207, "<D:multistatus xmlns:D=\"DAV:\"/>\n");
}

}  // namespace candor::internet
