// SPDX-License-Identifier: Apache-2.0
#include "capture/account.h"

#include <algorithm>
#include <compare>
#include <deque>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "capture/frame.h"
#include "capture/frame_search.h"
#include "capture/pcapng.h"
#include "capture/tcp_flow.h"

namespace candor::capture {

namespace {

constexpr std::size_t kMostFlows = 1U << 16;
constexpr std::size_t kMostKeptSegments = 1U << 18;
constexpr std::size_t kMostNames = 1U << 16;

enum class Transport { tcp, udp, dns };

struct FlowKey {
  Transport transport = Transport::tcp;
  Address source;
  Address destination;
  auto operator<=>(const FlowKey&) const = default;
};

struct Flow {
  TcpFlow tcp;
  bool answered =
      false;  ///< A connection was accepted, so the simulated internet has its payload as a stream.
  std::uint64_t payload = 0;
};

const char* text(Transport transport) {
  switch (transport) {
    case Transport::tcp:
      return "tcp";
    case Transport::udp:
      return "udp";
    case Transport::dns:
      return "dns";
  }
  return "";
}

/// Reads packet after packet and sorts the guest's bytes into the account.
class Accountant {
 public:
  explicit Accountant(const Recogniser& recognise) : search_(recognise) {}

  void add(const Packet& packet);
  [[nodiscard]] model::FrameAccount finish(const std::string& reader_problem);

 private:
  void received(const Packet& packet);
  void sent(const Packet& packet);
  void not_ethernet(const Packet& packet);
  void tcp(const Packet& packet, Dissection& frame);
  void udp(Dissection& frame);
  void dns(const Packet& packet, Dissection& frame);
  [[nodiscard]] std::uint64_t search_name(const Place& place, const DnsQuery& query);
  void search_pieces(const Packet& packet, const Dissection& frame);
  void keep_segment(Flow& flow, std::size_t kept_before);
  [[nodiscard]] Flow* flow(Transport transport, const Dissection& frame);
  void problem(const Packet& packet, const char* what);

  FrameSearch search_;
  std::map<FlowKey, Flow> flows_;
  std::deque<Flow*> kept_;                                // owners of the kept segments, oldest first
  std::unordered_map<std::string, std::uint64_t> names_;  // names asked for, with their opaque bytes
  model::FrameAccount account_;
  std::string problem_;
};

/// Moves bytes of a dissection from one part to another.
void move_bytes(Dissection& frame, Part from, Part to, std::uint64_t bytes) {
  frame.bytes[static_cast<std::size_t>(from)] -= bytes;
  frame.bytes[static_cast<std::size_t>(to)] += bytes;
}

Place place_of(const Packet& packet, const Dissection& frame) {
  const bool ports = frame.tcp || frame.datagram;
  const std::string port = std::to_string(frame.destination.port);
  return {frame.tcp ? "tcp/" + port : frame.channel,
          ports ? to_endpoint(frame.destination).text() : frame.place, packet.wall_ns, packet.number};
}

void Accountant::problem(const Packet& packet, const char* what) {
  if (problem_.empty()) problem_ = "frame " + std::to_string(packet.number) + " " + what;
}

void Accountant::add(const Packet& packet) {
  if (packet.direction == Direction::unknown) problem(packet, "does not say who sent it");
  if (packet.direction == Direction::received) return received(packet);
  if (packet.cut) problem(packet, "was not recorded whole");
  ++account_.frames;
  account_.sent += packet.bytes.size();
  if (!packet.ethernet()) return not_ethernet(packet);
  sent(packet);
}

void Accountant::not_ethernet(const Packet& packet) {
  problem(packet, "is not from an Ethernet interface");
  account_.other += packet.bytes.size();
  (void)search_.payload({"unknown link", "", packet.wall_ns, packet.number}, packet.bytes);
}

/// Of what the guest receives only this counts: that its connection was accepted.
void Accountant::received(const Packet& packet) {
  const Dissection frame = dissect(packet.bytes);
  if (!frame.tcp || !frame.tcp->syn || !frame.tcp->ack) return;
  const auto opened = flows_.find({Transport::tcp, frame.destination, frame.source});
  if (opened != flows_.end()) opened->second.answered = true;
}

void Accountant::sent(const Packet& packet) {
  Dissection frame = dissect(packet.bytes);
  if (frame.tcp) {
    tcp(packet, frame);
  } else if (frame.query) {
    dns(packet, frame);
  } else if (frame.datagram) {
    udp(frame);
  }
  search_pieces(packet, frame);
  account_.framing += frame.of(Part::framing);
  account_.dns += frame.of(Part::dns);
  account_.tcp += frame.of(Part::tcp);
  account_.udp += frame.of(Part::udp);
  account_.known += frame.of(Part::known);
  account_.other += frame.of(Part::other);
}

/// The flow a frame belongs to; null if too many are being followed.
Flow* Accountant::flow(Transport transport, const Dissection& frame) {
  FlowKey key{transport, frame.source, frame.destination};
  const auto known = flows_.find(key);
  if (known != flows_.end()) return &known->second;
  if (flows_.size() == kMostFlows) return nullptr;
  return &flows_[std::move(key)];
}

void Accountant::keep_segment(Flow& flow, std::size_t kept_before) {
  for (std::size_t i = kept_before; i < flow.tcp.kept(); ++i) kept_.push_back(&flow);
  while (kept_.size() > kMostKeptSegments) {
    kept_.front()->tcp.forget_lowest();
    kept_.pop_front();
  }
}

void Accountant::tcp(const Packet& packet, Dissection& frame) {
  const ByteView payload = frame.tcp->payload;
  Flow* const found = flow(Transport::tcp, frame);
  if (found == nullptr) {
    move_bytes(frame, Part::tcp, Part::other, payload.size());
    frame.search.push_back(payload);
    return;
  }
  const std::size_t kept_before = found->tcp.kept();
  const TcpFlow::Split split = found->tcp.add(*frame.tcp);
  keep_segment(*found, kept_before);
  move_bytes(frame, Part::tcp, Part::other, split.doubtful);
  frame.bytes[static_cast<std::size_t>(Part::tcp)] -= split.repeated;
  account_.retransmitted += split.repeated;
  found->payload += split.fresh;
  // No stream holds what nobody accepted, and what differs from what was sent before.
  if (payload.empty() || (found->answered && split.doubtful == 0)) return;
  frame.search.push_back(payload);
  (void)search_.append(place_of(packet, frame), "segments joined", payload);
}

void Accountant::udp(Dissection& frame) {
  if (Flow* const found = flow(Transport::udp, frame)) {
    found->payload += frame.datagram->size();
  } else {
    move_bytes(frame, Part::udp, Part::other, frame.datagram->size());
  }
}

/// Searches a name in the forms a receiver may read it in; returns its opaque bytes.
std::uint64_t Accountant::search_name(const Place& place, const DnsQuery& query) {
  const std::string joined = joined_labels(query, "");
  const std::string dotted = joined_labels(query, ".");
  const auto search = [&](const std::string& text, const char* how) {
    const model::DecodeStep step{how, kNameOffset, query.name_length, text.size()};
    return search_.payload(place, as_bytes(text), {step});
  };
  const std::uint64_t opaque = search(joined, "dns labels joined");
  (void)search(dotted, "dns name");
  if (lower_case(dotted) != dotted) {
    (void)search(lower_case(joined), "dns labels joined, lower case");
    (void)search(lower_case(dotted), "dns name, lower case");
  }
  return opaque;
}

void Accountant::dns(const Packet& packet, Dissection& frame) {
  const DnsQuery& query = *frame.query;
  Place place = place_of(packet, frame);
  place.destination = printable(base_domain(query)) + " (" + place.destination + ")";
  const std::string name = joined_labels(query, ".");
  auto known = names_.find(name);
  std::uint64_t opaque = known == names_.end() ? search_name(place, query) : known->second;
  if (known == names_.end()) {
    // Retries and the AAAA after the A say the same again; only new names go on with what the last one began.
    const std::string front = labels_before_base(query);
    const std::string first = query.labels.empty() ? "" : query.labels.front();
    const bool followed = search_.append(place, "dns names joined", as_bytes(front)) &&
                          search_.append(place, "first dns labels joined", as_bytes(first));
    if (!followed) opaque = frame.of(Part::dns);
    if (names_.size() < kMostNames) names_.emplace(name, opaque);
  }
  Flow* const found = flow(Transport::dns, frame);
  if (found == nullptr) opaque = frame.of(Part::dns);
  if (found != nullptr) found->payload += frame.datagram->size();
  move_bytes(frame, Part::dns, Part::other, std::min(opaque, frame.of(Part::dns)));
}

void Accountant::search_pieces(const Packet& packet, const Dissection& frame) {
  if (frame.search.empty()) return;
  Place place = place_of(packet, frame);
  if (frame.query) place.destination = printable(base_domain(*frame.query)) + " (" + place.destination + ")";
  for (const ByteView bytes : frame.search) (void)search_.payload(place, bytes);
  if (!frame.tcp && !frame.query && !frame.piece.empty())
    (void)search_.append(place, "payloads joined", frame.piece);
}

model::FrameAccount Accountant::finish(const std::string& reader_problem) {
  for (const auto& [key, flow] : flows_) {
    if (flow.payload == 0) continue;
    account_.flows.push_back(
        {to_endpoint(key.source), to_endpoint(key.destination), text(key.transport), flow.payload});
  }
  account_.findings = search_.finish();
  account_.problem = !reader_problem.empty() ? reader_problem
                     : problem_.empty()      ? search_.problem()
                                             : problem_;
  account_.complete = account_.problem.empty();
  return std::move(account_);
}

}  // namespace

model::FrameAccount account_frames(ByteView pcapng, const Recogniser& recognise) {
  Accountant accountant(recognise);
  PacketReader reader(pcapng);
  while (const std::optional<Packet> packet = reader.next()) accountant.add(*packet);
  return accountant.finish(pcapng.empty() ? "the capture is empty" : reader.problem());
}

model::FrameAccount account_frames(const std::filesystem::path& pcapng, const Recogniser& recognise) {
  try {
    const MappedFile file(pcapng);
    return account_frames(file.bytes(), recognise);
  } catch (const Error& error) {
    model::FrameAccount unread;
    unread.problem = std::string("the capture cannot be read: ") + error.what();
    return unread;
  }
}

}  // namespace candor::capture
