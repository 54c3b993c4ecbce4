// SPDX-License-Identifier: Apache-2.0
//
// The folders the probe `files` watches, as its programs know them: by device and inode. One that is not
// there yet is watched in the nearest folder above it that is, until it is there; so nothing that happens in
// it first is lost.
#pragma once

#include <string>
#include <vector>

namespace candor::guest_probe {

class WatchedFolders {
 public:
  /// `map` is the programs' own.
  explicit WatchedFolders(int map) : map_(map) {}

  /// Watches these from now on. Throws Error for what is no absolute path, and if the map is full.
  void set(std::vector<std::string> folders);
  /// Looks again for those that were not there.
  void refresh();

 private:
  void watch(const std::string& folder);

  int map_;
  std::vector<std::string> missing_;
};

}  // namespace candor::guest_probe
