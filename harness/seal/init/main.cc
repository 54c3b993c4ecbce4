// SPDX-License-Identifier: Apache-2.0
//
// candor-compartment: "enter FD" is the compartment, told by messages on FD what to set up and to start (see
// seal/message.h); "exec …" is the last step of each child of it (see privileges.h). Not for people to call.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "mounts.h"
#include "namespaces.h"
#include "network.h"
#include "privileges.h"
#include "seal/message.h"
#include "supervisor.h"

namespace candor::seal::init {
namespace {

/// The user's environment may hold secrets; children get what their spec says.
void clean_environment() {
  ::clearenv();
  ::setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
  ::setenv("LC_ALL", "C.UTF-8", 1);
}

/// Tells the harness why; if it is gone, nobody is left to tell.
void report_failure(int control, const std::exception& error) noexcept {
  try {
    send_message(control, {{"event", "failed"}, {"sentence", error.what()}});
  } catch (const std::exception&) {
    std::fprintf(stderr, "candor-compartment: %s\n", error.what());
  }
}

int be_init(UniqueFd control, UniqueFd alive, const std::string& self) {
  // A second descriptor, so that also the failure of what takes over the first can be reported.
  const UniqueFd reporting(::fcntl(control.get(), F_DUPFD_CLOEXEC, 3));
  const int socket = reporting.get();
  try {
    const std::optional<Message> first = receive_message(socket);
    if (!first) return 1;
    const SetUp set_up = set_up_from_json(member(first->body, "set-up"));
    enter_new_root(set_up);
    if (::sethostname("candor", 6) != 0) throw errno_error("naming the compartment");
    UniqueFd tap;
    if (set_up.network) {
      tap = in_context("making the network", make_network);
    } else {
      make_loopback();
    }
    freeze_settings();
    send_message(socket, {{"event", "ready"}});
    supervise(std::move(control), std::move(alive), std::move(tap), self);
    return 0;
  } catch (const std::exception& error) {
    report_failure(socket, error);
    return 1;
  }
}

int be_outer(UniqueFd control, const Init& init) {
  try {
    send_message(control.get(), {{"event", "init"}}, {init.pidfd.get()});
    control.reset();  // from here on its end means that the compartment's init is gone
    keep_only({});
    return wait_for(init);
  } catch (const std::exception& error) {
    if (control) report_failure(control.get(), error);
    ::kill(init.pid, SIGKILL);
    return wait_for(init) == 0 ? 0 : 1;
  }
}

int enter(int fd) {
  UniqueFd control(fd);
  try {
    const std::string self = std::filesystem::read_symlink("/proc/self/exe");
    clean_environment();
    enter_namespaces();
    die_with_parent();
    Init init = fork_init();
    if (init.pid == 0) return be_init(std::move(control), std::move(init.alive), self);
    return be_outer(std::move(control), init);
  } catch (const std::exception& error) {
    if (control) report_failure(control.get(), error);
    return 1;
  }
}

}  // namespace
}  // namespace candor::seal::init

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 2 && words[0] == "enter" && words[1] == "3") return candor::seal::init::enter(3);
  if (!words.empty() && words[0] == "exec")
    return candor::seal::init::run_restricted({words.begin() + 1, words.end()});
  std::fputs("candor-compartment is started by candor.\n", stderr);
  return 4;
}
