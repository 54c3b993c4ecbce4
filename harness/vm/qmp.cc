// SPDX-License-Identifier: Apache-2.0
#include "vm/qmp.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>
#include <deque>
#include <map>

#include "base/error.h"
#include "base/file.h"
#include "vm/signal.h"

namespace candor::vm {

using boost::system::error_code;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t kLineLimit = 1U << 20;
constexpr std::size_t kQueueLimit = 4U << 20;  // bytes of events nobody fetched
constexpr milliseconds kForever = std::chrono::hours(24 * 365);

/// A line on its way to QEMU, with the descriptor that travels with its first byte.
struct Outgoing {
  std::string line;
  UniqueFd fd;
};

/// Sends one byte with a descriptor attached; 0 if the socket is full, -1 with errno on failure.
ssize_t send_with_fd(int socket, char byte, int fd) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  iovec part{&byte, 1};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
  const ssize_t sent = ::sendmsg(socket, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  return sent;
}

std::string within(milliseconds timeout) { return "within " + std::to_string(timeout.count()) + " ms"; }

Json result_of(const std::string& command, const Json& answer) {
  if (answer.contains("return")) return answer["return"];
  const Json& error = member(answer, "error");
  throw Error("QMP " + command + ": " + printable(string_member(error, "class")) + ": " +
              printable(string_member(error, "desc"), 1000));
}

}  // namespace

struct Qmp::Events::Queue {
  explicit Queue(asio::any_io_executor executor) : changed(std::move(executor)) {}

  struct Item {
    Json event;
    std::size_t bytes = 0;
  };

  void push(const Json& event, std::size_t bytes_of_it) {
    if (overflowed) return;
    if (bytes + bytes_of_it > kQueueLimit) {
      overflowed = true;
    } else {
      items.push_back({event, bytes_of_it});
      bytes += bytes_of_it;
    }
    changed.notify();
  }

  std::deque<Item> items;
  std::size_t bytes = 0;
  bool overflowed = false;
  std::string lost;  ///< Why there will be no more; empty while there may be.
  Signal changed;
};

struct Qmp::State {
  State(asio::any_io_executor executor, UniqueFd fd, std::filesystem::path log_path)
      : executor_(executor),
        socket_(executor),
        log_(std::move(log_path)),
        outbox_changed_(executor),
        changed_(executor) {
    socket_.assign(asio::local::stream_protocol(), fd.release());
  }

  struct Pending {
    explicit Pending(const asio::any_io_executor& executor) : changed(executor) {}
    std::optional<Json> answer;
    Signal changed;
  };

  /// Enters a command among the waiting ones for as long as its coroutine lives.
  class Waiting {
   public:
    Waiting(State& state, std::int64_t id, Pending& pending) : state_(state), id_(id) {
      state_.pending_.emplace(id_, &pending);
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting() { state_.pending_.erase(id_); }

   private:
    State& state_;
    std::int64_t id_;
  };

  static asio::awaitable<void> read_loop(std::shared_ptr<State> self);
  static asio::awaitable<void> write_loop(std::shared_ptr<State> self);
  static asio::awaitable<Json> execute(std::shared_ptr<State> self, std::string command, Json arguments,
                                       UniqueFd fd, milliseconds timeout);
  asio::awaitable<void> write_one(Outgoing message);
  void take_lines(std::string& buffer);
  void take(const std::string& line);
  void take_answer(const Json& message);
  void take_event(const Json& message, std::size_t bytes);
  void lose(const std::string& why);
  [[nodiscard]] Error lost_error(const std::string& command) const;

  asio::any_io_executor executor_;
  asio::local::stream_protocol::socket socket_;
  std::filesystem::path log_;
  std::deque<Outgoing> outbox_;
  Signal outbox_changed_;
  std::map<std::int64_t, Pending*> pending_;
  std::int64_t next_id_ = 0;
  std::optional<Json> greeting_;
  std::string lost_;  ///< Why the connection is gone; empty while it stands.
  Signal changed_;    ///< Greeting or loss.
  std::vector<std::weak_ptr<Events::Queue>> queues_;
};

// --- reading

asio::awaitable<void> Qmp::State::read_loop(std::shared_ptr<State> self) {
  std::array<char, 16384> chunk{};
  std::string buffer;
  while (self->lost_.empty()) {
    error_code error;
    const std::size_t count = co_await self->socket_.async_read_some(
        asio::buffer(chunk), asio::redirect_error(asio::use_awaitable, error));
    if (error) {
      self->lose(error == asio::error::eof ? "QEMU closed the connection" : error.message());
      break;
    }
    buffer.append(chunk.data(), count);
    self->take_lines(buffer);
  }
}

void Qmp::State::take_lines(std::string& buffer) {
  std::size_t begin = 0;
  for (std::size_t end = 0; lost_.empty() && (end = buffer.find('\n', begin)) != std::string::npos;
       begin = end + 1) {
    if (end - begin > kLineLimit)
      return lose("QEMU sent a line of " + std::to_string(end - begin) + " bytes");
    take(buffer.substr(begin, end - begin));
  }
  buffer.erase(0, begin);
  if (buffer.size() > kLineLimit)
    lose("QEMU sent a line of more than " + std::to_string(kLineLimit) + " bytes");
}

void Qmp::State::take(const std::string& line) {
  try {
    const Json message = parse_json(line, {.bytes = kLineLimit, .depth = 32});
    if (!message.is_object()) throw Error("no JSON object: " + printable(line));
    if (message.contains("event")) return take_event(message, line.size());
    if (message.contains("return") || message.contains("error")) return take_answer(message);
    if (!message.contains("QMP")) throw Error("neither greeting, answer nor event: " + printable(line));
    greeting_ = message["QMP"];
    changed_.notify();
  } catch (const std::exception& error) {
    lose(std::string("QEMU sent what is no QMP: ") + error.what());
  }
}

void Qmp::State::take_answer(const Json& message) {
  // An answer nobody waits for any more (its deadline passed) is dropped.
  const auto found = message.contains("id") && message["id"].is_number_integer()
                         ? pending_.find(message["id"].get<std::int64_t>())
                         : pending_.end();
  if (found == pending_.end()) return;
  found->second->answer = message;
  found->second->changed.notify();
}

void Qmp::State::take_event(const Json& message, std::size_t bytes) {
  static_cast<void>(string_member(message, "event"));
  std::erase_if(queues_, [](const auto& queue) { return queue.expired(); });
  for (const auto& weak : queues_)
    if (const auto queue = weak.lock()) queue->push(message, bytes);
}

void Qmp::State::lose(const std::string& why) {
  if (!lost_.empty()) return;
  lost_ = why;
  error_code ignored;
  socket_.close(ignored);
  for (const auto& [id, pending] : pending_) pending->changed.notify();
  for (const auto& weak : queues_)
    if (const auto queue = weak.lock()) {
      queue->lost = why;
      queue->changed.notify();
    }
  outbox_changed_.notify();
  changed_.notify();
}

Error Qmp::State::lost_error(const std::string& command) const {
  std::string sentence = "QMP " + command + ": " + lost_;
  const std::string said = log_.empty() ? std::string() : tail(log_, 1000);
  if (!said.empty()) sentence += "; QEMU said: " + printable(said, 1000);
  return Error(sentence);
}

// --- writing

asio::awaitable<void> Qmp::State::write_loop(std::shared_ptr<State> self) {
  while (self->lost_.empty()) {
    if (self->outbox_.empty()) {
      co_await self->outbox_changed_.wait(deadline_in(kForever));
      continue;
    }
    Outgoing message = std::move(self->outbox_.front());
    self->outbox_.pop_front();
    co_await self->write_one(std::move(message));
  }
}

asio::awaitable<void> Qmp::State::write_one(Outgoing message) {
  std::size_t done = 0;
  error_code error;
  while (message.fd && done == 0 && lost_.empty()) {
    co_await socket_.async_wait(asio::socket_base::wait_write,
                                asio::redirect_error(asio::use_awaitable, error));
    if (!lost_.empty()) co_return;
    const ssize_t sent =
        error ? -1 : send_with_fd(socket_.native_handle(), message.line[0], message.fd.get());
    if (sent < 0) {
      lose("writing failed: " + (error ? error.message() : errno_error("sendmsg").what()));
      co_return;
    }
    done = static_cast<std::size_t>(sent);
  }
  if (!lost_.empty()) co_return;
  co_await asio::async_write(socket_, asio::buffer(message.line.data() + done, message.line.size() - done),
                             asio::redirect_error(asio::use_awaitable, error));
  // The reader tells an end better than a broken pipe does; it may also still hold answers.
  if (error && error != asio::error::broken_pipe && error != asio::error::connection_reset)
    lose("writing failed: " + error.message());
}

// --- commands

asio::awaitable<Json> Qmp::State::execute(std::shared_ptr<State> self, std::string command, Json arguments,
                                          UniqueFd fd, milliseconds timeout) {
  const Deadline deadline = deadline_in(timeout);
  Pending pending(self->executor_);
  const std::int64_t id = ++self->next_id_;
  const Waiting waiting(*self, id, pending);
  Json message = {{"execute", command}, {"id", id}};
  if (!arguments.empty()) message["arguments"] = std::move(arguments);
  if (self->lost_.empty()) {
    self->outbox_.push_back({dump_json(message) + "\n", std::move(fd)});
    self->outbox_changed_.notify();
  }
  while (!pending.answer) {
    if (!self->lost_.empty()) throw self->lost_error(command);
    if (passed(deadline)) throw Error("QMP " + command + ": no answer " + within(timeout));
    co_await pending.changed.wait(deadline);
  }
  co_return result_of(command, *pending.answer);
}

Qmp::Qmp(asio::any_io_executor executor, UniqueFd socket, std::filesystem::path log)
    : state_(std::make_shared<State>(executor, std::move(socket), std::move(log))) {
  asio::co_spawn(executor, State::read_loop(state_), asio::detached);
  asio::co_spawn(executor, State::write_loop(state_), asio::detached);
}

Qmp::Qmp(Qmp&&) noexcept = default;

Qmp& Qmp::operator=(Qmp&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

Qmp::~Qmp() {
  if (state_) state_->lose("the harness closed the connection");
}

asio::awaitable<Json> Qmp::connect(milliseconds timeout) {
  const std::shared_ptr<State> self = state_;
  const Deadline deadline = deadline_in(timeout);
  while (!self->greeting_) {
    if (!self->lost_.empty()) throw self->lost_error("greeting");
    if (passed(deadline)) throw Error("QMP greeting: none came " + within(timeout));
    co_await self->changed_.wait(deadline);
  }
  co_await State::execute(self, "qmp_capabilities", Json::object(), UniqueFd(), timeout);
  co_return *self->greeting_;
}

asio::awaitable<Json> Qmp::execute(std::string command, Json arguments, milliseconds timeout) {
  return State::execute(state_, std::move(command), std::move(arguments), UniqueFd(), timeout);
}

asio::awaitable<void> Qmp::pass_fd(std::string name, int fd, milliseconds timeout) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!copy) throw errno_error("QMP getfd: duplicating the descriptor");
  Json arguments = {{"fdname", std::move(name)}};
  co_await State::execute(state_, "getfd", std::move(arguments), std::move(copy), timeout);
}

Qmp::Events Qmp::subscribe() {
  auto queue = std::make_shared<Events::Queue>(state_->executor_);
  queue->lost = state_->lost_;
  state_->queues_.push_back(queue);
  return Events(std::move(queue));
}

bool Qmp::connected() const { return state_->lost_.empty(); }

asio::awaitable<bool> Qmp::wait_lost(milliseconds timeout) {
  const std::shared_ptr<State> self = state_;
  const Deadline deadline = deadline_in(timeout);
  while (self->lost_.empty() && !passed(deadline)) co_await self->changed_.wait(deadline);
  co_return !self->lost_.empty();
}

// --- events

Qmp::Events::Events(std::shared_ptr<Queue> queue) : queue_(std::move(queue)) {}
Qmp::Events::Events(Events&&) noexcept = default;
Qmp::Events& Qmp::Events::operator=(Events&&) noexcept = default;
Qmp::Events::~Events() = default;

asio::awaitable<std::optional<Json>> Qmp::Events::next(milliseconds timeout) {
  const std::shared_ptr<Queue> queue = queue_;
  const Deadline deadline = deadline_in(timeout);
  while (queue->items.empty()) {
    if (queue->overflowed) throw Error("QMP events: more came than are kept; some were lost");
    if (!queue->lost.empty()) throw Error("QMP events: " + queue->lost);
    if (passed(deadline)) co_return std::nullopt;
    co_await queue->changed.wait(deadline);
  }
  Queue::Item item = std::move(queue->items.front());
  queue->items.pop_front();
  queue->bytes -= item.bytes;
  co_return std::move(item.event);
}

asio::awaitable<std::optional<Json>> Qmp::Events::next_of(std::vector<std::string> names,
                                                          milliseconds timeout) {
  const Deadline deadline = deadline_in(timeout);
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now());
    std::optional<Json> event = co_await next(std::max(left, milliseconds(0)));
    if (!event || std::find(names.begin(), names.end(), string_member(*event, "event")) != names.end())
      co_return event;
  }
}

}  // namespace candor::vm
