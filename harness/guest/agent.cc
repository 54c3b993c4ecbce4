// SPDX-License-Identifier: Apache-2.0
#include "guest/agent.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cerrno>
#include <exception>
#include <functional>
#include <optional>

#include "base/error.h"
#include "guest/channel.h"

namespace candor::guest {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

namespace {

/// Bytes of a file in one message.
constexpr std::size_t kChunk = 1U << 20;
/// There is no event for the end of a command; asking costs the guest time too, so ask ever more seldom.
constexpr milliseconds kFirstLook{2};
constexpr milliseconds kLastLook{50};
/// How long an agent may stay silent after a command's own time is up.
constexpr milliseconds kGrace{2000};
/// How soon a refusal to shut down comes.
constexpr milliseconds kRefusalTime{5000};

Json exec_arguments(const ExecRequest& request) {
  if (request.argv.empty()) throw Error("guest agent guest-exec: no command was given");
  Json arguments = {{"path", request.argv.front()}, {"capture-output", request.capture}};
  if (request.argv.size() > 1)
    arguments["arg"] = std::vector<std::string>(request.argv.begin() + 1, request.argv.end());
  if (!request.input.empty()) arguments["input-data"] = to_base64(request.input);
  if (!request.env.empty()) arguments["env"] = Json::array();
  for (const auto& [name, value] : request.env) arguments["env"].push_back(name + "=" + value);
  return arguments;
}

/// A number of an answer, if it is there; hostile ones are cut to what an int holds.
int small_number(const Json& status, const char* key) {
  if (!status.contains(key)) return 0;
  return static_cast<int>(std::clamp<std::int64_t>(int_member(status, key), INT32_MIN, INT32_MAX));
}

std::string decoded(const Json& object, const char* key) {
  if (!object.contains(key)) return {};
  const std::optional<Bytes> bytes = from_base64(string_member(object, key));
  if (!bytes) throw Error(std::string("guest agent: '") + key + "' is not base64");
  return std::string(as_text(*bytes));
}

bool flag(const Json& object, const char* key) { return object.contains(key) && bool_member(object, key); }

std::string limited(std::string text, std::size_t limit, bool& cut) {
  if (text.size() <= limit) return text;
  cut = true;
  text.resize(limit);
  return text;
}

void read_status(const Json& status, std::size_t limit, ExecResult& result) {
  result.code = small_number(status, "exitcode");
  result.signal = small_number(status, "signal");
  result.cut = flag(status, "out-truncated") || flag(status, "err-truncated");
  result.output = limited(decoded(status, "out-data"), limit, result.cut);
  result.error = limited(decoded(status, "err-data"), limit, result.cut);
}

/// "1795411803.720101715"
std::string seconds_text(std::int64_t ns) {
  const std::string fraction = std::to_string(1'000'000'000 + ns % 1'000'000'000);
  return std::to_string(ns / 1'000'000'000) + "." + fraction.substr(1);
}

UniqueFd open_local(const fs::path& path, int flags) {
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  if (!fd) throw errno_error("opening " + path.string());
  return fd;
}

using Source = std::function<Bytes(std::size_t)>;  ///< Up to so many bytes; none at the end.
using Sink = std::function<void(ByteView)>;

Source from_view(ByteView content) {
  return [content](std::size_t size) mutable {
    const ByteView part = content.subspan(0, std::min(size, content.size()));
    content = content.subspan(part.size());
    return Bytes(part.begin(), part.end());
  };
}

Source from_file(int fd) {
  return [fd](std::size_t size) {
    Bytes part(size);
    ssize_t count = -1;
    do count = ::read(fd, part.data(), size);
    while (count < 0 && errno == EINTR);
    if (count < 0) throw errno_error("reading the file to push");
    part.resize(static_cast<std::size_t>(count));
    return part;
  };
}

/// A sink that refuses more than `limit` bytes.
Sink bounded(Sink sink, std::uint64_t limit, std::uint64_t& total) {
  return [sink = std::move(sink), limit, &total](ByteView part) {
    total += part.size();
    if (total > limit) throw Error("the file holds more than " + std::to_string(limit) + " bytes");
    sink(part);
  };
}

}  // namespace

std::string ExecResult::text() const {
  if (timed_out) return "still running after its time was up";
  return signal != 0 ? "killed by signal " + std::to_string(signal) : "exit code " + std::to_string(code);
}

struct Agent::State {
  State(asio::any_io_executor e, UniqueFd socket) : executor(e), channel(e, std::move(socket)) {}

  [[nodiscard]] asio::awaitable<std::int64_t> open(std::string path, const char* mode, milliseconds timeout);
  [[nodiscard]] asio::awaitable<void> close(std::int64_t handle, milliseconds timeout);
  [[nodiscard]] asio::awaitable<void> write_all(std::int64_t handle, Source source, milliseconds timeout);
  [[nodiscard]] asio::awaitable<void> read_all(std::int64_t handle, Sink sink, milliseconds timeout);
  /// Does `work` with an open file and closes it whatever happened.
  [[nodiscard]] asio::awaitable<void> with_file(std::string path, const char* mode, milliseconds timeout,
                                                std::function<asio::awaitable<void>(std::int64_t)> work);
  [[nodiscard]] asio::awaitable<void> write(std::string path, Source source, milliseconds timeout);
  [[nodiscard]] asio::awaitable<void> read(std::string path, Sink sink, milliseconds timeout);
  [[nodiscard]] asio::awaitable<void> power(const char* mode, const char* systemd_verb);

  asio::any_io_executor executor;
  Channel channel;
};

Agent::Agent(asio::any_io_executor executor, UniqueFd socket)
    : state_(std::make_unique<State>(std::move(executor), std::move(socket))) {}
Agent::Agent(Agent&&) noexcept = default;
Agent& Agent::operator=(Agent&&) noexcept = default;
Agent::~Agent() = default;

asio::awaitable<void> Agent::wait_until_answers(milliseconds timeout) {
  return state_->channel.synchronise(deadline_in(timeout));
}

asio::awaitable<Json> Agent::call(std::string command, Json arguments, milliseconds timeout) {
  return state_->channel.call(std::move(command), std::move(arguments), deadline_in(timeout));
}

asio::awaitable<void> Agent::ping(milliseconds timeout) {
  co_await call("guest-ping", Json::object(), timeout);
}

asio::awaitable<ExecResult> Agent::exec(ExecRequest request) {
  const Deadline deadline = deadline_in(request.timeout);
  const Json started = co_await state_->channel.call("guest-exec", exec_arguments(request), deadline);
  ExecResult result;
  result.pid = int_member(started, "pid");
  const Json which = {{"pid", result.pid}};
  asio::steady_timer timer(state_->executor);
  for (milliseconds pause = kFirstLook;; pause = std::min(pause * 2, kLastLook)) {
    timer.expires_after(pause);
    co_await timer.async_wait(asio::use_awaitable);
    const Json status = co_await state_->channel.call("guest-exec-status", which, deadline + kGrace);
    if (bool_member(status, "exited")) {
      read_status(status, request.limit, result);
      co_return result;
    }
    result.timed_out = std::chrono::steady_clock::now() >= deadline;
    if (result.timed_out) co_return result;
  }
}

// --- files

asio::awaitable<std::int64_t> Agent::State::open(std::string path, const char* mode, milliseconds timeout) {
  Json arguments = {{"path", std::move(path)}, {"mode", mode}};
  const Json handle = co_await channel.call("guest-file-open", std::move(arguments), deadline_in(timeout));
  if (!handle.is_number_integer()) throw Error("guest agent guest-file-open: the handle is no number");
  co_return handle.get<std::int64_t>();
}

asio::awaitable<void> Agent::State::close(std::int64_t handle, milliseconds timeout) {
  Json arguments = {{"handle", handle}};
  co_await channel.call("guest-file-close", std::move(arguments), deadline_in(timeout));
}

asio::awaitable<void> Agent::State::write_all(std::int64_t handle, Source source, milliseconds timeout) {
  for (Bytes part = source(kChunk); !part.empty(); part = source(kChunk)) {
    for (std::size_t done = 0; done < part.size();) {
      const ByteView rest = ByteView(part).subspan(done);
      Json arguments = {{"handle", handle}, {"buf-b64", to_base64(rest)}};
      const Json answer =
          co_await channel.call("guest-file-write", std::move(arguments), deadline_in(timeout));
      const std::int64_t count = int_member(answer, "count");
      if (count <= 0 || static_cast<std::uint64_t>(count) > rest.size())
        throw Error("guest agent guest-file-write: it wrote " + std::to_string(count) + " of " +
                    std::to_string(rest.size()) + " bytes");
      done += static_cast<std::size_t>(count);
    }
  }
}

asio::awaitable<void> Agent::State::read_all(std::int64_t handle, Sink sink, milliseconds timeout) {
  for (bool at_end = false; !at_end;) {
    Json arguments = {{"handle", handle}, {"count", kChunk}};
    const Json answer = co_await channel.call("guest-file-read", std::move(arguments), deadline_in(timeout));
    const std::string part = decoded(answer, "buf-b64");
    const std::int64_t count = int_member(answer, "count");
    at_end = bool_member(answer, "eof");
    if (count < 0 || static_cast<std::uint64_t>(count) != part.size() || part.size() > kChunk)
      throw Error("guest agent guest-file-read: it says " + std::to_string(count) + " bytes and sent " +
                  std::to_string(part.size()));
    if (part.empty() && !at_end) throw Error("guest agent guest-file-read: neither bytes nor an end");
    sink(as_bytes(part));
  }
}

asio::awaitable<void> Agent::State::with_file(std::string path, const char* mode, milliseconds timeout,
                                              std::function<asio::awaitable<void>(std::int64_t)> work) {
  const std::int64_t handle = co_await open(path, mode, timeout);
  std::exception_ptr failure;
  try {
    co_await work(handle);
  } catch (const std::exception&) {
    failure = std::current_exception();
  }
  try {
    co_await close(handle, timeout);  // a full disk may show only here
  } catch (const std::exception&) {
    if (!failure) failure = std::current_exception();
  }
  if (failure) in_context("file " + printable(path), [&] { std::rethrow_exception(failure); });
}

asio::awaitable<void> Agent::State::write(std::string path, Source source, milliseconds timeout) {
  return with_file(std::move(path), "wb", timeout,
                   [this, source = std::move(source), timeout](std::int64_t handle) {
                     return write_all(handle, source, timeout);
                   });
}

asio::awaitable<void> Agent::State::read(std::string path, Sink sink, milliseconds timeout) {
  return with_file(std::move(path), "rb", timeout,
                   [this, sink = std::move(sink), timeout](std::int64_t handle) {
                     return read_all(handle, sink, timeout);
                   });
}

asio::awaitable<void> Agent::write_file(std::string path, ByteView content, milliseconds timeout) {
  co_await state_->write(std::move(path), from_view(content), timeout);
}

asio::awaitable<Bytes> Agent::read_file(std::string path, std::size_t limit, milliseconds timeout) {
  Bytes content;
  std::uint64_t total = 0;
  Sink append = [&content](ByteView part) { content.insert(content.end(), part.begin(), part.end()); };
  co_await state_->read(std::move(path), bounded(std::move(append), limit, total), timeout);
  co_return content;
}

asio::awaitable<void> Agent::push(fs::path from, std::string to, milliseconds timeout) {
  const UniqueFd fd = open_local(from, O_RDONLY);
  co_await state_->write(std::move(to), from_file(fd.get()), timeout);
}

asio::awaitable<std::uint64_t> Agent::pull(std::string from, fs::path to, std::uint64_t limit,
                                           milliseconds timeout) {
  const UniqueFd fd = open_local(to, O_WRONLY | O_CREAT | O_TRUNC);
  std::uint64_t total = 0;
  Sink store = [number = fd.get()](ByteView part) { candor::write_all(number, part); };
  try {
    co_await state_->read(std::move(from), bounded(std::move(store), limit, total), timeout);
  } catch (const std::exception&) {
    std::error_code ignored;
    fs::remove(to, ignored);
    throw;
  }
  co_return total;
}

// --- clock and power

asio::awaitable<void> Agent::set_time(std::int64_t wall_ns, milliseconds timeout) {
  // guest-set-time also runs `hwclock -w`, which takes a second or two and serves nothing: QEMU's hardware
  // clock is right. So it is only for guests without date(1).
  ExecRequest date;
  date.argv = {"/bin/date", "-u", "-s", "@" + seconds_text(wall_ns)};
  date.timeout = timeout;
  bool done = false;
  try {
    const ExecResult result = co_await exec(std::move(date));
    done = result.ok();
  } catch (const Error&) {
    done = false;
  }
  if (done) co_return;
  Json arguments = {{"time", wall_ns}};
  co_await call("guest-set-time", std::move(arguments), timeout);
}

asio::awaitable<void> Agent::State::power(const char* mode, const char* systemd_verb) {
  std::optional<Error> refusal;
  try {
    Json arguments = {{"mode", mode}};
    co_await channel.tell("guest-shutdown", std::move(arguments), deadline_in(kRefusalTime));
  } catch (const Error& error) {
    refusal = error;
  }
  if (!refusal) co_return;
  // The agent runs shutdown(8), which fails in guests without logind; systemctl needs nobody but init.
  try {
    ExecRequest request;
    request.argv = {"/bin/systemctl", "--no-block", systemd_verb};
    co_await channel.call("guest-exec", exec_arguments(request), deadline_in(kRefusalTime));
  } catch (const Error&) {
    throw *refusal;
  }
}

asio::awaitable<void> Agent::shutdown() { return state_->power("powerdown", "poweroff"); }
asio::awaitable<void> Agent::reboot() { return state_->power("reboot", "reboot"); }

}  // namespace candor::guest
