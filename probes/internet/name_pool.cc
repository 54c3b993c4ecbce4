// SPDX-License-Identifier: Apache-2.0
#include "internet/name_pool.h"

#include <algorithm>
#include <array>

namespace candor::internet {

namespace {

constexpr std::uint32_t kFirstV4 = 0xC612'0000;       // 198.18.0.0
constexpr std::uint32_t kSharedNumber = 0x0001'FFFE;  // 198.19.255.254
constexpr std::array<std::uint8_t, 8> kV6Prefix = {0x20, 0x01, 0x0d, 0xb8, 0x00, 0x77, 0x00, 0x00};

NamePool::Addresses addresses(std::uint32_t number) {
  asio::ip::address_v6::bytes_type v6{};
  std::copy(kV6Prefix.begin(), kV6Prefix.end(), v6.begin());
  for (std::size_t i = 0; i < 4; ++i) v6[12 + i] = static_cast<std::uint8_t>(number >> (24 - 8 * i));
  return {asio::ip::address_v4(kFirstV4 + number), asio::ip::address_v6(v6)};
}

// The number an address stands for; 0 if it is none of the pool's.
std::uint32_t number_of(const asio::ip::address& address) {
  if (address.is_v4()) {
    const std::uint32_t value = address.to_v4().to_uint();
    return value >= kFirstV4 && value <= kFirstV4 + kSharedNumber ? value - kFirstV4 : 0;
  }
  const auto bytes = address.to_v6().to_bytes();
  if (!std::equal(kV6Prefix.begin(), kV6Prefix.end(), bytes.begin())) return 0;
  if (!std::all_of(bytes.begin() + 8, bytes.begin() + 12, [](std::uint8_t b) { return b == 0; })) return 0;
  std::uint32_t number = 0;
  for (std::size_t i = 12; i < 16; ++i) number = number << 8 | bytes[i];
  return number;
}

}  // namespace

std::string lower_case(std::string_view name) {
  std::string lowered(name);
  for (char& c : lowered) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lowered;
}

NamePool::Addresses NamePool::addresses_of(std::string_view name) {
  std::string lowered = lower_case(name);
  if (const auto known = numbers_.find(lowered); known != numbers_.end()) return addresses(known->second);
  if (names_.size() >= std::min<std::size_t>(bound_, kSharedNumber - 1)) {
    overflowed_ = true;
    return addresses(kSharedNumber);
  }
  names_.push_back(lowered);
  const auto number = static_cast<std::uint32_t>(names_.size());
  numbers_.emplace(std::move(lowered), number);
  return addresses(number);
}

std::string NamePool::name_of(const asio::ip::address& address) const {
  const std::uint32_t number = number_of(address);
  return number >= 1 && number <= names_.size() ? names_[number - 1] : std::string();
}

}  // namespace candor::internet
