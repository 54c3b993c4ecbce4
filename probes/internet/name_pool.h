// SPDX-License-Identifier: Apache-2.0
//
// The addresses names lead to, and the way back. A name keeps its address pair for the whole run. The table
// is bounded: names beyond the bound all lead to one last, shared address, so that what is sent there is
// still received, but under no name; `overflowed()` tells, and the probe reports it.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace candor::internet {

namespace asio = boost::asio;

class NamePool {
 public:
  /// v4 addresses come from 198.18.0.0/15, v6 ones from 2001:db8:77::/64, both from 1 on.
  static constexpr std::size_t kDefaultBound = 65'536;
  explicit NamePool(std::size_t bound = kDefaultBound) : bound_(bound) {}

  struct Addresses {
    asio::ip::address_v4 v4;
    asio::ip::address_v6 v6;
  };
  /// `name` is any bytes; ASCII letters count without their case.
  Addresses addresses_of(std::string_view name);
  /// The name an address was given out for, as first asked for in lower case; "" for every other address.
  [[nodiscard]] std::string name_of(const asio::ip::address& address) const;

  [[nodiscard]] std::size_t size() const { return names_.size(); }
  /// Whether a name had to share the last address.
  [[nodiscard]] bool overflowed() const { return overflowed_; }

 private:
  std::size_t bound_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<std::string> names_;  // names_[n - 1] has number n
  bool overflowed_ = false;
};

/// `name` with ASCII capitals made small.
[[nodiscard]] std::string lower_case(std::string_view name);

}  // namespace candor::internet
