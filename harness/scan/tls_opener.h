// SPDX-License-Identifier: Apache-2.0
//
// Opens the TLS of a capture with tshark (Wireshark's command), which is given the capture and the keys as
// files. tshark's output is bounded, and read as a stranger's: it was made of what the capture holds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "scan/capture_scan.h"
#include "scan/request_heads.h"
#include "scan/surfaces.h"

namespace candor::scan {

/// One packet with TLS records, as tshark lists it.
struct TlsPacket {
  std::uint64_t frame = 0;
  std::uint64_t stream = 0;  ///< tshark's number of the connection.
  std::string source;        ///< "10.0.0.1:40000", "[fd00::1]:443".
  std::string destination;
  std::uint64_t sealed = 0;       ///< Bytes of TLS 1.3 records that stayed closed.
  std::uint64_t closed = 0;       ///< Bytes of older versions' application data records, opened or not.
  std::uint64_t application = 0;  ///< Bytes of content that these hold at least.
};

/// Arguments that list all packets with TLS records, and the reading of that list; lines of another form are
/// no packets.
[[nodiscard]] std::vector<std::string> list_arguments(const std::filesystem::path& capture,
                                                      const std::filesystem::path& keylog);
[[nodiscard]] std::vector<TlsPacket> read_list(std::string_view output);

/// What one connection carried inside TLS, in both directions. Which is which, tshark does not say reliably
/// when it follows several connections at once.
struct Opened {
  std::uint64_t stream = 0;
  Bytes one_way;
  Bytes other_way;
};

/// The same for the contents of connections.
[[nodiscard]] std::vector<std::string> follow_arguments(const std::filesystem::path& capture,
                                                        const std::filesystem::path& keylog,
                                                        const std::vector<std::uint64_t>& streams);
[[nodiscard]] std::vector<Opened> read_follow(std::string_view output);

struct TlsKeys {
  std::optional<std::filesystem::path> keylog;  ///< NSS key log.
  bool in_capture = false;                      ///< The capture brings its own.
  [[nodiscard]] bool any() const { return keylog.has_value() || in_capture; }
};

/// Searches what the keys open of `streams`, and tells the requests in it to `heads`; the rest becomes
/// something not looked into, with the reason.
void open_tls(ByteView capture, const std::vector<TlsStream>& streams, const TlsKeys& keys,
              Surfaces& surfaces, RequestHeads& heads);

}  // namespace candor::scan
