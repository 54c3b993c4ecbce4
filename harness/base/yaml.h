// SPDX-License-Identifier: Apache-2.0
//
// YAML 1.2 read into a plain tree in which every node knows where it stands, and a reader for maps that
// finds all mistakes before it gives up. Input is untrusted: size, depth and node count are bounded, and
// aliases are expanded under the same node budget (so an alias bomb is an error, not a full memory).
// The parser is libfyaml; its tree does not leave yaml.cc.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace candor::yaml {

/// A place in a file; lines and columns count from 1 (columns in code points).
struct Mark {
  int line = 0;
  int column = 0;
};

/// Collects mistakes in one file, each shown as
///   FILE:LINE:COL: error: SENTENCE
///       the line
///       ^ expected …
class Diagnostics {
 public:
  Diagnostics(std::string file, std::string text);
  /// `expected` may be empty. At most 100 are kept; the rest are counted.
  void error(Mark mark, std::string sentence, std::string expected = {});
  [[nodiscard]] bool ok() const;
  [[nodiscard]] std::size_t count() const;
  /// All mistakes in order of place, each with its line and caret, bytes made printable.
  [[nodiscard]] std::string render() const;
  /// Throws Error(Fault::input) with render() unless ok().
  void check() const;
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  struct Item;
  std::string file_;
  std::vector<std::string> lines_;
  std::vector<Item> items_;
  std::size_t dropped_ = 0;

 public:
  ~Diagnostics();
};

enum class Kind { null, scalar, sequence, map };

struct Node;
struct Entry;

struct Node {
  Kind kind = Kind::null;
  Mark mark;
  std::string scalar;          ///< Text of a scalar; empty otherwise.
  bool quoted = false;         ///< Whether the scalar was quoted or a block: then it is always a string.
  std::vector<Node> items;     ///< Of a sequence.
  std::vector<Entry> entries;  ///< Of a map, in file order; keys are unique scalars.
};

struct Entry {
  std::string key;
  Mark key_mark;
  Node value;
};

struct Limits {
  std::size_t bytes = 1U << 20;
  std::size_t nodes = 20'000;
  int depth = 32;
};

/// Parses one document. Syntax errors, duplicate keys, keys that are no scalars, unknown anchors,
/// recursive aliases, tags, more than one document and passed limits go to `diagnostics`; then nothing is
/// returned.
[[nodiscard]] std::optional<Node> parse(std::string_view text, Diagnostics& diagnostics, Limits limits = {});

/// The nearest of `candidates` to a misspelt `word` by edit distance, if near enough to suggest.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 std::span<const std::string> candidates);

/// Reads one map key by key. Every reading of a wrong or missing value is reported and gives a default, so
/// reading goes on; finish() reports the keys nobody asked for, each with the nearest one asked for.
class MapReader {
 public:
  /// If `node` is no map this is reported ("expected a map with the keys …" is added by finish()).
  MapReader(const Node& node, Diagnostics& diagnostics, std::string what);
  [[nodiscard]] bool has(std::string_view key);
  /// The value's node, or nullptr; marks the key as known.
  const Node* optional(std::string_view key);
  /// The same; its absence is reported with `expected`.
  const Node* required(std::string_view key, std::string_view expected);
  std::string string(std::string_view key, std::string_view expected);
  std::string string_or(std::string_view key, std::string fallback);
  std::int64_t integer_or(std::string_view key, std::int64_t fallback, std::int64_t low, std::int64_t high);
  bool boolean_or(std::string_view key, bool fallback);
  /// A list of strings; one string stands for a list of one.
  std::vector<std::string> strings_or(std::string_view key, std::vector<std::string> fallback);
  /// Duration such as "90s", "10 min", "1h", "250ms", in nanoseconds.
  std::int64_t duration_or(std::string_view key, std::int64_t fallback_ns);
  void finish();
  [[nodiscard]] Diagnostics& diagnostics() { return diagnostics_; }
  [[nodiscard]] const Node& node() const { return node_; }

 private:
  const Node& node_;
  Diagnostics& diagnostics_;
  std::string what_;
  std::vector<std::string> known_;
};

/// Scalars with core-schema types. Nothing, with the mistake reported, if the node is something else.
[[nodiscard]] std::optional<std::string> as_string(const Node& node, Diagnostics& diagnostics,
                                                   std::string_view expected);
[[nodiscard]] std::optional<std::int64_t> as_integer(const Node& node, Diagnostics& diagnostics,
                                                     std::int64_t low, std::int64_t high);
[[nodiscard]] std::optional<bool> as_boolean(const Node& node, Diagnostics& diagnostics);
[[nodiscard]] std::optional<std::int64_t> as_duration_ns(const Node& node, Diagnostics& diagnostics);

}  // namespace candor::yaml
