// SPDX-License-Identifier: Apache-2.0
//
// Everything that is looked for, made ready: one index for each way of looking. Immutable once made.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "model/document.h"
#include "recognise/alphabet_index.h"
#include "recognise/decoder.h"
#include "recognise/digest_index.h"
#include "recognise/disguised_index.h"
#include "recognise/fragments.h"
#include "recognise/fuzzy.h"
#include "recognise/matcher.h"
#include "recognise/pattern.h"
#include "recognise/recogniser.h"

namespace candor::recognise {

/// The decoders of one nature that have a trigger.
[[nodiscard]] std::vector<std::size_t> triggered(Nature nature);

struct Sought {
  std::vector<Pattern> patterns;
  std::vector<std::size_t> of_literals;  ///< The patterns the matcher looks for, by its ids.
  Matcher literals;
  DisguisedIndex disguised;
  AlphabetIndex alphabets;
  FragmentIndex fragments;
  DigestIndex digests;
  FuzzyIndex fuzzy;
  // In one database each, for in one they take three times as long.
  Matcher containers;                  ///< Triggers of containers, in the order of triggered().
  Matcher escapes;                     ///< Likewise.
  std::vector<std::string> documents;  ///< Ids, by number.
};

/// The files' bytes must outlive what is made of them. Throws Error if a document of `files` is not in the
/// manifest or its SHA-256 is another, and if the processor lacks what the indices are compiled for.
[[nodiscard]] Sought make_sought(const model::Manifest& manifest, const std::vector<PlantedContent>& files,
                                 const std::vector<ByteView>& boilerplate);

}  // namespace candor::recognise
