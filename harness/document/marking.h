// SPDX-License-Identifier: Apache-2.0
//
// Classification markings: what stands at the top and bottom of a page, before a paragraph, and in the
// authority block. Forms follow the public handbooks: CAPCO's register for the US, the Government Security
// Classifications for the UK, C-M(2002)49 for NATO, Council Decision 2013/488/EU, the Russian law on state
// secrets, the Chinese law on guarding state secrets. Code words are invented.
#pragma once

#include <string_view>
#include <vector>

#include "document/prose.h"

namespace candor::document {

struct Marking {
  std::string_view name;                    ///< "us/top-secret".
  std::string_view banner;                  ///< Top and bottom of each page.
  std::string_view portion;                 ///< Before paragraphs; "" where the scheme has none.
  std::string_view lesser;                  ///< Portion mark of paragraphs that hold less.
  std::vector<std::string_view> authority;  ///< Patterns for Prose.
  Language language = Language::english;
  Subject subject = Subject::guarded;
};

/// The look-alikes (lookalike/…) bear no marking: a novel about a secret, and an article that quotes banners.
[[nodiscard]] const std::vector<Marking>& all_markings();
/// Nothing if there is no such marking.
[[nodiscard]] const Marking* find_marking(std::string_view name);

/// As many bytes of harmless words, in the same scripts, for the twin of a document that lacks its marking.
[[nodiscard]] std::string unmarked(std::string_view marking);

}  // namespace candor::document
