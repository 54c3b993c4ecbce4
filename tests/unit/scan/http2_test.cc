// SPDX-License-Identifier: Apache-2.0
#include "scan/http2.h"

#include <gtest/gtest.h>

#include "capture_maker.h"
#include "scan/tls_records.h"

namespace candor::scan {
namespace {

using namespace test;

Bytes frame(unsigned type, unsigned flags, std::uint32_t stream, const Bytes& payload) {
  const auto size = static_cast<unsigned>(payload.size());
  return u8(size >> 16U) + u16(size & 0xffffU) + u8(type) + u8(flags) + u32(stream) + payload;
}

const Bytes kPreface = to_bytes(kHttp2Preface);
const Bytes kSettings = frame(4, 0, 0, zeros(12));

TEST(Http2, PutsTheDataOfEachStreamTogether) {
  const auto found = read_http2(kPreface + kSettings + frame(1, 4, 1, to_bytes("headers")) +
                                frame(0, 0, 1, to_bytes("the ")) + frame(0, 0, 3, to_bytes("other")) +
                                frame(0, 9, 1, u8(3) + to_bytes("word") + zeros(3)));
  ASSERT_TRUE(found);
  ASSERT_EQ(found->data.size(), 2U);
  EXPECT_EQ(as_text(found->data.at(1)), "the word");
  EXPECT_EQ(as_text(found->data.at(3)), "other");
  EXPECT_EQ(found->headers, 7U);
  EXPECT_EQ(found->other, 0U);
}

TEST(Http2, IsKnownByItsBeginInBothDirections) {
  EXPECT_TRUE(read_http2(kSettings));
  EXPECT_FALSE(read_http2(to_bytes("GET / HTTP/1.1\r\n\r\n")));
  EXPECT_FALSE(read_http2(kPreface));
  EXPECT_FALSE(read_http2(frame(0, 0, 1, to_bytes("data first"))));
  EXPECT_FALSE(read_http2({}));
}

TEST(Http2, CountsWhatItCannotRead) {
  const Bytes whole = kSettings + frame(0, 0, 1, to_bytes("word")) + frame(0x20, 0, 1, to_bytes("new"));
  EXPECT_EQ(read_http2(whole)->other, 3U);
  Bytes cut = whole;
  cut.resize(cut.size() - 1);
  EXPECT_EQ(read_http2(cut)->other, 11U);
  // More padding than payload.
  EXPECT_EQ(as_text(read_http2(kSettings + frame(0, 8, 1, u8(200) + to_bytes("ab")))->data.at(1)), "ab");
}

TEST(TlsRecords, AreFoundWhereACaptureBeginsInsideOfOne) {
  const Bytes record = Bytes{23, 3, 3, 0, 40} + Bytes(40, 0xaa);
  EXPECT_EQ(tls_begin(Bytes(100, 0x55) + record + record), 100U);
  EXPECT_EQ(tls_begin(Bytes(100, 0x55) + record + to_bytes("no record at all here")), std::nullopt);
  EXPECT_EQ(tls_begin(record + record), 0U);
  EXPECT_EQ(tls_begin(Bytes{}), std::nullopt);
}

}  // namespace
}  // namespace candor::scan
