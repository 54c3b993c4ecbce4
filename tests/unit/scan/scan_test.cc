// SPDX-License-Identifier: Apache-2.0
#include "scan/scan.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "capture_maker.h"
#include "scan/planted.h"

namespace candor::scan {
namespace {

using namespace test;
using testing::HasSubstr;
namespace fs = std::filesystem;

Bytes gzip(ByteView content) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  Bytes packed(deflateBound(&stream, content.size()) + 64);
  stream.next_in = const_cast<Bytef*>(content.data());
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

class ScanTest : public testing::Test {
 protected:
  std::string file(const std::string& name, ByteView content) {
    const fs::path path = folder_.path() / name;
    fs::create_directories(path.parent_path());
    write_file(path, content);
    return path.string();
  }
  ScanFinding scan(std::vector<std::string> files) {
    request_.files = std::move(files);
    return scan::scan(request_, find_all(kToken));
  }
  TempDir folder_{fs::temp_directory_path(), "scan-test-"};
  ScanRequest request_;
  Bytes capture_ = pcap_of(Conversation().open().say(kToken).close().packets);
};

TEST_F(ScanTest, KnowsCapturesByTheirContentNotTheirName) {
  const ScanFinding finding = scan({file("a.txt", capture_), file("b.pcap", as_bytes(kToken))});
  ASSERT_EQ(finding.files.size(), 2U);
  EXPECT_EQ(finding.files[0].format, "pcap");
  EXPECT_EQ(finding.files[1].format, "file");
  EXPECT_EQ(finding.files[0].hits.size(), 1U);
  EXPECT_EQ(finding.files[1].hits.size(), 1U);
  EXPECT_EQ(finding.answer(), Answer::found);
}

TEST_F(ScanTest, UnpacksCapturesInGzip) {
  Bytes two = gzip(ByteView(capture_).first(50));
  const Bytes second = gzip(ByteView(capture_).subspan(50));
  two.insert(two.end(), second.begin(), second.end());
  const ScanFinding finding = scan({file("one", gzip(capture_)), file("two", two)});
  for (const FileFinding& each : finding.files) {
    EXPECT_EQ(each.format, "pcap in gzip");
    EXPECT_EQ(each.problem, "");
    EXPECT_EQ(each.hits.size(), 1U);
    EXPECT_EQ(each.bytes, capture_.size());
  }
}

TEST_F(ScanTest, SaysWhyAPackedCaptureEndsEarly) {
  const Bytes packed = gzip(capture_);
  Bytes damaged = packed;
  damaged[damaged.size() - 5] ^= 0xffU;  // in the checksum
  const Bytes cut(packed.begin(), packed.end() - 9);
  ScanFinding finding = scan({file("a", damaged), file("b", cut)});
  EXPECT_THAT(finding.files[0].problem, HasSubstr("damaged gzip data at byte"));
  EXPECT_THAT(finding.files[1].problem, HasSubstr("the gzip file breaks off at byte"));
  EXPECT_EQ(finding.files[0].hits.size(), 1U);
  request_.unpacked = 100;
  finding = scan({file("c", packed)});
  EXPECT_THAT(finding.files[0].problem, HasSubstr("holds more than 100 bytes"));
}

TEST_F(ScanTest, WalksFoldersInTheOrderOfNames) {
  file("d/z", as_bytes("nothing"));
  file("d/a/x", as_bytes(kToken));
  fs::create_directory_symlink(folder_.path() / "d", folder_.path() / "d" / "m");
  const ScanFinding finding = scan({(folder_.path() / "d").string()});
  ASSERT_EQ(finding.files.size(), 3U);
  EXPECT_THAT(finding.files[0].file, HasSubstr("d/a/x"));
  EXPECT_EQ(finding.files[1].problem, "a link to a folder, which is not followed");
  EXPECT_THAT(finding.files[2].file, HasSubstr("d/z"));
}

TEST_F(ScanTest, GoesOnBehindAFileThatCannotBeRead) {
  const ScanFinding finding = scan({"/no/such/file", file("a", as_bytes("nothing")), "/dev/null"});
  ASSERT_EQ(finding.files.size(), 3U);
  EXPECT_EQ(finding.files[0].problem, "opening /no/such/file: No such file or directory");
  EXPECT_TRUE(finding.files[1].complete());
  EXPECT_EQ(finding.files[2].problem, "/dev/null is neither a file nor a pipe");
  EXPECT_EQ(finding.answer(), Answer::inconclusive);
  EXPECT_EQ(scan({"/no/such/file"}).answer(), Answer::unreadable);
}

TEST_F(ScanTest, ReadsPipes) {
  const std::string pipe = (folder_.path() / "pipe").string();
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  std::thread writer([&] {
    const UniqueFd fd(::open(pipe.c_str(), O_WRONLY | O_CLOEXEC));
    write_all(fd.get(), capture_);
  });
  const ScanFinding finding = scan({pipe});
  writer.join();
  EXPECT_EQ(finding.files[0].format, "pcap");
  EXPECT_EQ(finding.files[0].hits.size(), 1U);
}

TEST_F(ScanTest, RefusesStandardInputTwiceAndAKeylogWithoutSecrets) {
  EXPECT_THROW((void)scan({"-", "-"}), Error);
  request_.keylog = file("keys", as_bytes("# nothing\n"));
  EXPECT_THROW((void)scan({file("a", capture_)}), Error);
  request_.keylog = "/no/such/file";
  EXPECT_THROW((void)scan({file("a", capture_)}), Error);
}

TEST_F(ScanTest, LargeFilesAreCopiedToAFileWithoutAName) {
  request_.copies.in_memory = 1000;
  Bytes large(3'000'000, '.');
  std::copy_n(kToken, 26, large.begin() + 2'500'000);
  const ScanFinding finding = scan({file("a", large)});
  ASSERT_EQ(finding.files[0].hits.size(), 1U);
  EXPECT_EQ(finding.files[0].hits[0].hit.offset, 2'500'000U);
  EXPECT_EQ(finding.files[0].bytes, large.size());
}

TEST_F(ScanTest, ACopyStaysWhatItIsWhenTheFileIsCutOrChanged) {
  const std::string path = file("a", Bytes(3'000'000, 'x'));
  const PrivateCopy copy = PrivateCopy::of_file(path, {.in_memory = 1000});
  ASSERT_EQ(::truncate(path.c_str(), 0), 0);
  write_file(path, as_bytes("other"));
  EXPECT_EQ(copy.bytes().size(), 3'000'000U);
  EXPECT_TRUE(std::all_of(copy.bytes().begin(), copy.bytes().end(), [](std::uint8_t b) { return b == 'x'; }));
  EXPECT_THROW((void)PrivateCopy::of_file(path, {.size = 3}), Error);
}

TEST_F(ScanTest, ReadsPlantedDocumentsBesideTheirManifest) {
  const std::string manifest =
      R"({"seed":1,"documents":[{"id":"memo-1","spec":"memo","format":"txt","marking":"none","path":"/a/memo.txt",)"
      R"("name":"memo.txt","file":"documents/memo.txt","text":"documents/memo.text","size":3,"sha256":"","canaries":[]}]})";
  file("manifest.json", as_bytes(manifest));
  file("documents/memo.txt", as_bytes("abc"));
  file("documents/memo.text", as_bytes("text"));
  for (const fs::path& path : {folder_.path(), folder_.path() / "manifest.json"}) {
    const Planted planted(path);
    ASSERT_EQ(planted.contents().size(), 1U);
    EXPECT_EQ(as_text(planted.contents()[0].content), "abc");
    EXPECT_EQ(as_text(planted.contents()[0].text), "text");
  }
  const auto refused = [&](const std::string& from, const std::string& to) {
    std::string changed = manifest;
    changed.replace(changed.find(from), from.size(), to);
    file("manifest.json", as_bytes(changed));
    try {
      const Planted planted(folder_.path());
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::input);
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_THAT(refused("documents/memo.txt", "../etc/passwd"), HasSubstr("outside documents/"));
  EXPECT_THAT(refused("documents/memo.txt", "documents/.."), HasSubstr("outside documents/"));
  EXPECT_THAT(refused("documents/memo.txt", "documents/none"), HasSubstr("documents/none"));
  EXPECT_THAT(refused("\"documents\":[", "\"papers\":["), HasSubstr("documents"));
}

}  // namespace
}  // namespace candor::scan
