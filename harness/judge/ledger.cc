// SPDX-License-Identifier: Apache-2.0
#include "judge/ledger.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/bytes.h"
#include "judge/destinations.h"
#include "judge/share.h"
#include "judge/words.h"

namespace candor::judge {

namespace {

using model::OpaqueReason;
using Flow = model::FrameAccount::Flow;

/// One direction of a conversation, as the capture and as the simulated internet saw it.
struct Conversation {
  std::uint64_t sent = 0;       ///< Payload in the capture.
  std::uint64_t sent_read = 0;  ///< Payload that the capture's account has read already: DNS queries, local
                                ///< name services …, which need not be streams.
  std::uint64_t received = 0;   ///< By the simulated internet.
  Share share;                  ///< Of that.
  bool has_stream = false;
  bool closed_by_us = false;  ///< A stream of it ended before the guest had said all it wanted to say.
  std::string destination;
  std::string protocol;         ///< For people: "https", "tcp/9999".
  std::string opaque_protocol;  ///< "quic", "ssh": one that encrypts.
  std::string host;
  std::string server_name;  ///< That the capture tells.
  std::string alpn;
  std::vector<std::string> names;  ///< The host's own first.
  std::vector<const Flow*> flows;
};

struct Key {
  std::string transport;
  model::Endpoint source;
  model::Endpoint destination;
  auto operator<=>(const Key&) const = default;
};

/// Whether datagrams may have been lost on their way, as the scenario wanted it.
bool may_lose(const model::Evidence& evidence) {
  return std::any_of(evidence.scenario.steps.begin(), evidence.scenario.steps.end(),
                     [](const model::Step& step) {
                       const bool lossy = step.link.loss_ppm > 0 || step.link.rate_bit_s > 0;
                       return step.verb == model::Verb::offline || (step.verb == model::Verb::link && lossy);
                     });
}

/// What of a flow's frames is neither headers nor anything else the capture itself explains.
std::uint64_t carried(const Flow& flow) {
  const std::uint64_t rest = flow.headers + flow.retransmitted + flow.known + flow.other;
  return flow.bytes - std::min(flow.bytes, rest);
}

/// Whether the capture's account has read its datagrams field by field.
bool read_in_frames(const Flow& flow) { return flow.transport == "dns" || flow.transport == "read"; }

/// Of several texts the first in the alphabet: streams come in any order.
void keep_first(std::string& kept, const std::string& text) {
  if (!text.empty() && (kept.empty() || text < kept)) kept = text;
}

class Accountant {
 public:
  explicit Accountant(const model::Evidence& evidence)
      : evidence_(evidence),
        frames_(evidence.frames),
        may_lose_(may_lose(evidence)),
        destinations_(evidence.run.started_wall_ns) {}

  Ledger account() {
    for (const model::TlsRefusal& refusal : evidence_.refusals)
      refused_.insert({plain_endpoint(refusal.source), plain_endpoint(refusal.destination)});
    collect_flows();
    collect_streams();
    for (const auto& [key, conversation] : conversations_) settle(key, conversation);
    for (const Flow& flow : frames_.flows) add_other(flow);
    add_opaque("in frames of protocols that are not followed", OpaqueReason::not_followed,
               frames_.other - std::min(frames_.other, told_other_));
    check_sums();
    list();
    total();
    return std::move(ledger_);
  }

 private:
  void add_opaque(const std::string& where, OpaqueReason reason, std::uint64_t bytes) {
    if (bytes > 0) opaque_[{where, reason}] += bytes;
  }

  void collect_flows() {
    for (const Flow& flow : frames_.flows) {
      flows_.bytes += flow.bytes;
      flows_.headers += flow.headers;
      flows_.retransmitted += flow.retransmitted;
      flows_.known += flow.known;
      flows_.other += flow.other;
      const bool read = read_in_frames(flow);
      if (!read && flow.transport != "tcp" && flow.transport != "udp") continue;
      Conversation& conversation = conversations_[{read ? "udp" : flow.transport, plain_endpoint(flow.source),
                                                   plain_endpoint(flow.destination)}];
      (read ? conversation.sent_read : conversation.sent) += flow.payload;
      if (flow.transport == "udp") flows_udp_ += flow.payload;
      if (flow.transport == "tcp") flows_tcp_ += flow.payload;
      if (encrypts(flow.protocol)) conversation.opaque_protocol = flow.protocol;
      if (!flow.server_name.empty()) conversation.server_name = plain_host(flow.server_name);
      if (!flow.alpn.empty()) conversation.alpn = flow.alpn;
      conversation.flows.push_back(&flow);
    }
  }

  [[nodiscard]] bool refused(const Key& key) const {
    return key.transport == "tcp" && refused_.contains({key.source, key.destination});
  }

  void collect_streams() {
    std::map<std::string, std::string> names;
    for (const model::Stream& stream : evidence_.streams) {
      const Key key{stream.transport, plain_endpoint(stream.source), plain_endpoint(stream.destination)};
      Conversation& conversation = conversations_[key];
      conversation.has_stream = true;
      conversation.received += stream.wire_bytes;
      conversation.share += share_of(stream, refused(key));
      // UDP has no end of its own: a datagram is late only when nobody listens any more.
      const bool told_all =
          stream.transport == "udp" ? stream.end_reason != "stopped" : stream.end_reason == "eof";
      if (!told_all && stream.within == 0) conversation.closed_by_us = true;
      keep_first(conversation.destination, destination_text(stream));
      keep_first(conversation.protocol, channel_of(stream));
      if (!stream.name.empty() || !stream.server_name.empty()) keep_first(conversation.host, host_of(stream));
      if (encrypts(stream.protocol)) keep_first(conversation.opaque_protocol, stream.protocol);
      for (const std::string& name : {stream.name, stream.server_name})
        if (!name.empty()) conversation.names.push_back(plain_host(name));
      if (!stream.name.empty()) keep_first(names[key.destination.address], plain_host(stream.name));
    }
    for (auto& [key, conversation] : conversations_) {
      const auto named = names.find(key.destination.address);
      const std::string name = named == names.end() ? "" : named->second;
      std::sort(conversation.names.begin(), conversation.names.end());
      const std::string& told = conversation.server_name;
      const std::string& host = !conversation.host.empty() ? conversation.host : !name.empty() ? name : told;
      if (!host.empty()) conversation.names.insert(conversation.names.begin(), host);
      if (!told.empty()) conversation.names.push_back(told);
      if (conversation.destination.empty() || (!told.empty() && host == told))
        conversation.destination = printable(named_endpoint(host, key.destination.text()), 600);
      if (conversation.protocol.empty())
        conversation.protocol = key.transport + "/" + std::to_string(key.destination.port);
      if (!conversation.opaque_protocol.empty() &&
          !conversation.protocol.starts_with(conversation.opaque_protocol))
        conversation.protocol = conversation.opaque_protocol +
                                (conversation.alpn.empty() ? "" : " (" + conversation.alpn + ")") + " over " +
                                conversation.protocol;
    }
  }

  void settle(const Key& key, const Conversation& conversation) {
    const OpaqueReason missing = refused(key) ? OpaqueReason::refused
                                 : !conversation.opaque_protocol.empty() && !conversation.has_stream
                                     ? OpaqueReason::encrypted
                                     : OpaqueReason::unread;
    const Share share = share_of(conversation.sent, conversation.share, missing);
    understood_ += {.content = share.content, .framing = share.framing};
    const std::string over = !conversation.opaque_protocol.empty()
                                 ? "over " + printable(conversation.opaque_protocol) + " "
                             : key.transport == "tcp" ? ""
                                                      : "over " + key.transport + " ";
    for (std::size_t i = 0; i < share.opaque.size(); ++i)
      add_opaque(over + "to " + conversation.destination, static_cast<OpaqueReason>(i), share.opaque[i]);
    add_destinations(conversation, conversation.sent - share.understood());
    if (!conversation.has_stream) return;
    if (conversation.received > conversation.sent + conversation.sent_read)
      return disagree(key, conversation, "fewer are in the capture: ");
    const bool explained = conversation.closed_by_us || (may_lose_ && key.transport == "udp");
    if (conversation.received < conversation.sent && !explained)
      disagree(key, conversation, "more are in the capture: ");
  }

  void add_destinations(const Conversation& conversation, std::uint64_t opaque) {
    for (const Flow* const flow : conversation.flows) {
      const bool read = read_in_frames(*flow);
      const std::uint64_t here = read ? 0 : std::min(opaque, carried(*flow));
      opaque -= here;
      const std::string& told = flow->protocol.empty() ? flow->transport : flow->protocol;
      destinations_.add(*flow, conversation.names, read ? told : conversation.protocol, flow->other + here);
    }
  }

  /// What the capture itself says nobody can read, by what it stood in.
  void add_other(const Flow& flow) {
    const bool ports = flow.transport == "tcp" || flow.transport == "udp" || read_in_frames(flow);
    if (!ports) destinations_.add(flow, {}, flow.transport, flow.other);
    if (flow.other == 0) return;
    told_other_ += flow.other;
    const std::string to = printable(ports ? flow.destination.text() : flow.destination.address, 600);
    if (flow.transport == "tcp")
      return add_opaque("sent again with another content, or in options, to " + to,
                        OpaqueReason::contradictory, flow.other);
    if (flow.transport == "dns")
      return add_opaque("in names asked of " + to, OpaqueReason::undecodable, flow.other);
    if (flow.transport == "read")
      return add_opaque("in " + printable(flow.protocol) + " messages to " + to, OpaqueReason::undecodable,
                        flow.other);
    add_opaque("in frames of " + printable(flow.transport) + (to.empty() ? "" : " to " + to),
               OpaqueReason::not_followed, flow.other);
  }

  void disagree(const Key& key, const Conversation& conversation, const std::string& how) {
    ledger_.problems.push_back(
        "the simulated internet received " + counted(conversation.received, "byte") + " of the " +
        key.transport + " conversation from " + printable(key.source.text()) + " to " +
        conversation.destination + ", and " + how +
        number(conversation.sent + (how.starts_with("fewer") ? conversation.sent_read : 0)));
  }

  /// The capture's own account must add up; what it does not explain is opaque.
  void check_sums() {
    const std::uint64_t parts = frames_.framing + frames_.retransmitted + frames_.dns + frames_.tcp +
                                frames_.udp + frames_.known + frames_.other;
    check("its parts make", parts, frames_.sent);
    check("its TCP flows make", flows_tcp_, frames_.tcp);
    check("its UDP flows make", flows_udp_, frames_.udp);
    check("the frames of its flows make", flows_.bytes, frames_.sent);
    check("the headers of its flows make", flows_.headers, frames_.framing);
    check("what its flows sent again makes", flows_.retransmitted, frames_.retransmitted);
    check("what is prescribed in its flows makes", flows_.known, frames_.known);
    check("what is unknown in its flows makes", flows_.other, frames_.other);
  }

  void check(const std::string& what, std::uint64_t found, std::uint64_t expected) {
    if (found == expected) return;
    sums_hold_ = false;
    ledger_.problems.push_back("the capture's account does not add up: " + what + " " +
                               counted(found, "byte") + " of " + number(expected));
  }

  void list() {
    for (const auto& [key, bytes] : opaque_) ledger_.opaque.push_back({key.first, key.second, bytes});
    std::stable_sort(ledger_.opaque.begin(), ledger_.opaque.end(),
                     [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
    ledger_.destinations = destinations_.list();
  }

  /// Enters everything into what was sent, the doubtful first: where counts contradict each other, what is
  /// left over is opaque, and no entry takes more than there is.
  void total() {
    model::LedgerTotals& totals = ledger_.totals;
    totals.sent = frames_.sent;
    totals.free_bits = frames_.free_bits;
    std::uint64_t left = frames_.sent;
    bool fits = true;
    const auto enter = [&](std::uint64_t& entry, std::uint64_t bytes) {
      const std::uint64_t entered = std::min(left, bytes);
      fits = fits && entered == bytes;
      entry += entered;
      left -= entered;
    };
    for (const auto& [key, bytes] : opaque_)
      enter(totals.opaque_by[static_cast<std::size_t>(key.second)], bytes);
    totals.opaque = frames_.sent - left;
    enter(totals.content, frames_.dns);
    enter(totals.content, understood_.content);
    enter(totals.framing, frames_.known);
    enter(totals.framing, understood_.framing);
    enter(totals.headers, frames_.framing);
    enter(totals.retransmitted, frames_.retransmitted);
    if (left > 0 || !fits) {
      if (sums_hold_)
        ledger_.problems.push_back("the ledger does not add up: its entries leave " + counted(left, "byte") +
                                   " of " + number(frames_.sent) +
                                   (fits ? " without one" : ", and others have more than one"));
      if (left > 0)
        ledger_.opaque.push_back(
            {"that the capture's account does not explain", OpaqueReason::unexplained, left});
    }
    totals.opaque_by[static_cast<std::size_t>(OpaqueReason::unexplained)] += left;
    totals.opaque += left;
    totals.understood = totals.sent - totals.opaque;
  }

  const model::Evidence& evidence_;
  const model::FrameAccount& frames_;
  bool may_lose_ = false;
  std::set<std::pair<model::Endpoint, model::Endpoint>> refused_;  // conversations
  std::map<Key, Conversation> conversations_;
  Flow flows_;  // the sum of all
  std::uint64_t flows_tcp_ = 0;
  std::uint64_t flows_udp_ = 0;
  std::uint64_t told_other_ = 0;
  bool sums_hold_ = true;
  Share understood_;
  std::map<std::pair<std::string, OpaqueReason>, std::uint64_t> opaque_;
  Destinations destinations_;
  Ledger ledger_;
};

}  // namespace

Ledger account(const model::Evidence& evidence) { return Accountant(evidence).account(); }

}  // namespace candor::judge
