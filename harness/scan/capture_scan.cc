// SPDX-License-Identifier: Apache-2.0
#include "scan/capture_scan.h"

#include <algorithm>
#include <compare>
#include <deque>
#include <map>
#include <memory>
#include <unordered_set>
#include <utility>

#include "capture/capture_file.h"
#include "capture/datagram_content.h"
#include "capture/dns_query.h"
#include "capture/fragments.h"
#include "capture/frame_search.h"
#include "capture/layers.h"
#include "capture/tcp_stream.h"
#include "scan/datagrams.h"
#include "scan/http2.h"
#include "scan/small_carriers.h"
#include "scan/tls_records.h"

namespace candor::scan {

namespace {

using capture::Address;
using capture::Layers;
using capture::Packet;
using capture::Run;
using capture::TcpStream;

constexpr std::size_t kMostNames = 1U << 16;
constexpr std::size_t kMostDomains = 1U << 13;
constexpr std::size_t kMostConnections = 1U << 20;
constexpr std::size_t kTlsBegin = 64U << 10;  // a plain dialogue in front of STARTTLS is shorter

struct Connection {
  Address source;
  Address destination;
  auto operator<=>(const Connection&) const = default;
};

/// One direction of a connection.
struct Stream {
  std::string where;
  Connection ends;
  TcpStream bytes;
  std::uint64_t first_frame = 0;
  std::uint64_t last_frame = 0;
  std::optional<TlsStream> tls;
  std::uint64_t next_request = 0;  ///< As RequestHeads::add() tells.
};

std::string bytes_text(std::uint64_t count) {
  return std::to_string(count) + (count == 1 ? " byte" : " bytes");
}

class CaptureScan {
 public:
  CaptureScan(Surfaces& surfaces, FileFinding& file, RequestHeads& heads, CaptureLimits limits,
              const Recogniser& as_it_stands)
      : surfaces_(surfaces),
        file_(file),
        heads_(heads),
        limits_(limits),
        name_recogniser_([this](ByteView bytes) { return surfaces_.recognised(bytes); }),
        names_(name_recogniser_, kMostDomains),
        datagrams_(surfaces),
        carriers_(surfaces, as_it_stands) {}

  CaptureFinding scan(ByteView capture);

 private:
  void blocks(ByteView capture);
  void add(const Packet& packet);
  void fragment(const Layers& layers, const Packet& packet);
  void take(capture::FragmentStore::Datagram datagram, std::uint64_t frame);
  void content(const Layers& layers, std::uint64_t frame);
  void tcp(const Layers& layers, std::uint64_t frame);
  void acknowledge(const Layers& layers);
  void dns(const Layers& layers, std::uint64_t frame);
  void read(const Layers& layers, std::uint64_t frame);
  [[nodiscard]] Stream& stream(const Layers& layers, std::uint64_t frame);
  [[nodiscard]] std::unique_ptr<Stream> begin_stream(const Connection& ends, std::uint64_t frame);
  void search(Stream& stream);
  void report_holes(const Stream& stream, bool ended);
  void look_for_frames(Stream& stream, const std::vector<Run>& runs);
  void close(Stream& stream);
  void bound();
  void evict();
  void forget();
  void finish();

  Surfaces& surfaces_;
  FileFinding& file_;
  RequestHeads& heads_;
  CaptureLimits limits_;
  capture::Recogniser name_recogniser_;
  capture::FrameSearch names_;
  std::unordered_set<std::string> seen_names_;
  std::map<Connection, std::unique_ptr<Stream>> streams_;
  std::map<Connection, std::size_t> connections_;  // how many there were on the same ports
  DatagramFlows datagrams_;
  SmallCarriers carriers_;
  capture::FragmentStore fragments_;
  std::deque<Bytes> rebuilt_;  // datagrams that pieces point into
  std::size_t rebuilt_bytes_ = 0;
  std::size_t pieces_ = 0;
  std::size_t next_pieces_ = 0;
  CaptureFinding found_;
};

CaptureFinding CaptureScan::scan(ByteView capture) {
  capture::CaptureReader reader(capture);
  const std::uint8_t* end = capture.data();
  while (const std::optional<Packet> packet = reader.next()) {
    ++file_.packets;
    end = packet->bytes.data() + packet->bytes.size();
    add(*packet);
  }
  finish();
  if (capture::capture_format(capture) == capture::CaptureFormat::pcapng) blocks(capture);
  file_.problem = reader.problem();
  if (file_.problem.empty()) return std::move(found_);
  const ByteView rest = capture.subspan(static_cast<std::size_t>(end - capture.data()));
  surfaces_.not_looked_into("the capture", "no packets can be read behind the damage", rest.size());
  surfaces_.search("bytes behind the last packet that can be read", rest, 0, capture.size() - rest.size());
  return std::move(found_);
}

/// What a pcapng file holds besides packets: comments, names, secrets, and kinds nobody knows.
void CaptureScan::blocks(ByteView capture) {
  capture::BlockReader reader(capture);
  while (const auto block = reader.next()) {
    switch (block->type) {
      case capture::block::kEnhancedPacket:
      case capture::block::kObsoletePacket:
      case capture::block::kSimplePacket:
        break;
      case capture::block::kSecrets:
        found_.secrets = true;
        [[fallthrough]];
      default:
        surfaces_.search("block of type " + std::to_string(block->type), block->body, 0,
                         static_cast<std::uint64_t>(block->body.data() - capture.data()));
    }
  }
}

void CaptureScan::add(const Packet& packet) {
  constexpr std::size_t kFlagsAndEnd = 12;  // the options nearly every writer adds
  if (packet.options.size() > kFlagsAndEnd) surfaces_.search("packet options", packet.options, packet.number);
  const Layers layers = capture::take_apart(packet.link, packet.bytes);
  for (const ByteView bytes : layers.aside)
    surfaces_.search(layers.channel + " options and trailers", bytes, packet.number, 0);
  if (!layers.link_known)
    surfaces_.not_looked_into(layers.channel,
                              "this link type is not followed: its packets were searched one by one",
                              packet.bytes.size());
  carriers_.add(packet, layers);
  // A hole of a TCP stream is reported with the stream.
  if (packet.cut && !layers.tcp)
    surfaces_.not_looked_into(layers.channel, "packets were not captured whole", layers.cut);
  if (layers.fragment) return fragment(layers, packet);
  content(layers, packet.number);
}

void CaptureScan::fragment(const Layers& layers, const Packet& packet) {
  for (auto& datagram : fragments_.add(*layers.fragment, layers.cut > 0, packet.number))
    take(std::move(datagram), packet.number);
}

void CaptureScan::take(capture::FragmentStore::Datagram datagram, std::uint64_t frame) {
  const std::string where = "fragments " + capture::to_endpoint(datagram.first.source).address + " > " +
                            capture::to_endpoint(datagram.first.destination).address;
  if (!datagram.whole) {
    surfaces_.not_looked_into(where, "fragments of a datagram are missing", 0);
  } else if (datagram.contradictory) {
    surfaces_.note(where, "fragments contradict each other; each was searched by itself too");
  }
  if (!datagram.whole || datagram.contradictory)
    for (const auto& part : datagram.parts) surfaces_.search(where, part.bytes, part.frame);
  if (!datagram.whole) return;
  rebuilt_bytes_ += datagram.whole->size();
  rebuilt_.push_back(std::move(*datagram.whole));
  content(capture::take_apart_datagram(datagram.first, rebuilt_.back()), frame);
}

void CaptureScan::content(const Layers& layers, std::uint64_t frame) {
  if (layers.tcp) {
    tcp(layers, frame);
  } else if (!layers.payload.empty()) {
    datagrams_.add(layers, frame);
    if (layers.udp()) read(layers, frame);
    const std::uint16_t port = layers.destination.port;
    if (layers.udp() && (port == 53 || port == 5353 || port == 5355)) dns(layers, frame);
  }
  bound();
}

std::unique_ptr<Stream> CaptureScan::begin_stream(const Connection& ends, std::uint64_t frame) {
  auto stream = std::make_unique<Stream>();
  stream->ends = ends;
  stream->first_frame = frame;
  stream->where = "tcp " + capture::to_endpoint(ends.source).text() + " > " +
                  capture::to_endpoint(ends.destination).text();
  const std::size_t number = ++connections_[ends];
  if (number > 1) stream->where += ", connection " + std::to_string(number);
  return stream;
}

Stream& CaptureScan::stream(const Layers& layers, std::uint64_t frame) {
  const Connection ends{layers.source, layers.destination};
  std::unique_ptr<Stream>& stream = streams_[ends];
  if (stream && stream->bytes.begins_anew(*layers.tcp)) {
    close(*stream);
    stream.reset();
  }
  if (!stream) stream = begin_stream(ends, frame);
  return *stream;
}

void CaptureScan::tcp(const Layers& layers, std::uint64_t frame) {
  const capture::Segment& segment = *layers.tcp;
  Stream& stream = this->stream(layers, frame);
  const std::size_t before = stream.bytes.held();
  const TcpStream::Use use = stream.bytes.add(segment, frame);
  pieces_ += stream.bytes.held() - before;
  if (stream.first_frame == 0) stream.first_frame = frame;
  stream.last_frame = frame;
  if (segment.ack) acknowledge(layers);
  if (use == TcpStream::Use::placed || segment.payload.empty()) return;
  surfaces_.search(stream.where + ", packet " + std::to_string(frame) + " alone", segment.payload, frame, 0,
                   Look::again);
}

void CaptureScan::acknowledge(const Layers& layers) {
  const Connection back{layers.destination, layers.source};
  std::unique_ptr<Stream>& stream = streams_[back];
  if (!stream) stream = begin_stream(back, 0);
  stream->bytes.acknowledged(layers.tcp->acknowledged, layers.tcp->syn);
}

/// Names as receivers may read them, and what stands in front of a domain put together over all names asked
/// for, as account.h does for what a guest sends.
void CaptureScan::dns(const Layers& layers, std::uint64_t frame) {
  const auto query = capture::parse_dns_query(layers.payload);
  if (!query) return;
  const std::string dotted = capture::joined_labels(*query, ".");
  if (seen_names_.contains(dotted)) return;
  if (seen_names_.size() < kMostNames) seen_names_.insert(dotted);
  const capture::Place place{"dns", printable(capture::base_domain(*query)), 0, frame};
  const auto search = [&](const std::string& text, const char* how) {
    const model::DecodeStep step{how, capture::kNameOffset, query->name_length, text.size()};
    (void)names_.payload(place, as_bytes(text), {step});
  };
  const std::string joined = capture::joined_labels(*query, "");
  search(joined, "dns labels joined");
  search(dotted, "dns name");
  if (capture::lower_case(dotted) != dotted) {
    search(capture::lower_case(joined), "dns labels joined, lower case");
    search(capture::lower_case(dotted), "dns name, lower case");
  }
  const std::string front = capture::labels_before_base(*query);
  const std::string first = query->labels.empty() ? "" : query->labels.front();
  const bool followed = names_.append(place, "dns names joined", as_bytes(front)) &&
                        names_.append(place, "first dns labels joined", as_bytes(first));
  if (!followed)
    surfaces_.not_looked_into("dns", "too many domains to put their names together", query->name_length);
}

/// What a datagram says to whoever reads its format, by itself and with what others of its kind say, as
/// account.h does for what a guest sends.
void CaptureScan::read(const Layers& layers, std::uint64_t frame) {
  const auto content = capture::read_datagram(layers.source.port, layers.destination.port, layers.payload);
  if (!content) return;
  const capture::Place place{content->protocol, capture::to_endpoint(layers.destination).address, 0, frame};
  for (const capture::DatagramContent::Text& text : content->texts) {
    const auto search = [&](const std::string& form, const std::string& how) {
      (void)names_.payload(place, as_bytes(form), {{how, text.at, text.size, form.size()}});
    };
    const std::string key = place.channel + " " + text.how + " " + text.text;
    if (seen_names_.contains(key)) continue;
    if (seen_names_.size() < kMostNames) seen_names_.insert(key);
    search(text.text, text.how);
    const std::string lower = capture::lower_case(text.text);
    if (lower != text.text) search(lower, std::string(text.how) + ", lower case");
    if (text.size > 0 && !names_.append(place, text.how, as_bytes(text.text)))
      surfaces_.not_looked_into(place.channel, "too many places to put what is said to them together",
                                text.size);
  }
}

/// While a stream goes on, what is missing at its end may still come.
void CaptureScan::report_holes(const Stream& stream, bool ended) {
  std::vector<capture::Hole> holes = stream.bytes.holes();
  if (!ended && !holes.empty() && holes.back().at == stream.bytes.end()) holes.pop_back();
  for (const capture::Hole& hole : holes)
    surfaces_.not_looked_into(stream.where, bytes_text(hole.size) + " missing at " + std::to_string(hole.at),
                              hole.size);
}

void CaptureScan::look_for_frames(Stream& stream, const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    std::uint64_t size = 0;
    Bytes begin;
    for (const capture::Piece& piece : run) {
      size += piece.bytes.size();
      if (begin.size() < kTlsBegin) begin.insert(begin.end(), piece.bytes.begin(), piece.bytes.end());
    }
    if (as_text(begin).starts_with(kHttp2Preface))
      surfaces_.not_looked_into(stream.where, "HTTP/2 without TLS, whose frames are not put together", size);
    if (stream.tls) {
      stream.tls->bytes += size;
    } else if (const auto at = tls_begin(begin)) {
      stream.tls = TlsStream{.where = stream.where,
                             .source = capture::to_endpoint(stream.ends.source).text(),
                             .destination = capture::to_endpoint(stream.ends.destination).text(),
                             .before = *at,
                             .bytes = size - *at};
    }
  }
}

/// Searches what is there of a stream; what is forgotten afterwards is not searched again.
void CaptureScan::search(Stream& stream) {
  const std::vector<Run> runs = stream.bytes.runs();
  if (runs.empty()) return;
  look_for_frames(stream, runs);
  // What looks like a damaged container in encrypted bytes is none: whether they were opened, the keys say.
  const Look look = !stream.tls ? Look::first : stream.tls->before == 0 ? Look::hits_only : Look::again;
  for (const Run& run : runs) {
    const std::uint64_t opaque = surfaces_.search(stream.where, run, look);
    if (stream.tls) stream.tls->opaque += opaque;
    const auto peer = [](const Address& of) { return capture::to_endpoint(of).address; };
    stream.next_request = heads_.add({stream.where, peer(stream.ends.source), peer(stream.ends.destination)},
                                     run, stream.next_request);
  }
  if (const Run over = stream.bytes.differing(); !over.empty()) {
    surfaces_.note(stream.where, "segments contradict each other; both versions were searched");
    for (const Run& run : runs)
      surfaces_.search(stream.where + ", with the later of two versions", run, Look::again, over);
  }
}

void CaptureScan::close(Stream& stream) {
  pieces_ -= std::min(pieces_, stream.bytes.held());
  search(stream);
  report_holes(stream, true);
  if (!stream.bytes.empty() && !stream.bytes.saw_begin())
    surfaces_.not_looked_into(stream.where, "its begin was not captured", 0);
  if (!stream.tls) return;
  stream.tls->first_frame = stream.first_frame;
  stream.tls->last_frame = stream.last_frame;
  found_.tls.push_back(std::move(*stream.tls));
}

/// Keeps what is held within its limits.
void CaptureScan::bound() {
  if (streams_.size() + datagrams_.flows() > limits_.flows) evict();
  if (pieces_ + datagrams_.held() <= std::max(limits_.pieces, next_pieces_) &&
      rebuilt_bytes_ <= limits_.rebuilt)
    return;
  forget();
}

/// Searches and forgets the half of the conversations that was silent for longest. If one of them goes on,
/// its begin is missing, and that is reported.
void CaptureScan::evict() {
  std::vector<std::uint64_t> ages = datagrams_.ages();
  for (const auto& [ends, stream] : streams_) ages.push_back(stream->last_frame);
  const auto middle = ages.begin() + static_cast<std::ptrdiff_t>(ages.size() / 2);
  std::nth_element(ages.begin(), middle, ages.end());
  datagrams_.evict(*middle);
  for (auto stream = streams_.begin(); stream != streams_.end();) {
    if (stream->second->last_frame > *middle) {
      ++stream;
      continue;
    }
    close(*stream->second);
    stream = streams_.erase(stream);
  }
  if (connections_.size() > kMostConnections) connections_.clear();
}

void CaptureScan::forget() {
  for (auto& [ends, stream] : streams_) {
    search(*stream);
    report_holes(*stream, false);
    stream->bytes.forget(limits_.tail);
  }
  datagrams_.forget(limits_.tail);
  rebuilt_.clear();
  rebuilt_bytes_ = 0;
  pieces_ = streams_.size();
  // Where the tails alone are near the limit, searching at each packet would take for ever.
  next_pieces_ = 2 * (pieces_ + datagrams_.held());
}

void CaptureScan::finish() {
  for (auto& datagram : fragments_.finish()) {
    const std::uint64_t frame = datagram.parts.empty() ? 0 : datagram.parts.back().frame;
    take(std::move(datagram), frame);
  }
  std::vector<Stream*> streams;
  for (auto& [ends, stream] : streams_) streams.push_back(stream.get());
  std::sort(streams.begin(), streams.end(), [](const Stream* a, const Stream* b) {
    return std::tie(a->first_frame, a->ends) < std::tie(b->first_frame, b->ends);
  });
  for (Stream* stream : streams) close(*stream);
  datagrams_.finish();
  carriers_.finish();
  for (model::FrameFinding& name : names_.finish())
    for (model::Hit& hit : name.found.hits)
      surfaces_.take(name.channel + " " + name.destination, name.frame, std::move(hit));
  if (!names_.problem().empty()) surfaces_.not_looked_into("dns", names_.problem(), 0);
}

}  // namespace

CaptureFinding scan_capture(ByteView file, Surfaces& surfaces, FileFinding& finding, RequestHeads& heads,
                            CaptureLimits limits, const Recogniser& as_it_stands) {
  return CaptureScan(surfaces, finding, heads, limits, as_it_stands).scan(file);
}

}  // namespace candor::scan
