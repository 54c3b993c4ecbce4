// SPDX-License-Identifier: Apache-2.0
//
// Runs without a guest: a client sends a document into the simulated internet while its card is recorded, and
// all of it becomes a run folder, as a run leaves it. One run at a time; enter_world() (world.h) comes first.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace candor::bench {

/// What a client finds, for its command line.
struct Surroundings {
  std::string document;  ///< A file with the planted document.
  std::string ca;
  std::string folder;  ///< To write into.
};

struct Client {
  const char* name;
  std::string (*command)(const Surroundings&);
};

[[nodiscard]] const std::vector<Client>& clients();

/// Makes `folder` a run folder of the client's; it must be empty. Throws Error, also if the client failed.
void run_client(const Client& client, const std::filesystem::path& folder);

}  // namespace candor::bench
