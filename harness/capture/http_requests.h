// SPDX-License-Identifier: Apache-2.0
//
// The heads of HTTP/1.1 requests (RFC 9112) in what a client sent, one after the other: where each begins,
// its target and its fields. Bodies are passed over by the lengths their heads give. Pure function; views
// point into the bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace candor::capture {

struct HttpRequest {
  std::size_t offset = 0;  ///< Of its first byte.
  std::size_t size = 0;    ///< Of the head.
  std::string_view method;
  std::string_view path;                                              ///< Without the query; as sent.
  std::string_view query;                                             ///< Behind '?', or "".
  std::vector<std::pair<std::string_view, std::string_view>> fields;  ///< Without white space around values.
  bool whole = false;                                                 ///< Whether the end of the head came.
};

inline constexpr std::size_t kNoRequest = SIZE_MAX;

/// Tells the requests that stand in `sent` until something else does, which cannot be told from a body, or
/// until `tell` returns false. Of a head only what came is told, and of its fields at most 200. Returns where
/// the next request would begin: behind the end, if a body goes on there; at the one `tell` wanted no more
/// after; kNoRequest, if that cannot be told.
std::size_t for_each_request(ByteView sent, const std::function<bool(const HttpRequest&)>& tell);

}  // namespace candor::capture
