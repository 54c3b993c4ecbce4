// SPDX-License-Identifier: Apache-2.0
#include "namespaces.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <string>

#include "base/error.h"

namespace candor::seal::init {

namespace {

Error refused(int number) {
  const Error error = errno_error("making namespaces", number);
  std::string mend =
      "; unprivileged user namespaces may be switched off here: sudo sysctl -w "
      "kernel.unprivileged_userns_clone=1 (where AppArmor restricts them: "
      "kernel.apparmor_restrict_unprivileged_userns=0)";
  if (number == ENOSPC || number == EUSERS)
    mend =
        "; this user's limit of namespaces is reached: sudo sysctl -w user.max_user_namespaces=15000 "
        "user.max_net_namespaces=15000";
  if (number == EINVAL) mend = "; this kernel was built without one of them";
  return Error(error.what() + mend);
}

void write_proc(const char* path, const std::string& text) {
  const UniqueFd fd(::open(path, O_WRONLY | O_CLOEXEC));
  if (!fd) throw errno_error(std::string("opening ") + path);
  in_context(std::string("mapping the user in ") + path, [&] { write_all(fd.get(), as_bytes(text)); });
}

}  // namespace

void enter_namespaces() {
  const std::string uid = std::to_string(::geteuid());
  const std::string gid = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS) != 0)
    throw refused(errno);
  write_proc("/proc/self/setgroups", "deny");
  write_proc("/proc/self/uid_map", "0 " + uid + " 1");
  write_proc("/proc/self/gid_map", "0 " + gid + " 1");
}

void die_with_parent() {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) throw errno_error("asking to die with the parent");
}

Init fork_init() {
  auto [watched, held] = make_pipe();
  const pid_t pid = ::fork();
  if (pid < 0) throw refused(errno);
  if (pid == 0) {
    held.reset();
    die_with_parent();
    pollfd end{watched.get(), 0, 0};
    // The parent may have died before the line above; the pipe cannot miss that.
    if (::poll(&end, 1, 0) != 0) ::_exit(1);
    return {.pid = 0, .pidfd = {}, .alive = std::move(watched)};
  }
  Init init{.pid = pid,
            .pidfd = UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))),
            .alive = std::move(held)};
  if (!init.pidfd) throw errno_error("opening a handle on the compartment's init");
  return init;
}

int wait_for(const Init& init) {
  int status = 0;
  while (::waitpid(init.pid, &status, 0) < 0)
    if (errno != EINTR) return 1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

}  // namespace candor::seal::init
