// SPDX-License-Identifier: Apache-2.0
#include "recognise/change.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "recognise/escape.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kLongestKey = 64;

/// Bytes written in hexadecimal; empty if they are not.
Bytes key_of(std::string_view hex) {
  if (hex.size() % 2 != 0 || hex.size() > 2 * kLongestKey) return {};
  Bytes key;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = hex_value(static_cast<std::uint8_t>(hex[i]));
    const int low = hex_value(static_cast<std::uint8_t>(hex[i + 1]));
    if (high < 0 || low < 0) return {};
    key.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return key;
}

std::uint8_t turned(std::uint8_t letter, std::uint8_t first, std::uint8_t count, int back) {
  return static_cast<std::uint8_t>(first + (letter - first + count - back) % count);
}

std::uint8_t unrotated(std::uint8_t byte, int by) {
  if (byte >= 'a' && byte <= 'z') return turned(byte, 'a', 26, by);
  if (byte >= 'A' && byte <= 'Z') return turned(byte, 'A', 26, by);
  return byte;
}

int rotation_of(std::string_view digits) {
  int by = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), by);
  return problem == std::errc() && end == digits.data() + digits.size() && by > 0 && by < 26 ? by : 0;
}

template <typename Each>
Bytes each_byte(ByteView region, const Each& each) {
  Bytes result(region.size());
  std::transform(region.begin(), region.end(), result.begin(), each);
  return result;
}

Bytes unxored(ByteView region, const Bytes& key) {
  Bytes result(region.begin(), region.end());
  std::size_t at = 0;
  for (std::uint8_t& byte : result) {
    byte = static_cast<std::uint8_t>(byte ^ key[at]);
    if (++at == key.size()) at = 0;
  }
  return result;
}

constexpr std::string_view kAlphabetStep = "letters:";

/// Line breaks and indentation are no letters.
std::optional<Bytes> read_letters(ByteView region, std::string_view alphabet) {
  if (alphabet.size() != 64 && alphabet.size() != 32) return std::nullopt;
  const int width = alphabet.size() == 64 ? 6 : 5;
  std::array<std::uint8_t, 256> values{};
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::uint8_t>(i);
  Bytes result;
  result.reserve(region.size() * static_cast<std::size_t>(width) / 8);
  std::uint32_t bits = 0;
  int count = 0;
  for (const std::uint8_t c : region) {
    if (c <= ' ') continue;
    bits = bits << width | values[c];
    count += width;
    if (count < 8) continue;
    count -= 8;
    result.push_back(static_cast<std::uint8_t>(bits >> count));
  }
  return result;
}

}  // namespace

std::string alphabet_step(ByteView letters) {
  std::string step(kAlphabetStep);
  for (const std::uint8_t letter : letters) step += letter == 0 ? ' ' : static_cast<char>(letter);
  return step;
}

ChangeKind change_kind(std::string_view step) {
  if (step.starts_with("xor:")) return ChangeKind::xored;
  if (step.starts_with("add:") || step.starts_with("from:")) return ChangeKind::added;
  if (step.starts_with("rot:") || step == "rot47") return ChangeKind::rotated;
  if (step == "reversed") return ChangeKind::reversed;
  if (step == "nibbles") return ChangeKind::nibbles;
  if (step.starts_with(kAlphabetStep)) return ChangeKind::alphabet;
  return ChangeKind::none;
}

std::optional<Bytes> undo_change(std::string_view step, ByteView region) {
  switch (change_kind(step)) {
    case ChangeKind::xored: {
      const Bytes key = key_of(step.substr(4));
      if (key.empty()) return std::nullopt;
      return unxored(region, key);
    }
    case ChangeKind::added: {
      const bool negative = step.starts_with("from:");
      const Bytes key = key_of(step.substr(negative ? 5 : 4));
      if (key.size() != 1) return std::nullopt;
      if (negative)
        return each_byte(region, [&](std::uint8_t byte) { return static_cast<std::uint8_t>(key[0] - byte); });
      return each_byte(region, [&](std::uint8_t byte) { return static_cast<std::uint8_t>(byte - key[0]); });
    }
    case ChangeKind::rotated: {
      if (step == "rot47")
        return each_byte(region, [](std::uint8_t byte) {
          return byte > 0x20 && byte < 0x7f ? turned(byte, 0x21, 94, 47) : byte;
        });
      const int by = rotation_of(step.substr(4));
      if (by == 0) return std::nullopt;
      return each_byte(region, [by](std::uint8_t byte) { return unrotated(byte, by); });
    }
    case ChangeKind::reversed:
      return Bytes(region.rbegin(), region.rend());
    case ChangeKind::nibbles:
      return each_byte(region,
                       [](std::uint8_t byte) { return static_cast<std::uint8_t>(byte << 4 | byte >> 4); });
    case ChangeKind::alphabet:
      return read_letters(region, step.substr(kAlphabetStep.size()));
    case ChangeKind::none:
      break;
  }
  return std::nullopt;
}

}  // namespace candor::recognise
