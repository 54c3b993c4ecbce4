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

asio::awaitable<void> Machine::plug_stick(std::string name, std::filesystem::path image) {
  const std::string node = "stick-" + name;
  Json file = {{"driver", "file"}, {"filename", image.string()}};
  Json block = {{"driver", "raw"}, {"node-name", node}, {"file", std::move(file)}};
  co_await qmp_.execute("blockdev-add", std::move(block));
  Json device = {{"driver", "usb-storage"}, {"id", node},
                 {"drive", node},           {"bus", std::string(kUsbController) + ".0"},
                 {"serial", name},          {"removable", true}};
  co_await qmp_.execute("device_add", std::move(device));
}

asio::awaitable<void> Machine::pull_stick(std::string name) {
  const std::string node = "stick-" + name;
  Qmp::Events events = this->events();
  Json device = {{"id", node}};
  co_await qmp_.execute("device_del", std::move(device));
  constexpr std::chrono::seconds kTimeout(20);
  const auto deadline = std::chrono::steady_clock::now() + kTimeout;
  for (bool gone = false; !gone;) {
    std::vector<std::string> names = {"DEVICE_DELETED"};
    const std::optional<Json> event = co_await events.next_of(std::move(names), kTimeout);
    if (!event || std::chrono::steady_clock::now() > deadline)
      throw Error("QEMU did not let go of the stick '" + name + "' in time");
    const Json& data = member(*event, "data");
    gone = data.is_object() && data.value("device", std::string()) == node;
  }
  Json block = {{"node-name", node}};
  co_await qmp_.execute("blockdev-del", std::move(block));
}

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
