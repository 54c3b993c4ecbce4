// SPDX-License-Identifier: Apache-2.0
#include "scan/small_carriers.h"

#include <functional>
#include <string>

#include "capture/client_hello.h"
#include "capture/datagram_content.h"
#include "capture/dns_query.h"

namespace candor::scan {

namespace {

constexpr std::size_t kMostConversations = 1U << 20;
constexpr std::size_t kMostHellos = 1U << 12;
constexpr std::uint16_t kDns = 53;

/// What carriers look at, of a packet that was followed as far inwards as it goes.
capture::Dissection dissection_of(const capture::Layers& layers) {
  capture::Dissection frame;
  frame.channel = layers.channel;
  frame.source = layers.source;
  frame.destination = layers.destination;
  frame.place = capture::to_endpoint(layers.destination).address;
  frame.network = layers.network;
  frame.transport = layers.transport;
  frame.fragment = layers.fragment;
  if (layers.tcp)
    frame.tcp = capture::TcpSegment{.sequence = layers.tcp->sequence,
                                    .syn = layers.tcp->syn,
                                    .ack = layers.tcp->ack,
                                    .fin = layers.tcp->fin,
                                    .payload = layers.tcp->payload};
  if (layers.udp()) {
    frame.datagram = layers.payload;
    frame.content = capture::read_datagram(layers.source.port, layers.destination.port, layers.payload);
  }
  if (layers.udp() && layers.destination.port == kDns) frame.query = capture::parse_dns_query(layers.payload);
  return frame;
}

}  // namespace

SmallCarriers::SmallCarriers(Surfaces& surfaces, const Recogniser& as_it_stands)
    : surfaces_(surfaces),
      as_it_stands_(as_it_stands),
      recognise_([this](ByteView bytes) { return surfaces_.recognised(bytes); }),
      carriers_(as_it_stands_, recognise_, capture::Senders::many) {}

void SmallCarriers::add(const capture::Packet& packet, const capture::Layers& layers) {
  // Without addresses nobody is told from anybody else.
  if (!as_it_stands_ || layers.source.size == 0 || layers.network.empty()) return;
  const capture::Dissection frame = dissection_of(layers);
  carriers_.add(packet, frame, begins(frame));
  if (frame.tcp && !frame.tcp->payload.empty()) hello(packet, frame);
}

bool SmallCarriers::begins(const capture::Dissection& frame) {
  if (!frame.datagram && !(frame.tcp && frame.tcp->syn)) return false;
  std::string name =
      capture::to_endpoint(frame.source).text() + ">" + capture::to_endpoint(frame.destination).text();
  if (frame.tcp) name += "#" + std::to_string(frame.tcp->sequence);
  if (conversations_.size() == kMostConversations) conversations_.clear();
  return conversations_.insert(std::hash<std::string>()(name)).second;
}

void SmallCarriers::hello(const capture::Packet& packet, const capture::Dissection& frame) {
  const Ends ends(frame.source, frame.destination);
  if (!hellos_.contains(ends)) {
    if (capture::client_hello_size(frame.tcp->payload) == 0) return;
    if (hellos_.size() == kMostHellos) {
      lost_hellos_ = true;
      hellos_.clear();
    }
  }
  Hello& hello = hellos_[ends];
  carriers_.segment(packet, frame, hello.pending, hello.next);
  if (hello.pending.empty()) hellos_.erase(ends);
}

void SmallCarriers::finish() {
  for (model::FrameFinding& found : carriers_.finish())
    for (model::Hit& hit : found.found.hits)
      surfaces_.take(found.channel + ", " + found.destination, found.frame, std::move(hit));
  if (!carriers_.problem().empty()) surfaces_.not_looked_into("header fields", carriers_.problem(), 0);
  if (!carriers_.complete())
    surfaces_.not_looked_into("header fields", "too many senders to put their header fields together", 0);
  if (lost_hellos_) surfaces_.not_looked_into("TLS hellos", "too many at once to put them together", 0);
}

}  // namespace candor::scan
