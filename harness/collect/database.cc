// SPDX-License-Identifier: Apache-2.0
#include "collect/database.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/fd.h"
#include "collect/schema.h"

namespace candor::collect {
namespace {

void sync(const std::filesystem::path& path, int flags) {
  const UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC));
  if (!fd || fsync(fd.get()) != 0) throw errno_error("syncing " + path.string());
}

}  // namespace

SQLite::Database Database::open(const std::string& run) const {
  const bool fresh = !std::filesystem::exists(file_);
  SQLite::Database database(file_.string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE, 5000);
  database.exec("PRAGMA journal_mode = WAL");
  database.exec("PRAGMA synchronous = NORMAL");
  database.exec("PRAGMA wal_autocheckpoint = 8192");
  // A crash may have left an empty file behind, so what counts is what is in it.
  if (fresh || database.execAndGet("SELECT count(*) FROM sqlite_master").getInt() == 0) {
    create_schema(database, run);
  }
  check_version(database);
  const std::string owner = run_value(database, "run");
  if (owner != run) throw Error("it belongs to the run '" + owner + "', not to '" + run + "'");
  if (!run_value(database, "closed").empty()) throw Error("its run was closed; it takes no more events");
  return database;
}

Database::Database(const std::filesystem::path& file, const std::string& run)
    : file_(file),
      database_(open(run)),
      insert_event_(database_,
                    "INSERT INTO event_log (probe, seq, type, wall_ns, mono_ns, received_ns, data) "
                    "VALUES (?, ?, ?, ?, ?, ?, ?)"),
      update_row_(database_,
                  "UPDATE probes SET state = ?, last_seq = ?, announced = ?, fin_seq = ?, dropped = ?, "
                  "problem = ? WHERE id = ?"),
      last_event_(database_.execAndGet("SELECT ifnull(max(id), 0) FROM event_log").getInt64()) {}

std::vector<InstanceRow> Database::instances() { return read_instances(database_); }

std::vector<BlobRow> Database::blobs() { return read_blob_rows(database_); }

void Database::begin() {
  if (!transaction_) transaction_.emplace(database_);
}

void Database::insert(std::int64_t instance, const EventReport& event, std::int64_t received_ns) {
  begin();
  insert_event_.reset();
  insert_event_.bind(1, instance);
  insert_event_.bind(2, event.seq);
  insert_event_.bindNoCopy(3, event.type);
  insert_event_.bind(4, event.wall_ns);
  insert_event_.bind(5, event.mono_ns);
  insert_event_.bind(6, received_ns);
  insert_event_.bindNoCopy(7, event.data);
  insert_event_.exec();
  last_event_ = database_.getLastInsertRowid();
}

void Database::save(InstanceRow& row) {
  begin();
  if (row.id == 0) {
    SQLite::Statement insert(
        database_,
        "INSERT INTO probes (name, instance, version, hello, state, last_seq, announced, "
        "fin_seq, dropped, problem) VALUES (?, ?, ?, ?, '', 0, 0, -1, 0, '')");
    insert.bind(1, row.name);
    insert.bind(2, row.instance);
    insert.bind(3, row.version);
    insert.bind(4, row.hello);
    insert.exec();
    row.id = database_.getLastInsertRowid();
  }
  update_row_.reset();
  update_row_.bind(1, row.state);
  update_row_.bind(2, row.last_seq);
  update_row_.bind(3, row.announced);
  update_row_.bind(4, row.fin_seq);
  update_row_.bind(5, row.dropped);
  update_row_.bind(6, row.problem);
  update_row_.bind(7, row.id);
  update_row_.exec();
}

void Database::save(const BlobRow& row) {
  begin();
  SQLite::Statement put(database_,
                        "INSERT INTO blobs (number, probe, id, about, first_seq, size, sha256, complete) "
                        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (number) DO UPDATE SET "
                        "size = excluded.size, sha256 = excluded.sha256, complete = excluded.complete");
  put.bind(1, row.number);
  put.bind(2, row.probe);
  put.bind(3, row.id);
  put.bind(4, row.about);
  put.bind(5, row.first_seq);
  put.bind(6, row.size);
  put.bind(7, row.sha256);
  put.bind(8, row.complete ? 1 : 0);
  put.exec();
}

void Database::commit() {
  if (!transaction_) return;
  transaction_->commit();
  transaction_.reset();
}

void Database::rollback() noexcept {
  transaction_.reset();  // its destructor rolls back and swallows what SQLite says about it
}

std::vector<std::pair<std::int64_t, model::Event>> Database::after(std::int64_t id, const std::string& type,
                                                                   int limit) {
  const std::string filter = type.empty() ? "" : "AND e.type = ?3 ";
  SQLite::Statement query(database_,
                          kEventColumns + ("WHERE e.id > ?1 " + filter) + "ORDER BY e.id LIMIT ?2");
  query.bind(1, id);
  query.bind(2, limit);
  if (!type.empty()) query.bind(3, type);
  std::vector<std::pair<std::int64_t, model::Event>> events;
  while (query.executeStep()) events.emplace_back(query.getColumn(0).getInt64(), event_at(query));
  return events;
}

void Database::finish() {
  SQLite::Statement mark(database_, "INSERT INTO run VALUES ('closed', ?)");
  mark.bind(1, std::to_string(wall_ns()));
  begin();
  mark.exec();
  commit();
  insert_event_.reset();
  update_row_.reset();
  mark.reset();
  // Leaving WAL checkpoints everything into the one file and removes the log.
  const std::string mode = database_.execAndGet("PRAGMA journal_mode = DELETE").getString();
  if (mode != "delete") throw Error("the write-ahead log could not be folded into the file");
  sync(file_, O_RDWR);
  sync(file_.parent_path(), O_RDONLY | O_DIRECTORY);
}

}  // namespace candor::collect
