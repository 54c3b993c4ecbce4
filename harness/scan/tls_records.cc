// SPDX-License-Identifier: Apache-2.0
#include "scan/tls_records.h"

namespace candor::scan {

namespace {

constexpr std::size_t kHeader = 5;
constexpr std::size_t kLargestRecord = (1U << 14) + 2048;
constexpr std::uint8_t kHandshake = 22;

std::size_t record_length(ByteView record) { return record[3] * std::size_t{256} + record[4]; }

/// A record's header: content type, version 3.0 to 3.4, length.
bool is_record(ByteView bytes) {
  return bytes.size() >= kHeader && bytes[0] >= 20 && bytes[0] <= 24 && bytes[1] == 3 && bytes[2] <= 4 &&
         record_length(bytes) > 0 && record_length(bytes) <= kLargestRecord;
}

/// A record that begins with a client's or a server's hello.
bool is_hello(ByteView bytes) {
  return is_record(bytes) && bytes[0] == kHandshake && bytes.size() >= kHeader + 4 &&
         (bytes[kHeader] == 1 || bytes[kHeader] == 2) && bytes[kHeader + 1] == 0;
}

bool two_records(ByteView bytes) {
  if (!is_record(bytes)) return false;
  const std::size_t next = kHeader + record_length(bytes);
  return next < bytes.size() ? is_record(bytes.subspan(next)) : next == bytes.size();
}

}  // namespace

std::optional<std::size_t> tls_begin(ByteView stream) {
  for (std::size_t at = 0; at + kHeader <= stream.size(); ++at) {
    const ByteView rest = stream.subspan(at);
    if (is_record(rest) && (is_hello(rest) || two_records(rest))) return at;
  }
  return std::nullopt;
}

}  // namespace candor::scan
