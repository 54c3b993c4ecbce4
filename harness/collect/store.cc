// SPDX-License-Identifier: Apache-2.0
#include "collect/store.h"

#include <map>

#include "base/bytes.h"
#include "base/error.h"
#include "collect/account.h"
#include "collect/schema.h"

namespace candor::collect {
namespace {

/// A file that was closed has no log beside it and is opened as one that cannot change, so reading leaves no
/// trace, even on a read-only medium; that of a run which broke off needs its log.
std::string uri_of(const std::filesystem::path& file) {
  std::string uri = "file:";
  for (const char c : std::filesystem::absolute(file).string()) {
    if (c == '?' || c == '#' || c == '%') {
      uri += '%' + to_hex(as_bytes(std::string_view(&c, 1)));
    } else {
      uri += c;
    }
  }
  return std::filesystem::exists(file.string() + "-wal") ? uri : uri + "?immutable=1";
}

SQLite::Database open_checked(const std::filesystem::path& file) {
  if (!std::filesystem::is_regular_file(file)) throw Error("there is no such file");
  SQLite::Database database(uri_of(file), SQLite::OPEN_READONLY | SQLite::OPEN_URI, 5000);
  database.exec("PRAGMA trusted_schema = OFF");
  check_version(database);
  const std::string sound = database.execAndGet("PRAGMA quick_check(1)").getString();
  if (sound != "ok") throw Error("the file is damaged: " + printable(sound));
  return database;
}

template <typename Read>
auto reading(const std::filesystem::path& file, Read&& read) {
  return in_context("reading " + file.string(), [&] {
    SQLite::Database database = open_checked(file);
    return read(database);
  });
}

/// Watches that what is read is all that was stored: each instance's numbers from 1 to its last, without
/// holes.
class Numbering {
 public:
  explicit Numbering(const std::vector<InstanceRow>& rows) {
    for (const InstanceRow& row : rows) instances_[row.instance] = {row.name, 0, row.last_seq};
  }
  void see(const model::Event& event) {
    Instance& instance = instances_.at(event.instance);
    if (event.seq != instance.seen + 1) fail(instance, event.seq - 1);
    instance.seen = event.seq;
  }
  void finish() const {
    for (const auto& [id, instance] : instances_) {
      if (instance.seen != instance.last) fail(instance, instance.last);
    }
  }

 private:
  struct Instance {
    std::string name;
    std::int64_t seen = 0;
    std::int64_t last = 0;
  };
  [[noreturn]] static void fail(const Instance& instance, std::int64_t last) {
    throw Error("the file is damaged: events " + std::to_string(instance.seen + 1) + " to " +
                std::to_string(last) + " of '" + printable(instance.name) + "' are not there");
  }
  std::map<std::string, Instance> instances_;
};

/// The quick form of what Numbering checks, for those who do not read the events.
void check_counts(SQLite::Database& database) {
  SQLite::Statement query(
      database,
      "SELECT p.name FROM probes p LEFT JOIN "
      "(SELECT probe, count(*) AS n, max(seq) AS last FROM event_log GROUP BY probe) e "
      "ON e.probe = p.id WHERE ifnull(e.n, 0) <> p.last_seq OR ifnull(e.last, 0) <> p.last_seq");
  if (!query.executeStep()) return;
  throw Error("the file is damaged: events of '" + printable(query.getColumn(0).getString()) +
              "' are not there");
}

std::vector<model::Event> all_events(SQLite::Database& database) {
  // An event whose instance is unknown would vanish in the join.
  if (database.execAndGet("SELECT count(*) FROM event_log WHERE probe NOT IN (SELECT id FROM probes)")
          .getInt64() != 0)
    throw Error("the file is damaged: it holds events of an unknown probe");
  Numbering numbering(read_instances(database));
  std::vector<model::Event> events;
  SQLite::Statement query(database, std::string(kEventColumns) + "ORDER BY e.id");
  while (query.executeStep()) {
    events.push_back(event_at(query));
    numbering.see(events.back());
  }
  numbering.finish();
  return events;
}

}  // namespace

std::vector<model::Event> read_events(const std::filesystem::path& file) {
  return reading(file, [](SQLite::Database& database) { return all_events(database); });
}

std::vector<model::ProbeAccount> read_accounts(const std::filesystem::path& file,
                                               std::span<const std::string> required) {
  return reading(file, [&](SQLite::Database& database) {
    check_counts(database);
    std::vector<model::ProbeAccount> accounts = make_accounts(read_instances(database), required);
    if (run_value(database, "closed").empty()) {
      for (model::ProbeAccount& account : accounts) add_problem(account.problem, "the run broke off");
    }
    return accounts;
  });
}

std::vector<model::Blob> read_blobs(const std::filesystem::path& file) {
  return reading(file, [](SQLite::Database& database) {
    SQLite::Statement query(
        database,
        "SELECT p.name, b.id, b.about, b.size, b.sha256, b.complete, e.type, e.wall_ns, e.data FROM blobs b "
        "JOIN probes p ON p.id = b.probe JOIN event_log e ON e.probe = b.probe AND e.seq = b.first_seq "
        "ORDER BY b.number");
    std::vector<model::Blob> blobs;
    while (query.executeStep())
      blobs.push_back({.probe = query.getColumn(0).getString(),
                       .id = query.getColumn(1).getString(),
                       .about = query.getColumn(2).getString(),
                       .size = static_cast<std::uint64_t>(query.getColumn(3).getInt64()),
                       .sha256 = query.getColumn(4).getString(),
                       .complete = query.getColumn(5).getInt() != 0,
                       .type = query.getColumn(6).getString(),
                       .wall_ns = query.getColumn(7).getInt64(),
                       .data = parse_json(query.getColumn(8).getString(), kDataLimits)});
    const auto rows = static_cast<std::size_t>(database.execAndGet("SELECT count(*) FROM blobs").getInt64());
    if (rows != blobs.size()) throw Error("the file is damaged: it holds blobs of unknown events");
    return blobs;
  });
}

std::string read_run(const std::filesystem::path& file) {
  return reading(file, [](SQLite::Database& database) { return run_value(database, "run"); });
}

}  // namespace candor::collect
