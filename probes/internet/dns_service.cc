// SPDX-License-Identifier: Apache-2.0
#include "internet/dns_service.h"

#include <utility>
#include <variant>
#include <vector>

#include "internet/dns_query.h"

namespace candor::internet {

namespace {

std::vector<asio::ip::address> addresses_for(Services& services, const DnsQuery& query) {
  if (!query.wants_v4 && !query.wants_v6) return {};
  const bool had_room = !services.names.overflowed();
  const NamePool::Addresses both = services.names.addresses_of(query.name);
  if (had_room && services.names.overflowed()) {
    services.trouble("name table full",
                     std::to_string(services.names.size()) +
                         " names were asked for; further ones share one address and are not told "
                         "apart by it");
  }
  if (query.wants_v4) return {both.v4};
  return {both.v6};
}

void report(Services& services, const Route& route, const DnsQuery& query,
            const std::vector<asio::ip::address>& addresses) {
  Json answer = Json::array();
  for (const auto& address : addresses) answer.push_back(address_text(address));
  Json data = to_json(route);
  data["transport"] = route.transport;
  data["name"] = printable(query.name, 1024);
  data["name_b64"] = to_base64(as_bytes(query.name));
  data["type"] = query.type;
  data["answer"] = std::move(answer);
  data["plain"] = query.plain;
  services.reporter.report(event::kDns, std::move(data));
}

}  // namespace

DnsOutcome serve_dns(Services& services, const Route& route, ByteView message) {
  const auto parsed = parse_dns_query(message);
  if (const auto* broken = std::get_if<NotDns>(&parsed)) return {{}, false, broken->reason};
  const auto& query = std::get<DnsQuery>(parsed);
  const auto addresses = addresses_for(services, query);
  ++services.totals.dns_queries;
  report(services, route, query, addresses);
  return {dns_answer(message, addresses), query.plain, {}};
}

}  // namespace candor::internet
