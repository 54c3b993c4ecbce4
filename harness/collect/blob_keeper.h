// SPDX-License-Identifier: Apache-2.0
//
// The bytes probes hand over with their events: put together by probe and id, and kept in blobs/ by the
// SHA-256 of what they became. Written before the events they came with are committed. After a crash a blob
// is as long as its row says: what was written beyond that is sent again. Not for several threads at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/hash.h"
#include "collect/protocol.h"

namespace candor::collect {

class Database;

inline constexpr const char* kBlobFolder = "blobs";
inline constexpr std::size_t kMaxOpenBlobs = 256;          ///< Of one instance, at once.
inline constexpr std::size_t kMaxBlobs = 100'000;          ///< Of a run.
inline constexpr std::int64_t kMaxBlobBytes = 16LL << 30;  ///< Of a run, all together.

/// A row of the table `blobs`.
struct BlobRow {
  std::int64_t number = 0;  ///< Of the blob in its run, from 1.
  std::int64_t probe = 0;   ///< Row of its instance.
  std::string id;
  std::string about;
  std::int64_t first_seq = 0;  ///< Event its first bytes came with.
  std::int64_t size = 0;
  std::string sha256;     ///< Empty while it is open.
  bool complete = false;  ///< Whether its last piece came.
};

class BlobKeeper {
 public:
  /// Goes on with what `rows` tell of an earlier collector of this run.
  BlobKeeper(std::filesystem::path folder, std::vector<BlobRow> rows);

  /// Takes a piece. Throws Violation if it does not go on where the blob ends or limits are passed, Error if
  /// it cannot be written.
  void append(std::int64_t probe, std::int64_t seq, const BlobPiece& piece);
  /// Hands rows that changed to the database, before a commit.
  void save(Database& database);
  /// Gives finished blobs their names, after a commit.
  void settle();
  /// Ends those that are still open, incomplete; before the last commit.
  void finish();
  /// Makes them durable; after it.
  void sync() const;

 private:
  struct Open {
    BlobRow row;
    UniqueFd file;
    Hasher hash;
  };
  using Key = std::pair<std::int64_t, std::string>;

  [[nodiscard]] std::filesystem::path part(std::int64_t number) const;
  Open& begin(std::int64_t probe, std::int64_t seq, const BlobPiece& piece);
  void resume(BlobRow row);
  void close(Open& blob, bool complete);
  void name(const BlobRow& row) const;

  std::filesystem::path folder_;
  std::map<Key, Open> open_;
  std::map<std::int64_t, std::size_t> open_of_;  ///< By instance.
  std::vector<BlobRow> changed_;                 ///< Closed since the last commit.
  std::vector<Key> grown_;                       ///< Open, and longer than in the database.
  std::vector<BlobRow> to_name_;
  std::int64_t count_ = 0;
  std::int64_t bytes_ = 0;
};

}  // namespace candor::collect
