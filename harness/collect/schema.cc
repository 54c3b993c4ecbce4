// SPDX-License-Identifier: Apache-2.0
#include "collect/schema.h"

#include "base/bytes.h"
#include "base/error.h"

namespace candor::collect {
namespace {

// Escapes may grow when JSON is written again, so reading allows more than the protocol's limit for one
// event.

// Events name their instance by row id: a UUID in every row would double the index for nothing.
constexpr const char* kTables = R"sql(
CREATE TABLE run (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE probes (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, instance TEXT NOT NULL UNIQUE, version TEXT NOT NULL,
  hello TEXT NOT NULL, state TEXT NOT NULL, last_seq INTEGER NOT NULL, announced INTEGER NOT NULL,
  fin_seq INTEGER NOT NULL, dropped INTEGER NOT NULL, problem TEXT NOT NULL);
CREATE TABLE event_log (
  id INTEGER PRIMARY KEY, probe INTEGER NOT NULL REFERENCES probes(id), seq INTEGER NOT NULL,
  type TEXT NOT NULL, wall_ns INTEGER NOT NULL, mono_ns INTEGER NOT NULL, received_ns INTEGER NOT NULL,
  data TEXT NOT NULL, UNIQUE (probe, seq));
CREATE TABLE blobs (
  number INTEGER PRIMARY KEY, probe INTEGER NOT NULL REFERENCES probes(id), id TEXT NOT NULL, about TEXT NOT NULL,
  first_seq INTEGER NOT NULL, size INTEGER NOT NULL, sha256 TEXT NOT NULL, complete INTEGER NOT NULL);
CREATE VIEW events AS
  SELECT p.name AS probe, p.instance AS instance, e.seq AS seq, e.type AS type, e.wall_ns AS wall_ns,
         e.mono_ns AS mono_ns, e.received_ns AS received_ns, e.data AS data
  FROM event_log e JOIN probes p ON p.id = e.probe ORDER BY e.id;
)sql";

}  // namespace

void create_schema(SQLite::Database& database, const std::string& run) {
  SQLite::Transaction transaction(database);
  database.exec(kTables);
  database.exec("PRAGMA user_version = " + std::to_string(kStoreVersion));
  SQLite::Statement insert(database, "INSERT INTO run VALUES ('run', ?)");
  insert.bind(1, run);
  insert.exec();
  transaction.commit();
}

void check_version(SQLite::Database& database) {
  const int version = database.execAndGet("PRAGMA user_version").getInt();
  if (version != kStoreVersion) {
    throw Error("it has version " + std::to_string(version) + "; this program reads version " +
                std::to_string(kStoreVersion));
  }
}

std::string run_value(SQLite::Database& database, const char* key) {
  SQLite::Statement query(database, "SELECT value FROM run WHERE key = ?");
  query.bind(1, key);
  return query.executeStep() ? query.getColumn(0).getString() : std::string();
}

std::vector<InstanceRow> read_instances(SQLite::Database& database) {
  SQLite::Statement query(database,
                          "SELECT id, name, instance, version, hello, state, last_seq, announced, fin_seq, "
                          "dropped, problem FROM probes ORDER BY id");
  std::vector<InstanceRow> rows;
  while (query.executeStep()) {
    InstanceRow row;
    row.id = query.getColumn(0).getInt64();
    row.name = query.getColumn(1).getString();
    row.instance = query.getColumn(2).getString();
    row.version = query.getColumn(3).getString();
    row.hello = query.getColumn(4).getString();
    row.state = query.getColumn(5).getString();
    row.last_seq = query.getColumn(6).getInt64();
    row.announced = query.getColumn(7).getInt64();
    row.fin_seq = query.getColumn(8).getInt64();
    row.dropped = query.getColumn(9).getInt64();
    row.problem = query.getColumn(10).getString();
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<BlobRow> read_blob_rows(SQLite::Database& database) {
  SQLite::Statement query(database,
                          "SELECT number, probe, id, about, first_seq, size, sha256, complete FROM blobs "
                          "ORDER BY number");
  std::vector<BlobRow> rows;
  while (query.executeStep())
    rows.push_back({.number = query.getColumn(0).getInt64(),
                    .probe = query.getColumn(1).getInt64(),
                    .id = query.getColumn(2).getString(),
                    .about = query.getColumn(3).getString(),
                    .first_seq = query.getColumn(4).getInt64(),
                    .size = query.getColumn(5).getInt64(),
                    .sha256 = query.getColumn(6).getString(),
                    .complete = query.getColumn(7).getInt() != 0});
  return rows;
}

model::Event event_at(SQLite::Statement& row) {
  model::Event event;
  event.probe = row.getColumn(1).getString();
  event.instance = row.getColumn(2).getString();
  event.seq = row.getColumn(3).getInt64();
  event.type = row.getColumn(4).getString();
  event.wall_ns = row.getColumn(5).getInt64();
  event.mono_ns = row.getColumn(6).getInt64();
  event.received_ns = row.getColumn(7).getInt64();
  const std::string data = row.getColumn(8).getString();
  event.data = in_context("event " + std::to_string(event.seq) + " of '" + printable(event.probe) + "'",
                          [&] { return parse_json(data, kDataLimits); });
  return event;
}

}  // namespace candor::collect
