// SPDX-License-Identifier: Apache-2.0
//
// One received stream from its first event to its last: the file it is kept in and what is told of it. Owned
// by its connection or conversation, which must call end(); if it cannot, the part file and the missing end
// event show that bytes may be missing.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "base/named_host.h"
#include "internet/endpoint.h"
#include "internet/services.h"
#include "internet/stream_store.h"
#include "internet/text_check.h"

namespace candor::internet {

/// Whence, where to, and under which name.
struct Route {
  std::string transport;  ///< "tcp", "udp".
  Endpoint source;
  Endpoint destination;
  std::string name;  ///< DNS name the destination was given out for, as bytes; or "".
  /// In a tunnel, whom the peer asked to be connected to: "host:port", as bytes; else "". The endpoints stay
  /// those of the outer connection, and `name` is the host, if it is a name.
  std::string tunnel;
  NamedHost passed_to;  ///< The real host it is passed through to; no name if there is none.
};

/// How a stream ended.
struct StreamEnd {
  std::string ended;  ///< "eof", "reset", "idle", "stopped", "error".
  std::string detail;
  std::string protocol;        ///< "": told by its bytes, "text" or "unknown".
  Json tls;                    ///< null, or {version, server_name, alpn}.
  Json more = Json::object();  ///< Further members of the event.
};

class StreamRecord {
 public:
  /// Reports it opened.
  StreamRecord(Services& services, const Route& route);
  StreamRecord(const StreamRecord&) = delete;
  StreamRecord& operator=(const StreamRecord&) = delete;

  [[nodiscard]] std::int64_t number() const { return number_; }
  [[nodiscard]] std::uint64_t bytes() const { return file_.bytes(); }
  /// Counts bytes read from the socket for this stream.
  void add_wire(std::size_t bytes) { wire_bytes_ += bytes; }
  /// Some of those turned out to be another stream's.
  void take_wire(std::size_t bytes) { wire_bytes_ -= std::min<std::uint64_t>(bytes, wire_bytes_); }
  /// Keeps bytes; false if they could not all be kept. After that nothing more is, and problem() says why.
  bool append(ByteView bytes);
  [[nodiscard]] const std::string& problem() const { return problem_; }
  /// Names the file and reports the end; once.
  void end(StreamEnd end);

 private:
  [[nodiscard]] std::string finish_file();

  Services& services_;
  Json head_;
  std::int64_t number_;
  StreamFile file_;
  TextCheck text_;
  std::uint64_t wire_bytes_ = 0;
  std::uint64_t lost_bytes_ = 0;
  std::string problem_;
};

/// The members events share: {source, destination, name}, and {tunnel} in one; names made printable.
[[nodiscard]] Json to_json(const Route& route);

}  // namespace candor::internet
