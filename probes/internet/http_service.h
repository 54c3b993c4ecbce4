// SPDX-License-Identifier: Apache-2.0
//
// What the world's web servers say, whichever version of HTTP they are asked in: the vendor's cloud first,
// then those in the table of http_responders.h, then a small neutral success. Each request is reported with
// what answered it. One thread; never throws for what a request holds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/hash.h"
#include "internet/http_message.h"
#include "internet/services.h"
#include "internet/stream_record.h"

namespace candor::internet {

/// Where a request stands: its stream, and where in it.
struct HttpPlace {
  std::int64_t stream = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::string version;  ///< "http/1.1", "h2".
};

/// Decides, reports, and makes what the answer changes so.
[[nodiscard]] HttpAnswer serve_http(Services& services, const Route& route, const HttpRequest& request,
                                    const HttpPlace& place);

/// A request's body as it arrives: how much it is, its begin, and its digest if the cloud's rules ask for it.
/// The begins of all bodies together are bounded; past that, a body is counted and not looked into.
class HttpBody {
 public:
  explicit HttpBody(Services& services);
  HttpBody(const HttpBody&) = delete;
  HttpBody& operator=(const HttpBody&) = delete;
  ~HttpBody();
  void add(ByteView piece);
  /// Moves what is known into a request, and begins anew.
  void give(HttpRequest& request);

 private:
  void release();
  Services& services_;
  std::string seen_;
  std::uint64_t size_ = 0;
  std::optional<Hasher> hasher_;
};

}  // namespace candor::internet
