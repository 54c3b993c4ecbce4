// SPDX-License-Identifier: Apache-2.0
//
// Archives of a few documents made from one draft: zip, also encrypted; 7z by libarchive; tar by libarchive,
// gzipped (RFC 1952) with the comment canary in the gzip header.
#include <archive.h>
#include <archive_entry.h>
#include <zlib.h>

#include <memory>

#include "base/error.h"
#include "document/encrypted_zip.h"
#include "document/package.h"

namespace candor::document {

Written write_zip(const Draft& draft);
Written write_zip_encrypted(const Draft& draft);
Written write_zip_aes(const Draft& draft);
Written write_7z(const Draft& draft);
Written write_tar_gz(const Draft& draft);

namespace {

constexpr std::int64_t kTime = 1767600000;  // 2026-01-05 08:00:00 UTC.

struct Members {
  Parts files;
  std::string text;
  Parts opened;  ///< The files and, behind '!', what is in them.
};

Members make_members(const Draft& draft) {
  Members members;
  for (const auto& [format, name] : draft.members) {
    Written written = find_format(format)->write(draft);
    members.files.emplace_back(name, std::string(as_text(written.content)));
    members.opened.push_back(members.files.back());
    for (auto& [part, content] : written.parts)
      members.opened.emplace_back(name + "!" + part, std::move(content));
    members.text += written.text;
  }
  return members;
}

Written finished(Members members, Bytes content) {
  return {.content = std::move(content), .text = std::move(members.text), .parts = std::move(members.opened)};
}

using Writer = std::unique_ptr<struct archive, int (*)(struct archive*)>;
using Entry = std::unique_ptr<archive_entry, void (*)(archive_entry*)>;

void check(struct archive* writer, la_ssize_t result) {
  if (result < ARCHIVE_OK) throw Error(std::string("making an archive: ") + archive_error_string(writer));
}

la_ssize_t append(struct archive*, void* bytes, const void* data, std::size_t size) {
  const auto* begin = static_cast<const std::uint8_t*>(data);
  static_cast<Bytes*>(bytes)->insert(static_cast<Bytes*>(bytes)->end(), begin, begin + size);
  return static_cast<la_ssize_t>(size);
}

void add(struct archive* writer, const std::string& name, const std::string& content) {
  const Entry entry(archive_entry_new(), archive_entry_free);
  archive_entry_set_pathname(entry.get(), name.c_str());
  archive_entry_set_size(entry.get(), static_cast<la_int64_t>(content.size()));
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_perm(entry.get(), 0644);
  archive_entry_set_mtime(entry.get(), kTime, 0);
  check(writer, archive_write_header(writer, entry.get()));
  check(writer, archive_write_data(writer, content.data(), content.size()));
}

Bytes archived(const Parts& files, int (*set_format)(struct archive*)) {
  Bytes bytes;
  const Writer writer(archive_write_new(), archive_write_free);
  check(writer.get(), set_format(writer.get()));
  check(writer.get(), archive_write_add_filter_none(writer.get()));
  check(writer.get(), archive_write_set_bytes_in_last_block(writer.get(), 1));
  check(writer.get(), archive_write_open(writer.get(), &bytes, nullptr, append, nullptr));
  for (const auto& [name, content] : files) add(writer.get(), name, content);
  check(writer.get(), archive_write_close(writer.get()));
  return bytes;
}

Bytes gzipped(const Bytes& data, const std::string& comment) {
  constexpr int kGzip = 16;  // Added to the window's size.
  constexpr int kUnix = 3;
  z_stream stream = {};
  if (deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw Error("starting zlib failed");
  const std::unique_ptr<z_stream, int (*)(z_stream*)> guard(&stream, deflateEnd);
  std::string remark = comment;
  gz_header header = {};
  header.os = kUnix;
  if (!remark.empty()) header.comment = reinterpret_cast<Bytef*>(remark.data());
  deflateSetHeader(&stream, &header);
  Bytes input = data;
  Bytes result(deflateBound(&stream, static_cast<uLong>(input.size())));
  stream.next_in = input.data();
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = result.data();
  stream.avail_out = static_cast<uInt>(result.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) throw Error("gzipping an archive failed");
  result.resize(stream.total_out);
  return result;
}

Written write_encrypted(const Draft& draft, ZipCipher cipher) {
  Members members = make_members(draft);
  Bytes content = encrypted_zip(members.files, draft.comment_token, draft.password, cipher,
                                draft.id + draft.comment_token);
  return finished(std::move(members), std::move(content));
}

}  // namespace

Written write_zip(const Draft& draft) {
  Members members = make_members(draft);
  Bytes content = zip_package(members.files, draft.comment_token);
  return finished(std::move(members), std::move(content));
}

Written write_zip_encrypted(const Draft& draft) { return write_encrypted(draft, ZipCipher::traditional); }
Written write_zip_aes(const Draft& draft) { return write_encrypted(draft, ZipCipher::aes256); }

Written write_7z(const Draft& draft) {
  Members members = make_members(draft);
  Bytes content = archived(members.files, archive_write_set_format_7zip);
  return finished(std::move(members), std::move(content));
}

Written write_tar_gz(const Draft& draft) {
  Members members = make_members(draft);
  Bytes content =
      gzipped(archived(members.files, archive_write_set_format_pax_restricted), draft.comment_token);
  return finished(std::move(members), std::move(content));
}

}  // namespace candor::document
