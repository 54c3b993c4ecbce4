// SPDX-License-Identifier: Apache-2.0
//
// Plausible sentences about things that do not exist, from a seed: agencies, ports, programmes, people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "document/grammar.h"

namespace candor::document {

/// What a document is about; decides its sentences. Novels and articles are in English only.
enum class Subject { guarded, harmless, novel, article };
enum class Language { english, russian, chinese };

/// An endless, reproducible supply of words for one document.
class Prose {
 public:
  Prose(Seed seed, std::string label, Subject subject, Language language);

  [[nodiscard]] std::string title() { return filled("{" + prefix_ + "_title}"); }
  [[nodiscard]] std::string heading() { return filled("{" + prefix_ + "_heading}"); }
  [[nodiscard]] std::string paragraph();
  [[nodiscard]] std::string person() { return filled("{person}"); }
  [[nodiscard]] std::string post() { return filled("{post}"); }
  [[nodiscard]] std::string agency() { return filled("{agency}"); }
  [[nodiscard]] std::string caption() { return filled("{caption}"); }
  /// A table's column heads, then rows of cells; at most 4 by 6.
  [[nodiscard]] std::vector<std::vector<std::string>> table();
  /// "2026-04-17".
  [[nodiscard]] std::string date();
  /// Lower-case words of ASCII joined by hyphens, fit for a file name: "lamphouse-review".
  [[nodiscard]] std::string file_stem() { return filled("{stem}"); }
  [[nodiscard]] std::uint64_t number(std::uint64_t bound);
  /// `pattern` with each {slot} replaced by words of the language's grammar.
  [[nodiscard]] std::string filled(std::string_view pattern);
  [[nodiscard]] Language language() const { return language_; }

 private:
  Seed seed_;
  std::string label_;
  std::string prefix_;  ///< Of the rules for the subject: "guarded".
  Language language_;
  std::uint64_t drawn_ = 0;
};

}  // namespace candor::document
