// SPDX-License-Identifier: Apache-2.0
//
// Byte strings, their text encodings, and how bytes nobody trusts are shown to people.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace candor {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

[[nodiscard]] inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline Bytes to_bytes(std::string_view text) {
  const ByteView view = as_bytes(text);
  return {view.begin(), view.end()};
}

/// Lower-case hexadecimal.
[[nodiscard]] std::string to_hex(ByteView bytes);
/// The inverse, either case; nothing if `text` is not an even number of hex digits.
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view text);

/// Base64 of RFC 4648, section 4, padded.
[[nodiscard]] std::string to_base64(ByteView bytes);
/// The inverse; nothing if `text` is not exactly that.
[[nodiscard]] std::optional<Bytes> from_base64(std::string_view text);

/// `bytes` as one line of text safe for a terminal, a log and a message: valid UTF-8 is kept, control
/// characters, bidirectional overrides and broken UTF-8 become \n, \t, \xNN or \u{…}; longer than
/// `limit` bytes is cut and ends in "…".
[[nodiscard]] std::string printable(ByteView bytes, std::size_t limit = 200);
[[nodiscard]] std::string printable(std::string_view text, std::size_t limit = 200);

/// True if `bytes` is well-formed UTF-8 (RFC 3629) without NUL.
[[nodiscard]] bool is_utf8_text(ByteView bytes);

}  // namespace candor
