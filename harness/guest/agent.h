// SPDX-License-Identifier: Apache-2.0
//
// A client of the QEMU guest agent, over the host's end of its virtio-serial port, which stays open as long
// as the machine lives. The guest is hostile: it may send anything, endlessly, or nothing; lines and results
// are bounded, every wait has an end, and after each failure the next call starts with guest-sync-delimited,
// so the client stays usable. Errors are for a guest that does not answer or refuses a call; how a command
// ended is a value. Calls from several coroutines of the one thread are served in turn.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/json.h"

namespace candor::guest {

namespace asio = boost::asio;

struct ExecRequest {
  std::vector<std::string> argv;                         ///< argv[0] is looked up by the agent's PATH.
  std::vector<std::pair<std::string, std::string>> env;  ///< Empty: the agent's environment; else all of it.
  Bytes input;                                           ///< Standard input.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  std::size_t limit = 1U << 20;  ///< Of standard output and of standard error, each.
  bool capture = true;           ///< Whether output is wanted at all.
};

struct ExecResult {
  int code = 0;    ///< Exit code, if it exited.
  int signal = 0;  ///< Signal (or, in Windows, exception) that ended it, or 0.
  std::string output;
  std::string error;
  bool cut = false;        ///< Whether output was lost, to our limit or to the agent's 16 MiB.
  bool timed_out = false;  ///< Still running when the time was up; `pid` is its number in the guest.
  std::int64_t pid = 0;
  [[nodiscard]] bool ok() const { return code == 0 && signal == 0 && !timed_out; }
  /// "exit code 3", "killed by signal 9", "still running after its time was up".
  [[nodiscard]] std::string text() const;
};

class Agent {
 public:
  Agent(asio::any_io_executor executor, UniqueFd socket);
  Agent(Agent&&) noexcept;
  Agent& operator=(Agent&&) noexcept;
  ~Agent();

  /// After boot, fork and reboot: returns when the agent answers, and throws Error when it has not in time.
  /// After a reboot, first await the machine's RESET event: until then it is the old agent that answers.
  [[nodiscard]] asio::awaitable<void> wait_until_answers(std::chrono::milliseconds timeout);
  [[nodiscard]] asio::awaitable<void> ping(std::chrono::milliseconds timeout = std::chrono::seconds(5));

  /// Any command of the agent: its "return" member; an Error "guest agent COMMAND: …" otherwise.
  [[nodiscard]] asio::awaitable<Json> call(std::string command, Json arguments = Json::object(),
                                           std::chrono::milliseconds timeout = std::chrono::seconds(10));

  /// Starts a command and waits for its end. A command whose time is up goes on in the guest.
  [[nodiscard]] asio::awaitable<ExecResult> exec(ExecRequest request);

  /// Replaces a file in the guest. `timeout` is for each chunk, so a file may have any size.
  [[nodiscard]] asio::awaitable<void> write_file(
      std::string path, ByteView content, std::chrono::milliseconds timeout = std::chrono::seconds(10));
  /// A whole file of the guest; an Error if it holds more than `limit` bytes.
  [[nodiscard]] asio::awaitable<Bytes> read_file(
      std::string path, std::size_t limit, std::chrono::milliseconds timeout = std::chrono::seconds(10));
  /// The same between files, a chunk at a time. `pull` returns the size and leaves no file when it throws.
  [[nodiscard]] asio::awaitable<void> push(std::filesystem::path from, std::string to,
                                           std::chrono::milliseconds timeout = std::chrono::seconds(10));
  [[nodiscard]] asio::awaitable<std::uint64_t> pull(
      std::string from, std::filesystem::path to, std::uint64_t limit,
      std::chrono::milliseconds timeout = std::chrono::seconds(10));

  /// Sets the guest's clock to this time, which a fork must do: its clock goes on where the template's
  /// stopped.
  [[nodiscard]] asio::awaitable<void> set_time(std::int64_t wall_ns,
                                               std::chrono::milliseconds timeout = std::chrono::seconds(10));

  /// Asks for it; the agent does not answer when it obeys, so success shows in the machine's events
  /// (SHUTDOWN, RESET: subscribe first). An Error if the guest refuses.
  [[nodiscard]] asio::awaitable<void> shutdown();
  [[nodiscard]] asio::awaitable<void> reboot();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace candor::guest
