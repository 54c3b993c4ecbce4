// SPDX-License-Identifier: Apache-2.0
//
// events.sqlite: what probes reported and how they behaved, and reading it back. Reading is a pure function
// of the file, so that `candor rejudge` sees what the run saw. Every read checks the file first: a damaged
// page, an unknown version, or a hole in the numbering of stored events is an Error, never a shorter list.
//
// Tables (user_version 2): `run` (key, value) with "run" and, once closed, "closed"; `probes`, one row per
// instance; `event_log`, in order of commit; `blobs`, what probes handed over; and the view `events` that
// joins both for people with sqlite3.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "model/event.h"
#include "model/evidence.h"

namespace candor::collect {

inline constexpr const char* kStoreFile = "events.sqlite";
inline constexpr const char* kRunner = "runner";  ///< Name under which the harness stores its own events.

/// All events, in order of commit; those of one instance are in order of seq.
[[nodiscard]] std::vector<model::Event> read_events(const std::filesystem::path& file);

/// The accounts of the named probes, in that order, present or not; all instances of a name make one account.
/// A file that was never closed puts a problem on every account.
[[nodiscard]] std::vector<model::ProbeAccount> read_accounts(const std::filesystem::path& file,
                                                             std::span<const std::string> required);

/// What probes handed over with their events, in the order in which it began. The bytes are in the folder
/// kBlobFolder beside the file, by their hash; of a run that broke off, a blob may have no hash and no such
/// file.
[[nodiscard]] std::vector<model::Blob> read_blobs(const std::filesystem::path& file);

/// The id of the run the file belongs to.
[[nodiscard]] std::string read_run(const std::filesystem::path& file);

}  // namespace candor::collect
