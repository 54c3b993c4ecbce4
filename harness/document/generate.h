// SPDX-License-Identifier: Apache-2.0
//
// Makes the documents a scenario asks for: clearly fictional files in real formats, with markings and with
// canaries in every place a leak may take something from. Pure: the same specs and seed give the same bytes.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"
#include "model/document.h"

namespace candor::document {

/// A document and the bytes to plant. `document.file` is left to whoever stores it.
struct Planted {
  model::Document document;
  Bytes content;
  std::string text;  ///< What a reader sees of it, in UTF-8.
};

/// All documents of all specs, in order of spec and number. A spec's name may hold {canary} and {n}; without
/// {canary} the name bears no canary; an empty one is made up with a canary. Throws Error (Fault::input) for
/// an unknown format or marking and for a name that is no plain file name or names two files alike.
[[nodiscard]] std::vector<Planted> generate(const std::map<std::string, model::DocumentSpec>& specs,
                                            Seed seed);

/// The harmless, unmarked document the control sender sends; `number` tells several apart. Folder is empty.
[[nodiscard]] Planted control_document(Seed seed, int number);

/// What DocumentSpec::format and DocumentSpec::marking may be, in the order to show them.
[[nodiscard]] const std::vector<std::string_view>& formats();
[[nodiscard]] const std::vector<std::string_view>& markings();

}  // namespace candor::document
