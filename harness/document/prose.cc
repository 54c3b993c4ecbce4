// SPDX-License-Identifier: Apache-2.0
#include "document/prose.h"

#include <fmt/format.h>

namespace candor::document {

namespace {

const char* prefix_of(Subject subject) {
  switch (subject) {
    case Subject::guarded:
      return "guarded";
    case Subject::harmless:
      return "harmless";
    case Subject::novel:
      return "novel";
    case Subject::article:
      return "article";
  }
  return "guarded";
}

const Grammar& grammar_of(Language language) {
  switch (language) {
    case Language::english:
      return english();
    case Language::russian:
      return russian();
    case Language::chinese:
      return chinese();
  }
  return english();
}

}  // namespace

Prose::Prose(Seed seed, std::string label, Subject subject, Language language)
    : seed_(seed), label_(std::move(label)), prefix_(prefix_of(subject)), language_(language) {}

std::uint64_t Prose::number(std::uint64_t bound) {
  return seed_.number(fmt::format("prose {} {}", label_, drawn_++), bound);
}

std::string Prose::filled(std::string_view pattern) {
  return grammar_of(language_).filled(pattern, [this](std::size_t choices) { return number(choices); });
}

std::string Prose::paragraph() {
  const char* between = language_ == Language::chinese ? "" : " ";
  std::string text;
  for (std::uint64_t left = 3 + number(3); left > 0; --left)
    text += (text.empty() ? "" : between) + filled("{" + prefix_ + "_sentence}");
  return text;
}

std::vector<std::vector<std::string>> Prose::table() {
  const std::uint64_t columns = 3 + number(2);
  std::vector<std::vector<std::string>> rows(4 + number(3));
  for (std::size_t row = 0; row < rows.size(); ++row)
    for (std::uint64_t column = 0; column < columns; ++column)
      rows[row].push_back(filled(row == 0 ? "{column}" : "{cell}"));
  return rows;
}

std::string Prose::date() { return fmt::format("2026-{:02}-{:02}", 1 + number(12), 1 + number(28)); }

}  // namespace candor::document
