// SPDX-License-Identifier: Apache-2.0
#include "internet/dns_service.h"

#include <utility>
#include <variant>
#include <vector>

#include "internet/dns_query.h"
#include "internet/dns_records.h"

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

/// What the cloud of the product's vendor says, if it says anything.
std::optional<cloud::DnsReply> from_cloud(Services& services, const DnsQuery& query) {
  cloud::Cloud* vendor = services.web.cloud.get();
  if (vendor == nullptr || !query.standard) return std::nullopt;
  return vendor->answer(query.name, query.type, wall_ns());
}

Bytes answer_with(Services& services, ByteView message, const DnsQuery& query, const cloud::DnsReply& said) {
  std::vector<std::string> wrong;
  const DnsTexts texts{said.code, static_cast<std::uint32_t>(said.ttl), query.type, said.records};
  Bytes answer = dns_answer(message, texts, wrong);
  for (const std::string& data : wrong)
    services.trouble("vendor's cloud",
                     "the rule '" + said.rule + "' gives no " + query.type + " record: " + printable(data));
  return answer;
}

void report(Services& services, const Route& route, const DnsQuery& query, Json answer,
            const std::string& rule) {
  Json data = to_json(route);
  data["transport"] = route.transport;
  data["name"] = printable(query.name, 1024);
  data["name_b64"] = to_base64(as_bytes(query.name));
  data["type"] = query.type;
  data["answer"] = std::move(answer);
  data["plain"] = query.plain;
  data["rule"] = rule;
  services.reporter.report(event::kDns, std::move(data));
}

}  // namespace

DnsOutcome serve_dns(Services& services, const Route& route, ByteView message) {
  const auto parsed = parse_dns_query(message);
  if (const auto* broken = std::get_if<NotDns>(&parsed)) return {{}, false, broken->reason};
  const auto& query = std::get<DnsQuery>(parsed);
  ++services.totals.dns_queries;
  if (const auto said = from_cloud(services, query)) {
    Json answer = Json::array();
    for (const std::string& record : said->records) answer.push_back(printable(record));
    report(services, route, query, std::move(answer), "cloud:" + said->rule);
    return {answer_with(services, message, query, *said), query.plain, {}};
  }
  const auto addresses = addresses_for(services, query);
  const auto records = records_for(query, services.names);
  Json answer = Json::array();
  for (const auto& address : addresses) answer.push_back(address_text(address));
  for (const std::string& record : records) answer.push_back(printable(record, 1024));
  report(services, route, query, std::move(answer), "");
  return {dns_answer(message, addresses, records), query.plain, {}};
}

}  // namespace candor::internet
