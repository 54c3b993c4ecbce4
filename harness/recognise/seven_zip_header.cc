// SPDX-License-Identifier: Apache-2.0
#include "recognise/seven_zip_header.h"

#include <algorithm>

#include "recognise/endian.h"
#include "recognise/unicode.h"

namespace candor::recognise {

namespace {

/// No list in a header is longer.
constexpr std::uint64_t kMost = 1U << 16;
constexpr std::size_t kMostCoders = 8;

enum Id : std::uint64_t {
  kEnd = 0x00,
  kHeader = 0x01,
  kArchiveProperties = 0x02,
  kMainStreams = 0x04,
  kFiles = 0x05,
  kPackInfo = 0x06,
  kUnpackInfo = 0x07,
  kSubStreams = 0x08,
  kSizes = 0x09,
  kCrcs = 0x0a,
  kFolder = 0x0b,
  kUnpackSizes = 0x0c,
  kStreamCounts = 0x0d,
  kEmptyStreams = 0x0e,
  kNames = 0x11,
  kPackedHeader = 0x17,
};

/// Thrown when the header is not as the format says; never leaves this file.
struct Malformed {};

class Reader {
 public:
  explicit Reader(ByteView bytes) : bytes_(bytes) {}

  std::uint8_t byte() { return take(1)[0]; }

  ByteView take(std::uint64_t count) {
    if (count > bytes_.size()) throw Malformed();
    const ByteView taken = bytes_.first(static_cast<std::size_t>(count));
    bytes_ = bytes_.subspan(taken.size());
    return taken;
  }

  /// The first byte's leading ones say how many bytes follow; its other bits are the most significant.
  std::uint64_t number() {
    const std::uint8_t first = byte();
    std::uint64_t value = 0;
    std::uint8_t mask = 0x80;
    for (unsigned i = 0; i < 8; ++i, mask >>= 1) {
      if ((first & mask) == 0) return value + (std::uint64_t{first & (mask - 1U)} << (8 * i));
      value |= std::uint64_t{byte()} << (8 * i);
    }
    return value;
  }

  std::size_t count() {
    const std::uint64_t value = number();
    if (value > kMost) throw Malformed();
    return static_cast<std::size_t>(value);
  }

  void expect(std::uint64_t id) {
    if (number() != id) throw Malformed();
  }

  std::vector<bool> bits(std::size_t size) {
    std::vector<bool> values(size);
    std::uint8_t held = 0;
    for (std::size_t i = 0; i < size; ++i) {
      if (i % 8 == 0) held = byte();
      values[i] = (held >> (7 - i % 8) & 1) != 0;
    }
    return values;
  }

  std::vector<std::optional<std::uint32_t>> crcs(std::size_t size) {
    const bool all = byte() != 0;
    const std::vector<bool> defined = all ? std::vector<bool>(size, true) : bits(size);
    std::vector<std::optional<std::uint32_t>> values(size);
    for (std::size_t i = 0; i < size; ++i)
      if (defined[i]) values[i] = little32(take(4), 0);
    return values;
  }

  [[nodiscard]] ByteView rest() const { return bytes_; }

 private:
  ByteView bytes_;
};

/// A coder as it stands, with the links between coders, which go from in to out.
SevenZipFolder read_folder(Reader& reader) {
  const std::size_t count = reader.count();
  if (count == 0 || count > kMostCoders) throw Malformed();
  std::vector<SevenZipCoder> coders(count);
  for (SevenZipCoder& coder : coders) {
    const std::uint8_t flags = reader.byte();
    for (const std::uint8_t part : reader.take(flags & 0x0f)) coder.method = coder.method << 8 | part;
    if ((flags & 0xd0) != 0) throw Malformed();  // Several streams, or what is reserved.
    if ((flags & 0x20) != 0) coder.properties = reader.take(reader.number());
  }
  std::vector<std::optional<std::size_t>> fed_by(count);
  for (std::size_t i = 0; i + 1 < count; ++i) {
    const std::size_t in = reader.count();
    const std::size_t out = reader.count();
    if (in >= count || out >= count || fed_by[in]) throw Malformed();
    fed_by[in] = out;
  }
  // Unpacking begins with the one that no other feeds; each is followed by the one it feeds.
  SevenZipFolder folder;
  auto next = std::find(fed_by.begin(), fed_by.end(), std::nullopt);
  while (next != fed_by.end() && folder.coders.size() < count) {
    const auto index = static_cast<std::size_t>(next - fed_by.begin());
    folder.coders.push_back(coders[index]);
    folder.coders.back().unpacked = index;  // Until the sizes are read.
    next = std::find(fed_by.begin(), fed_by.end(), std::optional(index));
  }
  if (folder.coders.size() != count) throw Malformed();
  return folder;
}

void read_unpack_info(Reader& reader, std::vector<SevenZipFolder>& folders) {
  reader.expect(kFolder);
  folders.resize(reader.count());
  if (reader.byte() != 0) throw Malformed();  // Elsewhere.
  for (SevenZipFolder& folder : folders) folder = read_folder(reader);
  reader.expect(kUnpackSizes);
  for (SevenZipFolder& folder : folders) {
    std::vector<std::uint64_t> sizes(folder.coders.size());
    for (std::uint64_t& size : sizes) size = reader.number();
    for (SevenZipCoder& coder : folder.coders) coder.unpacked = sizes[coder.unpacked];
  }
  std::uint64_t id = reader.number();
  if (id == kCrcs) {
    const auto crcs = reader.crcs(folders.size());
    for (std::size_t i = 0; i < folders.size(); ++i) folders[i].crc = crcs[i];
    id = reader.number();
  }
  if (id != kEnd) throw Malformed();
}

/// One file in each folder, unless said otherwise.
void read_sub_streams(Reader& reader, std::vector<SevenZipFolder>& folders) {
  std::uint64_t id = reader.number();
  std::vector<std::size_t> counts(folders.size(), 1);
  if (id == kStreamCounts) {
    for (std::size_t& count : counts) count = reader.count();
    id = reader.number();
  }
  std::size_t unknown = 0;
  const bool has_sizes = id == kSizes;
  for (std::size_t i = 0; i < folders.size(); ++i) {
    SevenZipFolder& folder = folders[i];
    std::uint64_t rest = folder.coders.back().unpacked;
    folder.sizes.clear();
    for (std::size_t file = 1; file < counts[i]; ++file) {
      if (!has_sizes) throw Malformed();
      folder.sizes.push_back(reader.number());
      if (folder.sizes.back() > rest) throw Malformed();
      rest -= folder.sizes.back();
    }
    if (counts[i] > 0) folder.sizes.push_back(rest);
    folder.crcs.assign(counts[i], std::nullopt);
    if (counts[i] == 1 && folder.crc)
      folder.crcs[0] = folder.crc;
    else
      unknown += counts[i];
    if (unknown > kMost) throw Malformed();
  }
  if (has_sizes) id = reader.number();
  if (id == kCrcs) {
    const auto crcs = reader.crcs(unknown);
    std::size_t at = 0;
    for (SevenZipFolder& folder : folders)
      if (folder.crcs.size() != 1 || !folder.crcs[0])
        for (auto& crc : folder.crcs) crc = crcs[at++];
    id = reader.number();
  }
  if (id != kEnd) throw Malformed();
}

std::vector<SevenZipFolder> read_streams(Reader& reader) {
  std::vector<SevenZipFolder> folders;
  std::uint64_t offset = 0;
  std::vector<std::uint64_t> packed;
  for (std::uint64_t id = reader.number(); id != kEnd; id = reader.number()) {
    if (id == kPackInfo) {
      offset = reader.number();
      packed.resize(reader.count());
      for (id = reader.number(); id != kEnd; id = reader.number()) {
        if (id == kSizes)
          for (std::uint64_t& size : packed) size = reader.number();
        else if (id == kCrcs)
          reader.crcs(packed.size());
        else
          throw Malformed();
      }
    } else if (id == kUnpackInfo) {
      read_unpack_info(reader, folders);
      for (SevenZipFolder& folder : folders) {
        folder.sizes = {folder.coders.back().unpacked};
        folder.crcs = {folder.crc};
      }
    } else if (id == kSubStreams) {
      read_sub_streams(reader, folders);
    } else {
      throw Malformed();
    }
  }
  if (packed.size() != folders.size()) throw Malformed();
  for (std::size_t i = 0; i < folders.size(); ++i) {
    folders[i].offset = offset;
    folders[i].packed = packed[i];
    if (packed[i] >> 62 != 0 || (offset += packed[i]) >> 62 != 0) throw Malformed();
  }
  return folders;
}

/// UTF-16LE, each ended by a NUL.
std::vector<std::string> read_names(ByteView names, std::size_t count) {
  if (names.empty() || names[0] != 0) throw Malformed();  // Elsewhere.
  names = names.subspan(1);
  std::vector<std::string> texts;
  std::string name;  // Big-endian.
  for (std::size_t at = 0; at + 2 <= names.size() && texts.size() < count; at += 2) {
    if (names[at] == 0 && names[at + 1] == 0) {
      texts.push_back(from_utf16(name));
      name.clear();
    } else {
      name += {static_cast<char>(names[at + 1]), static_cast<char>(names[at])};
    }
  }
  texts.resize(count);
  return texts;
}

void read_files(Reader& reader, SevenZipHeader& header) {
  const std::size_t count = reader.count();
  header.names.resize(count);
  header.has_content.assign(count, true);
  for (std::uint64_t id = reader.number(); id != kEnd; id = reader.number()) {
    Reader property(reader.take(reader.number()));
    if (id == kEmptyStreams) {
      header.has_content = property.bits(count);
      header.has_content.flip();
    } else if (id == kNames) {
      header.names = read_names(property.rest(), count);
    }
  }
}

SevenZipHeader read_header(Reader reader) {
  SevenZipHeader header;
  const std::uint64_t kind = reader.number();
  if (kind == kPackedHeader) {
    header.is_packed = true;
    header.folders = read_streams(reader);
    return header;
  }
  if (kind != kHeader) throw Malformed();
  for (std::uint64_t id = reader.number(); id != kEnd; id = reader.number()) {
    if (id == kArchiveProperties) {
      while (reader.number() != kEnd) reader.take(reader.number());
    } else if (id == kMainStreams) {
      header.folders = read_streams(reader);
    } else if (id == kFiles) {
      read_files(reader, header);
    } else {
      throw Malformed();
    }
  }
  return header;
}

}  // namespace

std::optional<SevenZipHeader> read_7z_header(ByteView header) {
  try {
    return read_header(Reader(header));
  } catch (const Malformed&) {
    return std::nullopt;
  }
}

}  // namespace candor::recognise
