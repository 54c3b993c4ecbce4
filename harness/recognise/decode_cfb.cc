// SPDX-License-Identifier: Apache-2.0
//
// OLE2 compound files ([MS-CFB], version 11): old Word, Excel and PowerPoint documents, msi, msg. A file is
// sectors; a table of them (FAT) chains each stream's; short streams are chains of small sectors inside a
// stream of the root's. Each stream is a member, named by its path. A sector belongs to one chain only, so
// that neither circles nor streams that share sectors make more than was there. Of a file that was cut,
// chains whose table is missing are taken to go on in order, as they mostly do; sectors that no chain has are
// members too.
#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "recognise/decoder.h"
#include "recognise/endian.h"
#include "recognise/unicode.h"
#include "recognise/unpack.h"

namespace candor::recognise {

namespace {

constexpr std::array<std::uint8_t, 8> kSignature{0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1};
constexpr std::size_t kHeader = 512;
constexpr std::size_t kEntry = 128;
constexpr std::size_t kInHeader = 109;  // sectors of the FAT that the header names
constexpr std::uint32_t kLargest = 0xfffffffa;
constexpr std::uint32_t kFree = 0xffffffff;
constexpr std::uint32_t kEnd = 0xfffffffe;
constexpr std::uint32_t kUnknown = 0xfffffffb;  // reserved, and here our own: the table's sector is not there
constexpr std::size_t kDeepest = 32;
constexpr std::size_t kLongestPath = 1024;

enum Type : std::uint8_t { kStorage = 1, kStream = 2, kRoot = 5 };

struct Entry {
  std::string name;
  std::uint8_t type = 0;
  std::uint32_t left = kFree;
  std::uint32_t right = kFree;
  std::uint32_t child = kFree;
  std::uint32_t start = kEnd;
  std::uint64_t size = 0;
};

/// Chains in sectors of one size, in the file or in the small sectors' stream.
struct Chains {
  ByteView bytes;
  unsigned shift = 9;
  std::size_t before = 0;  ///< Bytes in front of sector 0.
  std::vector<std::uint32_t> next;
  std::vector<bool> used;

  [[nodiscard]] std::size_t size() const { return std::size_t{1} << shift; }
  [[nodiscard]] std::size_t count() const {
    return bytes.size() <= before ? 0 : (bytes.size() - before + size() - 1) >> shift;
  }
  /// Of a sector that begins in the bytes: as much as is there.
  [[nodiscard]] ByteView sector(std::uint32_t number) const {
    const std::size_t at = before + (std::size_t{number} << shift);
    return bytes.subspan(at, std::min(size(), bytes.size() - at));
  }
  [[nodiscard]] std::uint32_t after(std::uint32_t number) const {
    const std::uint32_t next_one = number < next.size() ? next[number] : kUnknown;
    return next_one == kUnknown ? number + 1 : next_one;
  }
};

/// What kept a chain from its end; the worst of all chains is the file's.
enum class Broken { no, cut_off, corrupt, budget };

class CompoundFile {
 public:
  CompoundFile(ByteView region, std::size_t max_output) : region_(region), room_(max_output) {}

  Decoded decode() {
    if (!header()) return {};
    tables();
    directory();
    const bool named = !entries_.empty() && entries_[0].type == kRoot;
    if (named) {
      small_sectors();
      name(entries_[0].child);
      for (std::size_t i = 1; i < entries_.size(); ++i)
        if (paths_[i].empty() && entries_[i].type == kStream) paths_[i] = "lost/" + entries_[i].name;
      for (std::size_t i = 1; i < entries_.size(); ++i)
        if (entries_[i].type == kStream) stream(i);
    } else {
      broken(broken_ == Broken::no ? Broken::corrupt : broken_);
    }
    return finish();
  }

 private:
  [[nodiscard]] std::uint32_t head(std::size_t at) const { return little32(region_, at); }
  void broken(Broken how) { broken_ = std::max(broken_, how); }

  bool header() {
    if (region_.size() < kHeader || !std::equal(kSignature.begin(), kSignature.end(), region_.begin()))
      return false;
    const std::uint16_t version = little16(region_, 0x1a);
    const std::uint16_t shift = little16(region_, 0x1e);
    const bool usual = (version == 3 && shift == 9) || (version == 4 && shift == 12);
    if (!usual || little16(region_, 0x1c) != 0xfffe || little16(region_, 0x20) != 6) return false;
    version4_ = version == 4;
    sectors_.bytes = region_;
    sectors_.shift = shift;
    sectors_.before = sectors_.size();
    sectors_.used.resize(sectors_.count());
    small_.shift = 6;
    return true;
  }

  /// Takes a sector for its chain; nothing if it is not there or another's.
  std::optional<ByteView> take(Chains& chains, std::uint32_t number) {
    if (number >= chains.used.size()) {
      broken(number >= kLargest ? Broken::corrupt : Broken::cut_off);
      return std::nullopt;
    }
    if (chains.used[number]) {
      broken(Broken::corrupt);
      return std::nullopt;
    }
    chains.used[number] = true;
    return chains.sector(number);
  }

  /// Appends a sector of table entries; of what is missing it is not known how it goes on.
  void table_sector(std::vector<std::uint32_t>& table, std::uint32_t number) {
    const std::size_t entries = sectors_.size() / 4;
    const std::optional<ByteView> sector = take(sectors_, number);
    const std::size_t there = sector ? sector->size() / 4 : 0;
    for (std::size_t i = 0; i < there; ++i) table.push_back(little32(*sector, 4 * i));
    table.insert(table.end(), entries - there, kUnknown);
    if (there < entries) broken(Broken::cut_off);
  }

  void tables() {
    // As many as there may be entries for the sectors that are there.
    const std::size_t most = sectors_.count() / (sectors_.size() / 4) + 2;
    for (std::size_t i = 0; i < kInHeader && i < most; ++i)
      if (const std::uint32_t number = head(0x4c + 4 * i); number < kLargest)
        table_sector(sectors_.next, number);
    std::size_t taken = kInHeader;
    for (std::uint32_t at = head(0x44); at < kLargest && taken < most;) {
      const std::optional<ByteView> list = take(sectors_, at);
      const std::size_t there = list ? list->size() / 4 : 0;
      if (there < sectors_.size() / 4) {
        broken(Broken::cut_off);
        break;
      }
      for (std::size_t i = 0; i + 1 < there; ++i, ++taken)
        if (const std::uint32_t number = little32(*list, 4 * i); number < kLargest)
          table_sector(sectors_.next, number);
      at = little32(*list, 4 * (there - 1));
    }
    std::size_t small_tables = sectors_.count();
    for (std::uint32_t at = head(0x3c); at < kLargest && small_tables > 0;
         at = sectors_.after(at), --small_tables) {
      if (at >= sectors_.used.size() || sectors_.used[at]) {
        broken(at >= sectors_.used.size() ? Broken::cut_off : Broken::corrupt);
        break;
      }
      table_sector(small_.next, at);
    }
  }

  /// The bytes of a chain, at most `most`; false if it ends before.
  bool chain(Chains& chains, std::uint32_t start, std::uint64_t most, Bytes& bytes) {
    for (std::uint32_t at = start; bytes.size() < most; at = chains.after(at)) {
      if (at == kEnd) return false;
      const std::optional<ByteView> sector = take(chains, at);
      if (!sector) return false;
      const std::size_t wanted =
          static_cast<std::size_t>(std::min<std::uint64_t>(sector->size(), most - bytes.size()));
      bytes.insert(bytes.end(), sector->begin(), sector->begin() + static_cast<std::ptrdiff_t>(wanted));
      slack_ +=
          static_cast<std::size_t>(std::count_if(sector->begin() + static_cast<std::ptrdiff_t>(wanted),
                                                 sector->end(), [](std::uint8_t byte) { return byte != 0; }));
      if (sector->size() < chains.size() && bytes.size() < most) {
        broken(Broken::cut_off);
        return false;
      }
    }
    return true;
  }

  /// Whether a sector holds entries: where the table is missing, the directory ends before the first that
  /// does not.
  [[nodiscard]] static bool entries_in(ByteView sector) {
    for (std::size_t at = 0; at + kEntry <= sector.size(); at += kEntry) {
      const std::uint8_t type = sector[at + 0x42];
      const bool known = type == 0 || type == kStorage || type == kStream || type == kRoot;
      if (!known || sector[at + 0x43] > 1 || little16(sector, at + 0x40) > 64) return false;
    }
    return true;
  }

  void directory() {
    Bytes bytes;
    for (std::uint32_t at = head(0x30); at != kEnd; at = sectors_.after(at)) {
      const std::optional<ByteView> sector = take(sectors_, at);
      if (!sector) break;
      if (sector->size() < sectors_.size()) broken(Broken::cut_off);
      if (!entries_in(*sector)) {
        sectors_.used[at] = false;  // what it is instead is somebody else's, or nobody's
        broken(Broken::cut_off);
        break;
      }
      bytes.insert(bytes.end(), sector->begin(), sector->end());
    }
    for (std::size_t at = 0; at + kEntry <= bytes.size(); at += kEntry)
      entries_.push_back(entry(ByteView(bytes).subspan(at, kEntry)));
    paths_.resize(entries_.size());
  }

  [[nodiscard]] Entry entry(ByteView bytes) const {
    Entry made;
    const std::size_t length = std::min<std::size_t>(little16(bytes, 0x40), 64);
    for (std::size_t i = 0; i + 2 < length; i += 2) {
      const std::uint16_t unit = little16(bytes, i);
      append_utf8(unit >= 0xd800 && unit < 0xe000 ? 0xfffdU : unit, made.name);
    }
    made.type = bytes[0x42];
    made.left = little32(bytes, 0x44);
    made.right = little32(bytes, 0x48);
    made.child = little32(bytes, 0x4c);
    made.start = little32(bytes, 0x74);
    made.size = version4_ ? little(bytes, 0x78, 8) : little32(bytes, 0x78);
    return made;
  }

  void small_sectors() {
    const bool whole = chain(sectors_, entries_[0].start, entries_[0].size, small_bytes_);
    if (!whole && entries_[0].size > 0) broken(Broken::cut_off);
    small_.bytes = small_bytes_;
    small_.used.resize(small_.count());
  }

  /// Gives each entry of the tree below `first` its path.
  void name(std::uint32_t first) {
    struct Step {
      std::uint32_t entry;
      std::string folder;
      std::size_t depth;
    };
    std::vector<bool> seen(entries_.size());
    std::vector<Step> steps = {{first, "", 0}};
    while (!steps.empty()) {
      const Step step = std::move(steps.back());
      steps.pop_back();
      if (step.entry >= entries_.size() || seen[step.entry]) continue;
      seen[step.entry] = true;
      const Entry& each = entries_[step.entry];
      const std::string path = step.folder + each.name;
      paths_[step.entry] = path.empty() ? "(no name)" : path;
      steps.push_back({each.left, step.folder, step.depth});
      steps.push_back({each.right, step.folder, step.depth});
      const bool deep = step.depth == kDeepest || path.size() > kLongestPath;
      if (each.type == kStorage)
        steps.push_back({each.child, deep ? step.folder : path + "/", step.depth + (deep ? 0 : 1)});
    }
  }

  void stream(std::size_t index) {
    const Entry& each = entries_[index];
    if (each.size == 0) return;
    const bool small = each.size < head(0x38);
    Bytes bytes;
    const std::uint64_t most = std::min<std::uint64_t>(each.size, room_);
    if (most < each.size && room_ < region_.size()) broken(Broken::budget);
    if (!chain(small ? small_ : sectors_, each.start, most, bytes)) broken(Broken::cut_off);
    if (bytes.empty()) return;
    std::string path = paths_[index];
    while (!names_.insert(path).second) path += " (" + std::to_string(index) + ")";
    add(std::move(path), bytes);
  }

  void add(std::string name, const Bytes& bytes) {
    room_ -= bytes.size();
    result_.members.push_back({std::move(name), result_.bytes.size(), bytes.size()});
    result_.bytes.insert(result_.bytes.end(), bytes.begin(), bytes.end());
  }

  /// Sectors that no chain has, in order: what was deleted, and what was cut off from its directory.
  void add_unused(const Chains& chains, std::size_t count, const char* name) {
    Bytes bytes;
    for (std::size_t i = 0; i < std::min(count, chains.used.size()); ++i) {
      if (chains.used[i]) continue;
      const ByteView sector = chains.sector(static_cast<std::uint32_t>(i));
      if (bytes.size() + sector.size() > room_) return broken(Broken::budget);
      bytes.insert(bytes.end(), sector.begin(), sector.end());
    }
    if (std::any_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte != 0; }))
      add(name, bytes);
  }

  Decoded finish() {
    std::size_t count = 0;
    for (std::size_t i = 0; i < sectors_.used.size(); ++i)
      if (sectors_.used[i] || (i < sectors_.next.size() && sectors_.next[i] != kFree)) count = i + 1;
    if (entries_.empty()) count = sectors_.used.size();  // without a directory and perhaps a table
    add_unused(sectors_, count, "unused sectors");
    add_unused(small_, small_.used.size(), "unused small sectors");
    result_.consumed = std::min(region_.size(), sectors_.before + (count << sectors_.shift));
    result_.unexplained = std::min(result_.consumed, slack_);
    result_.complete = broken_ == Broken::no;
    if (broken_ == Broken::cut_off) result_.reason = reason(StreamEnd::cut_off);
    if (broken_ == Broken::corrupt) result_.reason = reason(StreamEnd::corrupt);
    if (broken_ == Broken::budget) result_.reason = reason(StreamEnd::budget);
    return std::move(result_);
  }

  ByteView region_;
  std::size_t room_;
  bool version4_ = false;
  Chains sectors_;
  Chains small_;
  Bytes small_bytes_;
  std::vector<Entry> entries_;
  std::vector<std::string> paths_;  ///< Of the entries.
  std::set<std::string> names_;
  std::size_t slack_ = 0;  ///< Bytes behind the ends of streams.
  Broken broken_ = Broken::no;
  Decoded result_;
};

std::optional<std::size_t> start(ByteView, std::size_t trigger_end) {
  return trigger_end - kSignature.size();
}

Decoded decode(ByteView region, std::size_t max_output) { return CompoundFile(region, max_output).decode(); }

}  // namespace

Decoder cfb_decoder() {
  return {.name = "cfb",
          .about = "streams of OLE2 compound files: old Word, Excel, PowerPoint, msi, msg",
          .nature = Nature::container,
          .trigger = "\\xd0\\xcf\\x11\\xe0\\xa1\\xb1\\x1a\\xe1",
          .start = start,
          .decode = decode};
}

}  // namespace candor::recognise
