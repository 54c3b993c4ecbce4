// SPDX-License-Identifier: Apache-2.0
#include "guest/watched_folders.h"

#include <bpf/bpf.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cstdint>
#include <filesystem>

#include "base/bytes.h"
#include "base/error.h"

namespace candor::guest_probe {

namespace {

struct FolderKey {  // folder_key of files.bpf.c
  std::uint64_t inode;
  std::uint32_t device;
  std::uint32_t padding;
};

/// Linux keeps a device's number in 32 bits: 12 of major, 20 of minor.
std::uint32_t kernel_device(dev_t device) {
  return static_cast<std::uint32_t>(major(device) << 20U | minor(device));
}

}  // namespace

void WatchedFolders::set(std::vector<std::string> folders) {
  missing_.clear();
  for (const std::string& folder : folders)
    if (!folder.starts_with('/')) throw Error("'" + printable(folder) + "' is no absolute path");
  missing_ = std::move(folders);
  for (const std::string& folder : missing_) {
    // The nearest folder that is there, be it this one.
    std::filesystem::path at = folder;
    struct stat status {};
    while (stat(at.c_str(), &status) != 0 && at != at.root_path()) at = at.parent_path();
    watch(at);
  }
  refresh();
}

void WatchedFolders::refresh() {
  std::vector<std::string> still;
  for (const std::string& folder : missing_) {
    struct stat status {};
    if (stat(folder.c_str(), &status) == 0)
      watch(folder);
    else
      still.push_back(folder);
  }
  missing_ = std::move(still);
}

void WatchedFolders::watch(const std::string& folder) {
  struct stat status {};
  if (stat(folder.c_str(), &status) != 0) return;
  const FolderKey key{status.st_ino, kernel_device(status.st_dev), 0};
  const std::uint8_t yes = 1;
  if (bpf_map_update_elem(map_, &key, &yes, BPF_ANY) != 0)
    throw errno_error("watching '" + printable(folder) + "'");
}

}  // namespace candor::guest_probe
