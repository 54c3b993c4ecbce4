// SPDX-License-Identifier: Apache-2.0
#include "document/grammar.h"

#include <cctype>

#include "base/error.h"

namespace candor::document {

namespace {

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  for (std::size_t end = text.find('|'); end != text.npos; end = text.find('|')) {
    parts.push_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  parts.push_back(text);
  return parts;
}

/// With a capital letter if it begins with a letter of ASCII.
std::string capitalised(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

/// The plural, without its last "s", of an English noun.
std::string plural_stem(std::string noun) {
  const auto ends_in = [&](std::string_view end) { return noun.ends_with(end); };
  const bool vowel_before_y = ends_in("ay") || ends_in("ey") || ends_in("oy");
  if (ends_in("y") && !vowel_before_y)
    noun.replace(noun.size() - 1, 1, "ie");
  else if (ends_in("s") || ends_in("x") || ends_in("ch") || ends_in("sh"))
    noun += 'e';
  return noun;
}

constexpr std::string_view kNoun = "noun";

}  // namespace

Grammar::Grammar(std::span<const Rule> rules) {
  for (const Rule& rule : rules) rules_[rule.name] = split(rule.alternatives);
}

const std::vector<std::string_view>& Grammar::alternatives(std::string_view name) const {
  const auto found = rules_.find(name);
  if (found == rules_.end()) throw Error("a grammar has no rule '" + std::string(name) + "'");
  return found->second;
}

std::string Grammar::filled(std::string_view pattern,
                            const std::function<std::size_t(std::size_t)>& choose) const {
  std::string text;
  for (std::size_t open = pattern.find('{'); open != pattern.npos; open = pattern.find('{')) {
    const std::size_t close = pattern.find('}', open);
    text += pattern.substr(0, open);
    std::string_view slot = pattern.substr(open + 1, close - open - 1);
    const bool capital = slot.starts_with('^');
    if (capital) slot.remove_prefix(1);
    const std::vector<std::string_view>& choices = alternatives(slot);
    std::string word = filled(choices[choose(choices.size())], choose);
    pattern.remove_prefix(close + 1);
    if (slot == kNoun && pattern.starts_with('s')) word = plural_stem(std::move(word));
    text += capital ? capitalised(std::move(word)) : word;
  }
  return text.append(pattern);
}

}  // namespace candor::document
