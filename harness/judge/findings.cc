// SPDX-License-Identifier: Apache-2.0
#include "judge/findings.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "base/bytes.h"
#include "base/hash.h"
#include "judge/chain.h"
#include "judge/words.h"

namespace candor::judge {

namespace {

using model::Hit;
using model::HitKind;

constexpr const char* kWholeFile = "content/whole-file";
constexpr const char* kAtRest = "content/at-rest";
constexpr const char* kIntroduction = "operational/host-name";

struct DataClass {
  const char* name = kWholeFile;
  model::Severity severity = model::Severity::critical;
};

/// "identity/machine-id" …, by the kind that a place begins with.
DataClass identity_class(const std::string& place) {
  if (place.starts_with("user")) return {"identity/user", model::Severity::low};
  if (place.starts_with("host")) return {"identity/host", model::Severity::low};
  return {"identity/machine-id", model::Severity::low};
}

DataClass class_of(const Hit& hit) {
  switch (hit.kind) {
    case HitKind::whole_file:
      return {kWholeFile, model::Severity::critical};
    case HitKind::token:
    case HitKind::fragment:
      return {"content/fragment", model::Severity::critical};
    case HitKind::hash:
      // Of the guest's own names, "md5 of machine id in lower case": it tells the guest as well as they do.
      if (hit.document.empty()) return identity_class(hit.what.substr(hit.what.find(" of ") + 4));
      return {"derived/hash", model::Severity::medium};
    case HitKind::fuzzy:
      return {"derived/fuzzy-hash", model::Severity::high};
    case HitKind::identity:
      return identity_class(hit.place);
    case HitKind::name:
      return {"metadata/name", model::Severity::high};
    case HitKind::path:
      return {"metadata/path", model::Severity::high};
  }
  return {kWholeFile, model::Severity::critical};
}

bool is_content(HitKind kind) {
  return kind == HitKind::whole_file || kind == HitKind::token || kind == HitKind::fragment;
}

/// One stream or frame in which something was recognised.
struct Sighting {
  std::string channel;
  std::string name;         ///< Of the destination, for merging and fingerprints.
  std::string destination;  ///< For people.
  std::string evidence;
  std::int64_t wall_ns = 0;
  bool frame = false;
  model::Reach reach = model::Reach::left;
  bool from_probe = false;  ///< Handed over by a probe.
  bool at_rest = false;     ///< Lies on the guest's own disk.
  bool own_link = false;    ///< Whether it is how a system makes itself known to its own link.
  Carrier carrier = {};
  const std::vector<Hit>* hits = nullptr;
};

Sighting sighting_of(const model::Stream& stream) {
  return {.channel = printable(channel_of(stream)),
          .name = printable(host_of(stream), 600),
          .destination = destination_text(stream),
          .evidence = stream.sha256.empty() ? "" : "streams/" + stream.sha256,
          .wall_ns = stream.opened_wall_ns != 0 ? stream.opened_wall_ns : stream.ended_wall_ns,
          .carrier = {.transport = stream.transport,
                      .source = stream.source,
                      .destination = stream.destination,
                      .until_wall_ns = stream.ended_wall_ns,
                      .shown = destination_text(stream)},
          .hits = &stream.found.hits};
}

model::Reach reach_of(const std::string& about) {
  return about == "left" ? model::Reach::left : about == "seen" ? model::Reach::seen : model::Reach::kept;
}

/// What a process that an event names is running: its path, or the kernel's short name of it.
std::string program_name(const Json& data) {
  const Json& process = data.at("process");
  for (const char* key : {"program", "name"})
    if (const auto told = process.find(key); told != process.end() && told->is_string())
      return printable(told->get<std::string>(), 400);
  return {};
}

/// What bytes of a probe are told by: whose they are, or where they lie, holds in other runs as well; what
/// the probe calls them need not.
std::string name_of(const model::Blob& blob) {
  if (blob.process) return program_name(blob.data);
  if (const auto path = blob.data.find("path"); path != blob.data.end() && path->is_string())
    return printable(path->get<std::string>(), 400);
  return printable(blob.id, 200);
}

Carrier carrier_of(const model::Blob& blob) {
  Carrier carrier{.process = blob.process};
  if (blob.about == "at-rest") carrier.file = name_of(blob);
  return carrier;
}

Sighting sighting_of(const model::Blob& blob) {
  return {.channel = "probe " + printable(blob.probe),
          .name = name_of(blob),
          .destination = name_of(blob) + " (" + printable(blob.type) + ")",
          .evidence = blob.sha256.empty() ? "" : "blobs/" + blob.sha256,
          .wall_ns = blob.wall_ns,
          .reach = reach_of(blob.about),
          .from_probe = true,
          .at_rest = blob.about == "at-rest",
          .carrier = carrier_of(blob),
          .hits = &blob.found.hits};
}

/// "198.18.0.7" of "198.18.0.7:443", "fd00::7" of "[fd00::7]:443"; anything else as it is.
std::string address_of(const std::string& endpoint) {
  if (endpoint.starts_with('[')) return endpoint.substr(1, endpoint.find(']') - 1);
  const std::size_t colon = endpoint.find(':');
  const bool one = colon != std::string::npos && endpoint.find(':', colon + 1) == std::string::npos;
  return one ? endpoint.substr(0, colon) : endpoint;
}

/// DHCP (RFC 2131, RFC 8415), LLMNR (RFC 4795) and mDNS (RFC 6762) to their groups, which no router passes
/// on: by these a system asks for its address and says its name, whatever products it has.
bool is_introduction(const std::string& channel, const std::string& destination) {
  struct Group {
    std::string_view channel;
    std::string_view address;
  };
  static constexpr std::array kGroups{Group{"dhcp", "255.255.255.255"}, Group{"dhcp", "ff02::1:2"},
                                      Group{"llmnr", "224.0.0.252"},    Group{"llmnr", "ff02::1:3"},
                                      Group{"mdns", "224.0.0.251"},     Group{"mdns", "ff02::fb"}};
  const std::string address = address_of(destination);
  return std::any_of(kGroups.begin(), kGroups.end(), [&](const Group& group) {
    return group.channel == channel && group.address == address;
  });
}

/// The host's name is no more than a system says of itself where systems do so; anything else is found there
/// too.
DataClass class_in(const Hit& hit, const Sighting& sighting) {
  if (sighting.at_rest && is_content(hit.kind)) return {kAtRest, model::Severity::high};
  const DataClass data_class = class_of(hit);
  const bool own_name = hit.kind == HitKind::identity && hit.place == "host";
  return own_name && sighting.own_link ? DataClass{kIntroduction, model::Severity::low} : data_class;
}

/// What a machine says of files to itself, in its logs and lists, is no copy of them.
model::Reach reach_in(const Hit& hit, const Sighting& sighting) {
  return sighting.at_rest && !is_content(hit.kind) ? model::Reach::seen : sighting.reach;
}

/// Names of destinations, from streams: frames know only addresses.
class Names {
 public:
  explicit Names(const std::vector<const model::Stream*>& streams) {
    for (const model::Stream* stream : streams) {
      const model::Endpoint endpoint = plain_endpoint(stream->destination);
      by_endpoint_.emplace(endpoint.text(), host_of(*stream));
      if (!stream->name.empty()) by_address_.emplace(endpoint.address, plain_host(stream->name));
    }
  }
  [[nodiscard]] std::string of(const std::string& endpoint) const {
    const auto exact = by_endpoint_.find(endpoint);
    if (exact != by_endpoint_.end()) return exact->second;
    const auto address = by_address_.find(address_of(endpoint));
    return address != by_address_.end() ? address->second : address_of(endpoint);
  }

 private:
  std::map<std::string, std::string> by_endpoint_;
  std::map<std::string, std::string> by_address_;
};

/// The flow a frame belongs to, by what is told of it; whose port it came from is not.
Carrier carrier_of(const model::FrameFinding& frame) {
  const std::size_t named = frame.destination.find(" (");
  std::string end = named == std::string::npos ? frame.destination : frame.destination.substr(named + 2);
  if (end.ends_with(')')) end.pop_back();
  model::Endpoint destination{.address = address_of(end)};
  const std::size_t colon = end.rfind(':');
  if (colon != std::string::npos && colon > destination.address.size() - 1)
    std::from_chars(end.data() + colon + 1, end.data() + end.size(), destination.port);
  return {.transport = frame.channel == "icmp" ? "icmp" : "udp",
          .destination = destination,
          .until_wall_ns = frame.wall_ns,
          .shown = frame.destination};
}

Sighting sighting_of(const model::FrameFinding& frame, const Names& names) {
  const std::size_t named = frame.destination.find(" (");
  const std::string name =
      named == std::string::npos ? names.of(frame.destination) : frame.destination.substr(0, named);
  const std::string text =
      named == std::string::npos ? named_endpoint(name, frame.destination) : frame.destination;
  return {.channel = printable(frame.channel),
          .name = printable(name, 600),
          .destination = printable(text, 600),
          .evidence = "frames.pcapng#" + std::to_string(frame.frame),
          .wall_ns = frame.wall_ns,
          .frame = true,
          .own_link = is_introduction(frame.channel, frame.destination),
          .carrier = carrier_of(frame),
          .hits = &frame.found.hits};
}

bool same_chain(const Hit& one, const Hit& other) {
  return std::equal(one.chain.begin(), one.chain.end(), other.chain.begin(), other.chain.end(),
                    [](const model::DecodeStep& a, const model::DecodeStep& b) {
                      return a.decoder == b.decoder && a.offset == b.offset && a.length == b.length;
                    });
}

/// Whether `hit` is nothing but part of another one: a name inside a path, a token of a file that went as a
/// whole.
bool part_of_another(const Hit& hit, const std::vector<Hit>& hits) {
  return std::any_of(hits.begin(), hits.end(), [&](const Hit& other) {
    if (other.document != hit.document) return false;
    if (hit.kind == HitKind::fragment)
      return other.kind == HitKind::whole_file || other.kind == HitKind::token;
    if (hit.kind == HitKind::token) return other.kind == HitKind::whole_file;
    const bool names =
        hit.kind == HitKind::name && (other.kind == HitKind::name || other.kind == HitKind::path);
    return names && other.length > hit.length && other.offset <= hit.offset &&
           other.offset + other.length >= hit.offset + hit.length && same_chain(hit, other);
  });
}

/// What is known of one finding while hits are being added to it.
struct Group {
  std::string document;
  DataClass data_class;
  model::Reach reach = model::Reach::left;
  const Hit* best = nullptr;
  const Sighting* best_at = nullptr;
  std::int64_t earliest_ns = 0;
  std::map<std::string, std::uint64_t> lengths;  ///< Of the distinct things recognised.
};

/// Orders proofs: the one with the fewest layers, in a stream rather than a frame, the earliest.
auto rank(const Hit& hit, const Sighting& at) {
  return std::make_tuple(hit.chain.size(), at.frame, at.wall_ns, at.evidence, hit.offset, hit.what,
                         hit.place);
}

void add_to(Group& group, const Hit& hit, const Sighting& at) {
  const bool first = group.best == nullptr;
  if (first || rank(hit, at) < rank(*group.best, *group.best_at)) {
    group.best = &hit;
    group.best_at = &at;
  }
  group.earliest_ns = first ? at.wall_ns : std::min(group.earliest_ns, at.wall_ns);
  std::uint64_t& length = group.lengths[hit.what];
  length = std::max(length, hit.length);
}

class Observer {
 public:
  explicit Observer(const model::Evidence& evidence) : evidence_(evidence), chains_(evidence) {
    for (const model::Document& document : evidence.manifest.documents) documents_[document.id] = &document;
    observed_.controls_found.resize(evidence.controls.size());
  }

  Observed observe() {
    std::vector<const model::Stream*> streams;
    for (const model::Stream& stream : evidence_.streams) streams.push_back(&stream);
    std::sort(streams.begin(), streams.end(), [](const auto* a, const auto* b) {
      const auto key = [](const model::Stream& s) {
        return std::tie(s.opened_wall_ns, s.number, s.source, s.destination, s.sha256, s.name, s.server_name);
      };
      return key(*a) < key(*b);
    });
    const Names names(streams);
    std::vector<Sighting> sightings;
    for (const model::Stream* stream : streams) {
      if (stream->found.hits.empty()) continue;
      note_controls(*stream);
      sightings.push_back(sighting_of(*stream));
    }
    for (const model::FrameFinding& frame : evidence_.frames.findings)
      sightings.push_back(sighting_of(frame, names));
    for (const model::Blob& blob : evidence_.blobs) sightings.push_back(sighting_of(blob));
    for (const Sighting& sighting : sightings) add(sighting);
    for (const auto& [key, group] : groups_) observed_.findings.push_back(finding(group));
    sort_findings();
    return std::move(observed_);
  }

 private:
  using Key = std::tuple<std::string, std::string, std::string, std::string, model::Reach>;

  [[nodiscard]] bool is_control(const std::string& document) const {
    const auto known = documents_.find(document);
    return known != documents_.end() && known->second->control();
  }

  void note_controls(const model::Stream& stream) {
    for (std::size_t i = 0; i < evidence_.controls.size(); ++i) {
      const model::ControlAttempt& attempt = evidence_.controls[i];
      if (plain_host(attempt.host) != host_of(stream)) continue;
      for (const Hit& hit : stream.found.hits)
        if (hit.document == attempt.document && is_content(hit.kind)) observed_.controls_found[i] = true;
    }
  }

  [[nodiscard]] bool control_host(const Sighting& sighting) const {
    return std::any_of(evidence_.controls.begin(), evidence_.controls.end(), [&](const auto& attempt) {
      return printable(plain_host(attempt.host), 600) == sighting.name;
    });
  }

  void add(const Sighting& sighting) {
    // A control that is sent is also given to TLS, and seen on its way.
    const bool at_control = control_host(sighting) || sighting.from_probe;
    for (const Hit& hit : *sighting.hits) {
      if (part_of_another(hit, *sighting.hits) || (at_control && is_control(hit.document))) continue;
      const DataClass data_class = class_in(hit, sighting);
      const model::Reach reach = reach_in(hit, sighting);
      Group& group = groups_[{hit.document, data_class.name, sighting.channel, sighting.name, reach}];
      group.document = hit.document;
      group.data_class = data_class;
      group.reach = reach;
      add_to(group, hit, sighting);
    }
  }

  [[nodiscard]] std::string last_step_before(std::int64_t wall_ns) const {
    if (evidence_.run.started_mono_ns == 0) return {};
    const std::int64_t mono_ns = wall_ns - evidence_.run.started_wall_ns + evidence_.run.started_mono_ns;
    const model::StepOutcome* last = nullptr;
    for (const model::StepOutcome& step : evidence_.steps) {
      if (step.started_ns > mono_ns) continue;
      if (!last || std::tie(step.started_ns, step.index) > std::tie(last->started_ns, last->index))
        last = &step;
    }
    return last ? last->text : "";
  }

  [[nodiscard]] model::Finding finding(const Group& group) const {
    const DataClass& data_class = group.data_class;
    model::Finding made;
    made.data_class = data_class.name;
    made.severity = data_class.severity;
    made.reach = group.reach;
    made.declared = data_class.name == std::string_view(kIntroduction) ||
                    std::find(evidence_.declared.begin(), evidence_.declared.end(), data_class.name) !=
                        evidence_.declared.end();
    made.document = group.document;
    const auto document = documents_.find(group.document);
    if (document != documents_.end()) {
      made.path = document->second->path;
      made.chain = chains_.of(*document->second, group.best_at->carrier);
    }
    made.canary = group.best->what;
    made.place = group.best->place;
    made.channel = group.best_at->channel;
    made.destination = group.best_at->destination;
    made.decode = group.best->chain;
    made.offset = group.best->offset;
    for (const auto& [what, length] : group.lengths) made.bytes += length;
    made.at_s = std::max(0.0, static_cast<double>(group.earliest_ns - evidence_.run.started_wall_ns) / 1e9);
    made.after_step = last_step_before(group.earliest_ns);
    made.evidence = group.best_at->evidence;
    const std::string spec = document != documents_.end() ? document->second->spec : group.document;
    const std::string identity =
        made.data_class + "|" + spec + "|" + made.channel + "|" + group.best_at->name;
    made.fingerprint = sha256_hex(as_bytes(identity)).substr(0, 16);
    return made;
  }

  void sort_findings() {
    std::sort(observed_.findings.begin(), observed_.findings.end(), [](const auto& a, const auto& b) {
      if (a.reach != b.reach) return a.reach < b.reach;
      if (a.severity != b.severity) return a.severity > b.severity;
      return std::tie(a.at_s, a.data_class, a.document, a.channel, a.destination) <
             std::tie(b.at_s, b.data_class, b.document, b.channel, b.destination);
    });
  }

  const model::Evidence& evidence_;
  Chains chains_;
  std::map<std::string, const model::Document*> documents_;
  std::map<Key, Group> groups_;
  Observed observed_;
};

}  // namespace

Observed observe(const model::Evidence& evidence) { return Observer(evidence).observe(); }

}  // namespace candor::judge
