// SPDX-License-Identifier: Apache-2.0
//
// Classification markings: what stands at the top and bottom of a page, before a paragraph, and in the
// authority block. Code words are invented.
#pragma once

#include <string_view>
#include <vector>

namespace candor::document {

struct Marking {
  std::string_view name;     ///< "us/top-secret".
  std::string_view banner;   ///< Top and bottom of each page.
  std::string_view portion;  ///< Before paragraphs; "" where the scheme has none.
  std::string_view lesser;   ///< Portion mark of paragraphs that hold less.
  std::vector<std::string_view> authority;
};

[[nodiscard]] const std::vector<Marking>& all_markings();
/// Nothing if there is no such marking.
[[nodiscard]] const Marking* find_marking(std::string_view name);

}  // namespace candor::document
