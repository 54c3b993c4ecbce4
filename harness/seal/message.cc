// SPDX-License-Identifier: Apache-2.0
#include "seal/message.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"

namespace candor::seal {

namespace {

constexpr std::size_t kMaxMessage = 128U << 10;
constexpr std::size_t kMaxFds = 64;
constexpr std::array kCapabilities = {Capability::net_admin, Capability::net_raw,
                                      Capability::net_bind_service};

std::vector<UniqueFd> take_fds(msghdr& header) {
  std::vector<UniqueFd> fds;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof(int), sizeof fd);
      fds.emplace_back(fd);
    }
  }
  return fds;
}

std::vector<std::string> strings(const Json& array) {
  if (!array.is_array()) throw Error("expected a list of strings");
  std::vector<std::string> result;
  for (const Json& item : array) {
    if (!item.is_string()) throw Error("expected a list of strings");
    result.push_back(item.get<std::string>());
  }
  return result;
}

Capability capability_from(const std::string& name) {
  const auto* const found =
      std::find_if(kCapabilities.begin(), kCapabilities.end(), [&](Capability c) { return name == text(c); });
  if (found == kCapabilities.end()) throw Error("there is no capability '" + printable(name) + "'");
  return *found;
}

int number_from(const Json& json) {
  if (!json.is_number_integer()) throw Error("expected a descriptor number");
  const auto number = json.get<std::int64_t>();
  if (number < 3 || number > 63)
    throw Error("descriptor number " + std::to_string(number) + " is out of range");
  return static_cast<int>(number);
}

}  // namespace

std::pair<UniqueFd, UniqueFd> message_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    throw errno_error("making a socket pair");
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

void send_message(int socket, const Json& body, const std::vector<int>& fds) {
  std::string bytes = dump_json(body);
  if (bytes.size() > kMaxMessage || fds.size() > kMaxFds)
    throw Error("a message to the compartment is too large");
  iovec part{bytes.data(), bytes.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMaxFds * sizeof(int))> space{};
  if (!fds.empty()) {
    header.msg_control = space.data();
    header.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
    std::memcpy(CMSG_DATA(rights), fds.data(), fds.size() * sizeof(int));
  }
  while (::sendmsg(socket, &header, MSG_NOSIGNAL) < 0)
    if (errno != EINTR) throw errno_error("sending a message to the compartment's other side");
}

std::optional<Message> receive_message(int socket, bool wait, bool* empty) {
  if (empty != nullptr) *empty = false;
  std::string bytes(kMaxMessage, '\0');
  iovec part{bytes.data(), bytes.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMaxFds * sizeof(int))> space{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = space.data();
  header.msg_controllen = space.size();
  ssize_t count = -1;
  do {
    count = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC | (wait ? 0 : MSG_DONTWAIT));
  } while (count < 0 && errno == EINTR);
  if (count < 0 && !wait && errno == EAGAIN) {
    if (empty != nullptr) *empty = true;
    return std::nullopt;
  }
  if (count < 0 && errno == ECONNRESET) return std::nullopt;  // the peer died with messages unread
  if (count < 0) throw errno_error("receiving a message from the compartment's other side");
  Message message;
  message.fds = take_fds(header);
  if (count == 0) return std::nullopt;
  if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) throw Error("a message of the compartment was cut");
  message.body = parse_json(std::string_view(bytes).substr(0, static_cast<std::size_t>(count)));
  return message;
}

Json to_json(const SetUp& set_up) {
  return {{"network", set_up.network}, {"writable", set_up.writable}, {"readable", set_up.readable}};
}

SetUp set_up_from_json(const Json& json) {
  return {bool_member(json, "network"), strings(member(json, "writable")), strings(member(json, "readable"))};
}

Json to_json(const Child& child) {
  Json env = Json::array();
  for (const auto& [name, value] : child.env) env.push_back(Json::array({name, value}));
  Json fds = Json::array();
  for (const auto& [here, there] : child.fds) fds.push_back(there);
  Json capabilities = Json::array();
  for (const Capability capability : child.capabilities) capabilities.push_back(text(capability));
  return {{"name", child.name},
          {"argv", child.argv},
          {"env", env},
          {"fds", fds},
          {"log", child.log.string()},
          {"capabilities", capabilities},
          {"tap", child.wants_tap_at ? Json(*child.wants_tap_at) : Json(nullptr)}};
}

Child child_from_json(const Json& json) {
  Child child;
  child.name = string_member(json, "name");
  child.argv = strings(member(json, "argv"));
  for (const Json& pair : member(json, "env")) {
    const std::vector<std::string> both = strings(pair);
    if (both.size() != 2) throw Error("expected a name and a value in env");
    child.env.emplace_back(both[0], both[1]);
  }
  int index = 0;
  for (const Json& there : member(json, "fds")) child.fds.emplace_back(index++, number_from(there));
  child.log = string_member(json, "log");
  for (const std::string& name : strings(member(json, "capabilities")))
    child.capabilities.push_back(capability_from(name));
  if (const Json& tap = member(json, "tap"); !tap.is_null()) child.wants_tap_at = number_from(tap);
  return child;
}

const char* text(Capability capability) {
  switch (capability) {
    case Capability::net_admin:
      return "net_admin";
    case Capability::net_raw:
      return "net_raw";
    case Capability::net_bind_service:
      return "net_bind_service";
  }
  return "";
}

}  // namespace candor::seal
