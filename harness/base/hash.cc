// SPDX-License-Identifier: Apache-2.0
#include "base/hash.h"

#include <openssl/evp.h>
#include <sys/random.h>

#include "base/error.h"

namespace candor {

struct Hasher::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { EVP_MD_CTX_free(evp); }
};

Hasher::Hasher(const char* algorithm) : context_(std::make_unique<Context>()) {
  const EVP_MD* method = EVP_get_digestbyname(algorithm);
  if (method == nullptr || EVP_DigestInit_ex(context_->evp, method, nullptr) != 1)
    throw Error(std::string("this OpenSSL has no digest '") + algorithm + "'");
}

Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

Hasher& Hasher::update(ByteView bytes) {
  if (EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()) != 1) throw Error("digesting bytes failed");
  return *this;
}

Bytes Hasher::finish() {
  Bytes result(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  if (EVP_DigestFinal_ex(context_->evp, result.data(), &size) != 1) throw Error("finishing a digest failed");
  result.resize(size);
  return result;
}

Bytes digest(const char* algorithm, ByteView bytes) { return Hasher(algorithm).update(bytes).finish(); }

std::string sha256_hex(ByteView bytes) { return to_hex(digest("sha256", bytes)); }

Seed Seed::fresh() {
  std::uint64_t value = 0;
  if (::getrandom(&value, sizeof value, 0) != static_cast<ssize_t>(sizeof value))
    throw errno_error("asking the kernel for random bytes");
  return Seed(value);
}

Bytes Seed::derive(std::string_view label, std::size_t size) const {
  Bytes number(8);
  for (unsigned i = 0; i < 8; ++i) number[i] = static_cast<std::uint8_t>(value_ >> (56U - 8U * i));
  Bytes result = Hasher("sha256").update(number).update(label).finish();
  if (size > result.size()) throw Error("a seed derives at most 32 bytes at a time");
  result.resize(size);
  return result;
}

std::uint64_t Seed::number(std::string_view label, std::uint64_t bound) const {
  std::uint64_t value = 0;
  for (const std::uint8_t byte : derive(label, 8)) value = value << 8U | byte;
  return value % bound;
}

}  // namespace candor
