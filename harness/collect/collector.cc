// SPDX-License-Identifier: Apache-2.0
#include "collect/collector.h"

#include <future>
#include <thread>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "collect/hub.h"
#include "collect/store.h"

namespace candor::collect {
namespace {

constexpr const char* kClosed = "the collector was closed";

}  // namespace

struct Collector::Impl {
  Impl(asio::any_io_executor the_executor, Settings settings, std::function<void(Problem)> on_problem)
      : executor(the_executor),
        file(settings.folder / kStoreFile),
        mailbox(std::make_shared<Mailbox>()),
        hub(std::move(settings), std::move(the_executor), std::move(on_problem), mailbox),
        thread([this] { hub.run(); }) {}

  ~Impl() {
    mailbox->post([this] { hub.stop(); });
    if (thread.joinable()) thread.join();
  }

  void must_post(Mailbox::Work work) {
    if (!mailbox->post(std::move(work))) throw Error(kClosed);
  }

  /// Runs `work`, which does not throw, on the hub's thread and returns its result.
  template <typename Work>
  auto call(Work work) -> decltype(work()) {
    using Result = decltype(work());
    const auto task = std::make_shared<std::packaged_task<Result()>>(std::move(work));
    std::future<Result> result = task->get_future();
    must_post([task] { (*task)(); });
    return take(std::move(result));
  }

  /// The result of a future whose promise is broken if the hub ends before it got to it.
  template <typename Result>
  static Result take(std::future<Result> result) {
    try {
      return result.get();
    } catch (const std::future_error&) {
      throw Error(kClosed);
    }
  }

  using Waiting = std::shared_ptr<Reply<Answer>>;
  [[nodiscard]] Waiting make_reply(Deadline deadline) const {
    return std::make_shared<Reply<Answer>>(executor, deadline);
  }

  asio::any_io_executor executor;
  std::filesystem::path file;
  std::shared_ptr<Mailbox> mailbox;
  Hub hub;
  std::thread thread;
};

Collector::Collector(asio::any_io_executor executor, Settings settings,
                     std::function<void(Problem)> on_problem)
    : impl_(std::make_unique<Impl>(std::move(executor), std::move(settings), std::move(on_problem))) {}

Collector::~Collector() = default;

const std::string& Collector::endpoint() const { return impl_->hub.endpoint(); }

const std::filesystem::path& Collector::file() const { return impl_->file; }

void Collector::record(const std::string& type, Json data) {
  check_type(type);
  EventReport event{0, type, wall_ns(), monotonic_ns(), dump_json(data)};
  if (!data.is_object()) throw Error("the data of an event is an object");
  if (event.data.size() > kMaxBody) throw Error("the data of '" + type + "' is over the limit for one event");
  const auto done = std::make_shared<std::promise<std::string>>();
  std::future<std::string> stored = done->get_future();
  impl_->must_post([hub = &impl_->hub, event, done] { hub->record(event, done); });
  const std::string failure = Impl::take(std::move(stored));
  if (!failure.empty()) throw Error(failure);
}

asio::awaitable<void> Collector::wait_welcomed(std::string probe, Deadline deadline) {
  const auto reply = impl_->make_reply(deadline);
  const AnswerTo to = reply;
  impl_->must_post([hub = &impl_->hub, probe, to] { hub->await_welcome(probe, to); });
  const std::optional<Answer> answer = co_await reply->wait();
  if (!answer) throw Error("probe '" + probe + "': it did not connect in time");
  if (!answer->ok) throw Error("probe '" + probe + "': " + answer->error);
}

asio::awaitable<Json> Collector::command(std::string probe, std::string name, Json arguments,
                                         Deadline deadline) {
  const auto reply = impl_->make_reply(deadline);
  const AnswerTo to = reply;
  impl_->must_post(
      [hub = &impl_->hub, probe, name, arguments, to] { hub->await_command(probe, name, arguments, to); });
  const std::optional<Answer> answer = co_await reply->wait();
  const std::string context = "probe '" + probe + "': command '" + name + "': ";
  if (!answer) throw Error(context + "it did not answer in time");
  if (!answer->ok) throw Error(context + printable(answer->error, 500));
  co_return answer->result;
}

asio::awaitable<bool> Collector::finish(std::string probe, Deadline deadline) {
  const auto reply = impl_->make_reply(deadline);
  const AnswerTo to = reply;
  impl_->must_post([hub = &impl_->hub, probe, to] { hub->await_finish(probe, to); });
  const std::optional<Answer> answer = co_await reply->wait();
  if (!answer) co_return false;
  if (!answer->ok) throw Error("probe '" + probe + "': finishing: " + answer->error);
  co_return answer->result.get<bool>();
}

asio::awaitable<std::optional<model::Event>> Collector::wait_event(
    std::string type, std::function<bool(const model::Event&)> matches, Deadline deadline) {
  const auto reply = impl_->make_reply(deadline);
  const AnswerTo to = reply;
  const auto look = [to, matches](const model::Event& event) {
    const auto waiting = to.lock();
    if (!waiting) return;
    try {
      if (matches(event)) waiting->set({.ok = true, .event = event});
    } catch (...) {
      waiting->set({.thrown = std::current_exception()});
    }
  };
  const Subscription held = subscribe(type, look);
  impl_->must_post([hub = &impl_->hub, to] { hub->await_failure(to); });
  const std::optional<Answer> answer = co_await reply->wait();
  if (!answer) co_return std::nullopt;
  if (answer->thrown) std::rethrow_exception(answer->thrown);
  if (!answer->ok) throw Error("waiting for an event '" + type + "': " + answer->error);
  co_return answer->event;
}

Subscription Collector::subscribe(std::string type, std::function<void(const model::Event&)> callback,
                                  bool from_start) {
  const auto sink = std::make_shared<Sink>(Sink{std::move(callback)});
  const std::weak_ptr<Sink> weak = sink;
  impl_->must_post([hub = &impl_->hub, weak, type, from_start] { hub->feed(weak, type, from_start); });
  return Subscription(sink);
}

std::vector<model::ProbeAccount> Collector::accounts(std::span<const std::string> required) {
  const std::vector<std::string> names(required.begin(), required.end());
  if (!impl_->thread.joinable()) return read_accounts(impl_->file, names);
  return impl_->call([hub = &impl_->hub, names] { return hub->accounts(names); });
}

void Collector::close() {
  if (!impl_->thread.joinable()) return;
  const std::string failure = impl_->call([hub = &impl_->hub] { return hub->close(); });
  impl_->thread.join();
  if (!failure.empty()) throw Error(failure);
}

}  // namespace candor::collect
