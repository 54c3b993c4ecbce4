// SPDX-License-Identifier: Apache-2.0
#include "capture/quic_initial.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "capture/field_reader.h"

namespace candor::capture {

namespace {

constexpr std::size_t kTag = 16;
constexpr std::size_t kLongestId = 20;
constexpr std::size_t kLongestHello = 64U << 10;
constexpr std::size_t kMostPieces = 256;

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* pointer) const {
    Free(pointer);
  }
};
using KdfContext = std::unique_ptr<EVP_KDF_CTX, Freed<EVP_KDF_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>>;

void check(bool good) {
  if (!good) throw Error("OpenSSL cannot derive the keys of a QUIC packet");
}

using Secret = std::array<std::uint8_t, 32>;

void hkdf(int mode, ByteView key, ByteView salt, ByteView info, std::span<std::uint8_t> out) {
  static const std::unique_ptr<EVP_KDF, Freed<EVP_KDF_free>> kKdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  const KdfContext context(EVP_KDF_CTX_new(kKdf.get()));
  std::string digest = "SHA256";
  const auto bytes = [](const char* name, ByteView value) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(value.data()), value.size());
  };
  const std::array<OSSL_PARAM, 6> parameters = {
      OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      bytes(OSSL_KDF_PARAM_KEY, key),
      salt.empty() ? bytes(OSSL_KDF_PARAM_INFO, info) : bytes(OSSL_KDF_PARAM_SALT, salt),
      OSSL_PARAM_construct_end(),
      OSSL_PARAM_construct_end()};
  check(context && EVP_KDF_derive(context.get(), out.data(), out.size(), parameters.data()) == 1);
}

/// HKDF-Expand-Label without a context (RFC 8446, section 7.1).
void expand(const Secret& secret, std::string_view label, std::span<std::uint8_t> out) {
  const std::string full = "tls13 " + std::string(label);
  Bytes info = {0, static_cast<std::uint8_t>(out.size()), static_cast<std::uint8_t>(full.size())};
  info.insert(info.end(), full.begin(), full.end());
  info.push_back(0);
  hkdf(EVP_KDF_HKDF_MODE_EXPAND_ONLY, secret, {}, info, out);
}

/// Five bytes that hide a packet's first byte and its number (RFC 9001, section 5.4.3).
std::array<std::uint8_t, 5> header_mask(const QuicKeys& keys, ByteView sample) {
  const CipherContext context(EVP_CIPHER_CTX_new());
  std::array<std::uint8_t, 32> block{};
  int size = 0;
  check(context &&
        EVP_EncryptInit_ex(context.get(), EVP_aes_128_ecb(), nullptr, keys.header.data(), nullptr) == 1 &&
        EVP_EncryptUpdate(context.get(), block.data(), &size, sample.data(),
                          static_cast<int>(sample.size())) == 1);
  std::array<std::uint8_t, 5> mask{};
  std::copy_n(block.begin(), mask.size(), mask.begin());
  return mask;
}

/// Nothing if the bytes were not encrypted with these keys.
std::optional<Bytes> decrypt(const QuicKeys& keys, std::uint64_t number, ByteView header, ByteView sealed) {
  std::array<std::uint8_t, 12> nonce = keys.iv;
  for (std::size_t i = 0; i < 8; ++i)
    nonce[nonce.size() - 1 - i] ^= static_cast<std::uint8_t>(number >> 8 * i);
  const ByteView body = sealed.first(sealed.size() - kTag);
  std::array<std::uint8_t, kTag> tag{};
  std::copy_n(sealed.end() - kTag, kTag, tag.begin());
  const CipherContext context(EVP_CIPHER_CTX_new());
  Bytes plain(body.size() + kTag);
  int size = 0;
  check(context &&
        EVP_DecryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, keys.key.data(), nonce.data()) == 1 &&
        EVP_DecryptUpdate(context.get(), nullptr, &size, header.data(), static_cast<int>(header.size())) ==
            1 &&
        EVP_DecryptUpdate(context.get(), plain.data(), &size, body.data(), static_cast<int>(body.size())) ==
            1 &&
        EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTag, tag.data()) == 1);
  plain.resize(static_cast<std::size_t>(size));
  std::array<std::uint8_t, kTag> rest{};
  if (EVP_DecryptFinal_ex(context.get(), rest.data(), &size) != 1) return std::nullopt;
  return plain;
}

/// RFC 9000, section 16.
std::uint64_t variable(FieldReader& reader) {
  const std::uint8_t first = reader.u8();
  std::uint64_t value = first & 0x3fU;
  for (unsigned more = (1U << (first >> 6U)) - 1; more > 0; --more) value = value << 8U | reader.u8();
  return value;
}

}  // namespace

std::optional<QuicKeys> quic_client_keys(std::uint32_t version, ByteView destination_id) {
  static constexpr std::array<std::uint8_t, 20> kSalt1 = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34,
                                                          0xb3, 0x4d, 0x17, 0x9a, 0xe6, 0xa4, 0xc8,
                                                          0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
  static constexpr std::array<std::uint8_t, 20> kSalt2 = {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6,
                                                          0xdb, 0x81, 0x93, 0x81, 0xbe, 0x6e, 0x26,
                                                          0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9};
  if (version != kQuicVersion1 && version != kQuicVersion2) return std::nullopt;
  const bool first = version == kQuicVersion1;
  Secret initial{};
  hkdf(EVP_KDF_HKDF_MODE_EXTRACT_ONLY, destination_id, first ? kSalt1 : kSalt2, {}, initial);
  Secret client{};
  expand(initial, "client in", client);
  QuicKeys keys;
  expand(client, first ? "quic key" : "quicv2 key", keys.key);
  expand(client, first ? "quic iv" : "quicv2 iv", keys.iv);
  expand(client, first ? "quic hp" : "quicv2 hp", keys.header);
  return keys;
}

void QuicCrypto::put(std::uint64_t offset, ByteView data) {
  if (data.empty() || offset > kLongestHello || data.size() > kLongestHello - offset) return;
  if (held_ + data.size() > 2 * kLongestHello || pieces_.size() >= kMostPieces) return;
  Bytes& piece = pieces_[offset];
  if (piece.size() >= data.size()) return;
  held_ += data.size() - piece.size();
  piece.assign(data.begin(), data.end());
}

void QuicCrypto::add(ByteView frames) {
  enum Frame : std::uint64_t { kPadding = 0, kPing = 1, kAck = 2, kAckWithCounts = 3, kCrypto = 6 };
  FieldReader reader(frames);
  while (reader.good() && !reader.at_end()) {
    const std::uint64_t type = variable(reader);
    if (type == kPadding || type == kPing) continue;
    if (type == kAck || type == kAckWithCounts) {
      for (int i = 0; i < 2; ++i) (void)variable(reader);  // largest, delay
      std::uint64_t values = 1 + 2 * std::min<std::uint64_t>(variable(reader), frames.size());
      if (type == kAckWithCounts) values += 3;
      for (; values > 0 && reader.good(); --values) (void)variable(reader);
    } else if (type == kCrypto) {
      const std::uint64_t offset = variable(reader);
      const std::uint64_t size = variable(reader);
      put(offset, reader.take(size));
    } else {
      return;
    }
  }
}

std::optional<Bytes> QuicCrypto::hello() const {
  constexpr std::size_t kHeader = 4;
  constexpr std::uint8_t kClientHello = 1;
  Bytes message;
  for (const auto& [offset, piece] : pieces_) {
    if (offset > message.size()) break;
    const std::size_t known = message.size() - offset;
    if (known < piece.size())
      message.insert(message.end(), piece.begin() + static_cast<std::ptrdiff_t>(known), piece.end());
  }
  FieldReader reader(message);
  const bool begins = reader.u8() == kClientHello;
  const std::size_t size = kHeader + (std::size_t{reader.u8()} << 16U | reader.u16());
  if (!begins || !reader.good() || message.size() < size || size > 0xffff) return std::nullopt;
  message.resize(size);
  Bytes record = {22, 3, 1, static_cast<std::uint8_t>(size >> 8U), static_cast<std::uint8_t>(size)};
  record.insert(record.end(), message.begin(), message.end());
  return record;
}

/// An Initial packet as it was sent (RFC 9000, section 17.2.2).
struct QuicClient::Packet {
  std::uint32_t version = 0;
  ByteView destination_id;
  ByteView source_id;
  ByteView whole;          // from its first byte to its last
  std::size_t number = 0;  // where its packet number begins
};

QuicClient::Told QuicClient::add(ByteView datagram) {
  constexpr std::uint8_t kLong = 0xc0;
  Told told;
  // Several packets may share a datagram; one with a short header, or a broken one, ends it.
  while (!datagram.empty() && (datagram[0] & kLong) == kLong) {
    FieldReader reader(datagram);
    const unsigned type = reader.u8() >> 4U & 3U;
    Packet packet;
    packet.version = reader.u32();
    packet.destination_id = reader.take(reader.u8());
    packet.source_id = reader.take(reader.u8());
    const bool second = packet.version == kQuicVersion2;
    const unsigned initial = second ? 1 : 0;
    const unsigned retry = second ? 0 : 3;
    const bool opens = (second || packet.version == kQuicVersion1) &&
                       packet.destination_id.size() <= kLongestId && packet.source_id.size() <= kLongestId &&
                       type != retry;
    if (!reader.good() || !opens) return told;
    if (type == initial) (void)reader.take(variable(reader));  // token
    const std::uint64_t size = variable(reader);
    packet.number = reader.position();
    (void)reader.take(size);
    if (!reader.good()) return told;
    packet.whole = datagram.first(reader.position());
    if (type == initial) open(packet, told);
    datagram = reader.rest();
  }
  return told;
}

void QuicClient::open(const Packet& packet, Told& told) {
  constexpr std::size_t kLongestNumber = 4;
  constexpr std::size_t kSample = 16;
  if (packet.whole.size() - packet.number < kLongestNumber + kSample) return;
  const auto opened_with = [&](const QuicKeys& keys) -> std::optional<Bytes> {
    const auto mask = header_mask(keys, packet.whole.subspan(packet.number + kLongestNumber, kSample));
    Bytes header(packet.whole.begin(), packet.whole.begin() + static_cast<std::ptrdiff_t>(packet.number));
    header[0] = static_cast<std::uint8_t>(header[0] ^ (mask[0] & 0x0fU));
    const std::size_t size = (header[0] & 3U) + std::size_t{1};
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < size; ++i) {
      header.push_back(static_cast<std::uint8_t>(packet.whole[packet.number + i] ^ mask[1 + i]));
      number = number << 8U | header.back();
    }
    return decrypt(keys, number, header, packet.whole.subspan(header.size()));
  };
  // Once a server has answered, a client sends to an id of the server's choice; its keys stay.
  std::optional<Bytes> frames = keys_ ? opened_with(*keys_) : std::nullopt;
  if (!frames) {
    const std::optional<QuicKeys> own = quic_client_keys(packet.version, packet.destination_id);
    if (own && own != keys_) frames = opened_with(*own);
    if (!frames) return;
    keys_ = own;
    crypto_ = {};
    told_ = false;
  }
  if (!told_) crypto_.add(*frames);
  told.opened.push_back(std::move(*frames));
  if (told_) return;
  told.hello = crypto_.hello();
  if (!told.hello) return;
  told_ = true;
  crypto_ = {};
  for (const ByteView id : {packet.destination_id, packet.source_id})
    told.ids.insert(told.ids.end(), id.begin(), id.end());
}

}  // namespace candor::capture
