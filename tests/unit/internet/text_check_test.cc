// SPDX-License-Identifier: Apache-2.0
#include "internet/text_check.h"

#include <gtest/gtest.h>

namespace candor::internet {
namespace {

bool printable_in_pieces(std::string_view text, std::size_t split) {
  TextCheck check;
  check.add(as_bytes(text.substr(0, split)));
  check.add(as_bytes(text.substr(split)));
  return check.printable();
}

TEST(TextCheck, TellsPrintableUtf8WhereverItIsCut) {
  const std::string text = "Grüße, 世界 \xf0\x9f\x98\x80\r\n\tend";
  for (std::size_t split = 0; split <= text.size(); ++split)
    EXPECT_TRUE(printable_in_pieces(text, split)) << split;
}

TEST(TextCheck, RefusesControlsBrokenAndOverlongSequencesWhereverTheyAreCut) {
  const std::string_view bad[] = {
      std::string_view("a\0b", 3), "a\x1b[0m", "\x7f", "\xc2\x85", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80",
      "\xf4\x90\x80\x80",          "\xff",     "\x80", "\xc3("};
  for (const std::string_view text : bad) {
    for (std::size_t split = 0; split <= text.size(); ++split) EXPECT_FALSE(printable_in_pieces(text, split));
  }
}

TEST(TextCheck, RefusesACharacterCutAtTheEndUntilItIsWhole) {
  TextCheck check;
  check.add(as_bytes("x\xe4\xb8"));
  EXPECT_FALSE(check.printable());
  check.add(as_bytes("\x96"));
  EXPECT_TRUE(check.printable());
}

}  // namespace
}  // namespace candor::internet
