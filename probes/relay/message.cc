// SPDX-License-Identifier: Apache-2.0
#include "relay/message.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/json.h"

namespace candor::relay {

namespace {

Json parse_object(ByteView message) {
  Json json = parse_json(as_text(message), {.bytes = kMaxMessage, .depth = 3});
  if (!json.is_object()) throw Error("no object");
  return json;
}

std::int64_t id_of(const Json& json) {
  const std::int64_t id = int_member(json, "id");
  if (id < 0) throw Error("'id' is negative");
  return id;
}

/// Descriptors of a message; all but the first are closed at once.
UniqueFd take_descriptor(msghdr& header) {
  UniqueFd first;
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
      UniqueFd taken(fd);
      if (!first) first = std::move(taken);
    }
  }
  return first;
}

Received receive_with(int socket, std::string& message, msghdr& header) {
  message.resize(kMaxMessage + 1);
  iovec part{message.data(), message.size()};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  ssize_t size = -1;
  do {
    size = ::recvmsg(socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  message.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  if (size > 0) return Received::message;
  if (size == 0 || errno == ECONNRESET) return Received::end;
  if (errno == EAGAIN || errno == EWOULDBLOCK) return Received::nothing_yet;
  throw errno_error("receiving on the relay's socket");
}

}  // namespace

std::string to_text(const Request& request) {
  return dump_json({{"connect", {{"id", request.id}, {"host", request.host}, {"port", request.port}}}});
}

std::string to_text(const Answer& answer) {
  if (answer.refused.empty()) return dump_json({{"id", answer.id}, {"connected", answer.address}});
  return dump_json({{"id", answer.id}, {"refused", printable(answer.refused, kMaxMessage / 8)}});
}

Request parse_request(ByteView message) {
  const Json json = parse_object(message);
  const Json& connect = member(json, "connect");
  if (json.size() != 1 || !connect.is_object() || connect.size() != 3)
    throw Error("expected {connect: {id, host, port}}");
  Request request{.id = id_of(connect), .host = string_member(connect, "host")};
  const std::int64_t port = int_member(connect, "port");
  if (port < 1 || port > 65535) throw Error("'port' is none");
  if (request.id == 0) throw Error("'id' is 0");
  request.port = static_cast<std::uint16_t>(port);
  return request;
}

Answer parse_answer(ByteView message, UniqueFd socket) {
  const Json json = parse_object(message);
  Answer answer{.id = id_of(json)};
  if (json.contains("refused")) {
    answer.refused = string_member(json, "refused");
    if (answer.refused.empty()) throw Error("'refused' gives no reason");
    return answer;
  }
  answer.address = string_member(json, "connected");
  if (!socket) throw Error("the socket is missing");
  answer.socket = std::move(socket);
  return answer;
}

// Without room for them, the kernel drops descriptors that come with a message.
Received receive(int socket, std::string& message) {
  msghdr header{};
  return receive_with(socket, message, header);
}

Received receive(int socket, std::string& message, UniqueFd& with) {
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> space{};
  msghdr header{};
  header.msg_control = space.data();
  header.msg_controllen = space.size();
  const Received received = receive_with(socket, message, header);
  with = received == Received::message ? take_descriptor(header) : UniqueFd();
  return received;
}

bool send(int socket, const std::string& message, int with) {
  iovec part{const_cast<char*>(message.data()), message.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> space{};
  if (with >= 0) {
    header.msg_control = space.data();
    header.msg_controllen = space.size();
    cmsghdr* rights = CMSG_FIRSTHDR(&header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof with);
    std::memcpy(CMSG_DATA(rights), &with, sizeof with);
  }
  while (::sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) return false;
    return true;  // the peer is gone, as receiving tells
  }
  return true;
}

}  // namespace candor::relay
