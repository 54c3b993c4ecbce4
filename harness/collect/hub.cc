// SPDX-License-Identifier: Apache-2.0
#include "collect/hub.h"

#include <pthread.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "collect/store.h"

namespace candor::collect {
namespace {

constexpr int kArrivalsPerTurn = 4096;  // messages that share one commit, at most
constexpr int kFeedBatch = 256;
// Unread messages ZeroMQ keeps of each connection; with its limit on one frame, this bounds what a flood can
// fill.
constexpr int kReceiveQueue = 256;
constexpr int kSendQueue = 1024;
// Frames a little over the protocol's limit still come in, so that the sender can be told; larger ones make
// ZeroMQ drop the connection.
constexpr std::int64_t kMaxFrame = 2 * static_cast<std::int64_t>(kMaxBody);

void check_socket_path(const std::filesystem::path& path) {
  constexpr std::size_t kLongest = sizeof(sockaddr_un::sun_path) - 1;
  if (path.native().size() > kLongest) {
    throw Error("the path has " + std::to_string(path.native().size()) + " bytes; a socket's can have " +
                std::to_string(kLongest));
  }
  struct stat folder = {};
  if (lstat(path.parent_path().c_str(), &folder) != 0) throw errno_error(path.parent_path().string());
  if (!S_ISDIR(folder.st_mode) || folder.st_uid != geteuid() || (folder.st_mode & 077) != 0) {
    throw Error("the folder " + path.parent_path().string() +
                " is open to other users; it must be ours, mode 0700");
  }
}

std::int64_t ns(std::chrono::milliseconds span) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(span).count();
}

Database open_database(const Settings& settings) {
  const std::filesystem::path file = settings.folder / kStoreFile;
  return in_context("opening " + file.string(), [&] { return Database(file, settings.run); });
}

}  // namespace

Hub::Hub(Settings settings, asio::any_io_executor executor, std::function<void(Problem)> on_problem,
         std::shared_ptr<Mailbox> mailbox)
    : settings_(std::move(settings)),
      executor_(std::move(executor)),
      on_problem_(std::move(on_problem)),
      mailbox_(std::move(mailbox)),
      endpoint_("ipc://" + settings_.socket.string()),
      database_(open_database(settings_)),
      blobs_(settings_.folder / kBlobFolder, database_.blobs()),
      context_(1),
      router_(context_, zmq::socket_type::router),
      // Larger than any id of an earlier collector of this run, whose answers may still come.
      next_command_(wall_ns() / 1000),
      watched_ns_(monotonic_ns()) {
  resume_instances();
  in_context("listening on " + printable(endpoint_), [&] { open_socket(); });
}

void Hub::open_socket() {
  check_socket_path(settings_.socket);
  router_.set(zmq::sockopt::linger, 500);
  router_.set(zmq::sockopt::rcvhwm, kReceiveQueue);
  router_.set(zmq::sockopt::sndhwm, kSendQueue);
  router_.set(zmq::sockopt::maxmsgsize, kMaxFrame);
  router_.set(zmq::sockopt::router_mandatory, true);
  // Routing ids are ours, one per connection; with handover a peer could choose another's and speak for it.
  router_.set(zmq::sockopt::router_handover, false);
  router_.bind(endpoint_);
}

void Hub::resume_instances() {
  for (InstanceRow& row : database_.instances()) {
    auto instance = std::make_unique<Instance>();
    instance->row = std::move(row);
    instance->return_by_ns = monotonic_ns() + ns(settings_.silence);
    instances_[instance->row.instance] = std::move(instance);
  }
}

void Hub::run() noexcept {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);  // signals belong to the executor's thread
  while (!stopping_) {
    try {
      turn();
    } catch (const std::exception& error) {
      fail(error.what());
    }
  }
  mailbox_->shut();
  dismiss_waiters();
}

void Hub::turn() {
  wait_for_work();
  mailbox_->run();
  if (stopping_) return;
  take_arrivals();
  watch();
  settle();
}

void Hub::wait_for_work() {
  std::array<zmq::pollitem_t, 2> items{zmq::pollitem_t{router_.handle(), 0, ZMQ_POLLIN, 0},
                                       zmq::pollitem_t{nullptr, mailbox_->fd(), ZMQ_POLLIN, 0}};
  const auto pause = drained_ ? std::min(settings_.heartbeat / 4, std::chrono::milliseconds(250))
                              : std::chrono::milliseconds(0);
  try {
    zmq::poll(items, pause);
  } catch (const zmq::error_t& error) {
    if (error.num() != EINTR) throw;
  }
}

void Hub::take_arrivals() {
  drained_ = false;
  for (int i = 0; i < kArrivalsPerTurn; ++i) {
    if (!take_one()) {
      drained_ = true;
      return;
    }
  }
}

bool Hub::take_one() {
  zmq::message_t id;
  if (!router_.recv(id, zmq::recv_flags::dontwait)) return false;
  // One frame more than a message has is enough to see that it has too many.
  std::array<zmq::message_t, 4> parts;
  zmq::message_t surplus;
  std::size_t count = 0;
  for (bool more = id.more(); more; ++count) {
    zmq::message_t& part = count < parts.size() ? parts[count] : surplus;
    [[maybe_unused]] const auto got = router_.recv(part);  // messages arrive whole
    more = part.more();
  }
  std::array<std::string_view, 4> frames;
  for (std::size_t i = 0; i < frames.size(); ++i) frames[i] = parts[i].to_string_view();
  take_message(id.to_string(), std::span(frames).first(std::min(count, frames.size())));
  return true;
}

void Hub::settle() {
  if (failure_.empty()) {
    save_changed();
    blobs_.save(database_);
    database_.commit();
    blobs_.settle();
    for (const auto& done : std::exchange(records_, {})) done->set_value("");
  }
  send_answers();
  wake_waiters();
  if (failure_.empty()) advance_feeds();
}

void Hub::save_changed() {
  for (auto& [id, instance] : instances_) {
    if (!std::exchange(instance->changed, false)) continue;
    database_.save(instance->row);
  }
}

void Hub::send_answers() {
  for (Outgoing& answer : std::exchange(outgoing_, {})) {
    if (std::string_view(answer.type) == "PONG") answer.body["replied_ns"] = monotonic_ns();
    // An answer that finds the queue full is left out: credit and acknowledgements are absolute and come
    // again.
    send(answer.link, answer.type, answer.body);
  }
  if (!failure_.empty()) return;
  for (auto& [id, instance] : instances_) {
    if (std::exchange(instance->ack_due, false)) send_ack(*instance);
  }
}

void Hub::send_ack(Instance& instance) {
  if (instance.link.empty()) return;
  instance.credit = instance.row.last_seq + settings_.window;
  const Json body = {{"seq", instance.row.last_seq}, {"credit", instance.credit}};
  send(std::string(instance.link), "ACK", body);
}

bool Hub::send(const std::string& link, const char* type, const Json& body) {
  const std::string text = dump_json(body);
  using zmq::send_flags;
  try {
    if (!router_.send(zmq::buffer(link), send_flags::sndmore | send_flags::dontwait)) return false;
    router_.send(zmq::buffer(std::string_view(type)), send_flags::sndmore | send_flags::dontwait);
    router_.send(zmq::buffer(text), send_flags::dontwait);
    return true;
  } catch (const zmq::error_t& error) {
    if (error.num() != EHOSTUNREACH) throw;
    drop_link(link);
    return false;
  }
}

void Hub::fail(const std::string& sentence) noexcept {
  database_.rollback();
  outgoing_.clear();
  if (failure_.empty()) {
    failure_ = "the collector cannot store events: " + printable(sentence, 500);
    if (on_problem_) asio::post(executor_, [call = on_problem_, text = failure_] { call({"", text}); });
    for (auto& [id, link] : links_) {
      if (!std::exchange(link.refused, true)) {
        outgoing_.push_back({id, "REJECT", {{"code", reject::kStore}, {"sentence", failure_}}});
      }
    }
  }
  for (const auto& done : std::exchange(records_, {})) {
    done->set_value(failure_);
  }
}

void Hub::advance_feeds() {
  std::erase_if(feeds_, [](const std::shared_ptr<Feed>& feed) { return feed->sink.expired(); });
  for (const auto& feed : feeds_) {
    if (!feed->busy && feed->cursor < database_.last_event()) advance(feed);
  }
}

void Hub::advance(const std::shared_ptr<Feed>& feed) {
  auto rows = database_.after(feed->cursor, feed->type, kFeedBatch);
  feed->cursor = rows.size() < kFeedBatch ? database_.last_event() : rows.back().first;
  if (rows.empty()) return;
  std::vector<model::Event> events;
  events.reserve(rows.size());
  for (auto& [id, event] : rows) events.push_back(std::move(event));
  hand_out(feed, std::move(events));
}

void Hub::hand_out(const std::shared_ptr<Feed>& feed, std::vector<model::Event> events) {
  feed->busy = true;
  asio::post(executor_, [sink = feed->sink, batch = std::move(events), mailbox = mailbox_,
                         which = std::weak_ptr<Feed>(feed)] {
    for (const model::Event& event : batch) {
      const auto held = sink.lock();  // each time anew: the callback may end its subscription
      if (!held) return;
      held->callback(event);
    }
    mailbox->post([which] {
      if (const auto done = which.lock()) done->busy = false;
    });
  });
}

}  // namespace candor::collect
