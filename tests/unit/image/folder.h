// SPDX-License-Identifier: Apache-2.0
//
// A share folder of a test's own, with recipes and products written into it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/error.h"
#include "base/file.h"

namespace candor::image {

class ShareFolder : public testing::Test {
 protected:
  [[nodiscard]] std::filesystem::path share() const { return folder_.path(); }

  void write(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = folder_.path() / "images" / path;
    std::filesystem::create_directories(file.parent_path());
    write_file(file, text);
  }
  void recipe(const std::string& name, const std::string& text) const { write(name + "/recipe.yaml", text); }
  void product(const std::string& name, const std::string& text) const {
    write(name + "/product.yaml", text);
  }

  /// The sentence `work` fails with; a failure that is not the user's is one of the test.
  template <typename Work>
  static std::string mistake_of(Work work) {
    try {
      static_cast<void>(work());
    } catch (const Error& error) {
      EXPECT_EQ(error.fault(), Fault::input) << error.what();
      return error.what();
    }
    return "no mistake was found";
  }

 private:
  TempDir folder_{testing::TempDir(), "candor-image-test-"};
};

}  // namespace candor::image
