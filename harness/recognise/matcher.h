// SPDX-License-Identifier: Apache-2.0
//
// Many patterns searched in one pass, by Vectorscan. Immutable; each thread brings a Scratch.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"

struct hs_database;
struct hs_scratch;

namespace candor::recognise {

class Matcher {
 public:
  /// What is searched; its index is its id. Either a literal, of which the first bytes are
  /// compared here and the rest by whoever gets the match, or a regular expression.
  struct Pattern {
    Bytes literal;
    bool any_case = false;  ///< Of literals: ASCII letters match in either case.
    std::string regex;
  };
  static constexpr std::size_t kLiteralLimit = 16;

  /// Throws Error if a pattern does not compile or the processor lacks what Vectorscan needs.
  explicit Matcher(const std::vector<Pattern>& patterns);
  Matcher(Matcher&& other) noexcept
      : database_(std::exchange(other.database_, nullptr)),
        prototype_(std::exchange(other.prototype_, nullptr)) {}
  Matcher(const Matcher&) = delete;
  Matcher& operator=(const Matcher&) = delete;
  ~Matcher();

  class Scratch {
   public:
    explicit Scratch(const Matcher& matcher);
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch();

   private:
    friend class Matcher;
    hs_scratch* scratch_ = nullptr;
  };

  /// Calls `on_match(id, end)` for every match, ends not descending within a pattern. `end` is that of the
  /// part searched here: at most kLiteralLimit bytes after the literal's begin. It must not throw.
  void scan(ByteView bytes, Scratch& scratch,
            const std::function<void(std::size_t id, std::size_t end)>& on_match) const;

 private:
  hs_database* database_ = nullptr;
  hs_scratch* prototype_ = nullptr;
};

}  // namespace candor::recognise
