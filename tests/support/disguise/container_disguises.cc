// SPDX-License-Identifier: Apache-2.0
//
// Containers: archives, compressed streams, documents. By the encoders of the codecs' libraries, or written
// out where a library only reads.
#include <archive.h>
#include <archive_entry.h>
#include <brotli/encode.h>
#include <bzlib.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <lz4.h>
#include <lz4frame.h>
#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include "support/disguise/disguise.h"

namespace candor::recognise::test {

namespace {

constexpr std::size_t kSlack = 4096;

Text little(std::uint64_t value, int size) {
  Text bytes;
  for (int i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

std::uint32_t crc_of(const Text& bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::uint8_t* data(Text& bytes) { return reinterpret_cast<std::uint8_t*>(bytes.data()); }
const std::uint8_t* data(const Text& bytes) { return reinterpret_cast<const std::uint8_t*>(bytes.data()); }

/// What liblzma's stream makes of `plain`.
Text lzma_coded(lzma_stream& stream, const Text& plain) {
  Text packed(plain.size() * 2 + kSlack, '\0');
  stream.next_in = data(plain);
  stream.avail_in = plain.size();
  stream.next_out = data(packed);
  stream.avail_out = packed.size();
  EXPECT_EQ(lzma_code(&stream, LZMA_FINISH), LZMA_STREAM_END);
  packed.resize(packed.size() - stream.avail_out);
  lzma_end(&stream);
  return packed;
}

/// An archive with a short member before `plain` and one after it.
Text archived(const Text& plain, int (*format)(archive*), const char* options) {
  archive* writer = archive_write_new();
  EXPECT_EQ(format(writer), ARCHIVE_OK);
  EXPECT_EQ(archive_write_set_options(writer, options), ARCHIVE_OK);
  Text packed(plain.size() * 2 + 64 * kSlack, '\0');
  std::size_t used = 0;
  EXPECT_EQ(archive_write_open_memory(writer, packed.data(), packed.size(), &used), ARCHIVE_OK);
  const Text other = "Nothing of note is said in here.";
  for (const auto& [name, content] :
       {std::pair{"first.txt", &other}, {"part.bin", &plain}, {"last.txt", &other}}) {
    archive_entry* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name);
    archive_entry_set_size(entry, static_cast<la_int64_t>(content->size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    EXPECT_EQ(archive_write_header(writer, entry), ARCHIVE_OK);
    EXPECT_EQ(archive_write_data(writer, content->data(), content->size()),
              static_cast<la_ssize_t>(content->size()));
    archive_entry_free(entry);
  }
  EXPECT_EQ(archive_write_close(writer), ARCHIVE_OK);
  archive_write_free(writer);
  packed.resize(used);
  return packed;
}

/// The checksum of [MS-CAB] 3.1.
std::uint32_t cab_sum(const Text& bytes, std::uint32_t sum) {
  std::size_t at = 0;
  for (; at + 4 <= bytes.size(); at += 4)
    for (std::size_t i = 0; i < 4; ++i)
      sum ^= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[at + i])) << (8 * i);
  std::uint32_t rest = 0;
  for (; at < bytes.size(); ++at) rest = rest << 8 | static_cast<unsigned char>(bytes[at]);
  return sum ^ rest;
}

Text cabinet(const Text& plain, int compression, Text (*pack)(const Text&)) {
  constexpr std::size_t kMost = 32768;
  Text blocks;
  unsigned count = 0;
  for (std::size_t at = 0; at < plain.size(); at += kMost, ++count) {
    const Text part = plain.substr(at, kMost);
    const Text packed = pack(part);
    const Text sizes = little(packed.size(), 2) + little(part.size(), 2);
    blocks += little(cab_sum(sizes, cab_sum(packed, 0)), 4) + sizes + packed;
  }
  const Text file = little(plain.size(), 4) + little(0, 4) + little(0, 2) + little(0x5a21, 2) +
                    little(0x6000, 2) + little(0x20, 2) + Text("part.bin") + '\0';
  const std::size_t at = 36 + 8 + file.size();
  const Text folder = little(at, 4) + little(count, 2) + little(static_cast<unsigned>(compression), 2);
  return "MSCF" + little(0, 4) + little(at + blocks.size(), 4) + little(0, 4) + little(44, 4) + little(0, 4) +
         "\x03\x01" + little(1, 2) + little(1, 2) + little(0, 2) + little(7, 2) + little(0, 2) + folder +
         file + blocks;
}

Text rar4_block(const Text& after_crc) { return little(crc_of(after_crc) & 0xffff, 2) + after_crc; }

Text rar5_number(std::uint64_t value) {
  Text bytes;
  for (; value > 0x7f; value >>= 7) bytes += static_cast<char>(0x80 | (value & 0x7f));
  return bytes + static_cast<char>(value);
}

Text rar5_block(const Text& header) {
  const Text sized = rar5_number(header.size()) + header;
  return little(crc_of(sized), 4) + sized;
}

}  // namespace

Text raw_deflate(const Text& plain) {
  const Text whole = zlib(plain);
  return whole.substr(2, whole.size() - 6);
}

Text bzip2(const Text& plain) {
  Text packed(plain.size() * 2 + kSlack, '\0');
  auto size = static_cast<unsigned>(packed.size());
  EXPECT_EQ(BZ2_bzBuffToBuffCompress(packed.data(), &size, const_cast<char*>(plain.data()),
                                     static_cast<unsigned>(plain.size()), 1, 0, 0),
            BZ_OK);
  packed.resize(size);
  return packed;
}

Text xz(const Text& plain) {
  lzma_stream stream = LZMA_STREAM_INIT;
  EXPECT_EQ(lzma_easy_encoder(&stream, 0, LZMA_CHECK_CRC64), LZMA_OK);
  return lzma_coded(stream, plain);
}

Text lzma(const Text& plain) {
  lzma_options_lzma options;
  EXPECT_FALSE(lzma_lzma_preset(&options, 0));
  lzma_stream stream = LZMA_STREAM_INIT;
  EXPECT_EQ(lzma_alone_encoder(&stream, &options), LZMA_OK);
  return lzma_coded(stream, plain);
}

Text lzip(const Text& plain) {
  const Text coded = lzma(plain).substr(13);
  const Text head = Text("LZIP\x01") + static_cast<char>(18);  // A dictionary of 256 KiB.
  return head + coded + little(crc_of(plain), 4) + little(plain.size(), 8) +
         little(head.size() + coded.size() + 20, 8);
}

Text zstd(const Text& plain) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  Text packed(ZSTD_compressBound(plain.size()), '\0');
  const std::size_t size = ZSTD_compress2(context, packed.data(), packed.size(), plain.data(), plain.size());
  ZSTD_freeCCtx(context);
  EXPECT_EQ(ZSTD_isError(size), 0U);
  packed.resize(size);
  return packed;
}

Text lz4(const Text& plain) {
  LZ4F_preferences_t preferences = LZ4F_INIT_PREFERENCES;
  preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
  Text packed(LZ4F_compressFrameBound(plain.size(), &preferences), '\0');
  const std::size_t size =
      LZ4F_compressFrame(packed.data(), packed.size(), plain.data(), plain.size(), &preferences);
  EXPECT_EQ(LZ4F_isError(size), 0U);
  packed.resize(size);
  return packed;
}

Text lz4_legacy(const Text& plain) {
  Text packed(static_cast<std::size_t>(LZ4_compressBound(static_cast<int>(plain.size()))), '\0');
  const int size = LZ4_compress_default(plain.data(), packed.data(), static_cast<int>(plain.size()),
                                        static_cast<int>(packed.size()));
  EXPECT_GT(size, 0);
  packed.resize(static_cast<std::size_t>(size));
  return "\x02\x21\x4c\x18" + little(packed.size(), 4) + packed;
}

Text brotli(const Text& plain) {
  Text packed(BrotliEncoderMaxCompressedSize(plain.size()) + kSlack, '\0');
  std::size_t size = packed.size();
  EXPECT_EQ(BrotliEncoderCompress(5, BROTLI_DEFAULT_WINDOW, BROTLI_MODE_GENERIC, plain.size(), data(plain),
                                  &size, data(packed)),
            BROTLI_TRUE);
  packed.resize(size);
  return packed;
}

Text tar(const Text& plain) { return archived(plain, archive_write_set_format_gnutar, nullptr); }
Text pax(const Text& plain) { return archived(plain, archive_write_set_format_pax, nullptr); }

Text seven_zip(const Text& plain, const char* compression) {
  const Text options = "7zip:compression-level=1,7zip:compression=" + Text(compression);
  return archived(plain, archive_write_set_format_7zip, options.c_str());
}

Text cab(const Text& plain) {
  return cabinet(plain, 1, [](const Text& part) { return "CK" + raw_deflate(part); });
}
Text stored_cab(const Text& plain) {
  return cabinet(plain, 0, [](const Text& part) { return part; });
}

Text stored_rar4(const Text& plain) {
  const Text name = "part.bin";
  const Text main = little(0x73, 1) + little(0, 2) + little(13, 2) + little(0, 6);
  const Text file = little(0x74, 1) + little(0x8000, 2) + little(32 + name.size(), 2) +
                    little(plain.size(), 4) + little(plain.size(), 4) + little(3, 1) +
                    little(crc_of(plain), 4) + little(0x5a216000, 4) + little(20, 1) + little(0x30, 1) +
                    little(name.size(), 2) + little(0x81a4, 4) + name;
  return Text("Rar!\x1a\x07\0", 7) + rar4_block(main) + rar4_block(file) + plain +
         rar4_block(little(0x7b, 1) + little(0x4000, 2) + little(7, 2));
}

Text stored_rar5(const Text& plain) {
  const Text name = "part.bin";
  const Text file = rar5_number(2) + rar5_number(2) + rar5_number(plain.size()) + rar5_number(4) +
                    rar5_number(plain.size()) + rar5_number(0x20) + little(crc_of(plain), 4) +
                    rar5_number(0) + rar5_number(1) + rar5_number(name.size()) + name;
  return Text("Rar!\x1a\x07\x01\0", 8) + rar5_block(rar5_number(1) + rar5_number(0) + rar5_number(0)) +
         rar5_block(file) + plain + rar5_block(rar5_number(5) + rar5_number(0) + rar5_number(0));
}

Text pdf(const Text& plain) {
  Text codes;  // Of letters, in the order in which they are first used.
  Text content = "BT /F7 10 Tf 72 700 Td [";
  for (std::size_t at = 0; at < plain.size(); ++at) {
    if (codes.find(plain[at]) == Text::npos) codes += plain[at];
    content += fmt::format("<{:04X}>{}", codes.find(plain[at]) + 1, at % 3 == 0 ? " -17.5 " : "");
  }
  content += "] TJ ET";
  Text map = "1 begincodespacerange <0000> <FFFF> endcodespacerange\n";
  for (std::size_t at = 0; at < codes.size(); ++at)
    map += fmt::format("1 beginbfchar <{:04X}> <{:04X}> endbfchar\n", at + 1,
                       static_cast<unsigned char>(codes[at]));
  const auto stream = [](int number, const Text& bytes) {
    const Text packed = zlib(bytes);
    return fmt::format("{} 0 obj\n<< /Filter /FlateDecode /Length {} >>\nstream\n", number, packed.size()) +
           packed + "\nendstream\nendobj\n";
  };
  return "%PDF-1.7\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
         "2 0 obj\n<< /Type /Pages /Kids [3 0 R] /Count 1 >>\nendobj\n"
         "3 0 obj\n<< /Type /Page /Parent 2 0 R /Contents 4 0 R /Resources << /Font << /F7 5 0 R >> >> "
         ">>\nendobj\n" +
         stream(4, content) +
         "5 0 obj\n<< /Type /Font /Subtype /Type0 /Encoding /Identity-H /ToUnicode 6 0 R >>\nendobj\n" +
         stream(6, map) + "trailer << /Root 1 0 R >>\n%%EOF\n";
}

std::vector<Disguise> container_disguises() {
  return {
      {"raw deflate in chunks", false, [](const Text& plain) { return chunked(raw_deflate(plain)); }},
      {"brotli in chunks", false, [](const Text& plain) { return chunked(brotli(plain)); }},
      {"bzip2", false, bzip2},
      {"xz", false, xz},
      {"lzma", false, lzma},
      {"lzip", false, lzip},
      {"zstd", false, zstd},
      {"lz4", false, lz4},
      {"legacy lz4", false, lz4_legacy},
      {"tar", false, tar},
      {"pax", false, pax},
      {"7z of lzma", false, [](const Text& plain) { return seven_zip(plain, "lzma1"); }},
      {"7z of lzma2", false, [](const Text& plain) { return seven_zip(plain, "lzma2"); }},
      {"7z of bzip2", false, [](const Text& plain) { return seven_zip(plain, "bzip2"); }},
      {"7z of deflate", false, [](const Text& plain) { return seven_zip(plain, "deflate"); }},
      {"7z of ppmd", false, [](const Text& plain) { return seven_zip(plain, "ppmd"); }},
      {"stored 7z", false, [](const Text& plain) { return seven_zip(plain, "store"); }},
      {"cab", false, cab},
      {"stored cab", false, stored_cab},
      {"rar 4", false, stored_rar4},
      {"rar 5", false, stored_rar5},
  };
}

}  // namespace candor::recognise::test
