// SPDX-License-Identifier: Apache-2.0
#include "internet/udp_server.h"

#include <sys/socket.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "internet/datagram_protocols.h"
#include "internet/dns_service.h"
#include "internet/spawn.h"

namespace candor::internet {

using boost::system::error_code;

namespace {

constexpr std::uint16_t kDnsPort = 53;
constexpr int kDatagramsPerTurn = 64;
constexpr std::size_t kLengthsKept = 1024;

}  // namespace

UdpServer::UdpServer(asio::any_io_executor executor, Services& services, std::uint16_t port)
    : executor_(std::move(executor)), services_(services) {
  listeners_.push_back({udp::socket(executor_, udp::v4(), listen_udp(AF_INET, port).release())});
  listeners_.push_back({udp::socket(executor_, udp::v6(), listen_udp(AF_INET6, port).release())});
}

void UdpServer::start() {
  for (Listener& listener : listeners_) spawn(executor_, receive_all(listener));
}

asio::awaitable<void> UdpServer::receive_all(Listener& listener) {
  error_code closed;
  while (!closed && listener.socket.is_open()) {
    co_await listener.socket.async_wait(udp::socket::wait_read,
                                        asio::redirect_error(asio::use_awaitable, closed));
    for (int i = 0; i < kDatagramsPerTurn && !closed && listener.socket.is_open(); ++i) {
      if (!receive_one(listener)) break;
    }
  }
}

// False if none waits.
bool UdpServer::receive_one(Listener& listener) {
  const auto datagram = receive_datagram(listener.socket.native_handle(), services_.scratch);
  if (!datagram) return false;
  services_.heard(datagram->size);
  ++services_.totals.datagrams;
  const ByteView bytes = ByteView(services_.scratch).first(datagram->size);
  const Route route{"udp", datagram->source, datagram->destination,
                    services_.names.name_of(datagram->destination.address)};
  if (route.destination.port != kDnsPort) {
    const DatagramProtocol* const protocol = datagram_protocol(route, bytes);
    const Bytes answer = protocol != nullptr ? protocol->answer(route, bytes, wall_ns()) : Bytes();
    if (!answer.empty()) send_datagram(route.destination, route.source, answer);
    keep(route, bytes, {}, protocol != nullptr ? protocol->name : "");
    return true;
  }
  const DnsOutcome outcome = serve_dns(services_, route, bytes);
  if (!outcome.answer.empty()) send_datagram(route.destination, route.source, outcome.answer);
  if (!outcome.problem.empty()) keep(route, bytes, "malformed DNS query: " + outcome.problem);
  if (outcome.problem.empty() && !outcome.plain) keep(route, bytes, "DNS queries with more than a question");
  return true;
}

void UdpServer::note_lost(Listener& listener) {
  const std::uint32_t lost = datagrams_lost(listener.socket.native_handle());
  const std::uint32_t more = lost - listener.lost;
  if (more == 0) return;
  if (listener.lost == 0) services_.trouble("datagrams lost", "the kernel had no room for some datagrams");
  listener.lost = lost;
  services_.reporter.dropped(more);
}

void UdpServer::keep(const Route& route, ByteView bytes, const std::string& detail,
                     const std::string& protocol) {
  Conversation& to = conversation(route);
  to.last_activity = services_.totals.last_activity_ns;
  to.record.add_wire(bytes.size());
  if (!detail.empty()) to.detail = detail;
  if (to.datagrams == 0) to.protocol = protocol;
  if (to.protocol != protocol) to.protocol.clear();
  ++to.datagrams;
  if (to.lengths.size() < kLengthsKept) to.lengths.push_back(bytes.size());
  if (!to.record.append(bytes)) end(index_.at(to.key), "error", {});
}

// The one it belongs to, as the most recent; a new one if need be.
UdpServer::Conversation& UdpServer::conversation(const Route& route) {
  const Key key{route.source, route.destination};
  if (const auto known = index_.find(key); known != index_.end()) {
    conversations_.splice(conversations_.end(), conversations_, known->second);
    return *known->second;
  }
  if (conversations_.size() >= services_.limits.conversations) {
    end(conversations_.begin(), "idle", "ended to make room for another conversation");
  }
  conversations_.emplace_back(services_, route, key);
  index_[key] = std::prev(conversations_.end());
  return conversations_.back();
}

void UdpServer::end(std::list<Conversation>::iterator conversation, const std::string& ended,
                    const std::string& detail) {
  StreamEnd how{ended, conversation->detail.empty() ? detail : conversation->detail, conversation->protocol,
                nullptr};
  how.more = {{"datagrams", conversation->datagrams}, {"datagram_lengths", conversation->lengths}};
  conversation->record.end(std::move(how));
  index_.erase(conversation->key);
  conversations_.erase(conversation);
}

void UdpServer::check_idle() {
  for (Listener& listener : listeners_) note_lost(listener);
  const std::int64_t now = monotonic_ns();
  while (!conversations_.empty() &&
         now - conversations_.front().last_activity > services_.limits.udp_idle.count()) {
    end(conversations_.begin(), "idle", {});
  }
}

void UdpServer::stop(std::int64_t deadline) {
  for (Listener& listener : listeners_) {
    bool more = true;
    while (more && monotonic_ns() < deadline) more = receive_one(listener);
    if (more)
      services_.trouble("datagrams not read", "datagrams were still arriving when the run was stopped");
    note_lost(listener);
    listener.socket.close();
  }
  while (!conversations_.empty()) end(conversations_.begin(), "stopped", {});
}

}  // namespace candor::internet
