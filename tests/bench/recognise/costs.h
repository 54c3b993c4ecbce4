// SPDX-License-Identifier: Apache-2.0
//
// What of the recogniser's work costs what: in one table by stages, from the cheapest to everything, and in
// one by the single steps of searching a layer.
#pragma once

#include <vector>

#include "mix.h"
#include "model/document.h"
#include "recognise/recogniser.h"

namespace candor::bench {

/// Processor time of this thread, in seconds, so that what else the machine does counts little.
[[nodiscard]] double thread_seconds();

/// As it stands or under a change of all bytes; with decoders; with guesses as well. Each row has all that
/// the rows above it have.
void print_costs_of_stages(const model::Manifest& manifest,
                           const std::vector<recognise::PlantedContent>& files, const std::vector<Sort>& mix);

/// Each step by itself over the mix's outermost layer, where all of it is searched.
void print_costs_of_steps(const model::Manifest& manifest,
                          const std::vector<recognise::PlantedContent>& files, const std::vector<Sort>& mix);

}  // namespace candor::bench
