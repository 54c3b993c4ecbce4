// SPDX-License-Identifier: Apache-2.0
//
// Digests, by OpenSSL's EVP interface, and values derived from a run's seed.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace candor {

/// An incremental digest. `algorithm` is OpenSSL's name: "sha256", "sha1", "md5", "blake2b512" …
class Hasher {
 public:
  explicit Hasher(const char* algorithm = "sha256");
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();
  Hasher& update(ByteView bytes);
  Hasher& update(std::string_view text) { return update(as_bytes(text)); }
  /// The digest; the hasher must not be used afterwards.
  [[nodiscard]] Bytes finish();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

[[nodiscard]] Bytes digest(const char* algorithm, ByteView bytes);
/// SHA-256 in lower-case hex.
[[nodiscard]] std::string sha256_hex(ByteView bytes);

/// Everything random in a run comes from its seed, through a label, so that it can be replayed.
class Seed {
 public:
  explicit Seed(std::uint64_t value) : value_(value) {}
  /// A fresh one from the kernel's random generator.
  [[nodiscard]] static Seed fresh();
  [[nodiscard]] std::uint64_t value() const { return value_; }
  /// `size` (at most 32) bytes of SHA-256(seed in big-endian, label).
  [[nodiscard]] Bytes derive(std::string_view label, std::size_t size = 32) const;
  /// A number in [0, bound); bound > 0. The bias of the modulus is below 2^-32 for bounds below 2^32.
  [[nodiscard]] std::uint64_t number(std::string_view label, std::uint64_t bound) const;

 private:
  std::uint64_t value_;
};

}  // namespace candor
