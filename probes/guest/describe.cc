// SPDX-License-Identifier: Apache-2.0
#include "guest/describe.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/fd.h"
#include "guest/lines.h"

namespace candor::guest_probe {

namespace {

constexpr std::size_t kBody = 64;  // RECORD_BODY of common.bpf.h
constexpr std::uint32_t kReadOnly = 0;
constexpr std::uint32_t kAccess = 3;

/// Takes a path, the names of which stand from the last to the first, off `texts`.
std::string take_path(std::string_view& texts) {
  std::vector<std::string_view> names;
  while (!texts.empty()) {
    const std::string_view name = texts.substr(0, texts.find('\0'));
    texts.remove_prefix(std::min(texts.size(), name.size() + 1));
    if (name.empty()) break;
    names.push_back(name);
  }
  std::string path;
  for (auto name = names.rbegin(); name != names.rend(); ++name) (path += '/') += *name;
  return path.empty() ? "/" : path;
}

template <typename Body>
std::optional<Body> body_of(std::string_view rest) {
  static_assert(sizeof(Body) <= kBody);
  if (rest.size() < kBody) return std::nullopt;
  Body body{};
  std::memcpy(&body, rest.data(), sizeof body);
  return body;
}

std::string address(std::uint16_t family, const __u8* bytes) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_ntop(family, bytes, text.data(), text.size()) == nullptr) return {};
  return text.data();
}

void add_process(JsonLine& line, const record& head, std::string_view& texts) {
  std::string program;
  if (head.exe_bytes > 0) program = take_path(texts);
  line.open("process").add("pid", std::uint64_t{head.pid}).add("start_ns", std::uint64_t{head.start_ns});
  line.add("user", std::uint64_t{head.uid});
  line.add("name", std::string_view(head.comm, strnlen(head.comm, sizeof head.comm)));
  if (!program.empty()) line.add("program", program);
  line.add("parent", std::uint64_t{head.parent})
      .add("parent_start_ns", std::uint64_t{head.parent_start_ns})
      .close();
  if ((head.flags & RECORD_PATH_CUT) != 0) line.add("cut", true);
}

bool add_file(JsonLine& line, const record& head, std::string_view body_bytes, std::string_view& texts) {
  const auto body = body_of<file_body>(body_bytes);
  if (!body) return false;
  line.add("path", take_path(texts));
  if (head.kind == RECORD_COPY || head.kind == RECORD_RENAME || head.kind == RECORD_LINK)
    line.add("to", take_path(texts));
  line.add("inode", std::uint64_t{body->inode}).add("device", std::uint64_t{body->device});
  line.add("generation", std::uint64_t{body->generation});
  if (head.kind == RECORD_OPEN) line.add("for_writing", (body->open_flags & kAccess) != kReadOnly);
  if (head.kind == RECORD_WRITE) line.add("by_holder", (head.flags & RECORD_BY_HOLDER) != 0);
  return true;
}

void add_arguments(JsonLine& line, std::string_view texts) {
  line.open_list("arguments");
  while (!texts.empty()) {
    const std::string_view each = texts.substr(0, texts.find('\0'));
    line.item(each);
    texts.remove_prefix(std::min(texts.size(), each.size() + 1));
  }
  line.close_list();
}

/// What a process that is there was started with; it may be gone already.
std::string arguments_of(std::uint32_t pid) {
  const std::string path = "/proc/" + std::to_string(pid) + "/cmdline";
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(RECORD_ARGUMENTS, '\0');
  const ssize_t got = file ? read(file.get(), text.data(), text.size()) : 0;
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return text;
}

bool add_process_event(JsonLine& line, const record& head, std::string_view rest, std::string_view texts) {
  if (head.kind == RECORD_FORK) {
    const auto body = body_of<fork_body>(rest);
    if (!body) return false;
    line.add("child", std::uint64_t{body->child}).add("child_start_ns", std::uint64_t{body->child_start_ns});
  } else if (head.kind == RECORD_EXIT) {
    const auto body = body_of<exit_body>(rest);
    if (!body) return false;
    line.add("code", std::uint64_t{(body->code >> 8U) & 0xffU})
        .add("signal", std::uint64_t{body->code & 0x7fU});
  } else if (head.kind == RECORD_EXEC) {
    const auto body = body_of<texts_body>(rest);
    if (!body) return false;
    add_arguments(line, texts.substr(0, body->bytes));
  } else {
    add_arguments(line, arguments_of(head.pid));
  }
  return true;
}

bool add_flow(JsonLine& line, std::string_view rest) {
  const auto body = body_of<flow_body>(rest);
  if (!body) return false;
  line.add("family", std::uint64_t{body->family}).add("protocol", std::uint64_t{body->protocol});
  if (body->family != AF_INET && body->family != AF_INET6) return true;
  line.open("local").add("address", address(body->family, body->local));
  line.add("port", std::uint64_t{body->local_port}).close();
  line.open("remote").add("address", address(body->family, body->remote));
  line.add("port", std::uint64_t{body->remote_port}).close();
  return true;
}

}  // namespace

const char* type_of(const record& head) {
  switch (head.kind) {
    case RECORD_OPEN:
      return "file.open/1";
    case RECORD_READ:
      return "file.read/1";
    case RECORD_MAP:
      return "file.map/1";
    case RECORD_WRITE:
      return "file.write/1";
    case RECORD_COPY:
      return "file.copy/1";
    case RECORD_RENAME:
      return "file.rename/1";
    case RECORD_LINK:
      return "file.link/1";
    case RECORD_DELETE:
      return "file.delete/1";
    case RECORD_FORK:
      return "process.fork/1";
    case RECORD_EXEC:
      return "process.exec/1";
    case RECORD_EXIT:
      return "process.exit/1";
    case RECORD_THERE:
      return "process.there/1";
    case RECORD_CONNECT:
      return "socket.connect/1";
    case RECORD_ACCEPT:
      return "socket.accept/1";
    case RECORD_SEND:
      return "socket.send/1";
    default:
      return nullptr;
  }
}

std::string describe(const record& head, std::string_view bytes) {
  const char* const type = type_of(head);
  if (type == nullptr || bytes.size() < sizeof head + kBody) return {};
  const std::string_view rest = bytes.substr(sizeof head);
  std::string_view texts = rest.substr(kBody);
  JsonLine line;
  line.add("event", std::string_view(type)).add("mono_ns", std::uint64_t{head.at_ns}).open("data");
  add_process(line, head, texts);
  bool whole = true;
  if (head.kind <= RECORD_DELETE)
    whole = add_file(line, head, rest, texts);
  else if (head.kind <= RECORD_THERE)
    whole = add_process_event(line, head, rest, texts);
  else
    whole = add_flow(line, rest);
  if (!whole) return {};
  line.close();
  return line.take();
}

}  // namespace candor::guest_probe
