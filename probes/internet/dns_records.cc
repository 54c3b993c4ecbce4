// SPDX-License-Identifier: Apache-2.0
#include "internet/dns_records.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <utility>

namespace candor::internet {

namespace {

std::vector<std::string_view> labels_of(std::string_view name) {
  std::vector<std::string_view> labels;
  while (!name.empty()) {
    const std::size_t end = std::min(name.find('.'), name.size());
    labels.push_back(name.substr(0, end));
    name.remove_prefix(std::min(end + 1, name.size()));
  }
  return labels;
}

std::optional<unsigned> number(std::string_view text, int base, unsigned most) {
  unsigned value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (problem != std::errc() || end != text.data() + text.size() || value > most) return {};
  return value;
}

// A name as zone files write it, absolute.
std::string zone_text(std::string_view name) {
  std::string text;
  for (const char c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '_' || c == '.';
    std::array<char, 8> escaped{};
    std::snprintf(escaped.data(), escaped.size(), "\\%03u",
                  static_cast<unsigned>(static_cast<unsigned char>(c)));
    text += plain ? std::string(1, c) : std::string(escaped.data());
  }
  return text + '.';
}

// "_imaps._tcp.vendor.example" leads to vendor.example, port 993.
std::vector<std::string> service_of(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, int>, 12> kPorts = {{{"_smtp", 25},
                                                                               {"_submission", 587},
                                                                               {"_submissions", 465},
                                                                               {"_imap", 143},
                                                                               {"_imaps", 993},
                                                                               {"_pop3", 110},
                                                                               {"_pop3s", 995},
                                                                               {"_http", 80},
                                                                               {"_mqtt", 1883},
                                                                               {"_ldap", 389},
                                                                               {"_kerberos", 88},
                                                                               {"_xmpp-client", 5222}}};
  const std::string lowered = lower_case(name);
  const auto labels = labels_of(lowered);
  if (labels.size() < 3 || !labels[0].starts_with('_') || !labels[1].starts_with('_')) return {};
  const auto known = std::find_if(kPorts.begin(), kPorts.end(),
                                  [&labels](const auto& each) { return each.first == labels[0]; });
  const int port = known == kPorts.end() ? 443 : known->second;
  const std::string_view host = name.substr(labels[0].size() + labels[1].size() + 2);
  return {"0 0 " + std::to_string(port) + ' ' + zone_text(host)};
}

}  // namespace

std::optional<asio::ip::address> reverse_address(std::string_view name) {
  const std::string lowered = lower_case(name);
  auto labels = labels_of(lowered);
  if (labels.size() < 2 || labels.back() != "arpa") return {};
  const bool v4 = labels[labels.size() - 2] == "in-addr" && labels.size() == 6;
  const bool v6 = labels[labels.size() - 2] == "ip6" && labels.size() == 34;
  if (!v4 && !v6) return {};
  labels.resize(labels.size() - 2);
  std::reverse(labels.begin(), labels.end());
  if (v4) {
    asio::ip::address_v4::bytes_type bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      const auto value = number(labels[i], 10, 255);
      if (!value) return {};
      bytes[i] = static_cast<std::uint8_t>(*value);
    }
    return asio::ip::address_v4(bytes);
  }
  asio::ip::address_v6::bytes_type bytes{};
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const auto value = number(labels[i], 16, 15);
    if (!value) return {};
    bytes[i / 2] = static_cast<std::uint8_t>(bytes[i / 2] << 4 | *value);
  }
  return asio::ip::address_v6(bytes);
}

std::vector<std::string> records_for(const DnsQuery& query, const NamePool& names) {
  if (!query.standard) return {};
  const std::string domain = zone_text(query.name.empty() ? "root-servers.net" : query.name);
  if (query.type == "MX") return {"10 mail." + domain};
  if (query.type == "NS") return {"ns1." + domain, "ns2." + domain};
  if (query.type == "SOA")
    return {"ns1." + domain + " hostmaster." + domain + " 2024010101 7200 3600 1209600 300"};
  if (query.type == "SRV") return service_of(query.name);
  if (query.type == "PTR") {
    const auto address = reverse_address(query.name);
    const std::string name = address ? names.name_of(*address) : std::string();
    if (!name.empty()) return {zone_text(name)};
  }
  return {};
}

}  // namespace candor::internet
