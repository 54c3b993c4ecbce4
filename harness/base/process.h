// SPDX-License-Identifier: Apache-2.0
//
// Child processes: the one wrapper around Boost.Process v2. A child gets exactly the descriptors its
// spec names, its own process group, and SIGKILL when the thread that started it dies, so nothing
// outlives the harness. The destructor kills and reaps.
//
// Boost 1.81's close_all leaves low descriptors open and its failed exec runs exit(); the initialiser in
// process.cc mends both (close_range with CLOSE_RANGE_CLOEXEC; _exit).
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace candor {

namespace asio = boost::asio;

struct ExitStatus {
  int code = 0;    ///< Exit code, if it exited.
  int signal = 0;  ///< Signal that ended it, or 0.
  [[nodiscard]] bool ok() const { return code == 0 && signal == 0; }
  /// "exit code 3" or "killed by signal 9 (Killed)".
  [[nodiscard]] std::string text() const;
};

struct ProcessSpec {
  std::string name;               ///< For messages: "qemu", "wire".
  std::vector<std::string> argv;  ///< argv[0] is looked up in PATH unless it holds a '/'.
  std::vector<std::pair<int, int>>
      fds;                    ///< (descriptor here, number in the child ≥ 3); this end stays the caller's.
  std::filesystem::path log;  ///< Standard output and error are appended here; empty: discarded.
  std::vector<std::pair<std::string, std::string>> env;  ///< Added to, or replacing in, this environment.
  std::filesystem::path cwd;                             ///< Empty: this process's.
  bool die_with_parent = true;                           ///< PR_SET_PDEATHSIG(SIGKILL).
};

class Process {
 public:
  /// Throws Error, with the command line, if it cannot be executed.
  Process(asio::any_io_executor executor, ProcessSpec spec);
  Process(Process&&) noexcept;
  Process& operator=(Process&&) noexcept;
  ~Process();

  [[nodiscard]] int pid() const;
  [[nodiscard]] const ProcessSpec& spec() const;
  /// Waits for its end; may be awaited once at a time.
  [[nodiscard]] asio::awaitable<ExitStatus> wait();
  /// Its end, if that was already seen or can be seen now without waiting.
  [[nodiscard]] std::optional<ExitStatus> poll();
  /// Signals the child alone (`signal_group` its whole process group); nothing if it ended.
  void signal(int number);
  void signal_group(int number);
  /// The end in words: name, how it ended, command line, last log lines. For error messages.
  [[nodiscard]] std::string account() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

struct CommandResult {
  ExitStatus status;
  std::string output;  ///< Standard output, at most `limit` bytes.
  std::string error;   ///< Standard error, at most `limit` bytes.
  bool cut = false;    ///< Whether output went over the limit.
  bool timed_out = false;
};

/// Runs a command to its end, with `input` on its standard input, killing its group at the deadline. For
/// short helper commands (nft, qemu-img); throws only if it cannot be started.
[[nodiscard]] CommandResult run_command(ProcessSpec spec, std::string_view input = {},
                                        std::chrono::milliseconds timeout = std::chrono::seconds(30),
                                        std::size_t limit = 1U << 20);
/// The same; an Error with command line and output unless it exits with 0 in time. Returns its output.
std::string must_run(ProcessSpec spec, std::string_view input = {},
                     std::chrono::milliseconds timeout = std::chrono::seconds(30));

/// A command line as a person would type it, quoted for a POSIX shell, printable.
[[nodiscard]] std::string shell_quoted(const std::vector<std::string>& argv);

}  // namespace candor
