// SPDX-License-Identifier: Apache-2.0
//
// Makes the documents a scenario asks for: clearly fictional files in real formats, with markings and with
// canaries in every place a leak may take something from. Pure: the same specs and seed give the same bytes
// (drawn pages also depend on the versions of cairo and the fonts).
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"
#include "model/document.h"

namespace candor::document {

/// A document and the bytes to plant. `document.file` and `text_file` are left to whoever stores it.
struct Planted {
  model::Document document;
  Bytes content;
  std::string
      text;  ///< What a reader sees of it, in UTF-8, a line for each paragraph; of archives, all members'.
};

/// All documents of all specs, in order of spec and number. A spec's name may hold {canary} and {n}, its
/// folder {canary}; without {canary} they bear none; an empty name is made up with a canary. Throws Error
/// (Fault::input) for an unknown format, marking or charset, for those that do not go together, for a name
/// that is no plain file name, and if two files would have one path.
[[nodiscard]] std::vector<Planted> generate(const std::map<std::string, model::DocumentSpec>& specs,
                                            Seed seed);

enum class Twin {
  other_tokens,     ///< The same words with other canaries.
  without_marking,  ///< The same words and canaries; banner, portion marks and authority block are filler
                    ///< words.
};

/// The same documents but for one thing, by which to tell what made a difference. Texts have the same length,
/// and so have files of formats that do not compress.
[[nodiscard]] std::vector<Planted> twins(const std::map<std::string, model::DocumentSpec>& specs, Seed seed,
                                         Twin twin);

/// Documents of the same formats and markings as those of the manifest, with other words: what these have in
/// common with those is the form, which tells nothing of a document. A format or marking that is not known
/// here has none.
[[nodiscard]] std::vector<Planted> forms(const model::Manifest& manifest);

/// The harmless, unmarked document the control sender sends; `number` tells several apart. Folder is empty.
[[nodiscard]] Planted control_document(Seed seed, int number);

/// What DocumentSpec::format, marking and charset may be, in the order to show them.
[[nodiscard]] const std::vector<std::string_view>& formats();
[[nodiscard]] const std::vector<std::string_view>& markings();
[[nodiscard]] const std::vector<std::string_view>& charsets();

}  // namespace candor::document
