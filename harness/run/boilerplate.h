// SPDX-License-Identifier: Apache-2.0
//
// Text in a run that is no document's: the scenario as it was written, the product adapter with its commands,
// and the forms that documents of a format and marking have in common. What stands in it verbatim is no
// fragment of a document; canaries, names, paths and digests are told as ever.
#pragma once

#include <deque>
#include <vector>

#include "base/bytes.h"
#include "model/document.h"
#include "run/folder.h"

namespace candor::run {

/// Bytes and views of them.
struct Boilerplate {
  std::deque<Bytes> owned;
  std::vector<ByteView> views;
};

/// A file of the folder that is missing is left out: then more counts as a fragment, not less.
[[nodiscard]] Boilerplate boilerplate_of(const FolderPaths& paths, const model::Manifest& manifest);

}  // namespace candor::run
