// SPDX-License-Identifier: Apache-2.0
//
// What the runner does inside a guest: a product adapter's verbs, and the few file operations that belong to
// the guest's system rather than to the product. Failures come back as sentences, because a step that did not
// happen is an outcome; only a guest that stopped answering is an Error.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "guest/agent.h"
#include "image/adapter.h"
#include "model/product.h"

namespace candor::run {

namespace asio = boost::asio;

using Placeholders = image::Values;

struct CommandOutcome {
  bool done = false;
  std::string detail;  ///< Why not, or what it said.
  std::string output;
};

/// Runs all commands of a product's verb in turn; the first that fails ends it.
[[nodiscard]] asio::awaitable<CommandOutcome> run_verb(guest::Agent& agent, const model::Product& product,
                                                       std::string verb, Placeholders values = {});

/// Repeats the product's "ready" verb until it succeeds or its time is up.
[[nodiscard]] asio::awaitable<CommandOutcome> wait_ready(guest::Agent& agent, const model::Product& product);

/// Runs a shell script with arguments as root in the guest.
[[nodiscard]] asio::awaitable<CommandOutcome> run_script(
    guest::Agent& agent, std::string script, std::vector<std::string> arguments,
    std::chrono::milliseconds timeout = std::chrono::seconds(60));

/// Puts files into the guest, making their folders; each belongs to its folder's owner.
[[nodiscard]] asio::awaitable<CommandOutcome> put_files(guest::Agent& agent,
                                                        std::vector<std::pair<std::string, Bytes>> files);

}  // namespace candor::run
