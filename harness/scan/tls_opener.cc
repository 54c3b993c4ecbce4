// SPDX-License-Identifier: Apache-2.0
#include "scan/tls_opener.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "model/evidence.h"
#include "scan/http2.h"
#include "scan/private_copy.h"

namespace candor::scan {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::minutes kDeadline{15};
constexpr std::size_t kLargestList = 256U << 20;
constexpr std::size_t kLargestFollow = 512U << 20;    // hexadecimal: two letters a byte
constexpr std::uint64_t kSealedAtATime = 128U << 20;  // so that they fit in there
constexpr std::size_t kStreamsAtATime = 64;
constexpr std::uint64_t kRecordOverhead = 64;  // initialisation vector, MAC and padding of TLS 1.2
constexpr int kCaptureFd = 3;                  // in tshark
constexpr const char* kCapturePath = "/dev/fd/3";
constexpr std::string_view kApplicationData = "23";

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> values(std::string_view field) {
  return field.empty() ? std::vector<std::string_view>() : split(field, ',');
}

std::optional<std::uint64_t> number(std::string_view digits) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

/// The innermost of a field's values, which tunnels have several of.
std::string_view last(std::string_view field) {
  const std::size_t comma = field.rfind(',');
  return comma == std::string_view::npos ? field : field.substr(comma + 1);
}

std::string endpoint(std::string_view address4, std::string_view address6, std::string_view port) {
  const std::string_view address = address4.empty() ? address6 : address4;
  return model::Endpoint{std::string(last(address)),
                         static_cast<std::uint16_t>(number(last(port)).value_or(0) & 0xffffU)}
      .text();
}

enum Field : std::size_t {
  kFrame,
  kStream,
  kSource4,
  kSource6,
  kSourcePort,
  kDestination4,
  kDestination6,
  kDestinationPort,
  kOpaqueType,
  kContentType,
  kLength,
  kFields
};

/// tshark gives a record of TLS 1.3 an opaque type, and a content type too once it has opened it. Records of
/// older versions have a content type alone, opened or not.
void add_records(TlsPacket& packet, const std::vector<std::string_view>& fields) {
  const auto opaque = values(fields[kOpaqueType]);
  const auto types = values(fields[kContentType]);
  const auto lengths = values(fields[kLength]);
  std::uint64_t all = 0;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const std::uint64_t length = number(lengths[i]).value_or(0);
    all += length;
    if (!opaque.empty() || i >= types.size() || types[i] != kApplicationData) continue;
    packet.closed += length;
    packet.application += length - std::min(length, kRecordOverhead);
  }
  if (!opaque.empty() && types.size() < lengths.size()) packet.sealed = all;
}

std::vector<std::string> common_arguments(const fs::path& capture, const fs::path& keylog) {
  std::vector<std::string> arguments{
      "tshark", "-r", capture.string(), "-n", "-o", "tcp.desegment_tcp_streams:TRUE",
      // TLS on the ports of other protocols is TLS too.
      "-o", "tcp.try_heuristic_first:TRUE", "-o", "tcp.reassemble_out_of_order:TRUE", "-o",
      "tls.desegment_ssl_records:TRUE", "-o", "tls.desegment_ssl_application_data:TRUE"};
  if (!keylog.empty()) arguments.insert(arguments.end(), {"-o", "tls.keylog_file:" + keylog.string()});
  return arguments;
}

/// What the two passes say of one connection.
struct Connection {
  std::uint64_t sealed = 0;
  std::uint64_t closed = 0;
  std::uint64_t application = 0;
  std::uint64_t opened = 0;
};

void stays_closed(Surfaces& surfaces, const TlsStream& stream, const std::string& reason,
                  std::uint64_t bytes) {
  surfaces.not_looked_into(stream.where, reason, bytes);
  surfaces.opaque(std::min(stream.opaque, bytes));
}

class Opener {
 public:
  Opener(ByteView capture, const std::vector<TlsStream>& streams, const TlsKeys& keys, Surfaces& surfaces,
         RequestHeads& heads)
      : capture_(in_context("copying the capture for tshark", [&] { return file_of(capture); })),
        streams_(streams),
        keys_(keys),
        surfaces_(surfaces),
        heads_(heads) {}

  void open() {
    const CommandResult listed = run(list_arguments(kCapturePath, keylog()), kLargestList);
    if (const std::string reason = failure(listed); !reason.empty()) return closed(reason);
    match(read_list(listed.output));
    std::vector<std::uint64_t> batch;
    std::uint64_t bytes = 0;
    for (const auto& [stream, size] : sizes_) {
      if (!batch.empty() && (batch.size() == kStreamsAtATime || bytes + size > kSealedAtATime)) {
        follow(batch);
        batch.clear();
        bytes = 0;
      }
      batch.push_back(stream);
      bytes += size;
    }
    if (!batch.empty()) follow(batch);
    report();
  }

 private:
  /// tshark reads a capture twice, so it needs a file; one without a name is gone with this process.
  static PrivateCopy file_of(ByteView capture) {
    CopyWriter writer({.in_memory = 0});
    writer.append(capture);
    return writer.finish();
  }
  [[nodiscard]] fs::path keylog() const { return keys_.keylog ? fs::absolute(*keys_.keylog) : fs::path(); }

  /// Without a home, so that nobody's settings and scripts change what it says.
  CommandResult run(std::vector<std::string> arguments, std::size_t limit) const {
    const std::string home = "/nonexistent";
    return run_command(
        {.name = "tshark",
         .argv = std::move(arguments),
         .fds = {{capture_.descriptor(), kCaptureFd}},
         .env = {{"HOME", home}, {"XDG_CONFIG_HOME", home}, {"WIRESHARK_CONFIG_DIR", home}, {"LC_ALL", "C"}}},
        {}, kDeadline, limit);
  }

  static std::string failure(const CommandResult& result) {
    if (result.timed_out) return "tshark took too long";
    if (result.cut) return "tshark printed more than is read";
    // A capture that is cut makes it fail at its end, after all that could be read.
    if (!result.status.ok() && result.output.empty())
      return "tshark failed: " + printable(result.error.substr(0, 300), 300);
    return "";
  }

  void closed(const std::string& reason) {
    for (const TlsStream& stream : streams_)
      stays_closed(surfaces_, stream, "TLS that was not opened: " + reason, stream.bytes);
  }

  /// Finds tshark's number of each of our streams: the same ports, and packets between its first and last.
  void match(const std::vector<TlsPacket>& packets) {
    std::map<std::pair<std::string, std::string>, std::vector<std::size_t>> by_ends;
    for (std::size_t i = 0; i < streams_.size(); ++i)
      by_ends[{streams_[i].source, streams_[i].destination}].push_back(i);
    numbers_.resize(streams_.size());
    for (const TlsPacket& packet : packets) {
      const auto known = by_ends.find({packet.source, packet.destination});
      if (known == by_ends.end()) continue;
      for (const std::size_t i : known->second) {
        if (packet.frame < streams_[i].first_frame || packet.frame > streams_[i].last_frame) continue;
        if (!numbers_[i]) sizes_[packet.stream] += streams_[i].bytes;
        numbers_[i] = packet.stream;
      }
      directions_[{packet.stream, packet.source}].sealed += packet.sealed;
      connections_[packet.stream].application += packet.application;
      connections_[packet.stream].closed += packet.closed;
    }
  }

  void follow(const std::vector<std::uint64_t>& batch) {
    const CommandResult followed = run(follow_arguments(kCapturePath, keylog(), batch), kLargestFollow);
    const std::string reason = failure(followed);
    for (const Opened& opened : read_follow(followed.output)) {
      connections_[opened.stream].opened += opened.other_way.size() + opened.one_way.size();
      const std::string where = "TLS of " + name_of(opened.stream);
      content(where + ", one way", opened.one_way, opened.stream);
      content(where + ", other way", opened.other_way, opened.stream);
    }
    if (!reason.empty())
      for (const std::uint64_t stream : batch) failures_[stream] = reason;
  }

  void content(const std::string& where, ByteView bytes, std::uint64_t number) {
    const std::optional<Http2> http2 = read_http2(bytes);
    surfaces_.search(where, bytes, 0, 0, http2 ? Look::hits_only : Look::first);
    if (!http2) return requests(where, bytes, number);
    for (const auto& [stream, data] : http2->data)
      surfaces_.search(where + ", HTTP/2 stream " + std::to_string(stream), data);
    if (http2->headers > 0)
      surfaces_.not_looked_into(where, "HTTP/2 headers, which are compressed", http2->headers);
    if (http2->other > 0)
      surfaces_.not_looked_into(where, "HTTP/2 frames that are unknown or cut off", http2->other);
  }

  /// Only clients send requests, and of a connection the client's stream is the first.
  void requests(const std::string& where, ByteView bytes, std::uint64_t number) {
    const TlsStream* const stream = stream_of(number);
    if (stream == nullptr || bytes.empty()) return;
    const auto address = [](const std::string& end) { return end.substr(0, end.rfind(':')); };
    (void)heads_.add({where, address(stream->source), address(stream->destination)},
                     {{.bytes = bytes, .frame = stream->first_frame}}, 0);
  }

  [[nodiscard]] const TlsStream* stream_of(std::uint64_t number) const {
    for (std::size_t i = 0; i < streams_.size(); ++i)
      if (numbers_[i] == number) return &streams_[i];
    return nullptr;
  }

  [[nodiscard]] std::string name_of(std::uint64_t number) const {
    const TlsStream* const stream = stream_of(number);
    return stream != nullptr ? stream->where : "connection " + std::to_string(number);
  }

  void report() {
    for (std::size_t i = 0; i < streams_.size(); ++i) {
      const TlsStream& stream = streams_[i];
      if (!numbers_[i]) {
        stays_closed(surfaces_, stream, "TLS that tshark does not follow", stream.bytes);
      } else if (const auto failed = failures_.find(*numbers_[i]); failed != failures_.end()) {
        stays_closed(surfaces_, stream, "TLS that was not opened: " + failed->second, stream.bytes);
      } else if (const std::uint64_t sealed = sealed_of(stream, *numbers_[i]); sealed > 0) {
        stays_closed(surfaces_, stream, "TLS without keys", sealed);
      }
    }
  }

  /// Bytes of a stream that the keys did not open.
  [[nodiscard]] std::uint64_t sealed_of(const TlsStream& stream, std::uint64_t number) {
    const Connection& both = connections_[number];
    if (both.opened == 0 && both.closed > 0) return stream.bytes;
    std::uint64_t sealed = directions_[{number, stream.source}].sealed;
    if (both.application > both.opened) sealed += both.application - both.opened;
    return std::min(sealed, stream.bytes);
  }

  PrivateCopy capture_;
  const std::vector<TlsStream>& streams_;
  const TlsKeys& keys_;
  Surfaces& surfaces_;
  RequestHeads& heads_;
  std::vector<std::optional<std::uint64_t>> numbers_;  // tshark's number of each of streams_
  std::map<std::uint64_t, std::uint64_t> sizes_;       // by that number
  std::map<std::uint64_t, std::string> failures_;
  std::map<std::uint64_t, Connection> connections_;
  std::map<std::pair<std::uint64_t, std::string>, Connection> directions_;
};

}  // namespace

std::vector<std::string> list_arguments(const fs::path& capture, const fs::path& keylog) {
  std::vector<std::string> arguments = common_arguments(capture, keylog);
  arguments.insert(arguments.end(),
                   {"-Y", "tls", "-T", "fields", "-E", "occurrence=a", "-E", "separator=/t"});
  for (const char* field :
       {"frame.number", "tcp.stream", "ip.src", "ipv6.src", "tcp.srcport", "ip.dst", "ipv6.dst",
        "tcp.dstport", "tls.record.opaque_type", "tls.record.content_type", "tls.record.length"})
    arguments.insert(arguments.end(), {"-e", field});
  return arguments;
}

std::vector<TlsPacket> read_list(std::string_view output) {
  std::vector<TlsPacket> packets;
  for (const std::string_view line : split(output, '\n')) {
    const std::vector<std::string_view> fields = split(line, '\t');
    if (fields.size() != kFields) continue;
    const auto frame = number(fields[kFrame]);
    const auto stream = number(last(fields[kStream]));
    if (!frame || !stream) continue;
    TlsPacket packet{
        .frame = *frame,
        .stream = *stream,
        .source = endpoint(fields[kSource4], fields[kSource6], fields[kSourcePort]),
        .destination = endpoint(fields[kDestination4], fields[kDestination6], fields[kDestinationPort])};
    add_records(packet, fields);
    packets.push_back(std::move(packet));
  }
  return packets;
}

std::vector<std::string> follow_arguments(const fs::path& capture, const fs::path& keylog,
                                          const std::vector<std::uint64_t>& streams) {
  std::vector<std::string> arguments = common_arguments(capture, keylog);
  arguments.emplace_back("-q");
  for (const std::uint64_t stream : streams)
    arguments.insert(arguments.end(), {"-z", "follow,tls,raw," + std::to_string(stream)});
  return arguments;
}

/// Each connection is a head that names it ("Filter: tcp.stream eq 7") and lines of hexadecimal, those of one
/// direction behind a tab.
std::vector<Opened> read_follow(std::string_view output) {
  constexpr std::string_view kFilter = "Filter: tcp.stream eq ";
  std::vector<Opened> connections;
  for (std::string_view line : split(output, '\n')) {
    if (line.starts_with(kFilter)) {
      if (const auto stream = number(line.substr(kFilter.size()))) connections.push_back({.stream = *stream});
      continue;
    }
    if (line.empty() || connections.empty()) continue;
    const bool indented = line.front() == '\t';
    if (indented) line.remove_prefix(1);
    const std::optional<Bytes> bytes = from_hex(line);
    if (!bytes) continue;
    Bytes& into = indented ? connections.back().other_way : connections.back().one_way;
    into.insert(into.end(), bytes->begin(), bytes->end());
  }
  return connections;
}

void open_tls(ByteView capture, const std::vector<TlsStream>& streams, const TlsKeys& keys,
              Surfaces& surfaces, RequestHeads& heads) {
  if (streams.empty()) return;
  std::string reason;
  if (keys.any()) {
    try {
      return Opener(capture, streams, keys, surfaces, heads).open();
    } catch (const Error& error) {
      reason = std::string("tshark, which would open it, cannot be run: ") + printable(error.what());
    }
  }
  for (const TlsStream& stream : streams)
    stays_closed(surfaces, stream, reason.empty() ? "TLS without keys" : "TLS: " + reason, stream.bytes);
}

}  // namespace candor::scan
