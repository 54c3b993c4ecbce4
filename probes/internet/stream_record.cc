// SPDX-License-Identifier: Apache-2.0
#include "internet/stream_record.h"

#include <utility>

#include "base/error.h"

namespace candor::internet {

Json to_json(const Route& route) {
  Json members = {{"source", to_json(route.source)},
                  {"destination", to_json(route.destination)},
                  {"name", printable(route.name)}};
  if (!route.tunnel.empty()) members["tunnel"] = printable(route.tunnel, 512);
  if (!route.passed_to.host.empty()) members["passed_to"] = route.passed_to.text();
  return members;
}

StreamRecord::StreamRecord(Services& services, const Route& route)
    : services_(services),
      head_(to_json(route)),
      number_(++services.last_stream),
      file_(services.streams, number_) {
  head_["stream"] = number_;
  head_["transport"] = route.transport;
  ++services_.totals.streams;
  services_.reporter.report(event::kStreamOpened, head_);
}

bool StreamRecord::append(ByteView bytes) {
  if (!problem_.empty()) {
    lost_bytes_ += bytes.size();
    return false;
  }
  const std::uint64_t before = file_.bytes();
  std::string problem;
  try {
    file_.append(bytes);
  } catch (const Error& error) {
    problem = error.what();
  }
  const auto kept = static_cast<std::size_t>(file_.bytes() - before);
  text_.add(bytes.first(kept));
  services_.totals.bytes += bytes.size();
  if (problem.empty()) return true;
  problem_ = std::move(problem);
  lost_bytes_ += bytes.size() - kept;
  services_.reporter.dropped(1);
  services_.trouble("stream not kept", "stream " + std::to_string(number_) + ": " + problem_);
  return false;
}

// The hash the file is now named by; "" if it could not be named and its bytes are still in a part file.
std::string StreamRecord::finish_file() {
  std::string problem;
  try {
    return file_.finish();
  } catch (const Error& error) {
    problem = error.what();
  }
  services_.reporter.dropped(1);
  services_.trouble("stream not kept", "stream " + std::to_string(number_) + ": " + problem);
  if (problem_.empty()) problem_ = problem;
  return {};
}

void StreamRecord::end(StreamEnd end) {
  Json event = std::move(head_);
  event["bytes"] = file_.bytes();
  event["sha256"] = finish_file();
  if (!problem_.empty()) {
    end.ended = "error";
    end.detail = problem_ + "; " + std::to_string(lost_bytes_) + " bytes received and not kept";
  }
  event["protocol"] = !end.protocol.empty() ? end.protocol : text_.printable() ? "text" : "unknown";
  event["tls"] = std::move(end.tls);
  event["ended"] = std::move(end.ended);
  event["detail"] = std::move(end.detail);
  event["wire_bytes"] = wire_bytes_;
  event["kept"] = problem_.empty();
  event.update(end.more);
  services_.reporter.report(event::kStream, std::move(event));
}

}  // namespace candor::internet
