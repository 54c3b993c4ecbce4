// SPDX-License-Identifier: Apache-2.0
#include "run/evidence.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "capture/account.h"
#include "capture/dns_stream.h"
#include "collect/store.h"
#include "judge/words.h"
#include "model/event.h"
#include "recognise/recogniser.h"
#include "report/text.h"
#include "run/activity_reader.h"
#include "run/boilerplate.h"
#include "run/further_probes.h"
#include "run/requests.h"
#include "scenario/record.h"

namespace candor::run {

namespace fs = std::filesystem;
namespace event = model::event;

namespace {

constexpr std::size_t kRecordLimit = 16U << 20;

Json read_json(const fs::path& path) {
  return in_context(path.string(), [&] {
    return parse_json(read_text(path, kRecordLimit), {.bytes = kRecordLimit, .depth = 32});
  });
}

std::vector<std::string> strings(const Json& array) {
  std::vector<std::string> list;
  for (const Json& item : array)
    if (item.is_string()) list.push_back(item.get<std::string>());
  return list;
}

double number_member(const Json& object, const char* key) {
  const Json& value = member(object, key);
  if (!value.is_number()) throw Error(std::string("'") + key + "' is not a number");
  return value.get<double>();
}

std::uint64_t count_member(const Json& object, const char* key) {
  const std::int64_t value = int_member(object, key);
  if (value < 0) throw Error(std::string("'") + key + "' is negative");
  return static_cast<std::uint64_t>(value);
}

std::uint16_t port_member(const Json& object) {
  const std::int64_t port = int_member(object, "port");
  if (port < 0 || port > 65535) throw Error("'port' is out of range");
  return static_cast<std::uint16_t>(port);
}

model::Endpoint endpoint(const Json& object, const char* key) {
  const Json& value = member(object, key);
  return in_context(std::string("'") + key + "'", [&] {
    return model::Endpoint{string_member(value, "address"), port_member(value)};
  });
}

/// Turns events into the parts of the evidence that they report.
class EventReader {
 public:
  explicit EventReader(model::Evidence& evidence) : evidence_(evidence) {}

  void take(const model::Event& item) {
    try {
      dispatch(item);
    } catch (const Error& error) {
      evidence_.losses.push_back("event " + std::to_string(item.seq) + " of " + item.probe + " (" +
                                 printable(item.type) + ") cannot be read: " + error.what());
    }
  }

  /// HTTP requests in the order in which they were received.
  [[nodiscard]] const std::vector<RequestPlace>& requests() const { return requests_; }

  /// Streams in order of their numbers, when all events were taken.
  void finish() {
    for (auto& [key, stream] : streams_) evidence_.streams.push_back(std::move(stream));
    for (auto& [key, connection] : relayed_) evidence_.passthrough.relayed.push_back(std::move(connection));
  }

 private:
  void dispatch(const model::Event& item) {
    const Json& data = item.data;
    // Only the probe whose business it is may say so: no other can make a stream look received or a step
    // done.
    if (item.probe == collect::kRunner) {
      if (item.type == event::kStep) return step(data);
      if (item.type == event::kControl) return control(data);
      if (item.type == event::kProcessDied)
        evidence_.losses.push_back(string_member(data, "process") +
                                   " ended during the run: " + string_member(data, "how"));
    } else if (item.probe == "wire") {
      if (item.type == event::kWireTotals) totals(data);
    } else if (item.probe == "internet") {
      if (item.type == event::kStreamOpened) return opened(item);
      if (item.type == event::kStream) return ended(item);
      if (item.type == event::kTlsRefused) return refused(data);
      if (item.type == event::kPassage) return passage(data);
      if (item.type == event::kRequest)
        requests_.push_back({int_member(data, "stream"), count_member(data, "offset")});
      if (item.type == event::kTrouble)
        evidence_.losses.push_back("the simulated internet reports trouble: " + string_member(data, "what") +
                                   ": " + string_member(data, "detail"));
    } else if (item.probe == "relay") {
      if (item.type == event::kRelayOpened) static_cast<void>(relayed(item));
      if (item.type == event::kRelayClosed) return relay_closed(item);
      if (item.type == event::kRelayRefused)
        evidence_.passthrough.refused.push_back(string_member(data, "sentence"));
    }
  }

  void step(const Json& data) {
    evidence_.steps.push_back({.index = static_cast<int>(int_member(data, "index")),
                               .verb = string_member(data, "verb"),
                               .text = string_member(data, "text"),
                               .line = static_cast<int>(int_member(data, "line")),
                               .done = string_member(data, "outcome") == "done",
                               .detail = string_member(data, "detail"),
                               .started_ns = int_member(data, "started_ns"),
                               .ended_ns = int_member(data, "ended_ns")});
  }

  void control(const Json& data) {
    model::ControlAttempt attempt{.document = string_member(data, "document"),
                                  .host = string_member(data, "host"),
                                  .ok = bool_member(data, "ok"),
                                  .detail = string_member(data, "detail")};
    const auto known =
        std::find_if(evidence_.controls.begin(), evidence_.controls.end(),
                     [&](const model::ControlAttempt& c) { return c.document == attempt.document; });
    if (known == evidence_.controls.end()) {
      evidence_.controls.push_back(std::move(attempt));
    } else {
      *known = std::move(attempt);
    }
  }

  void totals(const Json& data) {
    evidence_.wire_sent_bytes = count_member(data, "sent_bytes");
    evidence_.wire_sent_frames = count_member(data, "sent_frames");
  }

  void refused(const Json& data) {
    evidence_.refusals.push_back({.destination = endpoint(data, "destination"),
                                  .server_name = string_member(data, "server_name"),
                                  .alert = string_member(data, "alert"),
                                  .source = endpoint(data, "source")});
  }

  void passage(const Json& data) {
    evidence_.passthrough.passages.push_back({.host = string_member(data, "host"),
                                              .port = port_member(data),
                                              .written = count_member(data, "written"),
                                              .problem = string_member(data, "problem")});
  }

  model::RelayedConnection& relayed(const model::Event& item) {
    const std::int64_t number = int_member(item.data, "connection");
    model::RelayedConnection& connection = relayed_[{item.instance, number}];
    connection.number = number;
    connection.host = string_member(item.data, "host");
    connection.port = port_member(item.data);
    return connection;
  }

  void relay_closed(const model::Event& item) {
    model::RelayedConnection& connection = relayed(item);
    connection.address = string_member(item.data, "address");
    connection.sent = count_member(item.data, "sent");
    connection.received = count_member(item.data, "received");
    connection.ended = string_member(item.data, "ended");
    connection.detail = string_member(item.data, "detail");
  }

  model::Stream& stream_of(const model::Event& item) {
    const std::int64_t number = int_member(item.data, "stream");
    model::Stream& stream = streams_[{item.instance, number}];
    stream.number = number;
    stream.transport = string_member(item.data, "transport");
    stream.source = endpoint(item.data, "source");
    stream.destination = endpoint(item.data, "destination");
    stream.name = string_member(item.data, "name");
    return stream;
  }

  void opened(const model::Event& item) { stream_of(item).opened_wall_ns = item.wall_ns; }

  void ended(const model::Event& item) {
    model::Stream& stream = stream_of(item);
    if (stream.opened_wall_ns == 0) stream.opened_wall_ns = item.wall_ns;
    stream.ended_wall_ns = item.wall_ns;
    stream.ended = true;
    stream.end_reason = string_member(item.data, "ended");
    stream.bytes = count_member(item.data, "bytes");
    stream.wire_bytes = count_member(item.data, "wire_bytes");
    stream.sha256 = string_member(item.data, "sha256");
    stream.protocol = string_member(item.data, "protocol");
    if (item.data.contains("within")) stream.within = int_member(item.data, "within");
    if (item.data.contains("apart_bytes")) stream.apart_bytes = count_member(item.data, "apart_bytes");
    if (item.data.contains("framed_bytes") && item.data.contains("content_bytes")) {
      const std::uint64_t framed = count_member(item.data, "framed_bytes");
      stream.framing_bytes = framed - std::min(framed, count_member(item.data, "content_bytes"));
    }
    const Json& tls = member(item.data, "tls");
    stream.tls = tls.is_object();
    if (stream.tls) stream.server_name = string_member(tls, "server_name");
    const bool kept = bool_member(item.data, "kept");
    stream.understood = kept && stream.end_reason != "error";
    if (!kept)
      evidence_.losses.push_back("not all bytes of stream " + std::to_string(stream.number) + " to " +
                                 printable(stream.destination_name()) + " were kept");
  }

  model::Evidence& evidence_;
  std::vector<RequestPlace> requests_;
  std::map<std::pair<std::string, std::int64_t>, model::Stream> streams_;
  std::map<std::pair<std::string, std::int64_t>, model::RelayedConnection> relayed_;
};

bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// Recognises what each stream carried; equal streams are searched once.
class StreamSearcher {
 public:
  StreamSearcher(const FolderPaths& paths, const recognise::Recogniser& recogniser, model::Evidence& evidence)
      : paths_(paths), recogniser_(recogniser), evidence_(evidence) {}

  void search_all() {
    for (model::Stream& stream : evidence_.streams) {
      if (!stream.ended) {
        search_part(stream);
      } else if (!is_sha256(stream.sha256)) {
        evidence_.losses.push_back(described(stream) + " has no valid content hash");
      } else if (stream.bytes > 0) {
        stream.found = found_in(stream);
      }
    }
  }

 private:
  static std::string described(const model::Stream& stream) {
    return "stream " + std::to_string(stream.number) + " to " + printable(stream.destination_name());
  }

  const model::Recognition& found_in(const model::Stream& stream) {
    const auto known = searched_.find(stream.sha256);
    if (known != searched_.end()) return known->second;
    model::Recognition& found = searched_[stream.sha256];
    try {
      const MappedFile file(paths_.streams() / stream.sha256);
      if (sha256_hex(file.bytes()) != stream.sha256 || file.bytes().size() != stream.bytes)
        evidence_.losses.push_back("the bytes kept of " + described(stream) +
                                   " are not those that were received");
      found = recogniser_.search(file.bytes());
      if (stream.transport == "tcp" && stream.protocol == "dns")
        found = capture::search_dns_stream(
            file.bytes(), [this](ByteView bytes) { return recogniser_.search(bytes); }, std::move(found));
    } catch (const Error& error) {
      evidence_.losses.push_back("the bytes of " + described(stream) + " cannot be read: " + error.what());
      found.opaque = stream.bytes;
    }
    return found;
  }

  /// A stream whose end was never reported: what had been written of it is searched all the same.
  void search_part(model::Stream& stream) {
    const fs::path part = paths_.streams() / (".part-" + std::to_string(stream.number));
    if (!fs::exists(part)) return;
    try {
      const MappedFile file(part);
      stream.bytes = file.bytes().size();
      stream.found = recogniser_.search(file.bytes());
    } catch (const Error& error) {
      evidence_.losses.push_back("the bytes of " + described(stream) + " cannot be read: " + error.what());
    }
  }

  const FolderPaths& paths_;
  const recognise::Recogniser& recogniser_;
  model::Evidence& evidence_;
  std::map<std::string, model::Recognition> searched_;
};

/// What sockets received of each TCP conversation, over all its connections.
class Received {
 public:
  explicit Received(const std::vector<model::Stream>& streams) {
    for (const model::Stream& stream : streams)
      if (stream.transport == "tcp")
        bytes_[{judge::plain_endpoint(stream.source), judge::plain_endpoint(stream.destination)}] +=
            stream.wire_bytes;
  }
  [[nodiscard]] std::uint64_t of(const model::Endpoint& source, const model::Endpoint& destination) const {
    const auto known = bytes_.find({judge::plain_endpoint(source), judge::plain_endpoint(destination)});
    return known == bytes_.end() ? 0 : known->second;
  }

 private:
  std::map<std::pair<model::Endpoint, model::Endpoint>, std::uint64_t> bytes_;
};

/// The planted files' bytes, owned while the recogniser lives.
struct PlantedFiles {
  std::deque<Bytes> contents;  ///< And texts.
  std::vector<recognise::PlantedContent> views;
};

PlantedFiles read_planted(const FolderPaths& paths, const model::Manifest& manifest) {
  PlantedFiles files;
  const auto read = [&](const std::string& file) -> ByteView {
    if (fs::path(file).parent_path() != "documents")
      throw Error("the manifest names a file outside documents/: " + printable(file));
    return files.contents.emplace_back(read_file(paths.root / file));
  };
  for (const model::Document& document : manifest.documents) {
    recognise::PlantedContent content{.document = document.id, .content = read(document.file)};
    if (!document.text_file.empty()) content.text = read(document.text_file);
    files.views.push_back(content);
  }
  return files;
}

}  // namespace

void write_record(const FolderPaths& paths, const RunRecord& record) {
  const model::RunInfo& info = record.info;
  Json probes = Json::array();
  for (const FurtherProbe& probe : record.probes)
    probes.push_back({{"name", probe.use.name},
                      {"required", probe.use.required},
                      {"problem", printable(probe.problem, 4000)}});
  write_file(paths.run(), pretty_json({{"id", info.id},
                                       {"scenario", info.scenario},
                                       {"product", info.product},
                                       {"version", info.version},
                                       {"image", info.image},
                                       {"seed", info.seed},
                                       {"tool", info.tool},
                                       {"accelerator", info.accelerator},
                                       {"started_wall_ns", info.started_wall_ns},
                                       {"started_mono_ns", info.started_mono_ns},
                                       {"folder", info.folder},
                                       {"required_probes", record.required_probes},
                                       {"probes", probes},
                                       {"declared", record.declared},
                                       {"losses", record.losses},
                                       {"timing",
                                        {{"fork_s", record.timing.fork_s},
                                         {"guest_s", record.timing.guest_s},
                                         {"harness_s", record.timing.harness_s},
                                         {"total_s", record.timing.total_s}}},
                                       {"provenance", record.provenance}}));
}

RunRecord read_record(const FolderPaths& paths) {
  const Json json = read_json(paths.run());
  return in_context(paths.run().string(), [&] {
    RunRecord record;
    record.info = {.id = string_member(json, "id"),
                   .folder = string_member(json, "folder"),
                   .scenario = string_member(json, "scenario"),
                   .product = string_member(json, "product"),
                   .version = string_member(json, "version"),
                   .image = string_member(json, "image"),
                   .seed = member(json, "seed").get<std::uint64_t>(),
                   .tool = string_member(json, "tool"),
                   .accelerator = string_member(json, "accelerator"),
                   .started_wall_ns = int_member(json, "started_wall_ns"),
                   .started_mono_ns = int_member(json, "started_mono_ns")};
    record.required_probes = strings(member(json, "required_probes"));
    for (const Json& probe : member(json, "probes"))
      record.probes.push_back(
          {.use = {.name = string_member(probe, "name"), .required = bool_member(probe, "required")},
           .problem = string_member(probe, "problem")});
    record.declared = strings(member(json, "declared"));
    record.losses = strings(member(json, "losses"));
    const Json& timing = member(json, "timing");
    record.timing = {.fork_s = number_member(timing, "fork_s"),
                     .guest_s = number_member(timing, "guest_s"),
                     .harness_s = number_member(timing, "harness_s"),
                     .total_s = number_member(timing, "total_s")};
    record.provenance = member(json, "provenance");
    return record;
  });
}

model::Evidence load_evidence(const FolderPaths& paths) {
  const RunRecord record = read_record(paths);
  model::Evidence evidence;
  evidence.run = record.info;
  evidence.losses = record.losses;
  evidence.declared = record.declared;
  evidence.timing = record.timing;
  evidence.scenario = scenario::scenario_from_json(read_json(paths.scenario()));
  evidence.manifest = model::manifest_from_json(read_json(paths.manifest()));
  evidence.probes = collect::read_accounts(paths.events(), record.required_probes);

  EventReader events(evidence);
  FurtherProbes further(paths, record.probes);
  ActivityReader activity;
  for (const model::Event& item : collect::read_events(paths.events())) {
    events.take(item);
    further.take(item);
    activity.take(item);
  }
  events.finish();
  evidence.activity = activity.finish();
  further.finish(evidence);

  const PlantedFiles planted = read_planted(paths, evidence.manifest);
  const Boilerplate boilerplate = boilerplate_of(paths, evidence.manifest);
  const recognise::Recogniser recogniser(evidence.manifest, planted.views, {}, boilerplate.views);
  StreamSearcher(paths, recogniser, evidence).search_all();
  search_blobs(paths, recogniser, evidence);
  search_requests(paths, recogniser, events.requests(), evidence);
  const Received received(evidence.streams);
  evidence.frames = capture::account_frames(
      paths.frames(),
      {.recognise = [&](ByteView bytes) { return recogniser.search(bytes); },
       .as_it_stands = [&](ByteView bytes) { return recogniser.search_as_it_stands(bytes); },
       .received = [&](const model::Endpoint& source,
                       const model::Endpoint& destination) { return received.of(source, destination); }});
  return evidence;
}

void write_verdict(const FolderPaths& paths, const model::Verdict& verdict) {
  write_file(paths.report(), report::render_text(verdict, false));
  write_file(paths.verdict(), pretty_json(model::to_json(verdict)));
}

}  // namespace candor::run
