// SPDX-License-Identifier: Apache-2.0
#include "judge/ledger.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "base/bytes.h"
#include "judge/words.h"

namespace candor::judge {

namespace {

// What TLS adds to the bytes inside it: a handshake, and headers and tags of records, which small messages
// make larger than themselves. More than that is not overhead but something nobody has read.
constexpr std::uint64_t kTlsHandshake = 8192;
constexpr std::uint64_t kTlsOverheadPerByte = 2;

/// One direction of a conversation, as the capture and as the simulated internet saw it.
struct Conversation {
  std::uint64_t sent = 0;        ///< Payload in the capture.
  std::uint64_t sent_dns = 0;    ///< Payload of DNS queries there, which are no streams unless odd.
  std::uint64_t received = 0;    ///< By the simulated internet.
  std::uint64_t understood = 0;  ///< Of that.
  bool has_stream = false;
  bool closed_by_us = false;  ///< A stream of it ended before the guest had said all it wanted to say.
  std::string destination;
};

struct Key {
  std::string transport;
  model::Endpoint source;
  model::Endpoint destination;
  auto operator<=>(const Key&) const = default;
};

/// How many of a stream's bytes on the wire can be vouched for.
std::uint64_t understood_of(const model::Stream& stream) {
  if (!stream.ended || !stream.understood) return 0;
  std::uint64_t opaque = stream.found.opaque;
  for (const model::NotLookedInto& part : stream.found.not_looked_into) opaque = std::max(opaque, part.bytes);
  // Its file holds decoded fields that were smaller on the wire, so that nothing but what is opaque can be told.
  if (stream.within != 0) return stream.wire_bytes - std::min(opaque, stream.wire_bytes);
  const std::uint64_t inner = stream.bytes - std::min(opaque, stream.bytes);
  const std::uint64_t overhead = stream.tls ? kTlsHandshake + (stream.bytes + stream.apart_bytes) * kTlsOverheadPerByte : 0;
  return std::min(stream.wire_bytes,
                  inner + std::min(overhead, stream.wire_bytes - std::min(stream.bytes, stream.wire_bytes)));
}

bool went_offline(const model::Evidence& evidence) {
  return std::any_of(evidence.scenario.steps.begin(), evidence.scenario.steps.end(),
                     [](const model::Step& step) { return step.verb == model::Verb::offline; });
}

class Accountant {
 public:
  explicit Accountant(const model::Evidence& evidence)
      : evidence_(evidence), frames_(evidence.frames), offline_(went_offline(evidence)) {}

  Ledger account() {
    collect_flows();
    collect_streams();
    for (const auto& [key, conversation] : conversations_) settle(key, conversation);
    add_opaque("in frames of protocols that are not followed", frames_.other);
    check_sums();
    total();
    return std::move(ledger_);
  }

 private:
  void add_opaque(const std::string& where, std::uint64_t bytes) {
    if (bytes > 0) opaque_[where] += bytes;
  }

  void collect_flows() {
    for (const model::FrameAccount::Flow& flow : frames_.flows) {
      const bool dns = flow.transport == "dns";
      const Key key{dns ? "udp" : flow.transport, plain_endpoint(flow.source),
                    plain_endpoint(flow.destination)};
      Conversation& conversation = conversations_[key];
      (dns ? conversation.sent_dns : conversation.sent) += flow.payload;
      (dns ? flows_dns_ : flow.transport == "udp" ? flows_udp_ : flows_tcp_) += flow.payload;
    }
  }

  void collect_streams() {
    std::map<std::string, std::string> names;
    for (const model::Stream& stream : evidence_.streams) {
      const model::Endpoint destination = plain_endpoint(stream.destination);
      Conversation& conversation =
          conversations_[{stream.transport, plain_endpoint(stream.source), destination}];
      conversation.has_stream = true;
      conversation.received += stream.wire_bytes;
      conversation.understood += understood_of(stream);
      // UDP has no end of its own: a datagram is late only when nobody listens any more.
      const bool told_all =
          stream.transport == "udp" ? stream.end_reason != "stopped" : stream.end_reason == "eof";
      if (!told_all && stream.within == 0) conversation.closed_by_us = true;
      const std::string text = destination_text(stream);
      // Of several names for one conversation the first in the alphabet: streams come in any order.
      if (conversation.destination.empty() || text < conversation.destination)
        conversation.destination = text;
      if (stream.name.empty()) continue;
      std::string& name = names[destination.address];
      if (name.empty() || stream.name < name) name = stream.name;
    }
    for (auto& [key, conversation] : conversations_) {
      if (!conversation.destination.empty()) continue;
      const auto named = names.find(key.destination.address);
      const std::string name = named == names.end() ? "" : named->second;
      conversation.destination = printable(named_endpoint(name, key.destination.text()), 600);
    }
  }

  void settle(const Key& key, const Conversation& conversation) {
    const std::uint64_t understood = std::min(conversation.sent, conversation.understood);
    const std::string over = key.transport == "tcp" ? "" : "over " + key.transport + " ";
    add_opaque(over + "to " + conversation.destination, conversation.sent - understood);
    if (!conversation.has_stream) return;
    if (conversation.received > conversation.sent + conversation.sent_dns)
      return disagree(key, conversation, "fewer are in the capture: ");
    const bool explained = conversation.closed_by_us || (offline_ && key.transport == "udp");
    if (conversation.received < conversation.sent && !explained)
      disagree(key, conversation, "more are in the capture: ");
  }

  void disagree(const Key& key, const Conversation& conversation, const std::string& how) {
    ledger_.problems.push_back(
        "the simulated internet received " + counted(conversation.received, "byte") + " of the " +
        key.transport + " conversation from " + printable(key.source.text()) + " to " +
        conversation.destination + ", and " + how +
        number(conversation.sent + (how.starts_with("fewer") ? conversation.sent_dns : 0)));
  }

  /// The capture's own account must add up; what it does not explain is opaque.
  void check_sums() {
    const std::uint64_t parts = frames_.framing + frames_.retransmitted + frames_.dns + frames_.tcp +
                                frames_.udp + frames_.known + frames_.other;
    check("its parts make", parts, frames_.sent);
    check("its TCP flows make", flows_tcp_, frames_.tcp);
    check("its UDP flows make", flows_udp_, frames_.udp);
  }

  void check(const std::string& what, std::uint64_t found, std::uint64_t expected) {
    if (found == expected) return;
    ledger_.problems.push_back("the capture's account does not add up: " + what + " " +
                               counted(found, "byte") + " of " + number(expected));
    add_opaque("that the capture's account does not explain",
               std::max(found, expected) - std::min(found, expected));
  }

  void total() {
    std::uint64_t opaque = 0;
    for (const auto& [where, bytes] : opaque_) {
      ledger_.opaque.push_back({where, bytes});
      opaque = opaque + bytes < opaque ? UINT64_MAX : opaque + bytes;
    }
    std::stable_sort(ledger_.opaque.begin(), ledger_.opaque.end(),
                     [](const auto& a, const auto& b) { return a.bytes > b.bytes; });
    ledger_.totals.sent = frames_.sent;
    ledger_.totals.opaque = std::min(opaque, frames_.sent);
    ledger_.totals.understood = frames_.sent - ledger_.totals.opaque;
  }

  const model::Evidence& evidence_;
  const model::FrameAccount& frames_;
  bool offline_ = false;
  std::map<Key, Conversation> conversations_;
  std::uint64_t flows_tcp_ = 0;
  std::uint64_t flows_udp_ = 0;
  std::uint64_t flows_dns_ = 0;
  std::map<std::string, std::uint64_t> opaque_;
  Ledger ledger_;
};

}  // namespace

Ledger account(const model::Evidence& evidence) { return Accountant(evidence).account(); }

}  // namespace candor::judge
