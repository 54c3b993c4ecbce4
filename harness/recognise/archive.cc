// SPDX-License-Identifier: Apache-2.0
#include "recognise/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "base/error.h"
#include "recognise/unpack.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kMostEntries = 1U << 16;
constexpr std::size_t kMostOwners = 1000;
constexpr int kMostEmptyBlocks = 1000;  ///< Of one entry: the end of libarchive's patience is not ours.

/// What libarchive reads from.
struct Source {
  ByteView region;
  std::size_t at = 0;
  bool asked_beyond = false;  ///< More was wanted than there is.
};

la_ssize_t read_piece(archive*, void* context, const void** piece) {
  constexpr std::size_t kPiece = 64U << 10;
  Source& source = *static_cast<Source*>(context);
  const ByteView given = source.region.subspan(source.at, std::min(kPiece, source.region.size() - source.at));
  if (given.empty()) source.asked_beyond = true;
  source.at += given.size();
  *piece = given.data();
  return static_cast<la_ssize_t>(given.size());
}

la_int64_t seek(archive*, void* context, la_int64_t offset, int whence) {
  Source& source = *static_cast<Source*>(context);
  const auto size = static_cast<la_int64_t>(source.region.size());
  la_int64_t base = 0;
  if (whence == SEEK_CUR) base = static_cast<la_int64_t>(source.at);
  if (whence == SEEK_END) base = size;
  if (offset > size - base) source.asked_beyond = true;
  source.at =
      static_cast<std::size_t>(std::clamp(base + std::clamp(offset, -size, size), la_int64_t{0}, size));
  return static_cast<la_int64_t>(source.at);
}

la_int64_t skip(archive*, void* context, la_int64_t count) {
  Source& source = *static_cast<Source*>(context);
  const auto left = static_cast<la_int64_t>(source.region.size() - source.at);
  const la_int64_t skipped = std::clamp(count, la_int64_t{0}, left);
  source.at += static_cast<std::size_t>(skipped);
  return skipped;
}

struct Free {
  void operator()(archive* reader) const { archive_read_free(reader); }
};
using Reader = std::unique_ptr<archive, Free>;

Reader open(Source& source, const ArchiveFormat& format) {
  Reader reader(archive_read_new());
  if (reader == nullptr) throw Error("libarchive: no memory for a reader");
  format.enable(reader.get());
  if (format.password != nullptr) archive_read_add_passphrase(reader.get(), format.password);
  archive_read_set_callback_data(reader.get(), &source);
  archive_read_set_read_callback(reader.get(), read_piece);
  archive_read_set_seek_callback(reader.get(), seek);
  archive_read_set_skip_callback(reader.get(), skip);
  if (archive_read_open1(reader.get()) != ARCHIVE_OK) reader.reset();
  return reader;
}

/// libarchive gives names in the thread's locale.
class Utf8Locale {
 public:
  Utf8Locale() : before_(uselocale(utf8())) {}
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;
  ~Utf8Locale() { uselocale(before_); }

 private:
  static locale_t utf8() {
    static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return locale;
  }
  locale_t before_;
};

class Unpacking {
 public:
  Unpacking(ByteView region, std::size_t max_output, const ArchiveFormat& format)
      : source_{region}, format_(format), output_(max_output), reader_(open(source_, format)) {}

  Decoded run() {
    if (reader_ == nullptr) return {};
    archive_entry* entry = nullptr;
    int code = ARCHIVE_OK;
    while (result_.reason.empty() || can_go_on_) {
      code = archive_read_next_header(reader_.get(), &entry);
      if (code == ARCHIVE_EOF) break;
      if (code < ARCHIVE_WARN) {
        fail();
        break;
      }
      if (++entries_ > kMostEntries || names_.size() > output_.max()) {
        give_up("too many entries");
        break;
      }
      read(entry);
      if (format_.only_first) {
        code = ARCHIVE_EOF;
        break;
      }
    }
    result_.consumed = static_cast<std::size_t>(std::clamp<la_int64_t>(
        archive_filter_bytes(reader_.get(), -1), 0, static_cast<la_int64_t>(source_.region.size())));
    add_member(kNamesMember, [this] { return output_.append(as_bytes(names_)); });
    result_.complete = code == ARCHIVE_EOF && result_.reason.empty();
    result_.bytes = output_.copy();
    return std::move(result_);
  }

 private:
  void read(archive_entry* entry) {
    const char* path = archive_entry_pathname(entry);
    if (path == nullptr) path = archive_entry_pathname_utf8(entry);
    const std::string name = path == nullptr ? "" : path;
    note_texts(entry, name);
    add_member(name, [this] { return read_data(); });
    if (archive_entry_is_encrypted(entry) != 0 && !result_.reason.empty() &&
        result_.reason != reason(StreamEnd::budget))
      result_.reason = "encrypted member";
  }

  void note(const char* text) {
    if (text != nullptr && *text != '\0') names_.append(text).push_back('\n');
  }

  void note_texts(archive_entry* entry, const std::string& name) {
    note(name.c_str());
    note(archive_entry_symlink(entry));
    note(archive_entry_hardlink(entry));
    for (const char* owner : {archive_entry_uname(entry), archive_entry_gname(entry)})
      if (owner != nullptr && owners_.size() < kMostOwners && owners_.insert(owner).second) note(owner);
    const char* key = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    archive_entry_xattr_reset(entry);
    while (archive_entry_xattr_next(entry, &key, &value, &size) == ARCHIVE_OK)
      names_.append(key).append(" ").append(static_cast<const char*>(value), size).push_back('\n');
  }

  /// Whether nothing is left out.
  bool read_data() {
    const void* block = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;  // Holes of sparse files are left out.
    int code = ARCHIVE_OK;
    int empty_blocks = 0;
    while ((code = archive_read_data_block(reader_.get(), &block, &size, &offset)) >= ARCHIVE_WARN &&
           code != ARCHIVE_EOF) {
      if (size == 0 && ++empty_blocks > kMostEmptyBlocks) {
        code = ARCHIVE_FATAL;
        break;
      }
      if (!output_.append({static_cast<const std::uint8_t*>(block), size})) return false;
      if (code == ARCHIVE_WARN) fail();
    }
    if (code < ARCHIVE_WARN) fail();
    can_go_on_ = code != ARCHIVE_FATAL;
    return true;
  }

  template <typename Write>
  void add_member(const std::string& name, Write&& write) {
    const std::size_t begin = output_.size();
    if (!write()) give_up(reason(StreamEnd::budget));
    if (output_.size() == begin) return;
    std::string unique = printable(name);
    if (const int others = seen_[unique]++; others > 0) unique += " (" + std::to_string(others + 1) + ")";
    result_.members.push_back({unique, begin, output_.size() - begin});
  }

  void fail() {
    if (!result_.reason.empty()) return;
    result_.reason = reason(source_.asked_beyond ? StreamEnd::cut_off : StreamEnd::corrupt);
  }

  void give_up(const char* why) {
    result_.reason = why;
    can_go_on_ = false;
  }

  Utf8Locale locale_;
  Source source_;
  const ArchiveFormat& format_;
  Output output_;
  Reader reader_;
  Decoded result_;
  std::string names_;
  std::set<std::string> owners_;     ///< That were noted: most members have the same.
  std::map<std::string, int> seen_;  ///< Names of members.
  std::size_t entries_ = 0;
  bool can_go_on_ = true;  ///< After a damaged member.
};

}  // namespace

Decoded read_archive(ByteView region, std::size_t max_output, const ArchiveFormat& format) {
  return Unpacking(region, max_output, format).run();
}

}  // namespace candor::recognise
