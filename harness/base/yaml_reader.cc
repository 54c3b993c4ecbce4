// SPDX-License-Identifier: Apache-2.0
//
// Typed reading of Nodes: each mistake is reported where it stands, and reading goes on.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/bytes.h"
#include "base/yaml.h"

namespace candor::yaml {

namespace {

std::string joined(std::span<const std::string> words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

/// What stands there, in words: "a list", "nothing", "'yes'".
std::string found(const Node& node) {
  switch (node.kind) {
    case Kind::null:
      return "nothing";
    case Kind::sequence:
      return "a list";
    case Kind::map:
      return "a map";
    case Kind::scalar:
      break;
  }
  return fmt::format("{}'{}'", node.quoted ? "the text " : "", printable(node.scalar, 60));
}

void report(const Node& node, Diagnostics& diagnostics, std::string_view expected) {
  diagnostics.error(
      node.mark,
      node.kind == Kind::null ? "a value is missing" : fmt::format("{} does not fit here", found(node)),
      fmt::format("expected {}", expected));
}

std::optional<std::int64_t> whole_number(std::string_view text) {
  std::int64_t number = 0;
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

struct Unit {
  std::string_view name;
  std::int64_t ns;
};
constexpr std::array<Unit, 5> kUnits{{{"ms", 1'000'000},
                                      {"s", 1'000'000'000},
                                      {"min", 60'000'000'000},
                                      {"h", 3'600'000'000'000},
                                      {"d", 86'400'000'000'000}}};

std::optional<std::int64_t> parse_duration(std::string_view text) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  std::string_view unit = text.substr(digits);
  unit.remove_prefix(std::min(unit.find_first_not_of(' '), unit.size()));
  const std::optional<std::int64_t> number = whole_number(text.substr(0, digits));
  const auto known =
      std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& each) { return each.name == unit; });
  std::int64_t ns = 0;
  if (!number || known == kUnits.end() || __builtin_mul_overflow(*number, known->ns, &ns))
    return std::nullopt;
  return ns;
}

/// Edits (insert, delete, replace, swap neighbours) from one word to the other.
std::size_t distance(std::string_view left, std::string_view right) {
  std::vector<std::vector<std::size_t>> table(left.size() + 1, std::vector<std::size_t>(right.size() + 1));
  for (std::size_t i = 0; i <= left.size(); ++i) table[i][0] = i;
  for (std::size_t j = 0; j <= right.size(); ++j) table[0][j] = j;
  for (std::size_t i = 1; i <= left.size(); ++i) {
    for (std::size_t j = 1; j <= right.size(); ++j) {
      const std::size_t replace = table[i - 1][j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
      table[i][j] = std::min({table[i - 1][j] + 1, table[i][j - 1] + 1, replace});
      const bool swapped = i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (swapped) table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
    }
  }
  return table[left.size()][right.size()];
}

}  // namespace

std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates) {
  constexpr std::size_t kLongest = 64;
  if (word.empty() || word.size() > kLongest) return std::nullopt;
  std::optional<std::string> best;
  std::size_t best_distance = std::max<std::size_t>(1, word.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    if (candidate.empty() || candidate.size() > kLongest) continue;
    std::size_t edits = distance(word, candidate);
    const bool begun = word.size() >= 3 && candidate.starts_with(word);
    if (begun) edits = std::min<std::size_t>(edits, 1);
    if (edits < best_distance && edits < candidate.size()) {
      best = candidate;
      best_distance = edits;
    }
  }
  return best;
}

MapReader::MapReader(const Node& node, Diagnostics& diagnostics, std::string what)
    : node_(node), diagnostics_(diagnostics), what_(std::move(what)) {}

const Node* MapReader::optional(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  for (const Entry& entry : node_.entries) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

bool MapReader::has(std::string_view key) { return optional(key) != nullptr; }

const Node* MapReader::required(std::string_view key, std::string_view expected) {
  const Node* value = optional(key);
  if (value == nullptr && node_.kind == Kind::map) {
    diagnostics_.error(node_.mark, fmt::format("the key '{}' is missing in {}", key, what_),
                       fmt::format("expected '{}: …', {}", key, expected));
  }
  return value;
}

std::string MapReader::string(std::string_view key, std::string_view expected) {
  const Node* value = required(key, expected);
  return value != nullptr ? as_string(*value, diagnostics_, expected).value_or("") : "";
}

std::string MapReader::string_or(std::string_view key, std::string fallback) {
  const Node* value = optional(key);
  return value != nullptr ? as_string(*value, diagnostics_, "text").value_or(fallback) : fallback;
}

std::int64_t MapReader::integer_or(std::string_view key, std::int64_t fallback, std::int64_t low,
                                   std::int64_t high) {
  const Node* value = optional(key);
  return value != nullptr ? as_integer(*value, diagnostics_, low, high).value_or(fallback) : fallback;
}

bool MapReader::boolean_or(std::string_view key, bool fallback) {
  const Node* value = optional(key);
  return value != nullptr ? as_boolean(*value, diagnostics_).value_or(fallback) : fallback;
}

std::vector<std::string> MapReader::strings_or(std::string_view key, std::vector<std::string> fallback) {
  const Node* value = optional(key);
  if (value == nullptr) return fallback;
  std::vector<std::string> strings;
  if (value->kind != Kind::sequence) {
    if (const auto one = as_string(*value, diagnostics_, "text, or a list of texts")) strings.push_back(*one);
    return strings;
  }
  for (const Node& item : value->items) {
    if (const auto one = as_string(item, diagnostics_, "text")) strings.push_back(*one);
  }
  return strings;
}

std::int64_t MapReader::duration_or(std::string_view key, std::int64_t fallback_ns) {
  const Node* value = optional(key);
  return value != nullptr ? as_duration_ns(*value, diagnostics_).value_or(fallback_ns) : fallback_ns;
}

void MapReader::finish() {
  if (node_.kind != Kind::map) {
    const std::string keys = known_.size() == 1 ? "the key " : "the keys ";
    diagnostics_.error(node_.mark, fmt::format("{} must be a map, not {}", what_, found(node_)),
                       fmt::format("expected a map with {}{}", keys, joined(known_)));
    return;
  }
  for (const Entry& entry : node_.entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    const std::optional<std::string> near = nearest(entry.key, known_);
    diagnostics_.error(entry.key_mark, fmt::format("unknown key '{}' in {}", printable(entry.key, 60), what_),
                       fmt::format("expected one of: {}{}", joined(known_),
                                   near ? fmt::format("; did you mean '{}'?", *near) : ""));
  }
}

std::optional<std::string> as_string(const Node& node, Diagnostics& diagnostics, std::string_view expected) {
  if (node.kind == Kind::scalar) return node.scalar;
  report(node, diagnostics, expected);
  return std::nullopt;
}

std::optional<std::int64_t> as_integer(const Node& node, Diagnostics& diagnostics, std::int64_t low,
                                       std::int64_t high) {
  const std::optional<std::int64_t> number =
      node.kind == Kind::scalar && !node.quoted ? whole_number(node.scalar) : std::nullopt;
  if (number && *number >= low && *number <= high) return number;
  report(node, diagnostics, fmt::format("a whole number from {} to {}", low, high));
  return std::nullopt;
}

std::optional<bool> as_boolean(const Node& node, Diagnostics& diagnostics) {
  if (node.kind == Kind::scalar && !node.quoted) {
    if (node.scalar == "true" || node.scalar == "True" || node.scalar == "TRUE") return true;
    if (node.scalar == "false" || node.scalar == "False" || node.scalar == "FALSE") return false;
  }
  report(node, diagnostics, "true or false");
  return std::nullopt;
}

std::optional<std::int64_t> as_duration_ns(const Node& node, Diagnostics& diagnostics) {
  const std::optional<std::int64_t> ns =
      node.kind == Kind::scalar ? parse_duration(node.scalar) : std::nullopt;
  if (ns) return ns;
  report(node, diagnostics, "a duration: a whole number and ms, s, min, h or d, such as 30s");
  return std::nullopt;
}

}  // namespace candor::yaml
