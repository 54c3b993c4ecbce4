// SPDX-License-Identifier: Apache-2.0
#include "guest/channel.h"

#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>

#include "base/clock.h"
#include "base/error.h"

namespace candor::guest {

using std::chrono::milliseconds;

namespace {

/// The agent caps a command's captured output at 16 MiB for each stream; in base64 both need 43 MiB.
constexpr std::size_t kLineLimit = 48U << 20;
constexpr std::size_t kReadSize = 256U << 10;
constexpr char kSentinel = '\xff';
/// While no agent listens, what was sent waits in the port; asking again is for what a reboot swallowed.
constexpr milliseconds kAskAgainFirst{500};
constexpr milliseconds kAskAgainLast{4000};

bool passed(Deadline deadline) { return std::chrono::steady_clock::now() >= deadline; }

std::string request(const std::string& command, Json arguments, std::int64_t id) {
  Json message = {{"execute", command}, {"id", id}};
  if (!arguments.empty()) message["arguments"] = std::move(arguments);
  return dump_json(message) + "\n";
}

/// A leading sentinel ends whatever half a request the agent's parser still holds.
std::string sync_request(std::int64_t id) {
  Json arguments = {{"id", id}};
  return kSentinel + request("guest-sync-delimited", std::move(arguments), id);
}

Json parse_line(const std::string& line) {
  Json message = parse_json(line, {.bytes = kLineLimit, .depth = 32});
  if (!message.is_object()) throw Error("the guest sent no JSON object: " + printable(line));
  return message;
}

bool has_id(const Json& message, std::int64_t id) {
  const auto found = message.find("id");
  return found != message.end() && found->is_number_integer() && found->get<std::int64_t>() == id;
}

/// Whether a line answers one of the synchronisations first … last.
bool is_sync_answer(const std::string& line, std::int64_t first, std::int64_t last) {
  try {
    const std::int64_t id = int_member(parse_line(line), "return");
    return id >= first && id <= last;
  } catch (const Error&) {
    return false;  // leftovers
  }
}

Json result_of(const Json& answer) {
  if (answer.contains("return")) return answer["return"];
  const Json& error = member(answer, "error");
  throw Error(printable(string_member(error, "class")) + ": " +
              printable(string_member(error, "desc"), 1000));
}

}  // namespace

class Channel::Turn {
 public:
  explicit Turn(Channel& channel) : channel_(channel) {}
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    if (timer_) std::erase(channel_.queue_, &*timer_);
    if (held_) channel_.busy_ = false;
    if (!channel_.busy_ && !channel_.queue_.empty()) channel_.queue_.front()->cancel();
  }

  [[nodiscard]] asio::awaitable<void> take(Deadline deadline) {
    timer_.emplace(channel_.executor_, deadline);
    channel_.queue_.push_back(&*timer_);
    while (channel_.busy_ || channel_.queue_.front() != &*timer_) {
      if (passed(deadline)) throw Error("no turn in time: an earlier call is still waiting for the guest");
      co_await timer_->async_wait(asio::as_tuple(asio::use_awaitable));
    }
    channel_.queue_.pop_front();
    channel_.busy_ = held_ = true;
  }

 private:
  Channel& channel_;
  std::optional<asio::steady_timer> timer_;
  bool held_ = false;
};

Channel::Channel(asio::any_io_executor executor, UniqueFd socket)
    : executor_(executor), socket_(executor), last_id_(monotonic_ns() % 1'000'000'000) {
  socket_.assign(asio::local::stream_protocol(), socket.release());
  socket_.non_blocking(true);
}

asio::awaitable<Json> Channel::call(std::string command, Json arguments, Deadline deadline) {
  const std::string context = "guest agent " + command;
  try {
    Turn turn(*this);
    co_await turn.take(deadline);
    const std::int64_t id = co_await send_command(std::move(command), std::move(arguments), deadline);
    const std::optional<Json> answer = co_await receive(id, deadline);
    if (!answer) throw Error("no answer in time");
    co_return result_of(*answer);
  } catch (const Error& error) {
    throw error.within(context);
  }
}

asio::awaitable<void> Channel::tell(std::string command, Json arguments, Deadline deadline) {
  const std::string context = "guest agent " + command;
  try {
    Turn turn(*this);
    co_await turn.take(deadline);
    const std::int64_t id = co_await send_command(std::move(command), std::move(arguments), deadline);
    const std::optional<Json> answer = co_await receive(id, deadline);
    if (answer) static_cast<void>(result_of(*answer));
  } catch (const Error& error) {
    throw error.within(context);
  }
}

asio::awaitable<void> Channel::synchronise(Deadline deadline) {
  Turn turn(*this);
  co_await turn.take(deadline);
  co_await resync(deadline);
}

asio::awaitable<void> Channel::resync(Deadline deadline) {
  synchronised_ = false;
  const std::int64_t first = last_id_ + 1;
  for (milliseconds pause = kAskAgainFirst; !synchronised_; pause = std::min(pause * 2, kAskAgainLast)) {
    if (passed(deadline)) throw Error("the guest agent does not answer");
    const Deadline again = std::min(deadline, deadline_in(pause));
    co_await send(sync_request(++last_id_), deadline);
    while (!synchronised_) {
      const std::optional<std::string> skipped = co_await read_until(kSentinel, Bytes::discarded, again);
      if (!skipped) break;
      const std::optional<std::string> line = co_await read_until('\n', Bytes::kept, deadline);
      synchronised_ = line && is_sync_answer(*line, first, last_id_);
    }
  }
}

asio::awaitable<std::int64_t> Channel::send_command(std::string command, Json arguments, Deadline deadline) {
  if (!synchronised_) co_await resync(deadline);
  synchronised_ = false;  // until its answer was read
  const std::int64_t id = ++last_id_;
  co_await send(request(command, std::move(arguments), id), deadline);
  co_return id;
}

asio::awaitable<std::optional<Json>> Channel::receive(std::int64_t id, Deadline deadline) {
  for (;;) {
    std::optional<std::string> line = co_await read_until('\n', Bytes::kept, deadline);
    if (!line) co_return std::nullopt;
    if (!line->empty() && line->front() == kSentinel) line->erase(0, 1);
    Json message = parse_line(*line);
    // What has no id is the agent's complaint about a sentinel; while it booted, several may have piled up.
    if (!has_id(message, id)) continue;
    synchronised_ = true;
    co_return message;
  }
}

asio::awaitable<void> Channel::send(std::string bytes, Deadline deadline) {
  for (std::size_t done = 0; done < bytes.size();) {
    const bool writable = co_await ready(asio::socket_base::wait_write, deadline);
    if (!writable) throw Error("no answer in time; the guest does not even read its port");
    const ssize_t sent =
        ::send(socket_.native_handle(), bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) throw errno_error("writing to its port");
    if (sent > 0) done += static_cast<std::size_t>(sent);
  }
}

asio::awaitable<std::optional<std::string>> Channel::read_until(char delimiter, Bytes bytes,
                                                                Deadline deadline) {
  std::size_t searched = 0;
  for (;;) {
    const std::size_t end = buffer_.find(delimiter, searched);
    if (end != std::string::npos) {
      std::string line = bytes == Bytes::kept ? buffer_.substr(0, end) : std::string();
      buffer_.erase(0, end + 1);
      co_return line;
    }
    if (bytes == Bytes::discarded) buffer_.clear();
    searched = buffer_.size();
    if (searched > kLineLimit) {
      buffer_.clear();
      throw Error("the guest sent a line of more than " + std::to_string(kLineLimit >> 20) + " MiB");
    }
    const bool readable = co_await ready(asio::socket_base::wait_read, deadline);
    if (!readable) co_return std::nullopt;
    receive_some();
  }
}

asio::awaitable<bool> Channel::ready(asio::socket_base::wait_type what, Deadline deadline) {
  using namespace asio::experimental::awaitable_operators;
  if (passed(deadline)) co_return false;  // also for a guest that never stops sending
  asio::steady_timer timer(executor_, deadline);
  const auto first = co_await (socket_.async_wait(what, asio::as_tuple(asio::use_awaitable)) ||
                               timer.async_wait(asio::as_tuple(asio::use_awaitable)));
  co_return first.index() == 0;
}

void Channel::receive_some() {
  const std::size_t before = buffer_.size();
  buffer_.resize(before + kReadSize);
  const ssize_t count = ::recv(socket_.native_handle(), buffer_.data() + before, kReadSize, 0);
  const int number = errno;
  buffer_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  if (count == 0) throw Error("its port was closed: the machine has ended");
  if (count < 0 && number != EAGAIN && number != EINTR) throw errno_error("reading from its port", number);
}

}  // namespace candor::guest
