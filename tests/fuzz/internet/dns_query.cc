// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a DNS message: parsed, and answered if they are a query.
#include <cstdlib>
#include <variant>

#include "internet/dns_query.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace candor;
  const ByteView message(data, size);
  const auto parsed = internet::parse_dns_query(message);
  if (const auto* query = std::get_if<internet::DnsQuery>(&parsed)) {
    if (query->name.size() > 255) std::abort();
    const auto address = internet::asio::ip::make_address("198.18.0.1");
    const Bytes answer = internet::dns_answer(message, {address});
    if (answer.size() < 12 || answer[0] != data[0] || answer[1] != data[1]) std::abort();
  }
  return 0;
}
