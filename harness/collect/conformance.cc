// SPDX-License-Identifier: Apache-2.0
#include "collect/conformance.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <csignal>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <zmq.hpp>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/paths.h"
#include "base/process.h"
#include "collect/protocol.h"

namespace candor::collect {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr std::int64_t kHeartbeatMs = 200;
constexpr std::int64_t kSilenceMs = 3000;
constexpr std::int64_t kLittleCredit = 2;
constexpr milliseconds kWatch{1500};  // for what must not come
constexpr milliseconds kAway{500};    // how long the collector is gone
constexpr const char* kEndpoint = "CANDOR_COLLECTOR";

/// What a check found wrong.
class Broken : public Error {
 public:
  using Error::Error;
};
/// It could not be found out.
class NotShown : public Error {
 public:
  using Error::Error;
};

std::string in_seconds(milliseconds time) {
  return fmt::format("{:.3g} s", static_cast<double>(time.count()) / 1000);
}

struct Received {
  std::string type;
  Message message;
  std::string body;  ///< As it came.
};

/// One process of the probe, and the collector it talks to.
class Stage {
 public:
  explicit Stage(const ProbeUnderTest& probe)
      : probe_(probe),
        folder_(runtime_dir(), "check-"),
        endpoint_("ipc://" + (folder_.path() / "c").string()) {
    listen();
    ProcessSpec spec{.name = "the probe",
                     .argv = probe.command,
                     .log = folder_.path() / "log",
                     .env = probe.env,
                     .cwd = probe.cwd};
    spec.env.emplace_back(kEndpoint, endpoint_);
    process_.emplace(io_.get_executor(), std::move(spec));
  }
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  ~Stage() { process_->signal_group(SIGKILL); }

  void listen() {
    router_ = zmq::socket_t(context_, zmq::socket_type::router);
    router_.set(zmq::sockopt::linger, 0);
    router_.set(zmq::sockopt::maxmsgsize, 2 * static_cast<std::int64_t>(kMaxBody));
    router_.set(zmq::sockopt::router_mandatory, true);
    router_.bind(endpoint_);
  }
  void vanish() {
    router_.close();
    peer_.clear();
    over_.clear();
  }

  /// The next message; nothing after `time`. Throws Broken if it is none of the protocol's.
  std::optional<Received> next(milliseconds time) {
    const auto end = steady_clock::now() + time;
    do {
      const auto left = std::chrono::duration_cast<milliseconds>(end - steady_clock::now());
      router_.set(zmq::sockopt::rcvtimeo, static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 50)));
      if (std::optional<Received> got = take()) return got;
      if (ended()) return take();  // what it said last
    } while (steady_clock::now() < end);
    return std::nullopt;
  }

  /// The next message of a type, others answered or left aside; throws Broken after `time`.
  Received await(const char* type, milliseconds time, const char* why) {
    const auto end = steady_clock::now() + time;
    while (steady_clock::now() < end) {
      std::optional<Received> got = next(std::chrono::duration_cast<milliseconds>(end - steady_clock::now()));
      if (!got) break;
      if (got->type == type) return std::move(*got);
    }
    if (ended()) throw Broken(fmt::format("no {} came {}{}", type, why, fate()));
    throw Broken(fmt::format("no {} came within {} {}", type, in_seconds(time), why));
  }

  void send(const char* type, const Json& body) {
    const std::string text = dump_json(body);
    try {
      router_.send(zmq::buffer(peer_), zmq::send_flags::sndmore);
      router_.send(zmq::buffer(std::string_view(type)), zmq::send_flags::sndmore);
      router_.send(zmq::buffer(text));
    } catch (const zmq::error_t& error) {
      throw Broken(fmt::format("it was gone when {} was to be sent: {}{}", type, error.what(), fate()));
    }
  }
  void send_raw(const char* type, std::string_view body) {
    router_.send(zmq::buffer(peer_), zmq::send_flags::sndmore);
    router_.send(zmq::buffer(std::string_view(type)), zmq::send_flags::sndmore);
    router_.send(zmq::buffer(body), zmq::send_flags::sndmore);
    router_.send(zmq::str_buffer("a frame of a later version"));
  }
  void welcome(std::int64_t credit, std::int64_t resume_from = 1) {
    send("WELCOME", {{"proto", kProtocol},
                     {"encoding", "json"},
                     {"run", "check"},
                     {"credit", credit},
                     {"resume_from", resume_from},
                     {"heartbeat_ms", kHeartbeatMs},
                     {"silence_ms", kSilenceMs},
                     {"max_body", kMaxBody},
                     {"a_member_of_a_later_version", {{"is", "ignored"}}}});
  }
  void reject(const char* code, const char* sentence) {
    send("REJECT", {{"code", code}, {"sentence", sentence}});
  }
  void acknowledge(std::int64_t seq, std::int64_t credit) { send("ACK", {{"seq", seq}, {"credit", credit}}); }

  /// HELLO, and a look at what it says.
  Hello greet() {
    const Received got = await("HELLO", probe_.patience, "after its start");
    const Hello& hello = std::get<Hello>(got.message);
    if (!probe_.name.empty() && hello.name != probe_.name)
      throw Broken(fmt::format("its HELLO gives the name '{}'; its folder is '{}'", printable(hello.name, 40),
                               probe_.name));
    return hello;
  }

  /// Events up to `seq` in order, if the probe reports that many; answers what comes between.
  std::vector<Received> events(std::size_t wanted, milliseconds time) {
    std::vector<Received> got;
    const auto end = steady_clock::now() + time;
    while (got.size() < wanted && steady_clock::now() < end) {
      std::optional<Received> each =
          next(std::chrono::duration_cast<milliseconds>(end - steady_clock::now()));
      if (!each) break;
      answer(*each);
      if (each->type == "EVENT") got.push_back(std::move(*each));
    }
    return got;
  }

  /// What a collector says to a heartbeat.
  void answer(const Received& got) {
    if (got.type != "PING") return;
    const auto& ping = std::get<Ping>(got.message);
    send("PONG",
         {{"sent_ns", ping.sent_ns}, {"received_ns", monotonic_ns()}, {"replied_ns", monotonic_ns()}});
  }

  void pull_trigger() {
    if (!probe_.trigger.empty())
      (void)run_command({.name = "the trigger", .argv = probe_.trigger, .cwd = probe_.cwd});
  }

  bool ended() { return process_->poll().has_value(); }
  std::optional<ExitStatus> end_within(milliseconds time) {
    const auto end = steady_clock::now() + time;
    while (!ended() && steady_clock::now() < end) std::this_thread::sleep_for(milliseconds(10));
    return process_->poll();
  }
  /// How the process ended and what it said, for a sentence's end; empty while it runs.
  std::string fate() { return ended() ? "; it has ended: " + process_->account() : ""; }
  std::string said() { return tail(folder_.path() / "log", 400); }

 private:
  std::optional<Received> take() {
    zmq::message_t id;
    if (!router_.recv(id)) return std::nullopt;
    std::vector<zmq::message_t> parts;
    for (bool more = id.more(); more; more = parts.back().more()) {
      parts.emplace_back();
      [[maybe_unused]] const auto got = router_.recv(parts.back());
    }
    std::vector<std::string_view> frames;
    for (const zmq::message_t& part : parts) frames.push_back(part.to_string_view());
    try {
      Message message = decode(frames);
      const std::string from = id.to_string();
      // What was under way on a connection when its probe made another one belongs to neither's story.
      if (over_.contains(from)) return take();
      if (!peer_.empty() && from != peer_) over_.insert(peer_);
      peer_ = from;
      return Received{std::string(frames[0]), std::move(message), std::string(frames[1])};
    } catch (const Violation& why) {
      throw Broken(std::string("it said what is not in the protocol: ") + why.what());
    }
  }

  const ProbeUnderTest& probe_;
  TempDir folder_;
  std::string endpoint_;
  zmq::context_t context_;
  zmq::socket_t router_;
  std::string peer_;            ///< The connection it speaks on now.
  std::set<std::string> over_;  ///< Those before.
  boost::asio::io_context io_;
  std::optional<Process> process_;
};

std::int64_t seq_of(const Received& event) { return std::get<EventReport>(event.message).seq; }

[[noreturn]] void no_event(const ProbeUnderTest& probe) {
  throw NotShown("it reported no event within " + in_seconds(probe.patience) +
                 "; give a command that makes it report one with --trigger");
}

/// Events from the first, in order, or NotShown.
std::vector<Received> first_events(Stage& stage, const ProbeUnderTest& probe, std::size_t wanted) {
  stage.pull_trigger();
  std::vector<Received> events = stage.events(1, probe.patience);
  if (events.empty()) no_event(probe);
  for (Received& more : stage.events(wanted - 1, kWatch)) events.push_back(std::move(more));
  for (std::size_t i = 0; i < events.size(); ++i)
    if (seq_of(events[i]) != static_cast<std::int64_t>(i) + 1)
      throw Broken(fmt::format("event {} came where {} was due", seq_of(events[i]), i + 1));
  return events;
}

std::string handshake(const ProbeUnderTest& probe) {
  Stage stage(probe);
  const Stopwatch watch;
  const Hello hello = stage.greet();
  if (hello.proto_min > kProtocol || hello.proto_max < kProtocol || !hello.json)
    throw Broken("it does not speak version 1 of the protocol in JSON");
  const double after = watch.seconds();
  const auto end = steady_clock::now() + kWatch;
  while (steady_clock::now() < end)
    if (const auto got = stage.next(milliseconds(100)); got && got->type != "HELLO")
      throw Broken("it said " + got->type + " before WELCOME");
  if (stage.ended()) throw Broken("it did not wait for WELCOME" + stage.fate());
  return fmt::format("HELLO after {:.2g} s as '{}' {}, and nothing more before WELCOME", after, hello.name,
                     printable(hello.version, 40));
}

std::string versions(const ProbeUnderTest& probe) {
  Stage stage(probe);
  stage.greet();
  stage.reject("protocol", "it speaks protocol 1; this collector speaks 7");
  const auto status = stage.end_within(probe.patience);
  if (!status) throw Broken("it goes on after REJECT 'protocol', which is final");
  if (status->ok()) throw Broken("it ends with exit code 0 after a final REJECT");
  if (stage.said().find("speaks 7") == std::string::npos)
    throw Broken("it does not print the sentence of a REJECT, so nobody learns why it ended");
  return "a final REJECT ends it, with " + status->text() + " and the sentence printed";
}

std::string lost_events(const ProbeUnderTest& probe) {
  Stage stage(probe);
  stage.greet();
  stage.welcome(100, 1'000'000);
  const auto status = stage.end_within(probe.patience);
  if (!status) throw Broken("it goes on although WELCOME says resume_from 1000000, events it never made");
  if (status->ok()) throw Broken("it ends with exit code 0 although events of its were lost");
  return "resume_from beyond its events ends it, with " + status->text();
}

std::string credit(const ProbeUnderTest& probe) {
  Stage stage(probe);
  stage.greet();
  stage.welcome(kLittleCredit);
  first_events(stage, probe, kLittleCredit);
  // A slow probe may still be at what its credit allows.
  for (const Received& event : stage.events(kLittleCredit + 1, kWatch))
    if (seq_of(event) > kLittleCredit)
      throw Broken(fmt::format("it sent event {} with credit up to {}", seq_of(event), kLittleCredit));
  return "it sent no event above its credit";
}

std::string heartbeat(const ProbeUnderTest& probe) {
  Stage stage(probe);
  stage.greet();
  stage.welcome(100);
  std::int64_t last_seq = 0;
  int pings = 0;
  const auto end = steady_clock::now() + 2 * kWatch;
  while (steady_clock::now() < end) {
    const auto got = stage.next(milliseconds(100));
    if (!got) continue;
    stage.answer(*got);
    if (got->type == "EVENT") last_seq = seq_of(*got);
    if (got->type != "PING") continue;
    ++pings;
    const auto& ping = std::get<Ping>(got->message);
    if (ping.last_seq < last_seq)
      throw Broken(
          fmt::format("its PING says that {} was its last event, but it sent {}", ping.last_seq, last_seq));
  }
  const auto expected = 2 * kWatch.count() / kHeartbeatMs;
  if (stage.ended()) throw Broken("it ended without being asked to" + stage.fate());
  if (pings * 2 < expected)
    throw Broken(
        fmt::format("{} PINGs came in {}; heartbeat_ms is {}", pings, in_seconds(2 * kWatch), kHeartbeatMs));
  return fmt::format("{} PINGs in {}", pings, in_seconds(2 * kWatch));
}

std::string restart(const ProbeUnderTest& probe) {
  Stage stage(probe);
  const Hello first = stage.greet();
  stage.welcome(100);
  const std::vector<Received> before = first_events(stage, probe, 3);
  stage.vanish();
  std::this_thread::sleep_for(kAway);
  stage.listen();
  // A connection that goes on as if nothing had happened is told so, as the collector does.
  std::optional<Hello> again;
  const auto end = steady_clock::now() + probe.patience;
  while (!again && steady_clock::now() < end) {
    const auto got = stage.next(milliseconds(100));
    if (got && got->type == "HELLO")
      again = std::get<Hello>(got->message);
    else if (got)
      stage.reject("no-hello", "say HELLO before anything else");
  }
  if (!again)
    throw Broken("it did not come back within " + in_seconds(probe.patience) + " of the collector's return" +
                 stage.fate());
  if (again->instance != first.instance)
    throw Broken("it came back under another instance, so its events would be stored twice");
  stage.welcome(100, 1);
  const std::vector<Received> replayed = stage.events(before.size(), probe.patience);
  for (std::size_t i = 0; i < before.size(); ++i)
    if (i >= replayed.size() || replayed[i].body != before[i].body)
      throw Broken(fmt::format("after resume_from 1 it did not send event {} as before", i + 1));
  return fmt::format("it came back as the same instance and sent {} unacknowledged events again",
                     before.size());
}

std::string resume(const ProbeUnderTest& probe) {
  Stage stage(probe);
  stage.greet();
  stage.welcome(100);
  const auto stored = static_cast<std::int64_t>(first_events(stage, probe, 3).size());
  stage.reject("gap", "event 1 did not come; say HELLO");
  stage.await("HELLO", probe.patience, "after REJECT 'gap'");
  stage.welcome(100, stored + 1);
  for (const Received& event : stage.events(1, kWatch))
    if (seq_of(event) != stored + 1)
      throw Broken(fmt::format("after resume_from {} it sent event {}", stored + 1, seq_of(event)));
  return fmt::format("after REJECT 'gap' and resume_from {} it went on there", stored + 1);
}

std::string strangers(const ProbeUnderTest& probe) {
  Stage stage(probe);
  stage.greet();
  stage.welcome(100);
  stage.send_raw("NEWS", "\x01 no JSON at all");
  stage.send("ACK", {{"seq", 0}, {"credit", 50}, {"more", nullptr}});
  const Json order = {{"id", 7}, {"name", "no-such-command"}, {"arguments", {{"a", 1}}}};
  stage.send("COMMAND", order);
  const auto done = std::get<Done>(stage.await("DONE", probe.patience, "after an unknown COMMAND").message);
  if (done.id != 7) throw Broken("its DONE has another id than the COMMAND");
  if (done.error.empty()) throw Broken("it reports success for a command nobody knows");
  stage.send("COMMAND", order);
  const auto repeated =
      std::get<Done>(stage.await("DONE", probe.patience, "after a repeated COMMAND").message);
  if (repeated.id != 7 || repeated.error != done.error)
    throw Broken("it answers a repeated COMMAND with another DONE");
  return "unknown messages, frames and members are ignored; an unknown command is refused, each time alike";
}

std::string finish(const ProbeUnderTest& probe) {
  Stage stage(probe);
  const Hello first = stage.greet();
  stage.welcome(100);
  stage.pull_trigger();
  std::int64_t last_seq = 0;
  for (const Received& event : stage.events(3, kWatch)) last_seq = seq_of(event);
  const Json order = {{"id", 1}, {"name", "finish"}, {"arguments", Json::object()}};
  stage.send("COMMAND", order);
  const auto fin_after = [&](const char* why) {
    const auto end = steady_clock::now() + probe.patience;
    while (steady_clock::now() < end) {
      const auto got = stage.next(milliseconds(100));
      if (!got) continue;
      stage.answer(*got);
      if (got->type == "EVENT") {
        last_seq = std::max(last_seq, seq_of(*got));
        stage.acknowledge(last_seq, last_seq + 100);
      }
      if (got->type == "FIN") return std::get<Fin>(got->message);
      if (got->type == "DONE" && !std::get<Done>(got->message).error.empty())
        throw Broken("it refuses to finish: " + printable(std::get<Done>(got->message).error, 200));
    }
    throw Broken(fmt::format("no FIN came within {} {}{}", in_seconds(probe.patience), why, stage.fate()));
  };
  const Fin fin = fin_after("after the command 'finish'");
  if (fin.last_seq != last_seq)
    throw Broken(fmt::format("its FIN says that {} was its last event; it sent {}", fin.last_seq, last_seq));
  // The collector dies before it can answer.
  stage.vanish();
  std::this_thread::sleep_for(kAway);
  stage.listen();
  const auto end = steady_clock::now() + probe.patience;
  bool greeted = false;
  while (!greeted && steady_clock::now() < end) {
    const auto got = stage.next(milliseconds(100));
    if (got && got->type == "HELLO")
      greeted = std::get<Hello>(got->message).instance == first.instance;
    else if (got)
      stage.reject("no-hello", "say HELLO before anything else");
  }
  if (!greeted)
    throw Broken("it did not wait for FIN_ACK: the collector came back and it did not" + stage.fate());
  stage.welcome(last_seq + 100, last_seq + 1);
  if (fin_after("after the collector came back").last_seq != last_seq)
    throw Broken("its second FIN differs from the first");
  stage.send("FIN_ACK", {{"last_seq", last_seq}});
  const auto status = stage.end_within(probe.patience);
  if (!status) throw Broken("it does not end after FIN_ACK");
  if (!status->ok()) throw Broken("after FIN_ACK it ends with " + status->text());
  return fmt::format("FIN after event {}, again after the collector came back, and the end after FIN_ACK",
                     last_seq);
}

std::string silence(const ProbeUnderTest& probe) {
  Stage stage(probe);
  stage.greet();
  stage.welcome(100);
  const auto status = stage.end_within(milliseconds(kSilenceMs) + probe.patience);
  if (!status)
    throw Broken(fmt::format("it goes on although the collector has been silent for {}; silence_ms is {}",
                             in_seconds(milliseconds(kSilenceMs) + probe.patience), kSilenceMs));
  if (status->ok()) throw Broken("it ends with exit code 0 although the collector is lost");
  return "a collector that falls silent ends it, with " + status->text();
}

std::string contents(const ProbeUnderTest& probe) {
  Stage stage(probe);
  const Received greeting = stage.await("HELLO", probe.patience, "after its start");
  const Json hello = parse_json(greeting.body);
  std::set<std::string> announced;
  for (const Json& type : hello.at("event_types")) announced.insert(type.get<std::string>());
  stage.welcome(100);
  std::size_t count = 0;
  for (const Received& each : first_events(stage, probe, 50)) {
    const auto& event = std::get<EventReport>(each.message);
    ++count;
    if (!announced.contains(event.type))
      throw Broken("its HELLO does not announce the event type " + event.type);
    if (!probe.mismatches) continue;
    for (const std::string& sentence : probe.mismatches(event.type, parse_json(event.data)))
      throw Broken(
          fmt::format("event {} of type {} is not as its schema says: {}", event.seq, event.type, sentence));
  }
  return fmt::format("{} events are of types it announced{}", count,
                     probe.mismatches ? " and as their schemas say" : "");
}

}  // namespace

std::vector<ConformanceResult> check_conformance(
    const ProbeUnderTest& probe, const std::function<void(const ConformanceResult&)>& on_result) {
  using Check = std::string (*)(const ProbeUnderTest&);
  static constexpr std::pair<const char*, Check> kChecks[] = {
      {"handshake", handshake}, {"versions", versions}, {"events", contents}, {"credit", credit},
      {"heartbeat", heartbeat}, {"restart", restart},   {"resume", resume},   {"lost events", lost_events},
      {"strangers", strangers}, {"finish", finish},     {"silence", silence}};
  std::vector<ConformanceResult> results;
  for (const auto& [name, check] : kChecks) {
    const auto& only = probe.only;
    if (!only.empty() && std::find(only.begin(), only.end(), name) == only.end()) continue;
    ConformanceResult result{.check = name};
    try {
      result.sentence = check(probe);
    } catch (const Broken& error) {
      result.outcome = Conformance::broken;
      result.sentence = error.what();
    } catch (const NotShown& error) {
      result.outcome = Conformance::not_shown;
      result.sentence = error.what();
    }
    on_result(result);
    results.push_back(std::move(result));
    // Without it nothing else can be tried.
    if (check == handshake && results.back().outcome == Conformance::broken) break;
  }
  return results;
}

}  // namespace candor::collect
