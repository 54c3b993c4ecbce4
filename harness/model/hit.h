// SPDX-License-Identifier: Apache-2.0
//
// What the recogniser says of a piece of bytes: hits with proof, and what it could not look into.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"

namespace candor::model {

/// One layer undone: `decoder` applied to `length` bytes at `offset` of the layer above gave `produced`
/// bytes.
struct DecodeStep {
  std::string decoder;  ///< "gzip", "base64", "zip:word/document.xml" …
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t produced = 0;
};

enum class HitKind {
  whole_file,  ///< Every byte of a planted file in one piece.
  token,       ///< A canary of a body, header or property.
  name,        ///< A canary of a file name, or the whole name.
  path,        ///< A planted file's whole path.
  hash,        ///< A digest of a planted file, of a part of it, or of its name.
  fuzzy,       ///< A similarity digest of a planted file.
  fragment,    ///< A verbatim run of a planted file or of its text.
  identity,    ///< A name of the guest's user or host, or its machine id.
};

struct Hit {
  HitKind kind = HitKind::token;
  std::string document;  ///< Document::id.
  std::string what;      ///< The token, name, path; "sha256", "sha256 of 4 KiB at 8192";
                         ///< fragments: their first bytes, folded.
  std::string place;     ///< "body page 2", "name", "property"; for hashes the form: "hex", "raw", "base64".
  std::vector<DecodeStep> chain;  ///< From the raw bytes inwards; empty: it stood there as it is.
  std::uint64_t offset = 0;       ///< In the innermost layer.
  std::uint64_t length = 0;
  std::uint64_t begin = 0;  ///< Fragments: the part of the document, in Coverage's coordinates.
  std::uint64_t end = 0;
};

/// Bytes a budget, an error or missing knowledge kept unsearched below the surface. (The surface is always
/// searched.) They count as opaque.
struct NotLookedInto {
  std::vector<DecodeStep> chain;  ///< To the layer it happened in; the last step is the decoder that stopped.
  std::string reason;             ///< "output budget of 64 MiB", "encrypted zip member", "depth 8" …
  std::uint64_t bytes = 0;  ///< Bytes of the surface (the outermost layer) it hides; regions may overlap.
};

/// Which parts of a document's text or bytes were found as fragments, anywhere in one surface.
struct Coverage {
  struct Part {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
  };
  std::string document;
  std::uint64_t of = 0;     ///< Bytes that count: all but what many documents have in common.
  std::vector<Part> parts;  ///< Disjoint, ascending; of the same coordinates in all surfaces.
};

struct Recognition {
  std::vector<Hit> hits;
  std::vector<Coverage> coverage;  ///< By document, of those with fragments.
  std::vector<NotLookedInto> not_looked_into;
  std::uint64_t searched = 0;  ///< Bytes of all layers that were searched.
  std::uint64_t opaque = 0;    ///< Bytes of the surface that are neither text, nor known framing, nor a
                               ///< container opened to its end, nor a planted file: each counted once.
};

[[nodiscard]] const char* text(HitKind kind);
/// Whether a limit of the search kept them unsearched, rather than what they are.
[[nodiscard]] bool cut_by_limit(const NotLookedInto& part);
[[nodiscard]] Json to_json(const DecodeStep& step);

}  // namespace candor::model
