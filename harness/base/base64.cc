// SPDX-License-Identifier: Apache-2.0
// Apart from the rest of bytes.h, so that what is given to authors of probes needs no OpenSSL.
#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace candor {

std::string to_base64(ByteView bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3), '\0');
  // EVP_EncodeBlock counts in int; whole groups keep the parts independent of each other.
  constexpr std::size_t kPart = 3U << 20;
  for (std::size_t at = 0; at < bytes.size(); at += kPart) {
    const std::size_t size = std::min(kPart, bytes.size() - at);
    std::array<unsigned char, 5>
        last{};  // EVP_EncodeBlock ends each part with NUL, past the part's own bytes
    auto* out = reinterpret_cast<unsigned char*>(text.data()) + at / 3 * 4;
    const std::size_t head = (size - 1) / 3 * 3;
    if (head > 0) EVP_EncodeBlock(out, bytes.data() + at, static_cast<int>(head));
    EVP_EncodeBlock(last.data(), bytes.data() + at + head, static_cast<int>(size - head));
    std::copy_n(last.begin(), 4, out + head / 3 * 4);
  }
  return text;
}

}  // namespace candor
