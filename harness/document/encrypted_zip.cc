// SPDX-License-Identifier: Apache-2.0
#include "document/encrypted_zip.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <zlib.h>

#include <array>
#include <memory>

#include "base/error.h"
#include "base/hash.h"

namespace candor::document {

namespace {

constexpr std::uint32_t kDosTime = 8U << 11;  // 2026-01-05 08:00:00.
constexpr std::uint32_t kDosDate = (2026U - 1980U) << 9 | 1U << 5 | 5U;
constexpr std::uint32_t kEncrypted = 1;
constexpr std::uint32_t kUtf8Name = 1U << 11;
constexpr std::uint32_t kDeflate = 8;
constexpr std::uint32_t kAes = 99;

std::string little(std::uint32_t value, int size) {
  std::string bytes;
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> 8 * i & 0xff);
  return bytes;
}

std::string deflated(const std::string& data) {
  z_stream stream = {};
  if (deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw Error("starting zlib failed");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, deflateEnd);
  std::string result(deflateBound(&stream, static_cast<uLong>(data.size())), '\0');
  std::string input = data;
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw Error("deflating an archive's member failed");
  result.resize(stream.total_out);
  return result;
}

std::uint32_t checksum(const std::string& data) {
  return static_cast<std::uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(data.data()), static_cast<uInt>(data.size())));
}

/// APPNOTE 6.1.5: three keys that every plain byte stirs.
class TraditionalCipher {
 public:
  explicit TraditionalCipher(const std::string& password) {
    for (const char c : password) stir(static_cast<std::uint8_t>(c));
  }
  std::string encrypt(const std::string& plain) {
    std::string result;
    for (const char c : plain) {
      const std::uint32_t half = (keys_[2] | 2U) & 0xffffU;
      result += static_cast<char>(static_cast<std::uint8_t>(c) ^ (half * (half ^ 1U) >> 8 & 0xffU));
      stir(static_cast<std::uint8_t>(c));
    }
    return result;
  }

 private:
  static std::uint32_t step(std::uint32_t crc, std::uint32_t byte) {
    return get_crc_table()[(crc ^ byte) & 0xffU] ^ crc >> 8;
  }
  void stir(std::uint8_t byte) {
    keys_[0] = step(keys_[0], byte);
    keys_[1] = (keys_[1] + (keys_[0] & 0xffU)) * 134775813U + 1;
    keys_[2] = step(keys_[2], keys_[1] >> 24);
  }
  std::array<std::uint32_t, 3> keys_ = {0x12345678, 0x23456789, 0x34567890};
};

/// Eleven bytes of salt and the checksum's highest, by which a wrong password is noticed.
std::string traditional(const std::string& data, std::uint32_t crc, const std::string& password,
                        const Bytes& salt) {
  TraditionalCipher cipher(password);
  const std::string head = std::string(as_text(salt)).substr(0, 11) + static_cast<char>(crc >> 24);
  return cipher.encrypt(head + data);
}

using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)>;

/// AES-256 in WinZip's counter mode: a little-endian counter from 1, which OpenSSL's mode has not.
std::string counter_mode(const std::string& data, const std::uint8_t* key) {
  const CipherContext context(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  if (EVP_EncryptInit_ex(context.get(), EVP_aes_256_ecb(), nullptr, key, nullptr) != 1)
    throw Error("starting AES failed");
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  std::string result = data;
  for (std::size_t at = 0; at < data.size(); at += 16) {
    std::array<std::uint8_t, 16> counter = {};
    std::array<std::uint8_t, 16> stream = {};
    const std::size_t block = at / 16 + 1;
    for (std::size_t i = 0; i < sizeof block; ++i) counter[i] = static_cast<std::uint8_t>(block >> 8 * i);
    int size = 0;
    if (EVP_EncryptUpdate(context.get(), stream.data(), &size, counter.data(), 16) != 1)
      throw Error("AES failed");
    for (std::size_t i = 0; i < 16 && at + i < data.size(); ++i)
      result[at + i] = static_cast<char>(static_cast<std::uint8_t>(data[at + i]) ^ stream[i]);
  }
  return result;
}

/// Salt, two bytes to check the password, data, ten bytes to check the data.
std::string aes(const std::string& data, const std::string& password, const Bytes& salt) {
  constexpr int kRounds = 1000;
  constexpr int kKey = 32;
  std::array<std::uint8_t, 2 * kKey + 2> keys = {};
  if (PKCS5_PBKDF2_HMAC_SHA1(password.data(), static_cast<int>(password.size()), salt.data(), 16, kRounds,
                             static_cast<int>(keys.size()), keys.data()) != 1)
    throw Error("deriving a key failed");
  const std::string secret = counter_mode(data, keys.data());
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> sum = {};
  unsigned size = 0;
  if (HMAC(EVP_sha1(), keys.data() + kKey, kKey, reinterpret_cast<const std::uint8_t*>(secret.data()),
           secret.size(), sum.data(), &size) == nullptr)
    throw Error("HMAC failed");
  return std::string(as_text(salt)).substr(0, 16) + std::string(as_text(keys)).substr(2 * kKey) + secret +
         std::string(as_text(sum)).substr(0, 10);
}

/// What local header and directory say alike: from "version needed" to the extra field's size.
struct Head {
  std::string fields;
  std::string extra;
};

Head head_of(ZipCipher cipher, std::uint32_t crc, std::size_t packed, std::size_t plain, std::size_t name) {
  const bool is_aes = cipher == ZipCipher::aes256;
  // AE-2, vendor "AE", 256 bits, and the true method; its checksum is left 0.
  const std::string extra =
      is_aes ? little(0x9901, 2) + little(7, 2) + little(2, 2) + "AE" + little(3, 1) + little(kDeflate, 2)
             : "";
  const std::string fields =
      little(is_aes ? 51 : 20, 2) + little(kEncrypted | kUtf8Name, 2) + little(is_aes ? kAes : kDeflate, 2) +
      little(kDosTime, 2) + little(kDosDate, 2) + little(is_aes ? 0 : crc, 4) +
      little(static_cast<std::uint32_t>(packed), 4) + little(static_cast<std::uint32_t>(plain), 4) +
      little(static_cast<std::uint32_t>(name), 2) + little(static_cast<std::uint32_t>(extra.size()), 2);
  return {fields, extra};
}

}  // namespace

Bytes encrypted_zip(const Parts& parts, const std::string& comment, const std::string& password,
                    ZipCipher cipher, const std::string& salt_seed) {
  std::string file;
  std::string directory;
  for (const auto& [name, content] : parts) {
    const Bytes salt = digest("sha256", as_bytes(salt_seed + " " + name));
    const std::uint32_t crc = checksum(content);
    const std::string packed = cipher == ZipCipher::aes256
                                   ? aes(deflated(content), password, salt)
                                   : traditional(deflated(content), crc, password, salt);
    const Head head = head_of(cipher, crc, packed.size(), content.size(), name.size());
    // Version made by 2.0; no comment, disk 0, no attributes, offset.
    directory += "PK\1\2" + little(20, 2) + head.fields + little(0, 2) + little(0, 2) + little(0, 2) +
                 little(0, 4) + little(static_cast<std::uint32_t>(file.size()), 4) + name + head.extra;
    file += "PK\3\4" + head.fields + name + head.extra + packed;
  }
  const std::string end = "PK\5\6" + little(0, 4) + little(static_cast<std::uint32_t>(parts.size()), 2) +
                          little(static_cast<std::uint32_t>(parts.size()), 2) +
                          little(static_cast<std::uint32_t>(directory.size()), 4) +
                          little(static_cast<std::uint32_t>(file.size()), 4) +
                          little(static_cast<std::uint32_t>(comment.size()), 2) + comment;
  return to_bytes(file + directory + end);
}

}  // namespace candor::document
