// SPDX-License-Identifier: Apache-2.0
#include "disk/ext_files.h"

extern "C" {  // its header does not say so
#include <et/com_err.h>
}
#include <ext2fs/ext2fs.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <set>
#include <vector>

#include "base/error.h"

namespace candor::disk {

namespace {

constexpr std::size_t kFoldersMost = 1U << 18;
constexpr std::size_t kFilesMost = 1U << 21;
constexpr std::size_t kLongestPath = 4096;
constexpr std::size_t kPiece = 256U << 10;

/// The disk the next channel is opened on: libext2fs hands a name over, and nothing else.
thread_local const DiskLayers* opening = nullptr;

extern "C" {

errcode_t layers_open(const char* name, int, io_channel* channel);

errcode_t layers_close(io_channel channel) {
  ext2fs_free_mem(&channel->name);
  return ext2fs_free_mem(&channel);
}

errcode_t layers_set_blksize(io_channel channel, int size) {
  channel->block_size = size;
  return 0;
}

/// A negative count is a number of bytes.
errcode_t layers_read(io_channel channel, unsigned long long block, int count, void* data) {
  const auto block_size = static_cast<std::uint64_t>(channel->block_size);
  const std::uint64_t bytes = count < 0 ? static_cast<std::uint64_t>(-static_cast<std::int64_t>(count))
                                        : static_cast<std::uint64_t>(count) * block_size;
  try {
    static_cast<const DiskLayers*>(channel->private_data)
        ->read(block * block_size, {static_cast<std::uint8_t*>(data), bytes});
  } catch (const std::exception&) {
    return EXT2_ET_SHORT_READ;
  }
  return 0;
}

errcode_t layers_read_short(io_channel channel, unsigned long block, int count, void* data) {
  return layers_read(channel, block, count, data);
}

errcode_t layers_write(io_channel, unsigned long long, int, const void*) { return EXT2_ET_RO_FILSYS; }
errcode_t layers_write_short(io_channel, unsigned long, int, const void*) { return EXT2_ET_RO_FILSYS; }
errcode_t layers_flush(io_channel) { return 0; }

}  // extern "C"

struct_io_manager layers_manager() {
  struct_io_manager manager{};
  manager.magic = EXT2_ET_MAGIC_IO_MANAGER;
  manager.name = "layers of a guest's disk";
  manager.open = layers_open;
  manager.close = layers_close;
  manager.set_blksize = layers_set_blksize;
  manager.read_blk = layers_read_short;
  manager.write_blk = layers_write_short;
  manager.flush = layers_flush;
  manager.read_blk64 = layers_read;
  manager.write_blk64 = layers_write;
  return manager;
}

struct_io_manager kManager = layers_manager();

extern "C" errcode_t layers_open(const char* name, int, io_channel* channel) {
  io_channel made = nullptr;
  if (const errcode_t code = ext2fs_get_memzero(sizeof(struct struct_io_channel), &made)) return code;
  if (const errcode_t code = ext2fs_get_mem(std::strlen(name) + 1, &made->name)) {
    ext2fs_free_mem(&made);
    return code;
  }
  std::strcpy(made->name, name);
  made->magic = EXT2_ET_MAGIC_IO_CHANNEL;
  made->manager = &kManager;
  made->block_size = 1024;
  made->refcount = 1;
  made->private_data = const_cast<DiskLayers*>(opening);
  *channel = made;
  return 0;
}

void check(errcode_t code, const char* what) {
  if (code != 0) throw Error(std::string(what) + ": " + error_message(code));
}

struct Folder {
  ext2_ino_t inode = 0;
  std::string path;
};

struct Entry {
  ext2_ino_t inode = 0;
  std::string name;
};

extern "C" int take_entry(ext2_ino_t, int, ext2_dir_entry* entry, int, int, char*, void* list) {
  const auto length = static_cast<std::size_t>(ext2fs_dirent_name_len(entry));
  Entry taken{entry->inode, std::string(entry->name, length)};
  taken.name.resize(std::min(taken.name.size(), taken.name.find('\0')));
  if (taken.name != "." && taken.name != ".." && !taken.name.empty())
    static_cast<std::vector<Entry>*>(list)->push_back(std::move(taken));
  return 0;
}

struct Blocks {
  const DiskLayers* disk = nullptr;
  std::uint64_t size = 0;
  bool written = false;
};

extern "C" int take_block(ext2_filsys, blk64_t* block, e2_blkcnt_t, blk64_t, int, void* blocks) {
  auto* const all = static_cast<Blocks*>(blocks);
  all->written = all->disk->changed(*block * all->size, all->size);
  return all->written ? BLOCK_ABORT : 0;
}

}  // namespace

struct ExtFiles::State {
  const DiskLayers& disk;
  ext2_filsys fs = nullptr;
  std::uint64_t broken = 0;

  explicit State(const DiskLayers& layers) : disk(layers) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (fs != nullptr) ext2fs_close_free(&fs);
  }

  [[nodiscard]] bool is_written(ext2_ino_t inode, const ext2_inode& node) {
    if ((node.i_flags & EXT4_INLINE_DATA_FL) != 0) return true;  // it stands beside its times, which change
    if (!ext2fs_inode_has_valid_blocks2(fs, const_cast<ext2_inode*>(&node))) return false;
    Blocks blocks{&disk, fs->blocksize};
    if (ext2fs_block_iterate3(fs, inode, BLOCK_FLAG_READ_ONLY, nullptr, take_block, &blocks) != 0) ++broken;
    return blocks.written;
  }
};

ExtFiles::ExtFiles(const DiskLayers& disk, AtRest rest) : state_(std::make_unique<State>(disk)) {
  static const bool prepared = [] {
    initialize_ext2_error_table();
    return true;
  }();
  static_cast<void>(prepared);
  opening = &disk;
  const errcode_t code = ext2fs_open2("disk", nullptr, EXT2_FLAG_64BITS, 0, 0, &kManager, &state_->fs);
  opening = nullptr;
  check(code, "opening the guest's file system");
  if (rest == AtRest::surely && ext2fs_has_feature_journal_needs_recovery(state_->fs->super))
    throw Error("the guest's file system was not at rest: its journal holds what it does not");
}

ExtFiles::~ExtFiles() = default;

std::uint64_t ExtFiles::broken() const { return state_->broken; }

void ExtFiles::visit(const std::function<void(const FileOnDisk&)>& take) {
  std::deque<Folder> folders{{EXT2_ROOT_INO, ""}};
  std::set<ext2_ino_t> known{EXT2_ROOT_INO};
  std::size_t files = 0;
  for (; !folders.empty(); folders.pop_front()) {
    const Folder folder = folders.front();
    std::vector<Entry> entries;
    if (ext2fs_dir_iterate2(state_->fs, folder.inode, 0, nullptr, take_entry, &entries) != 0)
      ++state_->broken;
    for (const Entry& entry : entries) {
      ext2_inode node{};
      const std::string path = folder.path + "/" + entry.name;
      if (path.size() > kLongestPath || entry.inode == 0 ||
          ext2fs_read_inode(state_->fs, entry.inode, &node) != 0) {
        ++state_->broken;
        continue;
      }
      const bool is_folder = LINUX_S_ISDIR(node.i_mode);
      if (is_folder ? !known.insert(entry.inode).second : !LINUX_S_ISREG(node.i_mode)) continue;
      if (is_folder ? folders.size() > kFoldersMost : ++files > kFilesMost)
        throw Error("the guest's file system has too many files");
      if (is_folder) {
        folders.push_back({entry.inode, path});
        continue;
      }
      take({.path = path,
            .inode = entry.inode,
            .size = EXT2_I_SIZE(&node),
            .user = inode_uid(node),
            .mode = node.i_mode,
            .modified_s = node.i_mtime,
            .written = state_->is_written(entry.inode, node)});
    }
  }
}

bool ExtFiles::has(const std::string& path) {
  ext2_ino_t inode = 0;
  return ext2fs_namei(state_->fs, EXT2_ROOT_INO, EXT2_ROOT_INO, path.c_str(), &inode) == 0;
}

void ExtFiles::read(const FileOnDisk& file, std::uint64_t limit,
                    const std::function<void(ByteView, bool last)>& take) {
  ext2_file_t opened = nullptr;
  check(ext2fs_file_open(state_->fs, file.inode, 0, &opened), "opening a file of the guest");
  const std::unique_ptr<ext2_file, errcode_t (*)(ext2_file_t)> closing(opened, ext2fs_file_close);
  Bytes piece(kPiece);
  std::uint64_t left = std::min(limit, file.size);
  do {
    unsigned int got = 0;
    check(ext2fs_file_read(opened, piece.data(),
                           static_cast<unsigned int>(std::min<std::uint64_t>(left, kPiece)), &got),
          "reading a file of the guest");
    left = got == 0 ? 0 : left - got;
    take({piece.data(), got}, left == 0);
  } while (left > 0);
}

}  // namespace candor::disk
