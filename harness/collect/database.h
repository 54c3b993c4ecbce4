// SPDX-License-Identifier: Apache-2.0
//
// The one writer of events.sqlite, owned by the collector's thread. Everything written between two commits
// becomes visible and safe at once. Failures are SQLite's exceptions; after one the owner must stop
// acknowledging.
//
// Safety: write-ahead log with synchronous = NORMAL. A commit then survives the death of this process at any
// moment (the pages are with the kernel), but not, by itself, the death of the host. That is enough for an
// acknowledgement: a probe shares the host, so nothing that was acknowledged can outlive a host crash on the
// probe's side either; and a verdict is given only after finish(), which checkpoints and syncs. A file that
// lost its end to a host crash lacks the mark "closed" and can only give `inconclusive`.
#pragma once

#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "collect/account.h"
#include "collect/blob_keeper.h"
#include "collect/protocol.h"
#include "model/event.h"

namespace candor::collect {

class Database {
 public:
  /// Makes the file, or goes on with one that belongs to the same run and was not closed.
  Database(const std::filesystem::path& file, const std::string& run);

  [[nodiscard]] std::vector<InstanceRow> instances();
  [[nodiscard]] std::vector<BlobRow> blobs();

  void insert(std::int64_t instance, const EventReport& event, std::int64_t received_ns);
  /// Inserts the row (and sets its id) or updates it.
  void save(InstanceRow& row);
  /// Likewise; its number is its key.
  void save(const BlobRow& row);
  /// Whether something was written since the last commit.
  [[nodiscard]] bool dirty() const { return transaction_.has_value(); }
  void commit();
  void rollback() noexcept;

  /// Row id of the last event.
  [[nodiscard]] std::int64_t last_event() const { return last_event_; }
  /// Committed events after row `id`, of `type` (empty: any), with their row ids; at most `limit`.
  [[nodiscard]] std::vector<std::pair<std::int64_t, model::Event>> after(std::int64_t id,
                                                                         const std::string& type, int limit);
  /// Marks the run closed and leaves one durable file without a log; nothing may be written afterwards.
  void finish();

 private:
  void begin();
  SQLite::Database open(const std::string& run) const;

  std::filesystem::path file_;
  SQLite::Database database_;
  SQLite::Statement insert_event_;
  SQLite::Statement update_row_;
  std::optional<SQLite::Transaction> transaction_;
  std::int64_t last_event_ = 0;
};

}  // namespace candor::collect
