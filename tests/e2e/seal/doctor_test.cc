// SPDX-License-Identifier: Apache-2.0
#include "seal/doctor.h"

#include <gtest/gtest.h>

#include <set>

namespace candor::seal::test {
namespace {

TEST(Doctor, ChecksEverythingOnceAndMendsWhatIsWrong) {
  std::set<std::string> names;
  for (const Check& check : check_host()) {
    EXPECT_TRUE(names.insert(check.name).second) << check.name;
    EXPECT_FALSE(check.found.empty()) << check.name;
    EXPECT_TRUE(check.ok || !check.required || !check.mend.empty()) << check.name << ": " << check.found;
  }
  EXPECT_TRUE(names.contains("sealed network"));
  EXPECT_TRUE(names.contains("qemu-system-x86_64"));
}

}  // namespace
}  // namespace candor::seal::test
