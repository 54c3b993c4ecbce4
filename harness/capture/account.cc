// SPDX-License-Identifier: Apache-2.0
#include "capture/account.h"

#include <algorithm>
#include <deque>
#include <numeric>
#include <set>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "capture/carriers.h"
#include "capture/flows.h"
#include "capture/fragments.h"
#include "capture/frame.h"
#include "capture/frame_search.h"
#include "capture/known_protocols.h"
#include "capture/pcapng.h"

namespace candor::capture {

namespace {

constexpr std::size_t kMostNames = 1U << 16;
constexpr std::size_t kMostAddresses = 256;
constexpr std::size_t kMostQuicClients = 4096;    // whose hellos are put together
constexpr std::size_t kMostRebuilt = 256U << 20;  // bytes of datagrams put together, which flows point into

/// Reads packet after packet and sorts the guest's bytes into the account.
class Accountant {
 public:
  explicit Accountant(const AccountHelp& help)
      : help_(help), search_(help_.recognise), carriers_(help_.as_it_stands, help_.recognise) {}

  void add(const Packet& packet);
  [[nodiscard]] model::FrameAccount finish(const std::string& reader_problem);

 private:
  void received(const Packet& packet);
  void not_ethernet(const Packet& packet);
  void fragment(const Packet& packet, Dissection& frame);
  void take(const FragmentStore::Datagram& datagram, const Packet& last);
  void content(const Packet& packet, Dissection& frame, std::uint64_t bytes, std::uint64_t frames);
  [[nodiscard]] Flow* tcp(const Packet& packet, Dissection& frame, Flow* flow);
  [[nodiscard]] Flow* udp(const Packet& packet, Dissection& frame, Flow* flow);
  void quic(const Packet& packet, const Dissection& frame, Flow& flow);
  [[nodiscard]] Flow* dns(const Packet& packet, Dissection& frame, Flow* flow);
  [[nodiscard]] Flow* read(const Packet& packet, Dissection& frame, Flow* flow);
  [[nodiscard]] std::uint64_t search_text(const Place& place, const DatagramContent::Text& text);
  [[nodiscard]] std::uint64_t search_name(const Place& place, const DnsQuery& query);
  void search_pieces(const Packet& packet, const Dissection& frame);
  void search_unread();
  void search_connection(const Flow& flow, const TcpFlow& connection);
  void count(model::FrameAccount::Flow& flow, const Packet& packet, const Dissection& frame,
             std::uint64_t bytes, std::uint64_t frames);
  void problem(const Packet& packet, const char* what);

  AccountHelp help_;
  FrameSearch search_;
  Carriers carriers_;
  FlowTable flows_;
  FragmentStore fragments_;
  Packet last_;  // of the guest's
  std::deque<Bytes> rebuilt_;
  std::size_t rebuilt_bytes_ = 0;
  std::unordered_map<std::string, std::uint64_t> names_;  // names asked for, with their opaque bytes
  std::unordered_map<std::string, std::uint64_t> texts_;  // of datagrams, after their protocol; likewise
  std::size_t quic_clients_ = 0;
  std::set<Address> own_;  // the guest's addresses, without ports
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
  last_ = packet;
  ++account_.frames;
  account_.sent += packet.bytes.size();
  if (!packet.ethernet()) return not_ethernet(packet);
  Dissection frame = dissect(packet.bytes);
  if (frame.fragment) return fragment(packet, frame);
  content(packet, frame, packet.bytes.size(), 1);
}

void Accountant::not_ethernet(const Packet& packet) {
  problem(packet, "is not from an Ethernet interface");
  Dissection nothing;
  nothing.bytes[static_cast<std::size_t>(Part::other)] = packet.bytes.size();
  count(flows_.of("unknown link", ""), packet, nothing, packet.bytes.size(), 1);
  (void)search_.payload({"unknown link", "", packet.wall_ns, packet.number}, packet.bytes);
}

/// Of what the guest receives only this counts: that its connection was accepted.
void Accountant::received(const Packet& packet) {
  const Dissection frame = dissect(packet.bytes);
  if (!frame.tcp || !frame.tcp->syn || !frame.tcp->ack) return;
  if (Flow* const opened = flows_.find({Transport::tcp, frame.destination, frame.source}))
    opened->answered = true;
}

/// A fragment's headers count at once, its payload when its datagram is complete or given up.
void Accountant::fragment(const Packet& packet, Dissection& frame) {
  const std::uint64_t waiting = frame.fragment->payload.size();
  search_pieces(packet, frame);
  frame.bytes[static_cast<std::size_t>(Part::other)] -= waiting;
  model::FrameAccount::Flow& flow = flows_.of(frame.channel, frame.place);
  flow.free_bits += carriers_.add(packet, frame, false);
  count(flow, packet, frame, packet.bytes.size() - waiting, 1);
  for (const auto& datagram : fragments_.add(*frame.fragment, false, packet.number)) take(datagram, packet);
}

void Accountant::take(const FragmentStore::Datagram& datagram, const Packet& last) {
  std::uint64_t bytes = 0;
  for (const auto& part : datagram.parts) bytes += part.bytes.size();
  const bool follow =
      datagram.whole && !datagram.contradictory && rebuilt_bytes_ + datagram.whole->size() <= kMostRebuilt;
  if (!follow) {
    Dissection nothing;
    nothing.bytes[static_cast<std::size_t>(Part::other)] = bytes;
    const bool version6 = datagram.first.source.size == 16;
    const std::string place = to_endpoint(datagram.first.destination).address;
    return count(flows_.of(version6 ? "ipv6 fragment" : "ipv4 fragment", place), last, nothing, bytes, 0);
  }
  rebuilt_bytes_ += datagram.whole->size();
  rebuilt_.push_back(*datagram.whole);
  Dissection whole = dissect_datagram(datagram.first, rebuilt_.back());
  content(last, whole, bytes, 0);
}

/// Adds a frame, or a datagram put together of several, to its flow. What its parts lack to make `bytes` was
/// sent again.
void Accountant::count(model::FrameAccount::Flow& flow, const Packet& packet, const Dissection& frame,
                       std::uint64_t bytes, std::uint64_t frames) {
  const std::uint64_t parts = std::accumulate(frame.bytes.begin(), frame.bytes.end(), std::uint64_t{0});
  const std::uint64_t repeated = bytes - parts;
  if (flow.bytes == 0) flow.first_wall_ns = packet.wall_ns;
  flow.first_wall_ns = std::min(flow.first_wall_ns, packet.wall_ns);
  flow.last_wall_ns = std::max(flow.last_wall_ns, packet.wall_ns);
  flow.frames += frames;
  flow.bytes += bytes;
  flow.headers += frame.of(Part::framing);
  flow.retransmitted += repeated;
  flow.known += frame.of(Part::known);
  flow.other += frame.of(Part::other);
  account_.framing += frame.of(Part::framing);
  account_.retransmitted += repeated;
  account_.dns += frame.of(Part::dns);
  account_.tcp += frame.of(Part::tcp);
  account_.udp += frame.of(Part::udp);
  account_.known += frame.of(Part::known);
  account_.other += frame.of(Part::other);
}

void Accountant::content(const Packet& packet, Dissection& frame, std::uint64_t bytes, std::uint64_t frames) {
  const bool ports = frame.tcp || frame.datagram;
  if (ports && own_.size() < kMostAddresses) {
    Address source = frame.source;
    source.port = 0;
    own_.insert(source);
  }
  bool is_new = false;
  Flow* flow = nullptr;
  if (ports) {
    const Transport transport = frame.tcp       ? Transport::tcp
                                : frame.query   ? Transport::dns
                                : frame.content ? Transport::read
                                                : Transport::udp;
    flow = flows_.of(transport, frame, is_new);
    is_new = is_new || (flow != nullptr && frame.tcp && flow->tcp.begins_anew(*frame.tcp));
    flow = frame.tcp       ? tcp(packet, frame, flow)
           : frame.query   ? dns(packet, frame, flow)
           : frame.content ? read(packet, frame, flow)
                           : udp(packet, frame, flow);
  }
  search_pieces(packet, frame);
  // Where ports cannot be followed, all bytes go into the flow of those.
  const bool lost = ports && flow == nullptr;
  model::FrameAccount::Flow& totals =
      flow != nullptr ? flow->totals
                      : flows_.of(lost ? "too many flows" : frame.channel, lost ? "" : frame.place);
  totals.free_bits += carriers_.add(packet, frame, is_new);
  count(totals, packet, frame, bytes, frames);
}

Flow* Accountant::tcp(const Packet& packet, Dissection& frame, Flow* flow) {
  const ByteView payload = frame.tcp->payload;
  if (flow == nullptr) {
    move_bytes(frame, Part::tcp, Part::other, payload.size());
    frame.search.push_back(payload);
    return nullptr;
  }
  const TcpFlow::Split split = flows_.add(*flow, *frame.tcp);
  move_bytes(frame, Part::tcp, Part::other, split.doubtful);
  frame.bytes[static_cast<std::size_t>(Part::tcp)] -= split.repeated;
  flow->totals.payload += split.fresh;
  if (flow->first_frame == 0) flow->first_frame = packet.number;
  if (payload.empty()) return flow;
  if (split.fresh > 0)
    flow->totals.free_bits += carriers_.segment(packet, frame, flow->hello, flow->hello_next);
  // No stream holds what nobody accepted, and what differs from what was sent before.
  if (flow->answered && split.doubtful == 0) return flow;
  frame.search.push_back(payload);
  (void)search_.append(place_of(packet, frame), "segments joined", payload);
  return flow;
}

Flow* Accountant::udp(const Packet& packet, Dissection& frame, Flow* flow) {
  // What a format prescribes (DHCP) is no payload.
  const std::uint64_t size = frame.of(Part::udp);
  if (flow == nullptr) {
    move_bytes(frame, Part::udp, Part::other, size);
    return nullptr;
  }
  flow->totals.payload += size;
  if (is_quic(*frame.datagram)) quic(packet, frame, *flow);
  return flow;
}

/// All of it is opaque, but the keys of Initial packets are known to everybody: what they say is searched,
/// and names whom it was said to.
void Accountant::quic(const Packet& packet, const Dissection& frame, Flow& flow) {
  flow.totals.protocol = "quic";
  if (!flow.quic && quic_clients_ == kMostQuicClients) return;
  if (!flow.quic) {
    flow.quic = std::make_unique<QuicClient>();
    ++quic_clients_;
  }
  const QuicClient::Told told = flow.quic->add(*frame.datagram);
  const Place place = place_of(packet, frame);
  for (const Bytes& opened : told.opened)
    (void)search_.payload(place, opened, {{"quic initial", 0, frame.datagram->size(), opened.size()}});
  if (!told.hello) return;
  flow.totals.free_bits += carriers_.client_hello(packet, frame, *told.hello, told.ids);
  const ClientHello hello = parse_client_hello(*told.hello);
  flow.totals.server_name = hello.server_name;
  flow.totals.alpn = hello.alpn.empty() ? "" : hello.alpn.front();
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

Flow* Accountant::dns(const Packet& packet, Dissection& frame, Flow* flow) {
  const DnsQuery& query = *frame.query;
  Place place = place_of(packet, frame);
  const Place all_domains{place.channel, "all domains (" + place.destination + ")", place.wall_ns,
                          place.frame};
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
    // Who takes a domain for each piece has nothing in front of it.
    if (query.labels.size() == 2) (void)search_.append(all_domains, "dns domains joined", as_bytes(first));
    if (names_.size() < kMostNames) names_.emplace(name, opaque);
  }
  if (flow == nullptr) opaque = frame.of(Part::dns);
  if (flow != nullptr) flow->totals.payload += frame.datagram->size();
  move_bytes(frame, Part::dns, Part::other, std::min(opaque, frame.of(Part::dns)));
  return flow;
}

/// Searches one thing a datagram says; returns how many of the bytes it stands for are opaque. What was said
/// before is not searched again, and does not go on with what was said last.
std::uint64_t Accountant::search_text(const Place& place, const DatagramContent::Text& text) {
  const std::string key = place.channel + " " + text.how + " " + text.text;
  if (const auto known = texts_.find(key); known != texts_.end()) return known->second;
  const auto search = [&](const std::string& form, const std::string& how) {
    return search_.payload(place, as_bytes(form), {{how, text.at, text.size, form.size()}});
  };
  std::uint64_t opaque = search(text.text, text.how);
  // Where two letters stand for a byte, so do two opaque ones.
  if (text.size > text.text.size() && !text.text.empty())
    opaque = (opaque * text.size + text.text.size() - 1) / text.text.size();
  const std::string lower = lower_case(text.text);
  if (lower != text.text) (void)search(lower, std::string(text.how) + ", lower case");
  if (text.size > 0 && !search_.append(place, text.how, as_bytes(text.text))) opaque = text.size;
  opaque = std::min<std::uint64_t>(opaque, text.size);
  if (texts_.size() < kMostNames) texts_.emplace(key, opaque);
  return opaque;
}

Flow* Accountant::read(const Packet& packet, Dissection& frame, Flow* flow) {
  const Place place = place_of(packet, frame);
  std::uint64_t opaque = 0;
  for (const DatagramContent::Text& text : frame.content->texts) opaque += search_text(place, text);
  for (const ByteView bytes : frame.content->addresses) {
    Address address;
    address.size = static_cast<std::uint8_t>(bytes.size());
    std::copy(bytes.begin(), bytes.end(), address.bytes.begin());
    move_bytes(frame, Part::dns, own_.contains(address) ? Part::known : Part::other, bytes.size());
  }
  if (flow == nullptr) opaque = frame.of(Part::dns);
  move_bytes(frame, Part::dns, Part::other, std::min(opaque, frame.of(Part::dns)));
  if (flow == nullptr) return nullptr;
  flow->totals.payload += frame.datagram->size();
  flow->totals.protocol = frame.content->protocol;
  return flow;
}

void Accountant::search_pieces(const Packet& packet, const Dissection& frame) {
  if (frame.search.empty()) return;
  Place place = place_of(packet, frame);
  if (frame.query) place.destination = printable(base_domain(*frame.query)) + " (" + place.destination + ")";
  for (const ByteView bytes : frame.search) (void)search_.payload(place, bytes);
  if (!frame.tcp && !frame.query && !frame.piece.empty())
    (void)search_.append(place, "payloads joined", frame.piece);
}

/// What was sent on a TCP connection and is not, byte for byte, what a socket received, is searched here.
void Accountant::search_unread() {
  for (const auto& [key, flow] : flows_.with_ports()) {
    if (key.transport != Transport::tcp || flow.totals.payload == 0) continue;
    const bool unread = flow.unread || !flow.answered ||
                        (help_.received &&
                         help_.received(flow.totals.source, flow.totals.destination) != flow.totals.payload);
    for (const TcpFlow& connection : flow.earlier)
      if (unread || connection.contradicted()) search_connection(flow, connection);
    if (unread || flow.tcp.contradicted()) search_connection(flow, flow.tcp);
  }
}

void Accountant::search_connection(const Flow& flow, const TcpFlow& connection) {
  const model::Endpoint& to = flow.totals.destination;
  const Place place{"tcp/" + std::to_string(to.port), to.text(), flow.totals.first_wall_ns, flow.first_frame};
  const auto search = [&](bool later, const char* how) {
    for (const Bytes& run : connection.runs(later))
      (void)search_.payload(place, run, {{how, 0, run.size(), run.size()}});
  };
  search(false, "segments put together");
  if (connection.contradicted()) search(true, "segments put together, with the later of two versions");
}

model::FrameAccount Accountant::finish(const std::string& reader_problem) {
  for (const auto& datagram : fragments_.finish()) take(datagram, last_);
  search_unread();
  account_.flows = flows_.totals();
  account_.findings = search_.finish();
  for (model::FrameFinding& found : carriers_.finish()) account_.findings.push_back(std::move(found));
  std::stable_sort(account_.findings.begin(), account_.findings.end(),
                   [](const auto& a, const auto& b) { return a.frame < b.frame; });
  account_.free_bits = carriers_.free_bits();
  account_.problem = !reader_problem.empty() ? reader_problem : problem_;
  if (account_.problem.empty()) account_.problem = search_.problem();
  if (account_.problem.empty()) account_.problem = carriers_.problem();
  account_.complete = account_.problem.empty();
  return std::move(account_);
}

}  // namespace

model::FrameAccount account_frames(ByteView pcapng, const AccountHelp& help) {
  Accountant accountant(help);
  PacketReader reader(pcapng);
  while (const std::optional<Packet> packet = reader.next()) accountant.add(*packet);
  return accountant.finish(pcapng.empty() ? "the capture is empty" : reader.problem());
}

model::FrameAccount account_frames(const std::filesystem::path& pcapng, const AccountHelp& help) {
  try {
    const MappedFile file(pcapng);
    return account_frames(file.bytes(), help);
  } catch (const Error& error) {
    model::FrameAccount unread;
    unread.problem = std::string("the capture cannot be read: ") + error.what();
    return unread;
  }
}

}  // namespace candor::capture
