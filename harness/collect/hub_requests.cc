// SPDX-License-Identifier: Apache-2.0
//
// What the harness asks of the hub, and who waits for what. A waiter is a condition looked at after every
// commit, so it never sees what is not stored yet.
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "collect/hub.h"
#include "collect/store.h"

namespace candor::collect {
namespace {

Answer refusal(const std::string& sentence) { return {.ok = false, .error = sentence}; }
Answer success(Json result) { return {.ok = true, .result = std::move(result)}; }

}  // namespace

Hub::Instance& Hub::runner() {
  if (runner_ == nullptr) {
    auto instance = std::make_unique<Instance>();
    instance->row.name = kRunner;
    instance->row.instance = make_instance();
    instance->row.hello = "{}";
    instance->row.state = state::kWelcomed;
    database_.save(instance->row);
    runner_ = (instances_[instance->row.instance] = std::move(instance)).get();
  }
  return *runner_;
}

void Hub::record(EventReport event, std::shared_ptr<std::promise<std::string>> done) {
  if (!failure_.empty()) {
    done->set_value(failure_);
    return;
  }
  records_.push_back(std::move(done));  // first, so that a failure below reaches it
  Instance& instance = runner();
  event.seq = instance.row.last_seq + 1;
  database_.insert(instance.row.id, event, monotonic_ns());
  instance.row.last_seq = event.seq;
  instance.row.announced = event.seq;
  instance.changed = true;
}

Hub::Instance* Hub::newest(const std::string& probe) {
  Instance* best = nullptr;
  for (auto& [id, instance] : instances_) {
    if (instance->row.name != probe || instance->row.state == state::kRefused) continue;
    // A row that is not stored yet (id 0) is the newest of all.
    const bool newer =
        best == nullptr || instance->row.id == 0 || (best->row.id != 0 && instance->row.id > best->row.id);
    if (newer) best = instance.get();
  }
  return best;
}

std::int64_t Hub::order(Instance& instance, const std::string& name, const Json& arguments) {
  const std::int64_t id = next_command_++;
  Json body = {{"id", id}, {"name", name}, {"arguments", arguments}};
  if (!instance.link.empty()) outgoing_.push_back({instance.link, "COMMAND", body});
  instance.commands[id] = std::move(body);  // sent again if the probe has to reconnect
  return id;
}

void Hub::await_welcome(const std::string& probe, AnswerTo reply) {
  wait_until(std::move(reply), 0, [this, probe] { return welcomed(probe); });
}

std::optional<Answer> Hub::welcomed(const std::string& probe) const {
  std::string problem;
  for (const auto& [id, instance] : instances_) {
    const InstanceRow& row = instance->row;
    if (row.name != probe) continue;
    if (row.state == state::kFinished || (row.state == state::kWelcomed && !instance->link.empty()))
      return success(nullptr);
    if (row.state != state::kWelcomed) problem = row.problem;
  }
  if (problem.empty()) return std::nullopt;
  return refusal(problem);
}

void Hub::await_command(const std::string& probe, const std::string& name, const Json& arguments,
                        AnswerTo reply) {
  Instance* instance = newest(probe);
  if (instance == nullptr) {
    if (const auto waiting = reply.lock()) waiting->set(refusal("it is not connected"));
    return;
  }
  const std::int64_t id = order(*instance, name, arguments);
  wait_until(std::move(reply), id, [this, id, instance] { return commanded(id, *instance); });
}

std::optional<Answer> Hub::commanded(std::int64_t id, const Instance& instance) {
  if (const auto found = answers_.find(id); found != answers_.end()) {
    if (!found->second.error.empty()) return refusal(found->second.error);
    return success(found->second.result);
  }
  if (instance.row.state == state::kBroken) return refusal(instance.row.problem);
  if (instance.link.empty() && (instance.gone || instance.row.state == state::kFinished))
    return refusal("it is gone");
  return std::nullopt;
}

void Hub::await_finish(const std::string& probe, AnswerTo reply) {
  Instance* instance = newest(probe);
  if (instance == nullptr) {
    if (const auto waiting = reply.lock()) waiting->set(success(false));
    return;
  }
  const bool over = instance->row.state != state::kWelcomed;
  const std::int64_t id = over ? 0 : order(*instance, "finish", Json::object());
  wait_until(std::move(reply), id, [this, id, instance] { return finished(id, *instance); });
}

std::optional<Answer> Hub::finished(std::int64_t id, Instance& instance) {
  if (instance.row.state == state::kFinished) return success(true);
  if (instance.row.state == state::kBroken || (instance.gone && instance.link.empty())) return success(false);
  const auto found = answers_.find(id);
  if (found == answers_.end() || found->second.error.empty()) return std::nullopt;
  add_problem(instance.row.problem, found->second.error);
  instance.changed = true;
  return success(false);
}

void Hub::await_failure(AnswerTo reply) {
  wait_until(std::move(reply), 0, [] { return std::optional<Answer>(); });
}

void Hub::feed(std::weak_ptr<Sink> sink, const std::string& type, bool from_start) {
  auto feed = std::make_shared<Feed>();
  feed->sink = std::move(sink);
  feed->type = type;
  feed->cursor = from_start ? 0 : database_.last_event();
  feeds_.push_back(std::move(feed));
}

std::vector<model::ProbeAccount> Hub::accounts(std::span<const std::string> required) const {
  std::vector<InstanceRow> rows;
  for (const auto& [id, instance] : instances_) rows.push_back(instance->row);
  std::vector<model::ProbeAccount> accounts = make_accounts(rows, required);
  if (!failure_.empty()) {
    for (model::ProbeAccount& account : accounts) add_problem(account.problem, failure_);
  }
  return accounts;
}

std::string Hub::close() {
  stopping_ = true;
  try {
    if (failure_.empty()) {
      take_arrivals();
      note_unfinished();
      blobs_.finish();
      settle();
    }
    if (failure_.empty()) {
      blobs_.sync();
      database_.finish();
    }
  } catch (const std::exception& error) {
    fail(error.what());
  }
  return failure_;
}

void Hub::wait_until(AnswerTo reply, std::int64_t command, std::function<std::optional<Answer>()> check) {
  waiters_.push_back({std::move(reply), command, std::move(check)});
}

void Hub::wake_waiters() {
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
    const auto reply = waiter->reply.lock();
    std::optional<Answer> answer;
    if (reply) answer = failure_.empty() ? waiter->check() : refusal(failure_);
    if (answer) reply->set(std::move(*answer));
    if (reply && !answer) {
      ++waiter;
    } else {
      forget(*waiter);
      waiter = waiters_.erase(waiter);
    }
  }
}

/// A command nobody waits for any more is not repeated, and its answer not kept.
void Hub::forget(const Waiter& waiter) {
  if (waiter.command == 0) return;
  for (auto& [id, instance] : instances_) instance->commands.erase(waiter.command);
  answers_.erase(waiter.command);
}

void Hub::dismiss_waiters() {
  for (const Waiter& waiter : waiters_) {
    const auto reply = waiter.reply.lock();
    if (reply) reply->set(refusal(failure_.empty() ? "the collector was closed" : failure_));
  }
  waiters_.clear();
}

}  // namespace candor::collect
