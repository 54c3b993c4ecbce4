// SPDX-License-Identifier: Apache-2.0
#include "base/named_host.h"

#include <algorithm>
#include <array>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <charconv>

#include "base/bytes.h"
#include "base/error.h"

namespace candor {

namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t kLongestName = 253;
constexpr std::size_t kLongestLabel = 63;

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw Error("'" + printable(text, 80) + "' " + why, Fault::input);
}

std::string lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

bool is_label(std::string_view label) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !label.empty() && label.size() <= kLongestLabel && std::all_of(label.begin(), label.end(), fits) &&
         label.front() != '-' && label.back() != '-';
}

void check_name(std::string_view text, std::string_view name) {
  if (name.find('*') != std::string_view::npos) refuse(text, "is a pattern; each host is named in full");
  if (name.size() > kLongestName) refuse(text, "is too long for a host's name");
  std::size_t labels = 0;
  std::string_view label;
  for (std::string_view rest = name;; ++labels) {
    const std::size_t dot = std::min(rest.find('.'), rest.size());
    label = rest.substr(0, dot);
    if (!is_label(label)) refuse(text, "is no host's name");
    if (dot == rest.size()) break;
    rest.remove_prefix(dot + 1);
  }
  const bool numeric = label.find_first_not_of("0123456789") == std::string_view::npos;
  if (numeric) refuse(text, "is neither a host's name nor an address");
  if (labels == 0) refuse(text, "has no dot; a host is named in full");
  if (label == "localhost") refuse(text, "is this machine");
}

std::uint16_t parse_port(std::string_view text, std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (problem != std::errc() || end != digits.data() + digits.size() || port == 0)
    refuse(text, "has no port from 1 to 65535 behind its last colon");
  return port;
}

bool within(const ip::address_v4& address, std::initializer_list<const char*> networks) {
  return std::any_of(networks.begin(), networks.end(), [&](const char* text) {
    const ip::network_v4 network = ip::make_network_v4(text);
    return ip::network_v4(address, network.prefix_length()).canonical() == network.canonical();
  });
}

bool within(const ip::address_v6& address, std::initializer_list<const char*> networks) {
  return std::any_of(networks.begin(), networks.end(), [&](const char* text) {
    const ip::network_v6 network = ip::make_network_v6(text);
    return ip::network_v6(address, network.prefix_length()).canonical() == network.canonical();
  });
}

bool is_public_v4(const ip::address_v4& address) {
  return !within(
      address, {"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
                "192.0.0.0/24", "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/4", "240.0.0.0/4"});
}

/// The IPv4 address four bytes of an IPv6 one are.
ip::address_v4 inner_v4(const ip::address_v6& address, std::size_t offset) {
  const ip::address_v6::bytes_type bytes = address.to_bytes();
  return ip::address_v4({bytes[offset], bytes[offset + 1], bytes[offset + 2], bytes[offset + 3]});
}

bool is_public_v6(const ip::address_v6& address) {
  if (address.scope_id() != 0) return false;
  if (within(address, {"::ffff:0:0/96", "64:ff9b::/96"})) return is_public_v4(inner_v4(address, 12));
  if (within(address, {"2002::/16"})) return is_public_v4(inner_v4(address, 2));
  // Addresses for all the world's use; Teredo and the like lead to who knows whom.
  return within(address, {"2000::/3"}) && !within(address, {"2001::/32", "2001:2::/48", "2001:10::/28"});
}

}  // namespace

std::string NamedHost::text() const {
  const bool brackets = host.find(':') != std::string::npos && port != 0;
  const std::string shown = brackets ? "[" + host + "]" : host;
  return port == 0 ? shown : shown + ":" + std::to_string(port);
}

std::string plain_host_name(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  boost::system::error_code no_address;
  const ip::address address = ip::make_address(std::string(host), no_address);
  return no_address ? lower_case(host) : address.to_string();
}

NamedHost parse_named_host(std::string_view text) {
  if (text.empty()) throw Error("a host's name is empty", Fault::input);
  if (text.find('/') != std::string_view::npos) refuse(text, "is more than a host; no scheme, path or mask");
  std::string_view host = text;
  NamedHost named;
  const std::size_t colon = text.rfind(':');
  const bool bracketed = text.starts_with('[');
  const bool bare_v6 = !bracketed && colon != text.find(':');
  if (bracketed) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) refuse(text, "has no closing bracket");
    host = text.substr(1, end - 1);
    const std::string_view behind = text.substr(end + 1);
    if (!behind.empty() && behind[0] != ':') refuse(text, "has more than a port behind its bracket");
    if (!behind.empty()) named.port = parse_port(text, behind.substr(1));
  } else if (colon != std::string_view::npos && !bare_v6) {
    host = text.substr(0, colon);
    named.port = parse_port(text, text.substr(colon + 1));
  }
  named.host = lower_case(host);
  boost::system::error_code no_address;
  const ip::address address = ip::make_address(named.host, no_address);
  if (no_address && (bracketed || bare_v6)) refuse(text, "is no IPv6 address");
  if (no_address) {
    check_name(text, named.host);
  } else if (!is_public(address)) {
    refuse(text, "is no address of the public internet");
  } else {
    named.host = address.to_string();
  }
  return named;
}

bool names_host(const std::vector<NamedHost>& hosts, std::string_view host, std::uint16_t port) {
  return std::any_of(hosts.begin(), hosts.end(), [&](const NamedHost& each) {
    return each.host == host && (each.port == 0 || each.port == port);
  });
}

bool is_public(const ip::address& address) {
  return address.is_v4() ? is_public_v4(address.to_v4()) : is_public_v6(address.to_v6());
}

}  // namespace candor
