// SPDX-License-Identifier: Apache-2.0
//
// What is looked for: canaries, names, paths and digests of planted documents, and their first bytes.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "model/document.h"
#include "model/hit.h"
#include "recognise/recogniser.h"

namespace candor::recognise {

/// One literal and what it means where it is found.
struct Pattern {
  model::HitKind kind = model::HitKind::token;
  std::string document;
  std::string what;
  std::string place;
  Bytes literal;
  bool any_case = false;
  bool canary = false;
  ByteView whole;  ///< whole_file: all of the content, of which the literal is the begin.
};

[[nodiscard]] std::vector<Pattern> make_patterns(const model::Manifest& manifest,
                                                 const std::vector<PlantedContent>& files);

/// The length of what the pattern stands for.
[[nodiscard]] std::size_t length_of(const Pattern& pattern);
/// Whether it stands at `offset`, in full.
[[nodiscard]] bool stands_at(const Pattern& pattern, ByteView layer, std::size_t offset);

}  // namespace candor::recognise
