// SPDX-License-Identifier: Apache-2.0
//
// The layout of events.sqlite and the reading of its rows, shared by the writer (database.h) and the readers
// (store.h). SQLite's exceptions pass through; callers turn them into Errors with the file's name.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "collect/account.h"
#include "collect/blob_keeper.h"
#include "model/event.h"

namespace candor::collect {

inline constexpr int kStoreVersion = 2;
/// Of an event's data as it stands in the store.
inline constexpr JsonLimits kDataLimits{8U << 20, 33};

/// Makes all tables in an empty database.
void create_schema(SQLite::Database& database, const std::string& run);
/// Throws Error if the database is of a version this program does not know.
void check_version(SQLite::Database& database);

/// A value of the table `run`; empty if it is not there.
[[nodiscard]] std::string run_value(SQLite::Database& database, const char* key);
[[nodiscard]] std::vector<InstanceRow> read_instances(SQLite::Database& database);
[[nodiscard]] std::vector<BlobRow> read_blob_rows(SQLite::Database& database);

/// The columns event_at() reads, from event_log joined with probes.
inline constexpr const char* kEventColumns =
    "SELECT e.id, p.name, p.instance, e.seq, e.type, e.wall_ns, e.mono_ns, e.received_ns, e.data "
    "FROM event_log e JOIN probes p ON p.id = e.probe ";
[[nodiscard]] model::Event event_at(SQLite::Statement& row);

}  // namespace candor::collect
