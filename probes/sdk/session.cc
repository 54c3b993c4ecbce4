// SPDX-License-Identifier: Apache-2.0
#include "sdk/session.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"

namespace candor::probe {
namespace {

constexpr int kLinger = 200;                         // ms: time for the last answers to go out
constexpr std::int64_t kHelloAgain = 1'000'000'000;  // without an answer, HELLO is said again after a second
constexpr std::int64_t kStall = 1'000'000'000;  // a pause of our own this long makes silence prove nothing
constexpr std::int64_t kQuietHeartbeats = 3;
constexpr std::size_t kBatch = 512;
constexpr std::size_t kAnswersKept = 64;

UniqueFd make_eventfd() {
  UniqueFd fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) throw errno_error("making an eventfd");
  return fd;
}

void raise_flag(const UniqueFd& fd) {
  const std::uint64_t one = 1;
  if (write(fd.get(), &one, sizeof one) != sizeof one) throw errno_error("writing to an eventfd");
}

void lower_flag(const UniqueFd& fd) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = read(fd.get(), &count, sizeof count);  // EAGAIN: it was low
}

void check_endpoint(const std::string& endpoint) {
  constexpr std::string_view kIpc = "ipc://";
  constexpr std::size_t kLongest = sizeof(sockaddr_un::sun_path) - 1;
  if (endpoint.starts_with(kIpc) && endpoint.size() - kIpc.size() > kLongest) {
    throw Error("the path of the socket " + printable(endpoint, 300) + " is longer than " +
                std::to_string(kLongest) + " bytes");
  }
}

void check_type(const std::string& type) {
  const bool good = !type.empty() && std::all_of(type.begin(), type.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '/';
  });
  if (!good) throw Error("'" + printable(type) + "' is no event type, such as 'file.open/1'");
}

}  // namespace

Session::Session(Settings settings, std::chrono::milliseconds timeout)
    : settings_(std::move(settings)),
      instance_(make_instance()),
      wake_fd_(make_eventfd()),
      command_fd_(make_eventfd()),
      shared_(std::max<std::size_t>(settings_.buffer, 1)) {
  check_endpoint(settings_.collector);
  start(timeout);
}

Session::~Session() { stop(); }

void Session::start(std::chrono::milliseconds timeout) {
  thread_ = std::thread([this] { run(); });
  std::string failure;
  {
    std::unique_lock lock(mutex_);
    const bool settled =
        changed_.wait_for(lock, timeout, [this] { return shared_.welcomed || !shared_.failure.empty(); });
    failure = shared_.failure;
    if (!settled) failure = "no answer from the collector at " + settings_.collector;
  }
  if (failure.empty()) return;
  stop();
  throw_failure(failure);
}

void Session::stop() {
  {
    const std::lock_guard lock(mutex_);
    shared_.stopping = true;
    wake(shared_);
  }
  if (thread_.joinable()) thread_.join();
}

void Session::wake(Shared& shared) {
  if (!std::exchange(shared.woken, true)) raise_flag(wake_fd_);
}

void Session::throw_failure(const std::string& sentence) const {
  throw Error("probe '" + settings_.name + "': " + sentence);
}

void Session::report_blob(const std::string& type, const Json& data, const std::string& id,
                          std::string_view bytes, About about, bool last) {
  if (id.empty() || id.size() > kMaxBlobId) throw_failure("the id of a blob has 1 to 64 bytes");
  std::int64_t offset = 0;
  {
    const std::lock_guard lock(mutex_);
    offset = shared_.blobs[id];
  }
  do {
    const std::string_view piece = bytes.substr(0, kMaxBlobPiece);
    bytes.remove_prefix(piece.size());
    report(type, data, Piece{id, offset, bytes.empty() && last, about, piece});
    offset += static_cast<std::int64_t>(piece.size());
  } while (!bytes.empty());
  const std::lock_guard lock(mutex_);
  if (last)
    shared_.blobs.erase(id);
  else
    shared_.blobs[id] = offset;
}

void Session::report(const std::string& type, const Json& data, const std::optional<Piece>& piece) {
  const std::int64_t wall = wall_ns();
  const std::int64_t mono = monotonic_ns();
  check_type(type);
  if (!data.is_object()) throw_failure("the data of an event is an object");
  const std::string text = dump_json(data);
  std::unique_lock lock(mutex_);
  changed_.wait(lock,
                [this] { return !shared_.backlog.full() || shared_.fin_wanted || !shared_.failure.empty(); });
  if (!shared_.failure.empty()) throw_failure(shared_.failure);
  if (shared_.fin_wanted) throw_failure("an event was reported after finish()");
  const std::string blob = piece ? blob_member(*piece) : std::string();
  std::string body = event_body(shared_.backlog.next_seq(), type, wall, mono, text, blob);
  if (body.size() > kMaxBody) throw_failure("an event '" + type + "' is over the limit of 256 KiB");
  std::optional<std::string> attached;
  if (piece) attached = std::string(piece->bytes);
  shared_.backlog.add({std::move(body), std::move(attached)});
  wake(shared_);
}

void Session::count_dropped(std::uint64_t events) {
  const std::lock_guard lock(mutex_);
  shared_.dropped += static_cast<std::int64_t>(events);
}

std::optional<Command> Session::take_command() {
  const std::lock_guard lock(mutex_);
  if (shared_.commands.empty()) return std::nullopt;
  Command command = std::move(shared_.commands.front());
  shared_.commands.pop_front();
  if (shared_.commands.empty()) lower_flag(command_fd_);
  return command;
}

std::optional<Command> Session::wait_command(std::chrono::milliseconds timeout) {
  {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, timeout,
                      [this] { return !shared_.commands.empty() || !shared_.failure.empty(); });
    if (shared_.commands.empty() && !shared_.failure.empty()) throw_failure(shared_.failure);
  }
  return take_command();
}

void Session::done(std::int64_t id, const std::string& error, const Json& result) {
  const Json body = {{"id", id}, {"error", error}, {"result", result}};
  std::string text = dump_json(body);
  if (text.size() > kMaxBody) {
    const Json instead = {
        {"id", id}, {"error", "the result is over the limit of 256 KiB"}, {"result", nullptr}};
    text = dump_json(instead);
  }
  const std::lock_guard lock(mutex_);
  shared_.answers.emplace_back(id, std::move(text));
  wake(shared_);
}

bool Session::finish(std::chrono::milliseconds timeout) {
  std::unique_lock lock(mutex_);
  shared_.fin_wanted = true;
  wake(shared_);
  changed_.notify_all();
  changed_.wait_for(lock, timeout, [this] { return shared_.fin_acked || !shared_.failure.empty(); });
  return shared_.fin_acked;
}

bool Session::lost() {
  const std::lock_guard lock(mutex_);
  return !shared_.failure.empty();
}

void Session::run() noexcept {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);  // the probe's signals belong to its own threads
  try {
    heard_ns_ = turned_ns_ = monotonic_ns();
    connect();
    while (turn()) {
    }
  } catch (const std::exception& error) {
    fail(error.what());
  }
  socket_.close();
}

bool Session::turn() {
  wait_for_work();
  receive();
  keep_time();
  if (welcomed_here_) {
    send_answers();
    send_events();
    send_fin();
  }
  const std::lock_guard lock(mutex_);
  return !shared_.stopping && shared_.failure.empty();
}

void Session::wait_for_work() {
  std::array<zmq::pollitem_t, 2> items{zmq::pollitem_t{socket_.handle(), 0, ZMQ_POLLIN, 0},
                                       zmq::pollitem_t{nullptr, wake_fd_.get(), ZMQ_POLLIN, 0}};
  const std::int64_t beat = welcomed_here_ ? welcome_.heartbeat_ns : kHelloAgain;
  zmq::poll(items, std::chrono::milliseconds(std::clamp<std::int64_t>(beat / 4'000'000, 1, 250)));
  const std::lock_guard lock(mutex_);
  if (std::exchange(shared_.woken, false)) lower_flag(wake_fd_);
}

/// A new socket each time: what waits in an old one belongs to a connection that is over.
void Session::connect() {
  if (socket_) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.close();
  }
  socket_ = zmq::socket_t(context_, zmq::socket_type::dealer);
  socket_.set(zmq::sockopt::linger, kLinger);
  socket_.set(zmq::sockopt::sndhwm, 0);  // bounded by credit and by the backlog
  socket_.set(zmq::sockopt::reconnect_ivl, 50);
  socket_.set(zmq::sockopt::reconnect_ivl_max, 500);
  socket_.connect(settings_.collector);
  welcomed_here_ = false;
  connected_ns_ = monotonic_ns();
  const Json hello = {{"proto_min", kProtocol},
                      {"proto_max", kProtocol},
                      {"name", settings_.name},
                      {"version", settings_.version},
                      {"instance", instance_},
                      {"encodings", Json::array({"json"})},
                      {"event_types", settings_.event_types},
                      {"clocks", {{"wall_ns", wall_ns()}, {"mono_ns", monotonic_ns()}}}};
  send("HELLO", dump_json(hello));
}

void Session::receive() {
  while (true) {
    zmq::message_t type;
    if (!socket_.recv(type, zmq::recv_flags::dontwait)) return;
    zmq::message_t body;
    bool more = type.more();
    if (more) {
      [[maybe_unused]] const auto got = socket_.recv(body);
      more = body.more();
    }
    for (zmq::message_t surplus; more; more = surplus.more()) {
      [[maybe_unused]] const auto got = socket_.recv(surplus);
    }
    heard_ns_ = monotonic_ns();
    take(type.to_string_view(), body.to_string_view());
  }
}

void Session::take(std::string_view type, std::string_view body) {
  if (type == "ACK") return take_ack(parse_json(body));
  if (type == "WELCOME") return take_welcome(parse_json(body));
  if (type == "REJECT") return take_reject(parse_json(body));
  if (type == "COMMAND") return take_command_message(parse_json(body));
  if (type == "FIN_ACK") return take_fin_ack(parse_json(body));
  // PONG has done its work by arriving; messages of later versions are left alone, whatever is in them.
}

void Session::take_fin_ack(const Json& body) {
  const std::lock_guard lock(mutex_);
  if (fin_sent_ && int_member(body, "last_seq") == shared_.backlog.next_seq() - 1) shared_.fin_acked = true;
  changed_.notify_all();
}

void Session::take_welcome(const Json& body) {
  welcome_ = read_welcome(body);
  const std::lock_guard lock(mutex_);
  if (welcome_.resume_from > shared_.backlog.next_seq())
    throw Error("the collector has events this probe never sent");
  if (welcome_.resume_from < shared_.backlog.first_seq()) {
    throw Error("the collector lost events it had acknowledged, from " +
                std::to_string(welcome_.resume_from));
  }
  shared_.backlog.trim(welcome_.resume_from - 1);
  sent_ = welcome_.resume_from - 1;
  fin_sent_ = false;
  pinged_ns_ = 0;
  welcomed_here_ = true;
  shared_.welcomed = true;
  changed_.notify_all();
}

void Session::take_ack(const Json& body) {
  const std::int64_t seq = int_member(body, "seq");
  const std::int64_t credit = int_member(body, "credit");
  if (!welcomed_here_ || seq > sent_) return;
  welcome_.credit = std::max(welcome_.credit, credit);
  const std::lock_guard lock(mutex_);
  const bool was_full = shared_.backlog.full();
  shared_.backlog.trim(seq);
  if (was_full) changed_.notify_all();
}

void Session::take_reject(const Json& body) {
  const std::string code = string_member(body, "code");
  if (code == reject::kNoHello || code == reject::kGap) return connect();
  throw Error("the collector rejected it: " + printable(string_member(body, "sentence"), 500));
}

void Session::take_command_message(const Json& body) {
  Command command{int_member(body, "id"), string_member(body, "name"), member(body, "arguments")};
  if (const auto before = answered_.find(command.id); before != answered_.end())
    return send("DONE", before->second);
  if (command.id <= last_command_) return;  // it is being done
  last_command_ = command.id;
  const std::lock_guard lock(mutex_);
  shared_.commands.push_back(std::move(command));
  raise_flag(command_fd_);
  changed_.notify_all();
}

void Session::keep_time() {
  const std::int64_t now = monotonic_ns();
  if (now - turned_ns_ > kStall) heard_ns_ += now - turned_ns_;
  turned_ns_ = now;
  if (welcome_.silence_ns > 0 && now - heard_ns_ > welcome_.silence_ns) {
    throw Error("the collector was silent for more than " + std::to_string(welcome_.silence_ns / 1'000'000) +
                " ms");
  }
  if (!welcomed_here_) {
    if (now - connected_ns_ > kHelloAgain) connect();
    return;
  }
  if (now - heard_ns_ > kQuietHeartbeats * welcome_.heartbeat_ns) return connect();
  if (now - pinged_ns_ < welcome_.heartbeat_ns) return;
  pinged_ns_ = now;
  Json ping = {{"sent_ns", now}};
  {
    const std::lock_guard lock(mutex_);
    ping["last_seq"] = shared_.backlog.next_seq() - 1;
    ping["queued"] = shared_.backlog.size();
    ping["dropped"] = shared_.dropped;
  }
  send("PING", dump_json(ping));
}

void Session::send_answers() {
  std::deque<std::pair<std::int64_t, std::string>> answers;
  {
    const std::lock_guard lock(mutex_);
    answers.swap(shared_.answers);
  }
  for (auto& [id, body] : answers) {
    send("DONE", body);
    answered_[id] = std::move(body);
    if (answered_.size() > kAnswersKept) answered_.erase(answered_.begin());
  }
}

void Session::send_events() {
  while (true) {
    std::vector<const Kept*> events;
    {
      const std::lock_guard lock(mutex_);
      events = shared_.backlog.range(sent_ + 1, welcome_.credit, kBatch);
    }
    if (events.empty()) return;
    // Only this thread trims the backlog, so the events stay where they are.
    for (const Kept* event : events) send("EVENT", event->body, event->blob);
    sent_ += static_cast<std::int64_t>(events.size());
  }
}

void Session::send_fin() {
  Json fin;
  {
    const std::lock_guard lock(mutex_);
    if (!shared_.fin_wanted || fin_sent_ || sent_ + 1 != shared_.backlog.next_seq()) return;
    fin = {{"last_seq", sent_}, {"dropped", shared_.dropped}};
  }
  send("FIN", dump_json(fin));
  fin_sent_ = true;
}

void Session::send(const char* type, std::string_view body, const std::optional<std::string>& blob) {
  socket_.send(zmq::buffer(std::string_view(type)), zmq::send_flags::sndmore);
  socket_.send(zmq::buffer(body), blob ? zmq::send_flags::sndmore : zmq::send_flags::none);
  if (blob) socket_.send(zmq::buffer(*blob));
}

void Session::fail(const std::string& sentence) {
  const std::lock_guard lock(mutex_);
  shared_.failure = sentence;
  changed_.notify_all();
}

}  // namespace candor::probe
