// SPDX-License-Identifier: Apache-2.0
//
// Who is still there: silence, lost connections, and what is said of those who did not finish.
#include <algorithm>

#include "base/clock.h"
#include "collect/hub.h"
#include "collect/store.h"

namespace candor::collect {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
// The hub itself did not run for so long (a stopped host, a slow disk): then silence proves nothing.
constexpr std::int64_t kStall = 1000 * kMillisecond;
constexpr std::int64_t kForgetLink = 10'000 * kMillisecond;
constexpr std::size_t kMaxLinks = 4096;

std::int64_t ns(std::chrono::milliseconds span) { return span.count() * kMillisecond; }

std::string seconds(std::chrono::milliseconds span) {
  return span.count() % 1000 == 0 ? std::to_string(span.count() / 1000) + " s"
                                  : std::to_string(span.count()) + " ms";
}

}  // namespace

void Hub::watch() {
  const std::int64_t now = monotonic_ns();
  const std::int64_t pause = now - watched_ns_;
  watched_ns_ = now;
  if (pause > kStall) {
    for (auto& [id, instance] : instances_) {
      instance->heard_ns += pause;
      instance->return_by_ns += pause;
    }
  }
  if (links_.size() > kMaxLinks) prune_links();
  if (drained_) {
    for (auto& [id, instance] : instances_) watch_instance(*instance);
  }
  if (now - greeted_ns_ < ns(settings_.heartbeat)) return;
  greeted_ns_ = now;
  // An acknowledgement to everybody: it repeats one that was left out, shows the probe that somebody is here,
  // and shows the hub, by the error, whose connection is gone.
  for (auto& [id, instance] : instances_) instance->ack_due = true;
  prune_links();
}

void Hub::watch_instance(Instance& instance) {
  if (instance.row.state != state::kWelcomed || instance.row.name == kRunner) return;
  if (instance.link.empty()) {
    if (instance.gone || watched_ns_ < instance.return_by_ns) return;
    instance.gone = true;
    note(instance, "its connection was lost and did not come back");
  } else if (!instance.silence_noted && watched_ns_ - instance.heard_ns > ns(settings_.silence)) {
    instance.silence_noted = true;
    note(instance, "it was silent for more than " + seconds(settings_.silence));
  }
}

void Hub::drop_link(const std::string& link_id) {
  const auto found = links_.find(link_id);
  if (found == links_.end()) return;
  if (Instance* instance = found->second.instance; instance != nullptr) {
    instance->link.clear();
    instance->return_by_ns = monotonic_ns() + ns(settings_.absence);
  }
  links_.erase(found);
}

/// Forgets connections nobody speaks through; one that speaks again is asked for its HELLO.
void Hub::prune_links() {
  const bool crowded = links_.size() > kMaxLinks;
  std::erase_if(links_, [&](const auto& entry) {
    const Link& link = entry.second;
    return link.instance == nullptr && (crowded || watched_ns_ - link.heard_ns > kForgetLink);
  });
}

void Hub::note(Instance& instance, const std::string& sentence) {
  const std::size_t before = instance.row.problem.size();
  add_problem(instance.row.problem, sentence);
  instance.changed = true;
  if (instance.row.problem.size() == before || !on_problem_) return;
  asio::post(executor_,
             [call = on_problem_, problem = Problem{instance.row.name, sentence}] { call(problem); });
}

void Hub::note_unfinished() {
  for (auto& [id, instance] : instances_) {
    InstanceRow& row = instance->row;
    if (instance.get() == runner_) {
      row.state = state::kFinished;
      row.fin_seq = row.last_seq;
      instance->changed = true;
    } else if (row.state == state::kWelcomed) {
      note(*instance, "it did not finish: there was no FIN from it");
    }
  }
}

}  // namespace candor::collect
