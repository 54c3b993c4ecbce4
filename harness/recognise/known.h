// SPDX-License-Identifier: Apache-2.0
//
// What is looked for under changes of all bytes: canaries, canaries as encodings write them, and pieces of
// documents.
#pragma once

#include <vector>

#include "recognise/alphabet_index.h"
#include "recognise/disguised_index.h"
#include "recognise/pattern.h"
#include "recognise/recogniser.h"

namespace candor::recognise {

/// Canaries have their pattern's index as id; those that are told so need not be searched for in another way.
[[nodiscard]] std::vector<Known> make_known(const std::vector<Pattern>& patterns,
                                            const std::vector<PlantedContent>& files);

/// Canaries with what stands around them in their documents, and pieces of the documents everywhere.
[[nodiscard]] std::vector<Passage> make_passages(const std::vector<Pattern>& patterns,
                                                 const std::vector<PlantedContent>& files);

}  // namespace candor::recognise
