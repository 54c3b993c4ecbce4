// SPDX-License-Identifier: Apache-2.0
#include "capture/client_hello.h"

#include <algorithm>

namespace candor::capture {

namespace {

/// Takes fields off the front; what is not there is empty, and so is all behind it.
class Cursor {
 public:
  explicit Cursor(ByteView bytes) : bytes_(bytes) {}

  std::size_t number(std::size_t size) {
    std::size_t value = 0;
    for (const std::uint8_t byte : take(size)) value = value << 8U | byte;
    return value;
  }
  ByteView take(std::size_t size) {
    const ByteView taken = bytes_.first(std::min(size, bytes_.size()));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }
  /// A vector with its length in front, in `size` bytes.
  ByteView vector(std::size_t size) { return take(number(size)); }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }

 private:
  ByteView bytes_;
};

/// 0x0a0a, 0x1a1a … 0xfafa.
bool is_grease(std::size_t value) { return (value & 0x0f0fU) == 0x0a0aU && value >> 8U == (value & 0xffU); }

void note(std::size_t value, std::vector<std::uint16_t>& list, ClientHello& hello) {
  if (is_grease(value))
    hello.grease.push_back(static_cast<std::uint8_t>(value >> 12U));
  else
    list.push_back(static_cast<std::uint16_t>(value));
}

void read_key_shares(ByteView data, ClientHello& hello) {
  for (Cursor shares(Cursor(data).vector(2)); !shares.empty();) {
    (void)shares.number(2);
    if (const ByteView key = shares.vector(2); !key.empty()) hello.key_shares.push_back(key);
  }
}

void read_extensions(ByteView data, ClientHello& hello) {
  constexpr std::size_t kServerName = 0;
  constexpr std::size_t kAlpn = 16;
  constexpr std::size_t kKeyShare = 51;
  for (Cursor extensions(data); !extensions.empty();) {
    const std::size_t type = extensions.number(2);
    const ByteView content = extensions.vector(2);
    note(type, hello.extensions, hello);
    if (type == kKeyShare) read_key_shares(content, hello);
    if (type == kAlpn)
      for (Cursor names(Cursor(content).vector(2)); !names.empty();)
        hello.alpn.emplace_back(as_text(names.vector(1)));
    if (type != kServerName) continue;
    Cursor names(Cursor(content).vector(2));
    (void)names.number(1);
    hello.server_name = std::string(as_text(names.vector(2)));
  }
}

}  // namespace

std::size_t client_hello_size(ByteView bytes) {
  constexpr std::size_t kHeader = 5;
  constexpr std::uint8_t kHandshake = 22;
  constexpr std::uint8_t kClientHello = 1;
  if (bytes.size() <= kHeader || bytes[0] != kHandshake || bytes[1] != 3 || bytes[2] > 4) return 0;
  if (bytes[kHeader] != kClientHello) return 0;
  return kHeader + (std::size_t{bytes[3]} << 8U | bytes[4]);
}

ClientHello parse_client_hello(ByteView record) {
  constexpr std::size_t kBeforeRandom = 5 + 4 + 2;  // record, handshake, version
  ClientHello hello;
  Cursor cursor(record);
  (void)cursor.take(kBeforeRandom);
  hello.random = cursor.take(32);
  hello.session_id = cursor.vector(1);
  for (Cursor ciphers(cursor.vector(2)); !ciphers.empty();) note(ciphers.number(2), hello.ciphers, hello);
  (void)cursor.vector(1);  // compression
  read_extensions(cursor.vector(2), hello);
  return hello;
}

}  // namespace candor::capture
