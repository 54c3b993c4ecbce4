// SPDX-License-Identifier: Apache-2.0
//
// Plausible sentences about things that do not exist, from a seed: agencies, ports, programmes, people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/hash.h"

namespace candor::document {

/// What a document is about; decides its sentences.
enum class Subject { guarded, harmless };

/// An endless, reproducible supply of words for one document.
class Prose {
 public:
  Prose(Seed seed, std::string label, Subject subject)
      : seed_(seed), label_(std::move(label)), subject_(subject) {}

  [[nodiscard]] std::string title();
  [[nodiscard]] std::string heading();
  [[nodiscard]] std::string paragraph();
  [[nodiscard]] std::string person();
  [[nodiscard]] std::string agency();
  [[nodiscard]] std::string date();
  /// Lower-case words joined by hyphens, fit for a file name: "budget-review".
  [[nodiscard]] std::string file_stem();
  [[nodiscard]] std::uint64_t number(std::uint64_t bound);

 private:
  /// `pattern` with each {slot} replaced by a word for it.
  [[nodiscard]] std::string filled(std::string_view pattern);
  [[nodiscard]] std::string word_for(std::string_view slot);

  Seed seed_;
  std::string label_;
  Subject subject_;
  std::uint64_t drawn_ = 0;
};

}  // namespace candor::document
