// SPDX-License-Identifier: Apache-2.0
#include "recognise/seven_zip_header.h"

#include <algorithm>
#include <utility>

#include "recognise/endian.h"
#include "recognise/unicode.h"

namespace candor::recognise {

namespace {

/// No list in a header is longer.
constexpr std::uint64_t kMost = 1U << 16;
constexpr std::size_t kMostCoders = 8;
constexpr std::size_t kMostStreams = 8;  ///< Of one coder.

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

  /// Of things that take at least `each` bytes of what follows.
  std::size_t count_of(std::size_t each) {
    const std::size_t value = count();
    if (value > bytes_.size() / each) throw Malformed();
    return value;
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

/// What a folder is made of. Streams are numbered over all coders; links go from in to out.
struct Links {
  std::vector<std::size_t> ins;  ///< Streams of each coder.
  std::vector<std::size_t> outs;
  std::vector<std::pair<std::size_t, std::size_t>> pairs;
  std::size_t all_ins = 0;
  std::size_t all_outs = 0;
};

/// The coders in the order of unpacking, if they form a chain: it begins with the one that no other feeds,
/// and each is followed by the one it feeds. `unpacked` is the coder's number, until the sizes are read.
std::vector<SevenZipCoder> chain_of(const std::vector<SevenZipCoder>& coders, const Links& links) {
  const auto is_one = [](std::size_t streams) { return streams == 1; };
  if (!std::all_of(links.ins.begin(), links.ins.end(), is_one) ||
      !std::all_of(links.outs.begin(), links.outs.end(), is_one))
    return {};
  std::vector<std::optional<std::size_t>> fed_by(coders.size());
  for (const auto& [in, out] : links.pairs) {
    if (fed_by[in]) throw Malformed();
    fed_by[in] = out;
  }
  std::vector<SevenZipCoder> chain;
  auto next = std::find(fed_by.begin(), fed_by.end(), std::nullopt);
  while (next != fed_by.end() && chain.size() < coders.size()) {
    const auto index = static_cast<std::size_t>(next - fed_by.begin());
    chain.push_back(coders[index]);
    chain.back().unpacked = index;
    next = std::find(fed_by.begin(), fed_by.end(), std::optional(index));
  }
  if (chain.size() != coders.size()) throw Malformed();
  return chain;
}

/// A folder as it stands, and how many sizes there are of it. Its `unpacked` is the number of the size that
/// counts.
SevenZipFolder read_folder(Reader& reader, std::size_t& sizes) {
  const std::size_t count = reader.count();
  if (count == 0 || count > kMostCoders) throw Malformed();
  std::vector<SevenZipCoder> coders(count);
  Links links;
  for (SevenZipCoder& coder : coders) {
    const std::uint8_t flags = reader.byte();
    for (const std::uint8_t part : reader.take(flags & 0x0f)) coder.method = coder.method << 8 | part;
    if ((flags & 0xc0) != 0) throw Malformed();  // Reserved.
    const bool has_streams = (flags & 0x10) != 0;
    links.ins.push_back(has_streams ? reader.count() : 1);
    links.outs.push_back(has_streams ? reader.count() : 1);
    links.all_ins += links.ins.back();
    links.all_outs += links.outs.back();
    if (links.ins.back() > kMostStreams || links.outs.back() > kMostStreams) throw Malformed();
    if ((flags & 0x20) != 0) coder.properties = reader.take(reader.number());
  }
  if (links.all_outs == 0 || links.all_ins < links.all_outs) throw Malformed();
  std::vector<bool> bound(links.all_outs, false);
  for (std::size_t i = 0; i + 1 < links.all_outs; ++i) {
    const std::size_t in = reader.count();
    const std::size_t out = reader.count();
    if (in >= links.all_ins || out >= links.all_outs) throw Malformed();
    links.pairs.emplace_back(in, out);
    bound[out] = true;
  }
  SevenZipFolder folder{.packed_streams = links.all_ins - links.pairs.size()};
  if (folder.packed_streams > 1)
    for (std::size_t i = 0; i < folder.packed_streams; ++i) reader.count();
  folder.coders = chain_of(coders, links);
  folder.unpacked = static_cast<std::size_t>(std::find(bound.begin(), bound.end(), false) - bound.begin());
  if (folder.unpacked == bound.size()) throw Malformed();
  sizes = links.all_outs;
  return folder;
}

void read_unpack_info(Reader& reader, std::vector<SevenZipFolder>& folders) {
  reader.expect(kFolder);
  folders.resize(reader.count_of(3));
  if (reader.byte() != 0) throw Malformed();  // Elsewhere.
  std::vector<std::size_t> counts(folders.size());
  for (std::size_t i = 0; i < folders.size(); ++i) folders[i] = read_folder(reader, counts[i]);
  reader.expect(kUnpackSizes);
  for (std::size_t i = 0; i < folders.size(); ++i) {
    SevenZipFolder& folder = folders[i];
    std::vector<std::uint64_t> sizes(counts[i]);
    for (std::uint64_t& size : sizes) size = reader.number();
    folder.unpacked = sizes[folder.unpacked];
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
    std::uint64_t rest = folder.unpacked;
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
      packed.resize(reader.count_of(1));
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
        folder.sizes = {folder.unpacked};
        folder.crcs = {folder.crc};
      }
    } else if (id == kSubStreams) {
      read_sub_streams(reader, folders);
    } else {
      throw Malformed();
    }
  }
  std::size_t stream = 0;
  for (SevenZipFolder& folder : folders) {
    folder.offset = offset;
    for (std::size_t i = 0; i < folder.packed_streams; ++i, ++stream) {
      if (stream >= packed.size() || packed[stream] >> 62 != 0) throw Malformed();
      folder.packed += packed[stream];
      offset += packed[stream];
      if (offset >> 62 != 0) throw Malformed();
    }
  }
  if (stream != packed.size()) throw Malformed();
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
  const std::size_t count = reader.count_of(2);  // A name has an end.
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
