// SPDX-License-Identifier: Apache-2.0
//
// What a document is made of: the members of packages and archives, as the recogniser's own decoders read
// them.
#pragma once

#include <deque>
#include <vector>

#include "model/document.h"
#include "recognise/digests.h"
#include "recognise/recogniser.h"

namespace candor::recognise {

/// Documents taken apart. Views point into the planted files and into `owned`.
struct Parts {
  std::vector<DocumentParts> documents;  ///< In the order of the files.
  std::deque<Bytes> owned;
};

/// Names and paths are the manifest's; what a file has in it is looked for two containers deep, within
/// bounds.
[[nodiscard]] Parts take_apart(const model::Manifest& manifest, const std::vector<PlantedContent>& files);

}  // namespace candor::recognise
