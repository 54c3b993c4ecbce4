// SPDX-License-Identifier: Apache-2.0
//
// Enters the two network namespaces before the first test; where the host forbids that, the tests fail.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.h"

namespace {

class Namespaces : public testing::Environment {
 public:
  void SetUp() override { candor::internet_e2e::enter_world(); }
};

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleMock(&argc, argv);
  testing::AddGlobalTestEnvironment(new Namespaces);  // googletest owns it
  return RUN_ALL_TESTS();
}
