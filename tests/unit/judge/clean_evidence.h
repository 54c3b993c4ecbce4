// SPDX-License-Identifier: Apache-2.0
//
// The evidence of a run in which everything went as it should: what a test then changes is the only thing
// wrong.
#pragma once

#include <string>

#include "model/evidence.h"

namespace candor::judge::test {

inline constexpr std::int64_t kSecond = 1'000'000'000;
inline constexpr std::int64_t kStartWall = 1'700'000'000 * kSecond;
inline constexpr std::int64_t kStartMono = 5'000 * kSecond;
inline constexpr const char* kGuest = "10.0.2.15";
inline constexpr const char* kControlHost = "control-1.candor-control.example";
inline constexpr const char* kToken = "abcdefghijklmnopqrstuvwx23";

inline model::Hit hit(model::HitKind kind, const std::string& document, const std::string& what = kToken) {
  model::Hit made;
  made.kind = kind;
  made.document = document;
  made.what = what;
  made.place = kind == model::HitKind::token ? "body page 1" : "";
  made.offset = 100;
  made.length = kind == model::HitKind::whole_file ? 5000 : what.size();
  return made;
}

/// A finished stream over HTTPS, opened `second` seconds after the start.
inline model::Stream https_stream(std::int64_t number, const std::string& name, const std::string& address,
                                  std::uint64_t bytes, std::int64_t second) {
  model::Stream stream;
  stream.number = number;
  stream.transport = "tcp";
  stream.source = {kGuest, static_cast<std::uint16_t>(40000 + number)};
  stream.destination = {address, 443};
  stream.name = name;
  stream.server_name = name;
  stream.protocol = "http/1.1";
  stream.tls = true;
  stream.ended = true;
  stream.end_reason = "eof";
  stream.bytes = bytes;
  stream.wire_bytes = bytes + 900;
  stream.sha256 = std::string(60, 'e') + std::to_string(1000 + number);
  stream.opened_wall_ns = kStartWall + second * kSecond;
  stream.ended_wall_ns = stream.opened_wall_ns + kSecond / 2;
  stream.understood = true;
  stream.found.searched = bytes;
  return stream;
}

inline model::Stream udp_stream(std::int64_t number, std::uint16_t port, std::uint64_t bytes) {
  model::Stream stream = https_stream(number, "time.example", "198.18.0.9", bytes, 1);
  stream.transport = "udp";
  stream.destination.port = port;
  stream.server_name.clear();
  stream.protocol = "unknown";
  stream.tls = false;
  stream.end_reason = "idle";
  stream.wire_bytes = bytes;
  return stream;
}

/// Adds a stream, and to the capture what it takes to carry it.
inline model::Stream& add_stream(model::Evidence& evidence, const model::Stream& stream) {
  model::FrameAccount& frames = evidence.frames;
  frames.flows.push_back({.source = stream.source,
                          .destination = stream.destination,
                          .transport = stream.transport,
                          .payload = stream.wire_bytes,
                          .bytes = stream.wire_bytes + 54,
                          .headers = 54,
                          .frames = 1,
                          .first_wall_ns = stream.opened_wall_ns,
                          .last_wall_ns = stream.ended_wall_ns});
  (stream.transport == "udp" ? frames.udp : frames.tcp) += stream.wire_bytes;
  frames.framing += 54;
  frames.frames += 1;
  frames.sent += stream.wire_bytes + 54;
  evidence.wire_sent_bytes = frames.sent;
  evidence.wire_sent_frames = frames.frames;
  evidence.streams.push_back(stream);
  return evidence.streams.back();
}

inline model::Document document(const std::string& id, const std::string& spec) {
  model::Document made;
  made.id = id;
  made.spec = spec;
  made.format = "docx";
  made.marking = "us/top-secret";
  made.name = id + ".docx";
  made.path = "/home/alex/Documents/" + made.name;
  made.size = 5000;
  return made;
}

inline model::Step step(model::Verb verb, const std::string& text, int line) {
  model::Step made;
  made.verb = verb;
  made.text = text;
  made.line = line;
  return made;
}

inline model::Evidence clean_evidence() {
  using model::Verb;
  model::Evidence evidence;
  evidence.run.id = "run-1";
  evidence.run.folder = "/runs/run-1";
  evidence.run.scenario = "classified-documents";
  evidence.run.product = "clamav";
  evidence.run.started_wall_ns = kStartWall;
  evidence.run.started_mono_ns = kStartMono;
  evidence.scenario.name = "classified-documents";
  evidence.scenario.steps = {step(Verb::plant, "plant: memo", 7), step(Verb::scan, "scan: /home/alex", 8)};
  evidence.manifest.documents = {document("memo-1", "memo"), document("memo-2", "memo"),
                                 document("control-1", "control")};
  for (int i = 0; i < 2; ++i) {
    model::StepOutcome outcome;
    outcome.index = i;
    outcome.text = evidence.scenario.steps[static_cast<std::size_t>(i)].text;
    outcome.done = true;
    outcome.started_ns = kStartMono + (i + 1) * kSecond;
    outcome.ended_ns = outcome.started_ns + kSecond;
    evidence.steps.push_back(outcome);
  }
  evidence.controls = {{.document = "control-1", .host = kControlHost, .ok = true}};
  for (const char* name : {"wire", "internet"}) {
    model::ProbeAccount probe;
    probe.name = name;
    probe.welcomed = true;
    probe.finished = true;
    probe.events = 10;
    evidence.probes.push_back(probe);
  }
  evidence.frames.complete = true;
  evidence.frames.dns = 200;
  evidence.frames.sent = 200;
  evidence.frames.frames = 5;
  evidence.frames.flows = {{.source = {kGuest, 5000},
                            .destination = {"198.18.0.1", 53},
                            .transport = "dns",
                            .payload = 200,
                            .bytes = 200,
                            .frames = 5,
                            .first_wall_ns = kStartWall + kSecond,
                            .last_wall_ns = kStartWall + 2 * kSecond}};
  model::Stream control = https_stream(1, kControlHost, "198.18.0.2", 6000, 1);
  control.found.hits = {hit(model::HitKind::whole_file, "control-1"), hit(model::HitKind::token, "control-1"),
                        hit(model::HitKind::name, "control-1", "control-1.docx")};
  add_stream(evidence, control);
  add_stream(evidence, https_stream(2, "updates.example", "198.18.0.3", 800, 2));
  add_stream(evidence, udp_stream(3, 123, 48));
  return evidence;
}

/// A stream in which the whole of memo-1 left, 3.25 seconds after the start.
inline model::Stream leaking_stream() {
  model::Stream stream = https_stream(9, "samples.example", "198.18.0.7", 7000, 3);
  stream.opened_wall_ns += kSecond / 4;
  stream.found.hits = {hit(model::HitKind::whole_file, "memo-1", "whole file"),
                       hit(model::HitKind::token, "memo-1")};
  stream.found.hits[0].chain = {{"gzip", 20, 3000, 5000}};
  return stream;
}

}  // namespace candor::judge::test
