// SPDX-License-Identifier: Apache-2.0
//
// What probes say, and what the hub makes of it. A Violation ends the instance's good standing, not the run.
#include <algorithm>

#include "base/bytes.h"
#include "base/clock.h"
#include "collect/hub.h"
#include "collect/store.h"

namespace candor::collect {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

Json rejection(const char* code, const std::string& sentence) {
  return {{"code", code}, {"sentence", sentence}};
}

std::int64_t ns(std::chrono::milliseconds span) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(span).count();
}

}  // namespace

void Hub::take_message(const std::string& link_id, std::span<const std::string_view> frames) {
  Link& link = links_[link_id];
  link.heard_ns = monotonic_ns();
  if (link.refused) return;
  if (!failure_.empty()) {
    link.refused = true;
    outgoing_.push_back({link_id, "REJECT", rejection(reject::kStore, failure_)});
    return;
  }
  if (link.instance == nullptr && (frames.empty() || frames[0] != "HELLO"))
    return ask_for_hello(link_id, link);
  if (link.instance != nullptr) link.instance->heard_ns = link.heard_ns;
  try {
    std::visit([&](const auto& message) { handle(link_id, link, message); }, decode(frames));
  } catch (const Violation& why) {
    break_link(link_id, link, why);
  }
}

/// A connection that does not say who it is: that of a probe whose collector was replaced, most likely.
void Hub::ask_for_hello(const std::string& link_id, Link& link) {
  // What was on its way comes in a burst; it is enough to be told once a second.
  if (link.told_ns != 0 && link.heard_ns - link.told_ns < kSecond) return;
  link.told_ns = link.heard_ns;
  outgoing_.push_back({link_id, "REJECT", rejection(reject::kNoHello, "say HELLO before anything else")});
}

/// Takes from the allowance for messages that credit does not bound.
void Hub::charge(Link& link) {
  const std::int64_t earned = (link.heard_ns - link.tokens_ns) * kControlPerSecond / kSecond;
  if (link.tokens_ns == 0 || earned > kControlBurst) {
    link.tokens = kControlBurst;
    link.tokens_ns = link.heard_ns;
  } else if (earned > 0) {
    link.tokens = std::min(kControlBurst, link.tokens + earned);
    link.tokens_ns = link.heard_ns;
  }
  if (--link.tokens < 0) {
    throw Violation(reject::kRate, "it sent more than " + std::to_string(kControlPerSecond) +
                                       " messages a second that are no events");
  }
}

void Hub::handle(const std::string& link_id, Link& link, const Hello& hello) {
  charge(link);
  if (link.instance != nullptr) throw Violation(reject::kMalformed, "it said HELLO twice on one connection");
  Instance* instance = nullptr;
  try {
    instance = admit(hello);
  } catch (const Violation& why) {
    refuse(hello, why);
    throw;
  }
  bind(link_id, link, *instance);
  welcome(link_id, *instance);
}

Hub::Instance* Hub::admit(const Hello& hello) {
  if (hello.proto_min > kProtocol || hello.proto_max < kProtocol) {
    throw Violation(reject::kProtocol, "it speaks protocol " + std::to_string(hello.proto_min) + " to " +
                                           std::to_string(hello.proto_max) + "; this collector speaks " +
                                           std::to_string(kProtocol));
  }
  if (!hello.json) throw Violation(reject::kProtocol, "its 'encodings' do not hold \"json\"");
  if (hello.name == kRunner) throw Violation(reject::kName, "the name 'runner' is the harness's own");
  const auto known = instances_.find(hello.instance);
  if (known == instances_.end()) return admit_new(hello);
  Instance& instance = *known->second;
  if (instance.row.name != hello.name) {
    throw Violation(reject::kIdentity, "the instance id belongs to the probe '" + instance.row.name + "'");
  }
  if (instance.row.state == state::kBroken || instance.row.state == state::kRefused) {
    throw Violation(reject::kBroken, instance.row.problem);
  }
  return &instance;
}

Hub::Instance* Hub::admit_new(const Hello& hello) {
  for (const auto& [id, other] : instances_) {
    if (other->row.name == hello.name && other->row.state == state::kWelcomed && !other->gone) {
      throw Violation(reject::kNameTaken, "a probe of this name is already there");
    }
  }
  if (instances_.size() >= kMaxInstances) {
    throw Violation(reject::kFull, "this run has seen " + std::to_string(kMaxInstances) + " probes already");
  }
  auto instance = std::make_unique<Instance>();
  instance->row.name = hello.name;
  instance->row.instance = hello.instance;
  instance->row.version = hello.version;
  instance->row.hello = hello.body;
  instance->row.state = state::kWelcomed;
  instance->changed = true;
  return (instances_[hello.instance] = std::move(instance)).get();
}

/// Puts a refused HELLO on the account of the name it gave.
void Hub::refuse(const Hello& hello, const Violation& why) {
  const std::string sentence = std::string("a HELLO under its name was refused: ") + why.what();
  const auto known = instances_.find(hello.instance);
  if (known != instances_.end()) {
    if (known->second->row.name != hello.name) note(*known->second, "another probe used its instance id");
    return;
  }
  if (instances_.size() >= kMaxInstances) return;
  auto instance = std::make_unique<Instance>();
  instance->row.name = hello.name;
  instance->row.instance = hello.instance;
  instance->row.version = hello.version;
  instance->row.hello = hello.body;
  instance->row.state = state::kRefused;
  note(*instance, sentence);
  instances_[hello.instance] = std::move(instance);
}

void Hub::bind(const std::string& link_id, Link& link, Instance& instance) {
  const auto old = links_.find(instance.link);
  if (old != links_.end()) {
    // What still comes in on the connection it left is replayed on this one.
    old->second.instance = nullptr;
    old->second.refused = true;
  }
  link.instance = &instance;
  instance.link = link_id;
  instance.heard_ns = link.heard_ns;
  instance.gone = false;
}

void Hub::welcome(const std::string& link_id, Instance& instance) {
  instance.credit = instance.row.last_seq + settings_.window;
  outgoing_.push_back({link_id,
                       "WELCOME",
                       {{"proto", kProtocol},
                        {"encoding", "json"},
                        {"run", settings_.run},
                        {"credit", instance.credit},
                        {"resume_from", instance.row.last_seq + 1},
                        {"heartbeat_ms", settings_.heartbeat.count()},
                        {"silence_ms", settings_.silence.count()},
                        {"max_body", kMaxBody}}});
  for (const auto& [id, body] : instance.commands) outgoing_.push_back({link_id, "COMMAND", body});
}

void Hub::handle(const std::string& link_id, Link& link, const EventReport& event) {
  Instance& instance = *link.instance;
  const std::int64_t next = instance.row.last_seq + 1;
  if (event.seq < next) {
    instance.ack_due = true;  // a replay of what is stored already
    return;
  }
  if (instance.row.state == state::kFinished)
    throw Violation(reject::kAfterFin, "it reported an event after its FIN");
  if (event.seq > instance.credit) {
    throw Violation(reject::kCredit, "it sent event " + std::to_string(event.seq) + " with credit up to " +
                                         std::to_string(instance.credit));
  }
  if (event.seq > next) return ask_for_replay(link_id, link, event.seq);
  if (instance.row.id == 0) database_.save(instance.row);
  if (event.blob) blobs_.append(instance.row.id, event.seq, *event.blob);
  database_.insert(instance.row.id, event, link.heard_ns);
  instance.row.last_seq = event.seq;
  instance.row.announced = std::max(instance.row.announced, event.seq);
  instance.gaps = 0;
  instance.ack_due = true;
  instance.changed = true;
}

/// Events are missing between what is stored and what came: the connection lost something, or the probe lies.
void Hub::ask_for_replay(const std::string& link_id, Link& link, std::int64_t announced) {
  Instance& instance = *link.instance;
  const std::int64_t next = instance.row.last_seq + 1;
  instance.row.announced = std::max(instance.row.announced, announced);
  instance.changed = true;
  if (++instance.gaps > kMaxGaps) {
    throw Violation(reject::kSequence, "it goes on at " + std::to_string(announced) +
                                           " and never sends event " + std::to_string(next));
  }
  link.instance = nullptr;
  link.told_ns = link.heard_ns;
  instance.link.clear();
  instance.return_by_ns = link.heard_ns + ns(settings_.absence);
  outgoing_.push_back(
      {link_id, "REJECT",
       rejection(reject::kGap, "event " + std::to_string(next) + " did not come; say HELLO")});
}

void Hub::handle(const std::string& link_id, Link& link, const Ping& ping) {
  charge(link);
  InstanceRow& row = link.instance->row;
  if (ping.last_seq > row.announced || ping.dropped > row.dropped) {
    row.announced = std::max(row.announced, ping.last_seq);
    row.dropped = std::max(row.dropped, ping.dropped);
    link.instance->changed = true;
  }
  outgoing_.push_back({link_id, "PONG", {{"sent_ns", ping.sent_ns}, {"received_ns", link.heard_ns}}});
  link.instance->ack_due = true;
}

void Hub::handle(const std::string&, Link& link, const Done& done) {
  if (link.instance->commands.erase(done.id) == 0) return charge(link);  // given up, or answered before
  answers_[done.id] = done;
}

void Hub::handle(const std::string& link_id, Link& link, const Fin& fin) {
  charge(link);
  Instance& instance = *link.instance;
  InstanceRow& row = instance.row;
  const bool again = row.state == state::kFinished;
  if (fin.last_seq < row.last_seq || (again && fin.last_seq != row.fin_seq)) {
    throw Violation(reject::kSequence, "its FIN says that " + std::to_string(fin.last_seq) +
                                           " events were all, but " + std::to_string(row.last_seq) +
                                           " are stored");
  }
  row.dropped = std::max(row.dropped, fin.dropped);
  if (fin.last_seq > row.last_seq) return ask_for_replay(link_id, link, fin.last_seq);
  row.fin_seq = fin.last_seq;
  row.state = state::kFinished;
  instance.changed = true;
  outgoing_.push_back({link_id, "FIN_ACK", {{"last_seq", fin.last_seq}}});
}

void Hub::break_link(const std::string& link_id, Link& link, const Violation& why) {
  if (link.instance != nullptr) {
    Instance& instance = *link.instance;
    instance.row.state = state::kBroken;
    instance.link.clear();
    note(instance, std::string("it broke the protocol: ") + why.what());
  }
  link.instance = nullptr;
  link.refused = true;
  outgoing_.push_back({link_id, "REJECT", rejection(why.code(), why.what())});
}

}  // namespace candor::collect
