// SPDX-License-Identifier: Apache-2.0
#include "run/activity_reader.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace candor::run {

namespace {

constexpr std::size_t kArguments = 64;
constexpr std::int64_t kTcp = 6;
constexpr std::int64_t kUdp = 17;
constexpr std::int64_t kIcmp = 1;
constexpr std::int64_t kIcmp6 = 58;

struct NamedAct {
  std::string_view type;
  model::FileAct act;
};
constexpr std::array kFileActs{
    NamedAct{"file.open/1", model::FileAct::open}, NamedAct{"file.read/1", model::FileAct::read},
    NamedAct{"file.map/1", model::FileAct::map},   NamedAct{"file.write/1", model::FileAct::write},
    NamedAct{"file.copy/1", model::FileAct::copy}, NamedAct{"file.rename/1", model::FileAct::rename},
    NamedAct{"file.link/1", model::FileAct::link}, NamedAct{"file.delete/1", model::FileAct::remove}};

/// When it happened: the relay outside the guest adds the host's time, where it knows the guest's clock.
std::int64_t time_of(const model::Event& event) {
  return event.data.contains("host_ns") ? int_member(event.data, "host_ns") : event.mono_ns;
}

std::int64_t error_of(const model::Event& event) {
  return event.data.contains("error_ns") ? int_member(event.data, "error_ns") : 0;
}

model::ProcessKey key_of(const Json& process) {
  return {int_member(process, "pid"), int_member(process, "start_ns")};
}

std::string text_or(const Json& object, const char* key, const std::string& otherwise) {
  return object.contains(key) ? string_member(object, key) : otherwise;
}

model::Endpoint endpoint_of(const Json& data, const char* key) {
  if (!data.contains(key)) return {};
  const Json& end = member(data, key);
  const std::int64_t port = int_member(end, "port");
  if (port < 0 || port > 65535) throw Error("a port is out of range");
  return {string_member(end, "address"), static_cast<std::uint16_t>(port)};
}

std::string transport_of(std::int64_t protocol) {
  switch (protocol) {
    case kTcp:
      return "tcp";
    case kUdp:
      return "udp";
    case kIcmp:
    case kIcmp6:
      return "icmp";
    default:
      return {};
  }
}

template <typename Use>
void sort_by_time(std::vector<Use>& uses) {
  std::stable_sort(uses.begin(), uses.end(), [](const Use& a, const Use& b) { return a.at_ns < b.at_ns; });
}

}  // namespace

std::optional<model::ProcessKey> process_of(const Json& data) {
  try {
    if (data.is_object() && data.contains("process")) return key_of(data.at("process"));
  } catch (const Error&) {  // it names none then
  }
  return std::nullopt;
}

void ActivityReader::take(const model::Event& event) {
  const std::string_view type = event.type;
  const bool ours = type.starts_with("file.") || type.starts_with("process.") || type.starts_with("socket.");
  if (!ours) return;
  try {
    const Json& told = member(event.data, "process");
    const model::ProcessKey key = key_of(told);
    model::Process& process = activity_.processes[key];
    process.parent = {int_member(told, "parent"), int_member(told, "parent_start_ns")};
    process.user = int_member(told, "user");
    if (process.runs.empty())
      process.runs.push_back(
          {.at_ns = time_of(event), .program = text_or(told, "program", string_member(told, "name"))});
    if (type.starts_with("process."))
      take_process(event, key);
    else if (type.starts_with("file."))
      take_file(event, key);
    else
      take_socket(event, key);
  } catch (const Error&) {  // as its schema's account says
  }
}

void ActivityReader::take_process(const model::Event& event, const model::ProcessKey& key) {
  if (event.type == "process.fork/1") {
    const model::ProcessKey child{int_member(event.data, "child"), int_member(event.data, "child_start_ns")};
    model::Process& process = activity_.processes[child];
    process.parent = key;
    process.started_ns = time_of(event);
    return;
  }
  if (event.type != "process.exec/1" && event.type != "process.there/1") return;
  const Json& told = member(event.data, "process");
  model::ProgramRun run{.at_ns = time_of(event),
                        .program = text_or(told, "program", string_member(told, "name"))};
  for (const Json& argument : member(event.data, "arguments"))
    if (argument.is_string() && run.arguments.size() < kArguments)
      run.arguments.push_back(argument.get<std::string>());
  activity_.processes[key].runs.push_back(std::move(run));
}

void ActivityReader::take_file(const model::Event& event, const model::ProcessKey& key) {
  const auto named = std::find_if(kFileActs.begin(), kFileActs.end(),
                                  [&](const NamedAct& each) { return each.type == event.type; });
  if (named == kFileActs.end()) return;
  const Json& data = event.data;
  activity_.files.push_back({.act = named->act,
                             .process = key,
                             .file = {int_member(data, "device"), int_member(data, "inode"),
                                      data.contains("generation") ? int_member(data, "generation") : 0},
                             .path = string_member(data, "path"),
                             .to = text_or(data, "to", ""),
                             .at_ns = time_of(event),
                             .error_ns = error_of(event)});
}

void ActivityReader::take_socket(const model::Event& event, const model::ProcessKey& key) {
  const std::string act = event.type == "socket.connect/1"  ? "connected to"
                          : event.type == "socket.accept/1" ? "took a connection of"
                          : event.type == "socket.send/1"   ? "sent to"
                                                            : "";
  if (act.empty()) return;
  activity_.sockets.push_back({.act = act,
                               .process = key,
                               .transport = transport_of(int_member(event.data, "protocol")),
                               .local = endpoint_of(event.data, "local"),
                               .remote = endpoint_of(event.data, "remote"),
                               .at_ns = time_of(event),
                               .error_ns = error_of(event)});
}

model::Activity ActivityReader::finish() {
  for (auto& [key, process] : activity_.processes) sort_by_time(process.runs);
  sort_by_time(activity_.files);
  sort_by_time(activity_.sockets);
  return std::move(activity_);
}

}  // namespace candor::run
