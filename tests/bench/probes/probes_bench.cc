// SPDX-License-Identifier: Apache-2.0
//
// bench_probes [EVENTS]: events per second from a probe's report() to the acknowledgement after the commit,
// beside bare ZeroMQ PUSH/PULL moving messages of the same size over the same kind of socket in the same run.
// Rounds alternate, and the best of each is compared, so that a busy host disturbs both alike.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <zmq.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "candor/probe.h"
#include "collect/collector.h"
#include "collect/store.h"
#include "sdk/wire_format.h"

namespace {

using candor::Json;

constexpr int kRounds = 3;

Json sample(std::int64_t i) {
  return {{"transport", "tcp"}, {"source", "198.18.0.2:40312"}, {"name", "samples.example"}, {"bytes", i}};
}

double probe_rate(std::int64_t events) {
  const candor::TempDir folder("/tmp", "bench-probes-");
  boost::asio::io_context io;
  candor::collect::Collector collector(io.get_executor(),
                                       {folder.path(), folder.path() / "collector", "bench"});
  candor::probe::Probe probe({collector.endpoint(), "bench", "1", {"bench.sample/1"}});
  const candor::Stopwatch watch;
  for (std::int64_t i = 0; i < events; ++i) probe.report("bench.sample/1", sample(i));
  if (!probe.finish(std::chrono::minutes(5))) throw candor::Error("the probe could not finish");
  const double seconds = watch.seconds();
  collector.close();
  if (static_cast<std::int64_t>(candor::collect::read_events(collector.file()).size()) != events)
    throw candor::Error("events were lost");
  return static_cast<double>(events) / seconds;
}

double anchor_rate(std::int64_t events) {
  const candor::TempDir folder("/tmp", "bench-probes-");
  const std::string endpoint = "ipc://" + (folder.path() / "anchor").string();
  zmq::context_t context;
  zmq::socket_t pull(context, zmq::socket_type::pull);
  pull.bind(endpoint);
  const std::string body =
      candor::probe::event_body(1'000'000, "bench.sample/1", candor::wall_ns(), candor::monotonic_ns(),
                                candor::dump_json(sample(1'000'000)));
  const candor::Stopwatch watch;
  std::thread sender([&] {
    zmq::socket_t push(context, zmq::socket_type::push);
    push.connect(endpoint);
    for (std::int64_t i = 0; i < events; ++i) push.send(zmq::buffer(body));
  });
  for (std::int64_t i = 0; i < events; ++i) {
    zmq::message_t message;
    [[maybe_unused]] const auto got = pull.recv(message);
  }
  const double seconds = watch.seconds();
  sender.join();
  return static_cast<double>(events) / seconds;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::int64_t events = argc > 1 ? std::atoll(argv[1]) : 200'000;
    double probes = 0;
    double anchor = 0;
    for (int round = 0; round < kRounds; ++round) {
      anchor = std::max(anchor, anchor_rate(events));
      probes = std::max(probes, probe_rate(events));
      std::printf("round %d: probes %.0f events/s, PUSH/PULL %.0f events/s\n", round + 1, probes, anchor);
    }
    std::printf("probes: %.0f events/s (anchor PUSH/PULL %.0f events/s, ratio %.3f)\n", probes, anchor,
                probes / anchor);
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_probes: %s\n", error.what());
    return 2;
  }
}
