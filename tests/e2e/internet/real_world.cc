// SPDX-License-Identifier: Apache-2.0
#include "real_world.h"

#include <sstream>
#include <thread>

#include "base/error.h"

namespace candor::internet_e2e {

RealWorld::RealWorld() : scratch_(std::filesystem::temp_directory_path(), "candor-real-world-") {
  namespace_.run([this] {
    servers_ = std::make_unique<Process>(
        io_.get_executor(),
        ProcessSpec{.name = "real world",
                    .argv = {"python3", CANDOR_SOURCE_DIR "/tests/support/real_world.py", folder()},
                    .log = scratch_.path() / "log"});
  });
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!std::filesystem::exists(folder() / "ready")) {
    if (servers_->poll() || std::chrono::steady_clock::now() > deadline) throw Error(servers_->account());
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

LabSettings RealWorld::lab(std::vector<std::string> passed) const {
  return {.passed = std::move(passed), .trust = {ca()}, .outside = &namespace_};
}

std::vector<Json> RealWorld::requests() const {
  std::vector<Json> found;
  std::istringstream lines(read_text(folder() / "requests"));
  for (std::string line; std::getline(lines, line);) found.push_back(parse_json(line));
  return found;
}

}  // namespace candor::internet_e2e
