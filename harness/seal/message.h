// SPDX-License-Identifier: Apache-2.0
//
// What the harness and the compartment's init tell each other over one SOCK_SEQPACKET pair: a JSON object
// each, with descriptors attached.
//
//   harness to init   {"set-up": {network, writable, readable}}                 first, once
//                     {"start": {name, argv, env, fds: [numbers], log, capabilities, tap: number|null}}
//   init to harness   {"event": "init"}       with a pidfd of the compartment's PID 1 (sent by the outer
//   process)
//                     {"event": "ready"} or {"event": "failed", "sentence"}
//                     {"event": "started", "name"} with a pidfd, or {"event": "refused", "name", "sentence"}
//                     {"event": "exited", "name", "code", "signal"}
//
// The end of the harness's side is the order to end.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/json.h"
#include "seal/compartment.h"

namespace candor::seal {

struct Message {
  Json body;
  std::vector<UniqueFd> fds;
};

/// Two connected message sockets.
[[nodiscard]] std::pair<UniqueFd, UniqueFd> message_pair();
/// Sends one message and duplicates of `fds`; throws Error.
void send_message(int socket, const Json& body, const std::vector<int>& fds = {});
/// The next message; nothing at the peer's end. With `wait` false also nothing, `*empty` being set, if there
/// is none yet. Throws Error on a message that is cut or no JSON.
[[nodiscard]] std::optional<Message> receive_message(int socket, bool wait = true, bool* empty = nullptr);

/// What the set-up message says.
struct SetUp {
  bool network = true;
  std::vector<std::string> writable;
  std::vector<std::string> readable;
};
[[nodiscard]] Json to_json(const SetUp& set_up);
[[nodiscard]] SetUp set_up_from_json(const Json& json);

/// The body of a start message; the descriptors travel beside it, in the order of child.fds.
[[nodiscard]] Json to_json(const Child& child);
/// The inverse; fds come back as (index among the descriptors, number in the child).
[[nodiscard]] Child child_from_json(const Json& json);

[[nodiscard]] const char* text(Capability capability);

}  // namespace candor::seal
