// SPDX-License-Identifier: Apache-2.0
#include "surfaces.h"

#include <ctime>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/hash.h"

namespace candor::bench {

namespace {

namespace fs = std::filesystem;

constexpr std::array kRoots = {"/usr", "/var/lib", "/boot", "/var/cache/apt/archives"};
/// Of the wanted bytes, in the order of kSorts; with what is missing of one, the next goes on.
constexpr std::array kShares = {0.1, 0.006, 0.594, 0.1, 0.1, 0.05, 0.05};
constexpr std::size_t kMeanDistance = 100;  ///< Of changed bytes in a mutated file.

std::vector<fs::path> files_below(const char* root) {
  std::vector<fs::path> files;
  std::error_code error;
  auto entry = fs::recursive_directory_iterator(root, fs::directory_options::skip_permission_denied, error);
  while (!error && entry != fs::recursive_directory_iterator()) {
    std::error_code gone;
    if (entry->is_regular_file(gone) && !entry->is_symlink(gone)) files.push_back(entry->path());
    entry.increment(error);
  }
  return files;
}

Bytes random_bytes(std::size_t size, std::mt19937_64& random) {
  Bytes bytes(size + 8);
  for (std::size_t at = 0; at < size; at += 8) {
    const std::uint64_t word = random();
    std::copy_n(reinterpret_cast<const std::uint8_t*>(&word), 8, bytes.data() + at);
  }
  bytes.resize(size);
  return bytes;
}

/// Copies with bytes changed, taken out and put in, so that what a file holds is met cut and damaged as well.
Bytes mutated(ByteView original, std::mt19937_64& random) {
  Bytes copy;
  copy.reserve(original.size() + original.size() / 64);
  for (std::size_t at = 0; at < original.size();) {
    const std::size_t kept = std::min<std::size_t>(original.size() - at, random() % (2 * kMeanDistance));
    copy.insert(copy.end(), original.begin() + static_cast<std::ptrdiff_t>(at),
                original.begin() + static_cast<std::ptrdiff_t>(at + kept));
    at += kept;
    const std::uint64_t change = random();
    if (change % 4 < 2) copy.push_back(static_cast<std::uint8_t>(change >> 8));
    if (change % 4 > 0) ++at;
  }
  return copy;
}

Bytes in_hex(ByteView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  Bytes text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t byte : bytes) {
    text.push_back(static_cast<std::uint8_t>(kDigits[byte >> 4]));
    text.push_back(static_cast<std::uint8_t>(kDigits[byte & 15]));
  }
  return text;
}

class Maker {
 public:
  Maker(const Wanted& wanted, const std::function<void(const Surface&)>& on_surface)
      : wanted_(wanted), on_surface_(on_surface), random_(wanted.seed), buffer_(wanted.largest) {}

  ReadingCost run() {
    for (std::size_t i = 0; i < kSorts.size(); ++i) {
      until_ += static_cast<std::uint64_t>(kShares[i] * static_cast<double>(wanted_.bytes));
      if (i + 1 == kSorts.size()) until_ = wanted_.bytes;
      fill(kSorts[i]);
    }
    if (given_ < wanted_.bytes) throw Error("there are too few foreign files on this machine");
    return cost_;
  }

 private:
  /// Whether there is enough, with what waits to be given.
  [[nodiscard]] bool full() const { return given_ + pack_.size() >= until_; }

  void fill(Sort sort) {
    if (sort == Sort::random || sort == Sort::base64 || sort == Sort::hex) {
      for (std::size_t number = 0; !full(); ++number) generate(sort, number);
      return;
    }
    for (const fs::path& path : shuffled_files()) {
      if (full()) break;
      if (sort == Sort::mutated || (path.extension() == ".deb") == (sort == Sort::package)) read(path, sort);
    }
    give_pack(sort);
  }

  const std::vector<fs::path>& shuffled_files() {
    if (!files_.empty()) return files_;
    for (const char* root : kRoots) {
      const std::vector<fs::path> more = files_below(root);
      files_.insert(files_.end(), more.begin(), more.end());
    }
    std::sort(files_.begin(), files_.end());
    std::shuffle(files_.begin(), files_.end(), std::mt19937_64(wanted_.seed));
    return files_;
  }

  void read(const fs::path& path, Sort sort) {
    std::ifstream file(path, std::ios::binary);
    ByteView piece;
    for (std::uint64_t offset = 0; file && !full(); offset += piece.size()) {
      const double start = thread_seconds();
      file.read(reinterpret_cast<char*>(buffer_.data()), static_cast<std::streamsize>(buffer_.size()));
      piece = ByteView(buffer_).first(static_cast<std::size_t>(std::max<std::streamsize>(0, file.gcount())));
      if (piece.empty()) return;
      const Bytes hash = digest("sha256", piece);
      cost_.seconds += thread_seconds() - start;
      cost_.bytes += piece.size();
      if (!seen_.insert({sort == Sort::mutated, hash}).second) continue;
      const std::string name = path.string() + "@" + std::to_string(offset);
      if (sort == Sort::alone || sort == Sort::package)
        give(sort, name, piece);
      else if (sort == Sort::mutated)
        pack(sort, name, mutated(piece, random_));
      else
        pack(sort, name, piece);
    }
  }

  void pack(Sort sort, const std::string& name, ByteView bytes) {
    if (pack_.size() + bytes.size() > wanted_.largest) give_pack(sort);
    if (pack_.empty()) pack_name_ = "files from " + name + " on";
    pack_.insert(pack_.end(), bytes.begin(), bytes.end());
  }

  void give_pack(Sort sort) {
    const Bytes bytes = std::exchange(pack_, {});
    if (!bytes.empty()) give(sort, pack_name_, bytes);
  }

  void generate(Sort sort, std::size_t number) {
    const std::size_t size = std::min<std::uint64_t>(wanted_.largest, until_ - given_);
    Bytes bytes;
    if (sort == Sort::random) bytes = random_bytes(size, random_);
    if (sort == Sort::hex) bytes = in_hex(random_bytes(size / 2 + 1, random_));
    if (sort == Sort::base64) bytes = to_bytes(to_base64(random_bytes(size / 4 * 3 + 3, random_)));
    give(sort, "seed " + std::to_string(wanted_.seed) + ", number " + std::to_string(number), bytes);
  }

  void give(Sort sort, const std::string& name, ByteView bytes) {
    given_ += bytes.size();
    on_surface_({.sort = sort, .name = name, .bytes = bytes});
  }

  const Wanted& wanted_;
  const std::function<void(const Surface&)>& on_surface_;
  std::mt19937_64 random_;
  std::vector<fs::path> files_;
  std::set<std::pair<bool, Bytes>> seen_;  ///< Hashes of what was given, mutated or not.
  Bytes buffer_;
  Bytes pack_;  ///< Files that are given together.
  std::string pack_name_;
  std::uint64_t given_ = 0;
  std::uint64_t until_ = 0;
  ReadingCost cost_;
};

}  // namespace

const char* text(Sort sort) {
  switch (sort) {
    case Sort::package:
      return "packages";
    case Sort::alone:
      return "alone";
    case Sort::file:
      return "files";
    case Sort::mutated:
      return "mutated";
    case Sort::random:
      return "random";
    case Sort::base64:
      return "base64";
    case Sort::hex:
      return "hex";
  }
  return "";
}

double thread_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

ReadingCost for_each_surface(const Wanted& wanted, const std::function<void(const Surface&)>& on_surface) {
  return Maker(wanted, on_surface).run();
}

}  // namespace candor::bench
