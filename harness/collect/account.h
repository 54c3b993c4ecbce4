// SPDX-License-Identifier: Apache-2.0
//
// What the store keeps of each instance of a probe, and the accounts made of it: one pure function, used live
// and when a run is judged again.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/evidence.h"

namespace candor::collect {

/// A row of the table `probes`.
struct InstanceRow {
  std::int64_t id = 0;  ///< 0: not stored yet.
  std::string name;
  std::string instance;
  std::string version;
  std::string hello;           ///< Its HELLO as JSON.
  std::string state;           ///< One of the words below.
  std::int64_t last_seq = 0;   ///< All events up to here are stored.
  std::int64_t announced = 0;  ///< Highest number the probe is known to have given to an event.
  std::int64_t fin_seq = -1;   ///< last_seq of its FIN; -1 without one.
  std::int64_t dropped = 0;    ///< What it says it lost at its source.
  std::string problem;         ///< Sentences, joined by "; ".
};

namespace state {
inline constexpr const char* kWelcomed = "welcomed";
inline constexpr const char* kFinished = "finished";  ///< FIN came, and all up to it is stored.
inline constexpr const char* kBroken = "broken";    ///< It broke the protocol; nothing more is taken from it.
inline constexpr const char* kRefused = "refused";  ///< Its HELLO was rejected.
}  // namespace state

/// Adds a sentence to a problem, unless it is there already or there is no more room.
void add_problem(std::string& problem, std::string_view sentence);

/// One account per required name, in that order.
[[nodiscard]] std::vector<model::ProbeAccount> make_accounts(std::span<const InstanceRow> rows,
                                                             std::span<const std::string> required);

}  // namespace candor::collect
