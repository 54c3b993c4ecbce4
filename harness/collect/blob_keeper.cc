// SPDX-License-Identifier: Apache-2.0
#include "collect/blob_keeper.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "collect/database.h"

namespace candor::collect {

namespace fs = std::filesystem;

BlobKeeper::BlobKeeper(fs::path folder, std::vector<BlobRow> rows) : folder_(std::move(folder)) {
  for (BlobRow& row : rows) {
    count_ = std::max(count_, row.number);
    bytes_ += row.size;
    if (row.sha256.empty())
      resume(std::move(row));
    else if (fs::exists(part(row.number)))
      name(row);
  }
}

fs::path BlobKeeper::part(std::int64_t number) const { return folder_ / (".part-" + std::to_string(number)); }

void BlobKeeper::resume(BlobRow row) {
  const fs::path path = part(row.number);
  in_context("going on with " + path.string(), [&] {
    if (!fs::exists(path) || fs::file_size(path) < static_cast<std::uintmax_t>(row.size))
      throw Error("it has fewer bytes than were acknowledged, " + std::to_string(row.size));
    fs::resize_file(path, static_cast<std::uintmax_t>(row.size));
    Open open{.row = row,
              .file = UniqueFd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC)),
              .hash = Hasher()};
    if (!open.file) throw errno_error("opening");
    if (row.size > 0) open.hash.update(MappedFile(path).bytes());
    ++open_of_[row.probe];
    open_.emplace(Key{row.probe, row.id}, std::move(open));
  });
}

BlobKeeper::Open& BlobKeeper::begin(std::int64_t probe, std::int64_t seq, const BlobPiece& piece) {
  if (open_of_[probe] >= kMaxOpenBlobs)
    throw Violation(reject::kBlob, "it has " + std::to_string(kMaxOpenBlobs) + " blobs open already");
  if (count_ >= static_cast<std::int64_t>(kMaxBlobs))
    throw Violation(reject::kBlob, "this run has " + std::to_string(kMaxBlobs) + " blobs already");
  fs::create_directories(folder_);
  const fs::path path = part(count_ + 1);
  Open open{
      .row = {.number = count_ + 1, .probe = probe, .id = piece.id, .about = piece.about, .first_seq = seq},
      .file = UniqueFd(::open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)),
      .hash = Hasher()};
  if (!open.file) throw errno_error("opening " + path.string());
  ++count_;
  ++open_of_[probe];
  return open_.emplace(Key{probe, piece.id}, std::move(open)).first->second;
}

void BlobKeeper::append(std::int64_t probe, std::int64_t seq, const BlobPiece& piece) {
  const Key key{probe, piece.id};
  const auto known = open_.find(key);
  const std::int64_t expected = known == open_.end() ? 0 : known->second.row.size;
  const std::string which = "the blob '" + printable(piece.id, 80) + "'";
  if (piece.offset != expected)
    throw Violation(reject::kBlob, which + " goes on at " + std::to_string(piece.offset) + ", not at " +
                                       std::to_string(expected));
  if (known != open_.end() && known->second.row.about != piece.about)
    throw Violation(reject::kBlob, which + " was said to be '" + known->second.row.about + "' before");
  const auto size = static_cast<std::int64_t>(piece.bytes.size());
  if (size > kMaxBlobBytes - bytes_) throw Violation(reject::kBlob, "this run's blobs have 16 GiB already");
  Open& blob = known == open_.end() ? begin(probe, seq, piece) : known->second;
  write_all(blob.file.get(), as_bytes(piece.bytes));
  blob.hash.update(as_bytes(piece.bytes));
  blob.row.size += size;
  bytes_ += size;
  if (!piece.last) {
    grown_.push_back(key);
    return;
  }
  close(blob, true);
  open_.erase(key);
}

void BlobKeeper::close(Open& blob, bool complete) {
  blob.row.sha256 = to_hex(blob.hash.finish());
  blob.row.complete = complete;
  blob.file.reset();
  --open_of_[blob.row.probe];
  changed_.push_back(blob.row);
}

void BlobKeeper::save(Database& database) {
  for (const Key& key : grown_)
    if (const auto blob = open_.find(key); blob != open_.end()) database.save(blob->second.row);
  for (const BlobRow& row : changed_) database.save(row);
  grown_.clear();
  to_name_.insert(to_name_.end(), changed_.begin(), changed_.end());
  changed_.clear();
}

void BlobKeeper::settle() {
  for (const BlobRow& row : to_name_) name(row);
  to_name_.clear();
}

void BlobKeeper::name(const BlobRow& row) const { fs::rename(part(row.number), folder_ / row.sha256); }

void BlobKeeper::finish() {
  for (auto& [key, blob] : open_) close(blob, false);
  open_.clear();
}

void BlobKeeper::sync() const {
  if (count_ == 0) return;
  const UniqueFd folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::syncfs(folder.get()) != 0) throw errno_error("syncing " + folder_.string());
}

}  // namespace candor::collect
