// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "base/error.h"
#include "recognise/change.h"
#include "support/disguise/disguise.h"

namespace candor::recognise::test {
namespace {

Text xored(Text plain, const Text& key) {
  for (std::size_t i = 0; i < plain.size(); ++i) plain[i] = static_cast<char>(plain[i] ^ key[i % key.size()]);
  return plain;
}

Text added(Text plain, int value) {
  for (char& c : plain) c = static_cast<char>(c + value);
  return plain;
}

Text rotated(Text plain, int by) {
  for (char& c : plain) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>('a' + (c - 'a' + by) % 26);
    if (c >= 'A' && c <= 'Z') c = static_cast<char>('A' + (c - 'A' + by) % 26);
  }
  return plain;
}

Text reversed(Text plain) {
  std::reverse(plain.begin(), plain.end());
  return plain;
}

Text nibbles(Text plain) {
  for (char& c : plain)
    c = static_cast<char>(static_cast<unsigned char>(c) << 4 | static_cast<unsigned char>(c) >> 4);
  return plain;
}

/// The token alone, in random bytes, so that each alignment comes up.
Text bare(Random& random, const Text& hidden) {
  return random_bytes(random, random() % 64) + hidden + random_bytes(random, random() % 64);
}

TEST(Changes, ByXorWithAnySingleByteAreSeenThrough) {
  static const Planted planted;
  Random random(1);
  for (int key = 1; key < 256; ++key)
    ASSERT_TRUE(finds_token(planted, bare(random, xored(kToken, Text(1, static_cast<char>(key)))))) << key;
}

TEST(Changes, ByAdditionOfAnyByteAreSeenThrough) {
  static const Planted planted;
  Random random(2);
  for (int value = 1; value < 256; ++value)
    ASSERT_TRUE(finds_token(planted, bare(random, added(kToken, value)))) << value;
}

/// The same as taking each byte from some value.
TEST(Changes, ByAdditionToInvertedBitsAreSeenThroughWithNothingButTheToken) {
  static const Planted planted;
  Random random(13);
  for (int value = 1; value < 256; ++value) {
    Text worn(kToken);
    for (char& c : worn) c = static_cast<char>(~c + value);
    EXPECT_TRUE(finds_token(planted, random_bytes(random, 200) + worn + random_bytes(random, 100))) << value;
  }
}

TEST(Changes, ByXorWithAKeyOfUpToElevenBytesNeedNothingButTheToken) {
  static const Planted planted;
  Random random(3);
  for (std::size_t period = 1; period <= 11; ++period)
    for (int i = 0; i < 40; ++i) {
      const Text key = random_bytes(random, period);
      ASSERT_TRUE(finds_token(planted, bare(random, xored(kToken, key))))
          << period << " " << to_hex(as_bytes(key));
    }
}

TEST(Changes, ByXorWithAKeyOfUpToThirtyTwoBytesNeedTheTokensSurroundings) {
  static const Planted planted;
  const std::size_t token = planted.content.find(kToken);
  Random random(4);
  for (std::size_t period = 12; period <= 32; ++period)
    for (int i = 0; i < 40; ++i) {
      const Text key = random_bytes(random, period);
      const std::size_t before = std::min<std::size_t>(token, 24);
      ASSERT_TRUE(finds_token(planted, bare(random, xored(planted.content.substr(token - before, 74), key))))
          << period << " " << to_hex(as_bytes(key));
    }
}

TEST(Changes, OfLettersAndOrderAreSeenThrough) {
  static const Planted planted;
  Random random(5);
  for (int i = 0; i < 60; ++i) {
    for (int by = 1; by < 26; ++by)
      ASSERT_TRUE(finds_token(planted, bare(random, rotated(kToken, by)))) << by;
    ASSERT_TRUE(finds_token(planted, bare(random, reversed(kToken))));
    ASSERT_TRUE(finds_token(planted, bare(random, nibbles(kToken))));
  }
}

TEST(Changes, OfEncodedTokensAreSeenThrough) {
  static const Planted planted;
  Random random(6);
  for (const Text& worn : {base64("n: " + Text(kToken)), hex(kToken), utf16le(kToken)})
    for (const Text& changed : {xored(worn, "\x5a"), xored(worn, "abc"), added(worn, 77), reversed(worn)})
      EXPECT_TRUE(finds_token(planted, bare(random, changed))) << worn;
}

TEST(Changes, OfAWholeFileRevealTheFile) {
  static const Planted planted;
  for (const Text& changed :
       {xored(planted.content, "\xff"), xored(planted.content, "a longer key, 23 bytes "),
        added(planted.content, 3), reversed(planted.content), nibbles(planted.content)}) {
    const model::Recognition found = planted.search("data: " + changed);
    ASSERT_FALSE(of_kind(found, model::HitKind::whole_file).empty());
    EXPECT_TRUE(planted.recogniser.verify(as_bytes("data: " + changed), found.hits[0]));
    EXPECT_LE(found.opaque, 40U);
  }
}

TEST(Changes, OnTopOfEncodingsAreSeenThrough) {
  static const Planted planted;
  const Text message = "from the minutes: " + Text(kToken) + ", kept";
  EXPECT_TRUE(finds_token(planted, base64(xored(message, "\x21\x43"))));
  EXPECT_TRUE(finds_token(planted, gzip(reversed(message))));
  EXPECT_TRUE(finds_token(planted, hex(gzip(added(message, 200)))));
}

TEST(Changes, NameAKeyThatUndoesThem) {
  static const Planted planted;
  const model::Recognition found = planted.search("0123" + xored(kToken, "\x11\x22\x33"));
  ASSERT_EQ(found.hits.size(), 1U);
  ASSERT_EQ(found.hits[0].chain.size(), 1U);
  // From an offset on that is a multiple of the key's length, here 0.
  EXPECT_EQ(found.hits[0].chain[0].decoder, "xor:331122");
}

/// A page of memory behind which nothing may be read.
class GuardedPage {
 public:
  GuardedPage()
      : begin_(static_cast<std::uint8_t*>(
            ::mmap(nullptr, 2 * size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))) {
    if (begin_ == MAP_FAILED || ::mprotect(begin_ + size_, size_, PROT_NONE) != 0)
      throw errno_error("making a guarded page");
  }
  GuardedPage(const GuardedPage&) = delete;
  GuardedPage& operator=(const GuardedPage&) = delete;
  ~GuardedPage() { ::munmap(begin_, 2 * size_); }

  /// At its end; until the next call.
  [[nodiscard]] ByteView put(const Text& text) {
    std::uint8_t* const there = begin_ + size_ - text.size();
    std::copy(text.begin(), text.end(), there);
    return {there, text.size()};
  }

 private:
  std::size_t size_ = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  std::uint8_t* begin_;
};

/// What is left the same under a key, at the end of a layer: the neighbours a period further on are missing.
TEST(Changes, CutOffAtTheEndAreNotReadBeyondIt) {
  static const Planted planted;
  Random random(7);
  GuardedPage page;
  const std::size_t token = planted.content.find(kToken);
  for (std::size_t period = 1; period <= 32; ++period)
    for (std::size_t begin = token - 16; begin < token + Text(kToken).size(); ++begin) {
      Text differences = planted.content.substr(begin, 8);
      for (std::size_t i = 0; i < differences.size(); ++i)
        differences[i] = static_cast<char>(differences[i] ^ planted.content[begin + i + period]);
      const ByteView layer = page.put(random_bytes(random, 60 + random() % 64) + differences);
      EXPECT_TRUE(planted.recogniser.search(layer).hits.empty()) << period << ' ' << begin;
    }
}

TEST(Changes, ThatAreNoneAreNotUndone) {
  const Bytes bytes = to_bytes("abc");
  for (const char* step :
       {"xor:", "xor:5", "xor:zz", "add:0102", "from:", "from:0102", "rot:0", "rot:26", "rot:x", "gzip"})
    EXPECT_FALSE(undo_change(step, bytes)) << step;
}

TEST(Changes, ByANearlyEmptyKeyAreOnlySimilarText) {
  static const Planted planted;
  Text similar = planted.content;
  for (std::size_t i = 40; i < similar.size(); i += 29) similar[i] = '#';
  for (const model::Hit& hit : planted.search(similar).hits) EXPECT_TRUE(hit.chain.empty());
}

}  // namespace
}  // namespace candor::recognise::test
