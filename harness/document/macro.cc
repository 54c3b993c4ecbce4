// SPDX-License-Identifier: Apache-2.0
#include "document/macro.h"

#include <fmt/format.h>

#include <cstdint>
#include <vector>

namespace candor::document {

namespace {

// A compound file is a small file system: sectors of 512 bytes, chained by a table (FAT). Here sector 0 is
// the FAT, 1 the directory, and the streams follow. Streams below 4096 bytes would have to share a mini
// stream, so all are padded to that size.
constexpr std::size_t kSector = 512;
constexpr std::size_t kSmallestStream = 4096;
constexpr std::uint32_t kEndOfChain = 0xfffffffe;
constexpr std::uint32_t kFatSector = 0xfffffffd;
constexpr std::uint32_t kNone = 0xffffffff;

void put(std::string& bytes, std::size_t at, std::uint32_t value, int size) {
  for (int i = 0; i < size; ++i)
    bytes[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> 8 * i & 0xff);
}

struct Entry {
  std::string name;
  char type;  ///< 1 storage, 2 stream, 5 root.
  std::uint32_t left = kNone;
  std::uint32_t right = kNone;
  std::uint32_t child = kNone;
  std::string content;
};

std::string directory_entry(const Entry& entry, std::uint32_t start) {
  std::string bytes(128, '\0');
  for (std::size_t i = 0; i < entry.name.size(); ++i) bytes[2 * i] = entry.name[i];
  put(bytes, 64, static_cast<std::uint32_t>(2 * entry.name.size() + 2), 2);
  bytes[66] = entry.type;
  bytes[67] = 1;  // Black: the trees of siblings are too small to need balance.
  put(bytes, 68, entry.left, 4);
  put(bytes, 72, entry.right, 4);
  put(bytes, 76, entry.child, 4);
  put(bytes, 116, start, 4);
  put(bytes, 120, static_cast<std::uint32_t>(entry.content.size()), 4);
  return bytes;
}

std::string header() {
  std::string bytes(kSector, '\0');
  bytes.replace(0, 8, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1");
  put(bytes, 24, 0x3e, 2);    // Minor version.
  put(bytes, 26, 3, 2);       // Major version.
  put(bytes, 28, 0xfffe, 2);  // Little-endian.
  put(bytes, 30, 9, 2);       // Sectors of 2^9 bytes.
  put(bytes, 32, 6, 2);       // Mini sectors of 2^6.
  put(bytes, 44, 1, 4);       // FAT sectors.
  put(bytes, 48, 1, 4);       // The directory's first sector.
  put(bytes, 56, kSmallestStream, 4);
  put(bytes, 60, kEndOfChain, 4);  // No mini FAT.
  put(bytes, 68, kEndOfChain, 4);  // No FAT sectors beyond the header's list.
  for (std::size_t i = 0; i < 109; ++i) put(bytes, 76 + 4 * i, i == 0 ? 0 : kNone, 4);
  return bytes;
}

/// At most four entries: one directory sector.
std::string compound_file(std::vector<Entry> entries) {
  std::string fat(kSector, '\xff');
  put(fat, 0, kFatSector, 4);
  put(fat, 4, kEndOfChain, 4);
  std::string directory;
  std::string data;
  std::uint32_t next = 2;
  for (const Entry& entry : entries) {
    const auto sectors = static_cast<std::uint32_t>((entry.content.size() + kSector - 1) / kSector);
    directory += directory_entry(entry, sectors == 0 ? (entry.type == 5 ? kEndOfChain : 0) : next);
    data += entry.content + std::string(sectors * kSector - entry.content.size(), '\0');
    for (std::uint32_t i = 0; i < sectors; ++i, ++next)
      put(fat, 4 * next, i + 1 == sectors ? kEndOfChain : next + 1, 4);
  }
  return header() + fat + directory + data;
}

/// MS-OVBA 2.4.1 with literal tokens only: one chunk, for at most 3600 bytes.
std::string compressed(const std::string& source) {
  std::string chunk;
  for (std::size_t at = 0; at < source.size(); at += 8) chunk += '\0' + source.substr(at, 8);
  std::string bytes(3, '\1');  // The signature; the other two are the chunk's header.
  put(bytes, 1, static_cast<std::uint32_t>(chunk.size() - 1) | 0xb000, 2);
  return bytes + chunk;
}

std::string padded(std::string stream) {
  stream.resize(std::max(stream.size(), kSmallestStream), '\0');
  return stream;
}

/// Text of a comment: ASCII, on one line.
std::string plain(const std::string& text) {
  std::string result;
  for (const char c : text) result += c >= ' ' && c <= '~' ? c : '.';
  return result;
}

}  // namespace

std::string macro_project(const std::string& author, const std::string& subject) {
  const std::string module = fmt::format(
      "Attribute VB_Name = \"ThisDocument\"\r\n' {}\r\n' {}\r\nSub AutoOpen()\r\n"
      "    ActiveDocument.Fields.Update\r\nEnd Sub\r\n",
      plain(subject).substr(0, 200), plain(author).substr(0, 100));
  const std::string project =
      "ID=\"{00000000-0000-0000-0000-000000000000}\"\r\nDocument=ThisDocument/&H00000000\r\n"
      "Name=\"Project\"\r\nHelpContextID=\"0\"\r\nVersionCompatible32=\"393222000\"\r\n";
  // Siblings are sorted by the length of their names, then by the names: VBA is left of PROJECT.
  return compound_file({{.name = "Root Entry", .type = 5, .child = 1, .content = {}},
                        {.name = "PROJECT", .type = 2, .left = 2, .content = padded(project)},
                        {.name = "VBA", .type = 1, .child = 3, .content = {}},
                        {.name = "ThisDocument", .type = 2, .content = padded(compressed(module))}});
}

}  // namespace candor::document
