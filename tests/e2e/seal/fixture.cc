// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/fd.h"

namespace candor::seal::test {

bool tap_allowed() { return static_cast<bool>(UniqueFd(::open("/dev/net/tun", O_RDWR | O_CLOEXEC))); }

SealTest::SealTest() : folder_("/tmp", "candor-seal-") {}

void SealTest::run(asio::awaitable<void> task) {
  std::exception_ptr failure;
  asio::co_spawn(io_, std::move(task), [&](std::exception_ptr error) {
    failure = std::move(error);
    io_.stop();
  });
  finish(failure);
}

void SealTest::finish(std::exception_ptr& failure) {
  io_.restart();
  io_.run();
  if (failure) std::rethrow_exception(failure);
}

CompartmentSpec SealTest::spec(bool network) const {
  CompartmentSpec spec;
  spec.network = network;
  spec.writable = {folder()};
  return spec;
}

Child SealTest::shell(const std::string& name, const std::string& line) const {
  Child child;
  child.name = name;
  child.argv = {"sh", "-c", line};
  child.log = folder() / (name + ".log");
  return child;
}

std::unique_ptr<Compartment> SealTest::start(CompartmentSpec spec) {
  return run(Compartment::start(io_.get_executor(), std::move(spec), soon()));
}

std::string SealTest::output_of(const std::string& line, bool network, std::vector<Capability> capabilities) {
  CompartmentSpec wanted = spec(network);
  Child child = shell("asked", line);
  child.capabilities = std::move(capabilities);
  std::filesystem::remove(child.log);
  const std::filesystem::path log = child.log;
  wanted.children.push_back(std::move(child));
  const auto compartment = start(std::move(wanted));
  static_cast<void>(run(compartment->next_end()));
  return read_text(log);
}

bool ends(int pid, std::chrono::milliseconds within) {
  const UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!handle) return errno == ESRCH;
  pollfd end{handle.get(), POLLIN, 0};
  return ::poll(&end, 1, static_cast<int>(within.count())) == 1;
}

}  // namespace candor::seal::test
