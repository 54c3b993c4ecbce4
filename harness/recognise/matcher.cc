// SPDX-License-Identifier: Apache-2.0
//
// Literals are compiled as regular expressions of \xNN: this Vectorscan refuses literals that begin with NUL.
#include "recognise/matcher.h"

#include <fmt/format.h>
#include <hs.h>

#include <algorithm>

#include "base/error.h"

namespace candor::recognise {

namespace {

/// hs_scan takes 32-bit lengths; pieces overlap by what a match can span.
constexpr std::size_t kPiece = 64U << 20;
constexpr std::size_t kOverlap = 256;

std::string expression(const Matcher::Pattern& pattern) {
  if (!pattern.regex.empty()) return pattern.regex;
  std::string text;
  for (std::size_t i = 0; i < std::min(pattern.literal.size(), Matcher::kLiteralLimit); ++i)
    text += fmt::format("\\x{:02x}", pattern.literal[i]);
  return text;
}

hs_database* compile(const std::vector<std::string>& expressions, const std::vector<unsigned>& flags) {
  std::vector<const char*> texts;
  std::vector<unsigned> ids;
  for (const std::string& text : expressions) {
    ids.push_back(static_cast<unsigned>(texts.size()));
    texts.push_back(text.c_str());
  }
  hs_database_t* database = nullptr;
  hs_compile_error_t* problem = nullptr;
  if (hs_compile_multi(texts.data(), flags.data(), ids.data(), static_cast<unsigned>(texts.size()),
                       HS_MODE_BLOCK, nullptr, &database, &problem) == HS_SUCCESS)
    return database;
  const std::string sentence = problem == nullptr ? "unknown error" : problem->message;
  hs_free_compile_error(problem);
  throw Error("compiling the recogniser's patterns: " + sentence);
}

struct Sink {
  const std::function<void(std::size_t, std::size_t)>* on_match = nullptr;
  std::size_t base = 0;  ///< Of the piece in the layer.
  std::size_t seen = 0;  ///< Matches that end there or before were reported with the piece before.
};

int forward(unsigned id, unsigned long long, unsigned long long to, unsigned, void* context) {
  const Sink& sink = *static_cast<const Sink*>(context);
  const std::size_t end = sink.base + static_cast<std::size_t>(to);
  if (end > sink.seen) (*sink.on_match)(id, end);
  return 0;
}

}  // namespace

Matcher::Matcher(const std::vector<Pattern>& patterns) {
  if (patterns.empty()) return;
  if (hs_valid_platform() != HS_SUCCESS) throw Error("Vectorscan: this processor lacks SSE4.2");
  std::vector<std::string> expressions;
  std::vector<unsigned> flags;
  for (const Pattern& pattern : patterns) {
    expressions.push_back(expression(pattern));
    flags.push_back(HS_FLAG_DOTALL | (pattern.any_case ? HS_FLAG_CASELESS : 0U));
  }
  database_ = compile(expressions, flags);
  if (hs_alloc_scratch(database_, &prototype_) != HS_SUCCESS) {
    hs_free_database(database_);
    throw Error("Vectorscan: no memory for its scratch space");
  }
}

Matcher::~Matcher() {
  hs_free_scratch(prototype_);
  hs_free_database(database_);
}

Matcher::Scratch::Scratch(const Matcher& matcher) {
  if (matcher.prototype_ == nullptr) return;
  if (hs_clone_scratch(matcher.prototype_, &scratch_) != HS_SUCCESS)
    throw Error("Vectorscan: no memory for its scratch space");
}

Matcher::Scratch::~Scratch() { hs_free_scratch(scratch_); }

void Matcher::scan(ByteView bytes, Scratch& scratch,
                   const std::function<void(std::size_t id, std::size_t end)>& on_match) const {
  if (database_ == nullptr) return;
  for (std::size_t done = 0; done < bytes.size();) {
    const std::size_t base = done < kOverlap ? 0 : done - kOverlap;
    const std::size_t end = std::min(bytes.size(), done + kPiece);
    Sink sink{.on_match = &on_match, .base = base, .seen = done};
    const hs_error_t code = hs_scan(database_, reinterpret_cast<const char*>(bytes.data() + base),
                                    static_cast<unsigned>(end - base), 0, scratch.scratch_, forward, &sink);
    if (code != HS_SUCCESS) throw Error(fmt::format("Vectorscan: scanning failed with code {}", code));
    done = end;
  }
}

}  // namespace candor::recognise
