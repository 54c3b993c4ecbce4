// SPDX-License-Identifier: Apache-2.0
#include "scan/tls_opener.h"

#include <gtest/gtest.h>

namespace candor::scan {
namespace {

TEST(TlsOpener, ReadsWhichRecordsStayedClosed) {
  const auto packets = read_list(
      "5\t0\t10.0.0.1\t\t40000\t10.0.0.2\t\t443\t23,23\t22,20,22,22\t122,1,23,795\n"
      "7\t1\t\tfd00::1\t40001\t\tfd00::2\t443\t23,23\t22,20\t122,1,23,795\n"
      "9\t2\t10.0.0.1\t\t40002\t10.0.0.2\t\t443\t\t23,21\t164,30\n"
      "a line of another form\n"
      "x\t2\t10.0.0.1\t\t40002\t10.0.0.2\t\t443\t\t23\t164\n");
  ASSERT_EQ(packets.size(), 3U);
  EXPECT_EQ(packets[0].source, "10.0.0.1:40000");
  EXPECT_EQ(packets[0].destination, "10.0.0.2:443");
  EXPECT_EQ(packets[0].sealed, 0U);
  EXPECT_EQ(packets[1].source, "[fd00::1]:40001");
  EXPECT_EQ(packets[1].sealed, 941U);
  EXPECT_EQ(packets[2].sealed, 0U);
  EXPECT_EQ(packets[2].application, 100U);
}

TEST(TlsOpener, ReadsTheContentOfConnectionsByDirection) {
  const auto opened = read_follow(
      "\n=====\nFollow: tls,raw\nFilter: tcp.stream eq 4\nNode 0: a:1\nNode 1: "
      "b:2\n6869\n\t7468657265\n2e\n=====\n"
      "\n=====\nFollow: tls,raw\nFilter: tcp.stream eq 1\nNode 0: :0\nNode 1: :0\n=====\n");
  ASSERT_EQ(opened.size(), 2U);
  EXPECT_EQ(opened[0].stream, 4U);
  EXPECT_EQ(as_text(opened[0].one_way), "hi.");
  EXPECT_EQ(as_text(opened[0].other_way), "there");
  EXPECT_EQ(opened[1].stream, 1U);
  EXPECT_TRUE(opened[1].one_way.empty());
}

TEST(TlsOpener, ReportsEveryStreamThereAreNoKeysFor) {
  FileFinding finding;
  std::vector<Covered> coverage;
  const Recogniser nothing = [](ByteView) { return model::Recognition{}; };
  Surfaces surfaces(nothing, {}, finding, coverage);
  RequestHeads heads(surfaces, {});
  open_tls({}, {{.where = "tcp a > b", .bytes = 7}}, {}, surfaces, heads);
  ASSERT_EQ(finding.not_looked_into.size(), 1U);
  EXPECT_EQ(finding.not_looked_into[0].reason, "TLS without keys");
  EXPECT_EQ(finding.not_looked_into[0].bytes, 7U);
}

}  // namespace
}  // namespace candor::scan
