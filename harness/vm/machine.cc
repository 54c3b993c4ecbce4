// SPDX-License-Identifier: Apache-2.0
#include "vm/machine.h"

#include "base/error.h"

namespace candor::vm {

namespace {

/// "7.2.22" of a greeting.
std::string version_of(const Json& greeting) {
  const Json& qemu = member(member(greeting, "version"), "qemu");
  std::string text;
  for (const char* part : {"major", "minor", "micro"})
    text += (text.empty() ? "" : ".") + std::to_string(int_member(qemu, part));
  return text;
}

}  // namespace

asio::awaitable<Machine> Machine::attach(Prepared prepared, asio::any_io_executor executor,
                                         std::chrono::milliseconds timeout) {
  prepared.child_ends.clear();  // or the end of QEMU would not be seen
  Machine machine(Qmp(executor, std::move(prepared.qmp), prepared.log), std::move(prepared.agent),
                  std::move(prepared.nic_peer));
  const Json greeting = co_await machine.qmp_.connect(timeout);
  machine.version_ = version_of(greeting);
  co_return std::move(machine);
}

asio::awaitable<std::string> Machine::status() {
  const Json answer = co_await qmp_.execute("query-status");
  co_return string_member(answer, "status");
}

asio::awaitable<void> Machine::cont() { co_await qmp_.execute("cont"); }
asio::awaitable<void> Machine::stop() { co_await qmp_.execute("stop"); }
asio::awaitable<void> Machine::powerdown() { co_await qmp_.execute("system_powerdown"); }
asio::awaitable<void> Machine::reset() { co_await qmp_.execute("system_reset"); }

asio::awaitable<void> Machine::quit(std::chrono::milliseconds timeout) {
  if (!qmp_.connected()) co_return;
  try {
    co_await qmp_.execute("quit", Json::object(), timeout);
  } catch (const Error&) {
    if (qmp_.connected()) throw;  // it went before it answered: that is what was asked for
  }
  const bool gone = co_await qmp_.wait_lost(timeout);
  if (!gone) throw Error("QMP quit: QEMU has not ended within " + std::to_string(timeout.count()) + " ms");
}

}  // namespace candor::vm
