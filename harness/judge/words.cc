// SPDX-License-Identifier: Apache-2.0
#include "judge/words.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"

namespace candor::judge {

namespace {

/// A protocol that is told by what is said, and the ports where it is expected, so that they go without
/// saying.
struct Spoken {
  std::string_view name;
  std::array<std::uint16_t, 3> ports{};
};
constexpr std::array kSpoken{
    Spoken{"smtp", {25, 465, 587}},
    Spoken{"imap", {143, 993}},
    Spoken{"pop3", {110, 995}},
    Spoken{"ftp", {21, 990}},
    Spoken{"mqtt", {1883, 8883}},
    Spoken{"websocket", {80, 443}},
    Spoken{"ssh", {22}},
    Spoken{"smb", {445}},
    Spoken{"socks4", {1080}},
    Spoken{"socks5", {1080}},
};

/// FTP agrees on another port for each file.
constexpr std::string_view kFileOfFtp = "ftp-data";

std::string spoken(std::string_view name, const model::Stream& stream, bool usual) {
  std::string text(name);
  if (!usual) text += "/" + std::to_string(stream.destination.port);
  return stream.tls ? text + " over tls" : text;
}

}  // namespace

std::string number(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string counted(std::uint64_t value, std::string_view noun) {
  return number(value) + " " + std::string(noun) + (value == 1 ? "" : "s");
}

std::string named_endpoint(const std::string& name, const std::string& endpoint) {
  const bool nameless =
      name.empty() || endpoint.starts_with(name + ":") || endpoint.starts_with("[" + name + "]");
  return nameless ? endpoint : name + " (" + endpoint + ")";
}

std::string destination_text(const model::Stream& stream) {
  std::string name = stream.destination_name();
  if (!stream.server_name.empty() && !stream.name.empty() && plain_host(stream.name) != plain_host(name))
    name += ", looked up as " + stream.name;
  return printable(named_endpoint(name, stream.destination.text()), 600);
}

std::string channel_of(const model::Stream& stream) {
  const std::string port = std::to_string(stream.destination.port);
  if (stream.protocol.starts_with("http") || stream.protocol == "h2") {
    const std::string scheme = stream.tls ? "https" : "http";
    const bool usual = stream.destination.port == (stream.tls ? 443 : 80);
    return usual ? scheme : scheme + "/" + port;
  }
  if (stream.protocol == "dns")
    return stream.transport == "udp" ? "dns" : "dns over " + (stream.tls ? "tls" : stream.transport);
  if (stream.protocol == kFileOfFtp) return spoken(kFileOfFtp, stream, true);
  for (const Spoken& each : kSpoken)
    if (each.name == stream.protocol)
      return spoken(
          each.name, stream,
          std::find(each.ports.begin(), each.ports.end(), stream.destination.port) != each.ports.end());
  return (stream.tls ? "tls" : stream.transport) + "/" + port;
}

std::string host_of(const model::Stream& stream) {
  if (!stream.name.empty()) return plain_host(stream.name);
  return plain_host(stream.server_name.empty() ? stream.destination.address : stream.server_name);
}

std::string plain_host(std::string_view host) {
  std::string plain(host);
  if (plain.ends_with('.')) plain.pop_back();
  std::transform(plain.begin(), plain.end(), plain.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return plain;
}

model::Endpoint plain_endpoint(const model::Endpoint& endpoint) {
  constexpr std::string_view kMapped = "::ffff:";
  std::string address = endpoint.address.substr(0, endpoint.address.find('%'));
  if (address.starts_with(kMapped) && address.find('.') != std::string::npos)
    address.erase(0, kMapped.size());
  return {address, endpoint.port};
}

}  // namespace candor::judge
