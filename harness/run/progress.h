// SPDX-License-Identifier: Apache-2.0
//
// How long work tells its watcher what it is doing. Called on the thread that works; both members are set.
#pragma once

#include <functional>
#include <string_view>

namespace candor::run {

struct Progress {
  /// Something worth a line of its own: "step 2/7: scan: /home/alex".
  std::function<void(std::string_view)> line = [](std::string_view) {};
  /// What is going on right now; each call replaces the last.
  std::function<void(std::string_view)> status = [](std::string_view) {};
};

}  // namespace candor::run
