// SPDX-License-Identifier: Apache-2.0
#include "base/process.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// These two first: Process v2 of Boost 1.81 needs them for std::filesystem.
#include <boost/optional.hpp>
#include <boost/type_traits.hpp>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect_pipe.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/writable_pipe.hpp>
#include <boost/asio/write.hpp>
#include <boost/process/v2/environment.hpp>
#include <boost/process/v2/posix/default_launcher.hpp>
#include <boost/process/v2/process.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"

namespace candor {

namespace process = boost::process::v2;
using boost::system::error_code;
using Handle = process::basic_process_handle<asio::any_io_executor>;

namespace {

/// Child descriptor numbers below this may be asked for; the launcher's own stay above while it works.
constexpr int kFirstFree = 64;
/// Where sources are parked in the child while they are moved to their numbers.
constexpr int kParking = 512;

struct StandardFds {
  int input = -1;
  int output = -1;
  int error = -1;
};

/// Occupies the free descriptor numbers below kFirstFree, so that the launcher's error pipe gets a number no
/// child descriptor can be moved onto.
class LowNumbersTaken {
 public:
  LowNumbersTaken() {
    for (;;) {
      UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
      if (!fd) throw errno_error("opening /dev/null");
      if (fd.get() >= kFirstFree) return;
      taken_.push_back(std::move(fd));
    }
  }

 private:
  std::vector<UniqueFd> taken_;
};

/// What happens between fork and exec. Only async-signal-safe calls there.
struct ChildSetup {
  const ProcessSpec& spec;
  StandardFds standard;
  const char* const* env;
  const char* cwd;
  pid_t parent = ::getpid();

  template <typename Launcher>
  error_code on_setup(Launcher& launcher, const process::filesystem::path&, const char* const*&) const {
    launcher.env = env;
    for (const auto& [here, there] : spec.fds) launcher.fd_whitelist.push_back(there);
    return {};
  }

  template <typename Launcher>
  error_code on_exec_setup(Launcher&, const process::filesystem::path&, const char* const*&) const {
    if (!set_up()) return {errno, boost::system::system_category()};
    return {};
  }

  template <typename Launcher>
  void on_exec_error(Launcher&, const process::filesystem::path&, const char* const*&,
                     const error_code&) const {
    ::_exit(127);  // the launcher's exit() would flush the parent's buffered output a second time
  }

  [[nodiscard]] bool set_up() const {
    ::setpgid(0, 0);
    if (spec.die_with_parent) {
      if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
      if (::getppid() != parent && ::getppid() != 0) ::_exit(127);  // the parent died before that call
    }
    reset_signals();
    if (cwd != nullptr && ::chdir(cwd) != 0) return false;
    return move_fds();
  }

  static void reset_signals() {
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    for (const int number : {SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGUSR1, SIGUSR2})
      ::signal(number, SIG_DFL);
  }

  [[nodiscard]] bool move_fds() const {
    std::array<int, kFirstFree> parked{};
    for (std::size_t i = 0; i < spec.fds.size(); ++i) {
      parked[i] = ::fcntl(spec.fds[i].first, F_DUPFD_CLOEXEC, kParking);
      if (parked[i] < 0) return false;
    }
    if (::dup2(standard.input, 0) < 0 || ::dup2(standard.output, 1) < 0 || ::dup2(standard.error, 2) < 0)
      return false;
    // close_all of Boost 1.81 leaves low descriptors open; this marks every one for closing at exec.
    if (::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) != 0) return false;
    for (std::size_t i = 0; i < spec.fds.size(); ++i)
      if (::dup2(parked[i], spec.fds[i].second) < 0) return false;
    return true;
  }
};

std::vector<std::string> environment_with(const std::vector<std::pair<std::string, std::string>>& changes) {
  std::vector<std::string> result;
  for (char** entry = ::environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const std::string_view name = text.substr(0, text.find('='));
    const bool replaced =
        std::any_of(changes.begin(), changes.end(), [&](const auto& c) { return c.first == name; });
    if (!replaced) result.emplace_back(text);
  }
  for (const auto& [name, value] : changes) result.push_back(name + "=" + value);
  return result;
}

std::string executable_for(const ProcessSpec& spec) {
  if (spec.argv.empty()) throw Error("no command was given for '" + spec.name + "'");
  if (spec.argv[0].find('/') != std::string::npos) return spec.argv[0];
  const auto found = process::environment::find_executable(spec.argv[0]);
  if (found.empty()) throw Error(spec.argv[0] + " was not found in PATH; is its package installed?");
  return found.string();
}

Handle launch(const asio::any_io_executor& executor, const ProcessSpec& spec, StandardFds standard) {
  const std::string context = "starting " + spec.name;
  return in_context(context, [&] {
    for (const auto& [here, there] : spec.fds)
      if (there < 3 || there >= kFirstFree)
        throw Error("descriptor number " + std::to_string(there) + " is out of range");
    const std::string executable = executable_for(spec);
    const std::vector<std::string> environment = environment_with(spec.env);
    std::vector<const char*> env;
    for (const std::string& entry : environment) env.push_back(entry.c_str());
    env.push_back(nullptr);
    const std::vector<std::string> arguments(spec.argv.begin() + 1, spec.argv.end());
    const std::string cwd = spec.cwd.string();
    const ChildSetup setup{spec, standard, env.data(), cwd.empty() ? nullptr : cwd.c_str()};
    const LowNumbersTaken low;
    process::posix::default_launcher launcher;
    error_code error;
    auto child = launcher(executor, error, executable, arguments, setup);
    if (error) throw Error("executing " + shell_quoted(spec.argv) + ": " + error.message());
    return child.detach();
  });
}

UniqueFd open_log(const std::filesystem::path& path) {
  const char* name = path.empty() ? "/dev/null" : path.c_str();
  UniqueFd fd(::open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (!fd) throw errno_error(std::string("opening the log ") + name);
  return fd;
}

UniqueFd open_null() {
  UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!fd) throw errno_error("opening /dev/null");
  return fd;
}

ExitStatus exit_status(int native) {
  if (WIFSIGNALED(native)) return {.code = 0, .signal = WTERMSIG(native)};
  return {.code = WEXITSTATUS(native), .signal = 0};
}

}  // namespace

std::string ExitStatus::text() const {
  if (signal == 0) return "exit code " + std::to_string(code);
  return "killed by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")";
}

struct Process::State {
  ProcessSpec spec;
  Handle handle;
  int pid;
  std::optional<ExitStatus> status;

  State(ProcessSpec s, Handle h) : spec(std::move(s)), handle(std::move(h)), pid(handle.id()) {}
};

Process::Process(asio::any_io_executor executor, ProcessSpec spec) {
  const UniqueFd log = open_log(spec.log);
  const UniqueFd input = open_null();
  Handle handle = launch(executor, spec, {input.get(), log.get(), log.get()});
  state_ = std::make_unique<State>(std::move(spec), std::move(handle));
}

Process::Process(Process&&) noexcept = default;

Process& Process::operator=(Process&& other) noexcept {
  std::swap(state_, other.state_);
  return *this;
}

Process::~Process() {
  if (!state_ || poll()) return;
  ::kill(-state_->pid, SIGKILL);
  ::kill(state_->pid, SIGKILL);  // it may not have reached its own group yet
  int ignored = 0;
  error_code error;
  state_->handle.wait(ignored, error);
}

int Process::pid() const { return state_->pid; }
const ProcessSpec& Process::spec() const { return state_->spec; }

asio::awaitable<ExitStatus> Process::wait() {
  if (!state_->status) {
    const int native = co_await state_->handle.async_wait(asio::use_awaitable);
    state_->status = exit_status(native);
  }
  co_return *state_->status;
}

std::optional<ExitStatus> Process::poll() {
  if (!state_->status) {
    int native = 0;
    error_code error;
    if (state_->handle.running(native, error) || error) return std::nullopt;
    state_->status = exit_status(native);
  }
  return state_->status;
}

void Process::signal(int number) {
  if (!poll()) ::kill(state_->pid, number);
}

void Process::signal_group(int number) {
  if (!poll()) ::kill(-state_->pid, number);
}

std::string Process::account() const {
  const ProcessSpec& spec = state_->spec;
  std::string text = spec.name + " (pid " + std::to_string(state_->pid) + ") ";
  text += state_->status ? "ended with " + state_->status->text() : std::string("is running");
  text += "\n  command: " + shell_quoted(spec.argv);
  const std::string log = spec.log.empty() ? std::string() : tail(spec.log, 2000);
  if (!log.empty()) {
    text += "\n  last lines of " + spec.log.string() + ":";
    std::string_view rest = log;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      text += "\n    " + printable(rest.substr(0, end), 400);
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  return text;
}

namespace {

/// One run of run_command: feeds and drains its pipes and waits for its end.
class CommandRun {
 public:
  CommandRun(ProcessSpec spec, std::string_view input, std::size_t limit)
      : input_(input), limit_(limit), stdin_(io_), stdout_(io_), stderr_(io_), timer_(io_) {
    asio::readable_pipe child_input(io_);
    asio::writable_pipe child_output(io_);
    asio::writable_pipe child_error(io_);
    asio::connect_pipe(child_input, stdin_);
    asio::connect_pipe(stdout_, child_output);
    asio::connect_pipe(stderr_, child_error);
    handle_.emplace(
        launch(io_.get_executor(), spec,
               {child_input.native_handle(), child_output.native_handle(), child_error.native_handle()}));
  }

  CommandResult run(std::chrono::milliseconds timeout) {
    asio::co_spawn(io_, feed(), asio::detached);
    asio::co_spawn(io_, drain(stdout_, result_.output), asio::detached);
    asio::co_spawn(io_, drain(stderr_, result_.error), asio::detached);
    asio::co_spawn(io_, reap(), asio::detached);
    timer_.expires_after(timeout);
    timer_.async_wait([this](const error_code& error) {
      if (error) return;
      result_.timed_out = true;
      ::kill(-handle_->id(), SIGKILL);
    });
    io_.run();
    return std::move(result_);
  }

 private:
  asio::awaitable<void> feed() {
    error_code error;  // a command may end without reading all of its input
    co_await asio::async_write(stdin_, asio::buffer(input_),
                               asio::redirect_error(asio::use_awaitable, error));
    stdin_.close(error);
  }

  asio::awaitable<void> drain(asio::readable_pipe& pipe, std::string& into) {
    std::array<char, 16384> buffer{};
    for (;;) {
      error_code error;
      const std::size_t count = co_await pipe.async_read_some(
          asio::buffer(buffer), asio::redirect_error(asio::use_awaitable, error));
      if (error) co_return;
      const std::size_t room = limit_ - std::min(limit_, into.size());
      into.append(buffer.data(), std::min(count, room));
      result_.cut = result_.cut || count > room;
    }
  }

  asio::awaitable<void> reap() {
    const int native = co_await handle_->async_wait(asio::use_awaitable);
    result_.status = exit_status(native);
    // Grandchildren may hold the pipes open for ever; what the command itself wrote is already in them.
    timer_.cancel();
    ::kill(-handle_->id(), SIGKILL);
  }

  std::string_view input_;
  std::size_t limit_;
  asio::io_context io_;
  asio::writable_pipe stdin_;
  asio::readable_pipe stdout_;
  asio::readable_pipe stderr_;
  asio::steady_timer timer_;
  std::optional<Handle> handle_;
  CommandResult result_;
};

}  // namespace

CommandResult run_command(ProcessSpec spec, std::string_view input, std::chrono::milliseconds timeout,
                          std::size_t limit) {
  // A command that exits before it read its input must not end this process; the child resets the signal.
  static const auto ignored = std::signal(SIGPIPE, SIG_IGN);
  static_cast<void>(ignored);
  CommandRun run(std::move(spec), input, limit);
  return run.run(timeout);
}

std::string must_run(ProcessSpec spec, std::string_view input, std::chrono::milliseconds timeout) {
  const std::string command = shell_quoted(spec.argv);
  const CommandResult result = run_command(std::move(spec), input, timeout);
  if (result.status.ok() && !result.timed_out) return result.output;
  std::string sentence = "running " + command + ": ";
  sentence +=
      result.timed_out ? "no end within " + std::to_string(timeout.count()) + " ms" : result.status.text();
  const std::string& said = result.error.empty() ? result.output : result.error;
  if (!said.empty())
    sentence +=
        ": " +
        printable(std::string_view(said).substr(said.size() - std::min<std::size_t>(said.size(), 1500)),
                  2000);
  throw Error(sentence);
}

std::string shell_quoted(const std::vector<std::string>& argv) {
  std::string text;
  for (const std::string& word : argv) {
    if (!text.empty()) text += ' ';
    const bool plain = !word.empty() && word.find_first_not_of(
                                            "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                            "0123456789_-./=:,@%+") == std::string::npos;
    if (plain) {
      text += word;
      continue;
    }
    text += '\'';
    for (const char c : printable(word, 4096)) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    text += '\'';
  }
  return text;
}

}  // namespace candor
