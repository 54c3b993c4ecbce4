// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "support/disguise/disguise.h"

namespace candor::recognise::test {

namespace {

/// Bytes that depend on the text only, so that a disguise stays a function.
Bytes key_for(const Text& plain, const char* purpose) { return digest("sha256", as_bytes(purpose + plain)); }

/// Of 1 to `longest` bytes, none of them zero.
Bytes xor_key(const Text& plain, std::size_t longest) {
  Bytes key = key_for(plain, "xor");
  key.resize(1 + key[31] % longest);
  for (std::uint8_t& byte : key) byte = byte == 0 ? 1 : byte;
  return key;
}

Text xored(const Text& plain, const Bytes& key) {
  Text result = plain;
  for (std::size_t i = 0; i < result.size(); ++i)
    result[i] = static_cast<char>(result[i] ^ key[i % key.size()]);
  return result;
}

Text xor_single(const Text& plain) { return xored(plain, xor_key(plain, 1)); }
Text xor_short(const Text& plain) { return xored(plain, xor_key(plain, 11)); }
Text xor_long(const Text& plain) { return xored(plain, xor_key(plain, 32)); }

Text added(const Text& plain) {
  const int value = 1 + key_for(plain, "add")[0] % 255;
  Text result = plain;
  for (char& c : result) c = static_cast<char>(c + value);
  return result;
}

Text rotated(const Text& plain) {
  const int by = 1 + key_for(plain, "rot")[0] % 25;
  Text result = plain;
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>('a' + (c - 'a' + by) % 26);
    if (c >= 'A' && c <= 'Z') c = static_cast<char>('A' + (c - 'A' + by) % 26);
  }
  return result;
}

Text reversed(const Text& plain) { return {plain.rbegin(), plain.rend()}; }

Text nibbles(const Text& plain) {
  Text result = plain;
  for (char& c : result)
    c = static_cast<char>(static_cast<unsigned char>(c) << 4 | static_cast<unsigned char>(c) >> 4);
  return result;
}

/// Any printable letters in any order.
Text own_letters(const Text& plain, std::size_t count) {
  Random random(as_bytes(plain).size() + key_for(plain, "letters")[0] * 1000U + key_for(plain, "letters")[1]);
  Text letters;
  for (char c = '!'; c <= '~'; ++c) letters += c;
  std::shuffle(letters.begin(), letters.end(), random);
  return letters.substr(0, count);
}

Text own_base64(const Text& plain) { return over_alphabet(plain, own_letters(plain, 64)); }
Text own_base32(const Text& plain) { return over_alphabet(plain, own_letters(plain, 32)); }

Text inverted(const Text& plain) { return xored(plain, {0xff}); }

}  // namespace

Text over_alphabet(const Text& plain, const Text& letters) {
  const std::size_t width = letters.size() == 64 ? 6 : 5;
  Text bits;
  for (const char c : plain)
    for (int bit = 7; bit >= 0; --bit) bits += (static_cast<unsigned char>(c) >> bit & 1) != 0 ? '1' : '0';
  while (bits.size() % width != 0) bits += '0';
  Text result;
  for (std::size_t at = 0; at < bits.size(); at += width)
    result += letters[std::stoul(bits.substr(at, width), nullptr, 2)];
  return result;
}

std::size_t key_length(const Text& change, const Text& plain) {
  if (change == "xor 1 to 11 bytes") return xor_key(plain, 11).size();
  if (change == "xor 1 to 32 bytes") return xor_key(plain, 32).size();
  return 1;
}

std::vector<Disguise> change_disguises() {
  return {
      {"xor one byte", false, xor_single},    {"xor 1 to 11 bytes", false, xor_short},
      {"xor 1 to 32 bytes", false, xor_long}, {"addition", false, added},
      {"rotated letters", true, rotated},     {"reversed", false, reversed},
      {"nibbles swapped", false, nibbles},    {"inverted", false, inverted},
      {"own base64", false, own_base64},      {"own base32", false, own_base32},
  };
}

}  // namespace candor::recognise::test
