// SPDX-License-Identifier: Apache-2.0
//
// A draft from a grammar's words: title, authority block, numbered paragraphs, tables, distribution list.
#pragma once

#include <functional>

#include "document/draft.h"
#include "document/marking.h"
#include "model/document.h"

namespace candor::document {

/// Gives the canary of a place.
using MakeToken = std::function<std::string(model::CanaryPlace place, int page)>;

/// A draft with all canaries the format has room for. An archive's members and their places are chosen here.
[[nodiscard]] Draft compose(const std::string& id, const Format& format, const Marking& marking, Prose& prose,
                            const MakeToken& make_token);

/// Changes every text a reader of the draft may see.
void for_each_text(Draft& draft, const std::function<void(std::string&)>& change);

/// Puts filler words in the place of banner, portion marks and authority block.
void remove_marking(Draft& draft);

}  // namespace candor::document
