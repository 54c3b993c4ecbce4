// SPDX-License-Identifier: Apache-2.0
//
// What the world's web servers remember: the vendor's cloud, files that were put, and how much memory the
// begins of bodies take. One per process, in Services.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "cloud/cloud.h"

namespace candor::internet {

struct HttpState {
  /// Of all bodies together that are being received.
  static constexpr std::size_t kBodyMemory = 256U << 20;
  static constexpr std::size_t kRemembered = 16'384;

  std::unique_ptr<cloud::Cloud> cloud;  ///< None: the product's vendor has no simulated cloud.
  std::size_t body_memory = 0;
  std::unordered_map<std::string, std::uint64_t> files;  ///< Host and path of what was put, and its size.
  std::set<std::string> folders;

  void note_file(const std::string& place, std::uint64_t size) {
    if (files.size() < kRemembered || files.contains(place)) files[place] = size;
  }
  void note_folder(std::string place) {
    if (place.ends_with('/')) place.pop_back();
    if (folders.size() < kRemembered) folders.insert(std::move(place));
  }
};

}  // namespace candor::internet
