// SPDX-License-Identifier: Apache-2.0
//
// Turns what probes inside the guest report (file.*, process.*, socket.*; probes/PROTOCOL.md, "Inside a
// guest") into model::Activity.
#pragma once

#include <optional>

#include "base/json.h"
#include "model/activity.h"
#include "model/event.h"

namespace candor::run {

class ActivityReader {
 public:
  /// Takes an event of any probe and type; what is none of these says nothing here. An event whose members
  /// are not as they should be is left out: its probe's account says so by its schema.
  void take(const model::Event& event);

  /// All of it, in order of time, when every event was taken.
  [[nodiscard]] model::Activity finish();

 private:
  void take_process(const model::Event& event, const model::ProcessKey& key);
  void take_file(const model::Event& event, const model::ProcessKey& key);
  void take_socket(const model::Event& event, const model::ProcessKey& key);

  model::Activity activity_;
};

/// The process an event's data names, if it does.
[[nodiscard]] std::optional<model::ProcessKey> process_of(const Json& data);

}  // namespace candor::run
