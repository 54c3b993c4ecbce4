// SPDX-License-Identifier: Apache-2.0
#include "mix.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <random>
#include <string_view>

#include "base/error.h"

namespace candor::bench {

namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kLargestFile = 8U << 20;

bool ends_with_any(const std::string& name, std::initializer_list<const char*> ends) {
  return std::any_of(ends.begin(), ends.end(), [&](const char* end) { return name.ends_with(end); });
}

/// The sort a file is of, by its first bytes or its name; empty: none.
std::string_view sort_of(const fs::path& path, std::string_view begin) {
  const std::string name = path.filename().string();
  if (begin.starts_with("\x7f"
                        "ELF"))
    return "executables";
  if (begin.starts_with("\x1f\x8b") || begin.starts_with("PK\x03\x04") || begin.starts_with("\x89PNG") ||
      begin.starts_with("\xfd"
                        "7zXZ"))
    return "compressed";
  if (ends_with_any(name, {".html", ".htm"})) return "html";
  if (name == "copyright" || ends_with_any(name, {".txt", ".h", ".py", ".md", ".pm", ".c", ".pod"}))
    return "text";
  return {};
}

std::vector<fs::path> all_files() {
  std::vector<fs::path> files;
  for (auto entry = fs::recursive_directory_iterator("/usr", fs::directory_options::skip_permission_denied);
       entry != fs::recursive_directory_iterator(); ++entry)
    if (entry->is_regular_file() && !entry->is_symlink() && entry->file_size() <= kLargestFile)
      files.push_back(entry->path());
  std::sort(files.begin(), files.end());
  // Neighbours are alike; a fixed shuffle mixes them.
  std::shuffle(files.begin(), files.end(), std::mt19937_64(1));
  return files;
}

Bytes random_bytes(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

void append_file(const fs::path& path, std::size_t size, std::array<Sort, 4>& sorts) {
  std::ifstream file(path, std::ios::binary);
  std::string begin(4, '\0');
  file.read(begin.data(), 4);
  const std::string_view name = sort_of(path, begin);
  const auto sort =
      std::find_if(sorts.begin(), sorts.end(), [&](const Sort& each) { return each.name == name; });
  if (!file || sort == sorts.end() || sort->bytes.size() >= size) return;
  file.seekg(0);
  sort->bytes.insert(sort->bytes.end(), std::istreambuf_iterator<char>(file), {});
}

}  // namespace

std::vector<Sort> make_mix(std::size_t size, std::uint64_t seed) {
  std::array<Sort, 4> sorts = {Sort{"text", {}}, Sort{"html", {}}, Sort{"executables", {}},
                               Sort{"compressed", {}}};
  for (const fs::path& path : all_files()) {
    append_file(path, size, sorts);
    if (std::all_of(sorts.begin(), sorts.end(),
                    [size](const Sort& sort) { return sort.bytes.size() >= size; }))
      break;
  }
  std::vector<Sort> mix = {{"random", random_bytes(size, seed)}};
  for (Sort& sort : sorts) {
    if (sort.bytes.empty()) throw Error("there is no file of sort '" + sort.name + "' below /usr");
    for (std::size_t at = 0; sort.bytes.size() < size; ++at) sort.bytes.push_back(sort.bytes[at]);
    sort.bytes.resize(size);
    mix.push_back(std::move(sort));
  }
  return mix;
}

}  // namespace candor::bench
