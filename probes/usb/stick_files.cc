// SPDX-License-Identifier: Apache-2.0
#include "usb/stick_files.h"

#include <tsk/libtsk.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/error.h"
#include "base/file.h"

namespace candor::usb {

namespace {

constexpr std::size_t kMostFiles = 100'000;
constexpr std::size_t kMostNames = 16U << 20;  // bytes
constexpr std::size_t kPiece = 1U << 16;
constexpr std::size_t kSector = 512;

std::string tsk_problem() {
  const char* const text = tsk_error_get();
  return text == nullptr ? "no reason given" : printable(text, 600);
}

using Image = std::unique_ptr<TSK_IMG_INFO, decltype(&tsk_img_close)>;
using FileSystem = std::unique_ptr<TSK_FS_INFO, decltype(&tsk_fs_close)>;
using OpenFile = std::unique_ptr<TSK_FS_FILE, decltype(&tsk_fs_file_close)>;

/// Runs of sectors, in order.
using Runs = std::vector<std::pair<std::uint64_t, std::uint64_t>>;  // first, count

void append_sector(Runs& runs, std::uint64_t sector) {
  if (!runs.empty() && runs.back().first + runs.back().second == sector)
    ++runs.back().second;
  else
    runs.emplace_back(sector, 1);
}

struct Walk {
  std::vector<StickFile> files;
  std::string names;
  std::uint64_t broken = 0;
};

/// Called by C code, which no exception may pass.
TSK_WALK_RET_ENUM take_entry(TSK_FS_FILE* file, const char* folder, void* context) noexcept {
  Walk& walk = *static_cast<Walk*>(context);
  try {
    if (file == nullptr || file->name == nullptr || file->name->name == nullptr) return TSK_WALK_CONT;
    if (TSK_FS_ISDOT(file->name->name)) return TSK_WALK_CONT;
    const std::string path = "/" + std::string(folder == nullptr ? "" : folder) + file->name->name;
    if (walk.names.size() < kMostNames) walk.names += path + '\n';
    if (file->name->type == TSK_FS_NAME_TYPE_DIR) return TSK_WALK_CONT;
    if (file->meta == nullptr) {
      ++walk.broken;
      return TSK_WALK_CONT;
    }
    if (file->meta->type != TSK_FS_META_TYPE_REG) return TSK_WALK_CONT;
    if (walk.files.size() == kMostFiles) {
      ++walk.broken;
      return TSK_WALK_STOP;
    }
    walk.files.push_back({.path = path,
                          .inode = file->meta->addr,
                          .size = static_cast<std::uint64_t>(std::max<TSK_OFF_T>(0, file->meta->size)),
                          .modified_s = file->meta->mtime,
                          .deleted = (file->name->flags & TSK_FS_NAME_FLAG_UNALLOC) != 0});
    return TSK_WALK_CONT;
  } catch (const std::exception&) {
    return TSK_WALK_ERROR;
  }
}

}  // namespace

struct StickFiles::State {
  MappedFile now;
  MappedFile before;
  Image image{nullptr, tsk_img_close};
  FileSystem files{nullptr, tsk_fs_close};
  std::string names;
  std::uint64_t broken = 0;

  [[nodiscard]] bool changed(std::uint64_t sector) const {
    const std::size_t at = sector * kSector;
    return std::memcmp(now.bytes().data() + at, before.bytes().data() + at, kSector) != 0;
  }
  [[nodiscard]] std::uint64_t sectors() const { return now.bytes().size() / kSector; }

  /// Whether it lies before the tables of the file system as it was made (the boot sector's count of reserved
  /// sectors), where only the mark of a mounted one may change.
  [[nodiscard]] bool reserved(std::uint64_t sector) const {
    constexpr std::size_t kCount = 14;  // Two bytes, the low one first. Microsoft's FAT specification, 1.03.
    constexpr std::size_t kMark = 37;
    const ByteView made = before.bytes();
    if (made.size() < kSector || sector >= made[kCount] + 256U * made[kCount + 1]) return false;
    const ByteView is = now.bytes();
    return sector != 0 || std::memcmp(is.data(), made.data(), kMark) != 0 ||
           std::memcmp(is.data() + kMark + 1, made.data() + kMark + 1, kSector - kMark - 1) != 0;
  }

  /// Whether that sector may hold what belongs to no file. Without a file system, all do.
  [[nodiscard]] bool free(std::uint64_t sector) const {
    if (!files || files->block_size < kSector || reserved(sector)) return true;
    const TSK_DADDR_T block = sector * kSector / files->block_size;
    if (block < files->first_block || block > files->last_block) return true;
    const auto flags = files->block_getflags(files.get(), block);
    return (flags & TSK_FS_BLOCK_FLAG_UNALLOC) != 0;
  }
};

StickFiles::StickFiles(const std::filesystem::path& image, const std::filesystem::path& before)
    : state_(new State{MappedFile(image), MappedFile(before)}) {
  if (state_->now.bytes().size() != state_->before.bytes().size())
    throw Error(image.string() + " and " + before.string() + " are not of one size");
  state_->image.reset(tsk_img_open_utf8_sing(image.c_str(), TSK_IMG_TYPE_RAW, kSector));
  if (!state_->image) throw Error("opening " + image.string() + ": " + tsk_problem());
  state_->files.reset(tsk_fs_open_img(state_->image.get(), 0, TSK_FS_TYPE_DETECT));
}

StickFiles::~StickFiles() = default;

std::vector<StickFile> StickFiles::files() {
  if (!state_->files) return {};
  Walk walk;
  const auto flags = static_cast<TSK_FS_DIR_WALK_FLAG_ENUM>(
      TSK_FS_DIR_WALK_FLAG_ALLOC | TSK_FS_DIR_WALK_FLAG_UNALLOC | TSK_FS_DIR_WALK_FLAG_RECURSE);
  if (tsk_fs_dir_walk(state_->files.get(), state_->files->root_inum, flags, take_entry, &walk) != 0)
    ++walk.broken;
  if (walk.names.size() >= kMostNames) ++walk.broken;
  state_->broken += walk.broken;
  state_->names = std::move(walk.names);
  return std::move(walk.files);
}

const std::string& StickFiles::names() const { return state_->names; }

std::uint64_t StickFiles::broken() const { return state_->broken; }

void StickFiles::read(const StickFile& file, std::uint64_t limit, const TakeBytes& take) {
  const std::string where = printable(file.path, 400);
  const OpenFile open(tsk_fs_file_open_meta(state_->files.get(), nullptr, file.inode), tsk_fs_file_close);
  if (!open) throw Error("opening " + where + " on the stick: " + tsk_problem());
  const std::uint64_t end = std::min(file.size, limit);
  std::array<char, kPiece> piece{};
  for (std::uint64_t at = 0; at < end;) {
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, end - at));
    const ssize_t got = tsk_fs_file_read(open.get(), static_cast<TSK_OFF_T>(at), piece.data(), wanted,
                                         TSK_FS_FILE_READ_FLAG_NONE);
    // What a deleted file's clusters hold now is read as another file's, or as free space.
    if (got <= 0 && file.deleted) break;
    if (got <= 0) throw Error("reading " + where + " on the stick: " + tsk_problem());
    take(as_bytes(std::string_view(piece.data(), static_cast<std::size_t>(got))), false);
    at += static_cast<std::uint64_t>(got);
  }
  take({}, true);
}

std::uint64_t StickFiles::changed_bytes() const {
  std::uint64_t count = 0;
  for (std::uint64_t sector = 0; sector < state_->sectors(); ++sector)
    if (state_->changed(sector)) ++count;
  return count * kSector;
}

std::uint64_t StickFiles::read_free_space(std::uint64_t limit, const TakeBytes& take) {
  Runs runs;
  for (std::uint64_t sector = 0; sector < state_->sectors(); ++sector)
    if (state_->changed(sector) && state_->free(sector)) append_sector(runs, sector);
  std::uint64_t all = 0;
  for (const auto& [first, count] : runs) {
    const std::uint64_t bytes = count * kSector;
    const std::uint64_t part = std::min(bytes, limit - std::min(limit, all));
    for (std::uint64_t at = 0; at < part; at += kPiece)
      take(state_->now.bytes().subspan(first * kSector + at, std::min<std::uint64_t>(kPiece, part - at)),
           false);
    all += bytes;
  }
  if (all > 0) take({}, true);
  return all;
}

}  // namespace candor::usb
