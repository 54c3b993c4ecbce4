// SPDX-License-Identifier: Apache-2.0
#include "document/package.h"

#include <zip.h>

#include <memory>

#include "base/error.h"

namespace candor::document {

namespace {

/// 2026-01-05 08:00:00 in the format of MS-DOS.
constexpr zip_uint16_t kDosTime = 8U << 11;
constexpr zip_uint16_t kDosDate = (2026U - 1980U) << 9 | 1U << 5 | 5U;

struct SourceFree {
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};
using Source = std::unique_ptr<zip_source_t, SourceFree>;

void add_part(zip_t* archive, const std::string& name, const std::string& content) {
  zip_source_t* source = zip_source_buffer(archive, content.data(), content.size(), 0);
  const zip_int64_t index =
      source == nullptr ? -1 : zip_file_add(archive, name.c_str(), source, ZIP_FL_ENC_UTF_8);
  if (index < 0) {
    zip_source_free(source);
    throw Error("making a package: adding '" + name + "': " + zip_strerror(archive));
  }
  const auto entry = static_cast<zip_uint64_t>(index);
  const zip_int32_t method = name == "mimetype" ? ZIP_CM_STORE : ZIP_CM_DEFLATE;
  if (zip_set_file_compression(archive, entry, method, method == ZIP_CM_STORE ? 0 : 6) != 0 ||
      zip_file_set_dostime(archive, entry, kDosTime, kDosDate, 0) != 0)
    throw Error("making a package: '" + name + "': " + zip_strerror(archive));
}

Bytes content_of(zip_source_t* source) {
  zip_stat_t stat;
  if (zip_source_stat(source, &stat) != 0 || zip_source_open(source) != 0)
    throw Error("making a package: it cannot be read back");
  Bytes bytes(stat.size);
  const zip_int64_t size = zip_source_read(source, bytes.data(), bytes.size());
  zip_source_close(source);
  if (size != static_cast<zip_int64_t>(bytes.size())) throw Error("making a package: it cannot be read back");
  return bytes;
}

}  // namespace

Bytes zip_package(const std::vector<std::pair<std::string, std::string>>& parts, const std::string& comment) {
  zip_error_t error;
  zip_error_init(&error);
  const Source source(zip_source_buffer_create(nullptr, 0, 0, &error));
  zip_t* archive = source ? zip_open_from_source(source.get(), ZIP_TRUNCATE, &error) : nullptr;
  if (archive == nullptr) throw Error(std::string("making a package: ") + zip_error_strerror(&error));
  zip_source_keep(source.get());  // Closing the archive gives up one reference; the buffer is read after it.
  std::unique_ptr<zip_t, void (*)(zip_t*)> guard(archive, zip_discard);
  for (const auto& [name, content] : parts) add_part(archive, name, content);
  if (!comment.empty() &&
      zip_set_archive_comment(archive, comment.data(), static_cast<zip_uint16_t>(comment.size())) != 0)
    throw Error(std::string("making a package: ") + zip_strerror(archive));
  if (zip_close(archive) != 0) throw Error(std::string("making a package: ") + zip_strerror(archive));
  static_cast<void>(guard.release());
  return content_of(source.get());
}

}  // namespace candor::document
