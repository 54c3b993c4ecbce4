// SPDX-License-Identifier: Apache-2.0
//
// Encoders written for the tests, independent of the decoders they try, and a recogniser with one document.
#pragma once

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"
#include "recognise/recogniser.h"

namespace candor::recognise::test {

using Text = std::string;  ///< Any bytes.

[[nodiscard]] Text gzip(const Text& plain);
[[nodiscard]] Text zlib(const Text& plain);
[[nodiscard]] Text zip(const Text& plain);
[[nodiscard]] Text stored_zip(const Text& plain);
[[nodiscard]] Text chunked(const Text& plain);
[[nodiscard]] Text base64(const Text& plain);
[[nodiscard]] Text base64url_unpadded(const Text& plain);
[[nodiscard]] Text base64_wrapped(const Text& plain);
[[nodiscard]] Text hex(const Text& plain);
[[nodiscard]] Text hex_separated(const Text& plain);
[[nodiscard]] Text utf16le(const Text& plain);
[[nodiscard]] Text utf16be(const Text& plain);
[[nodiscard]] Text percent(const Text& plain);
[[nodiscard]] Text quoted_printable(const Text& plain);
[[nodiscard]] Text json(const Text& plain);
[[nodiscard]] Text html(const Text& plain);

[[nodiscard]] Text raw_deflate(const Text& plain);
[[nodiscard]] Text brotli(const Text& plain);
[[nodiscard]] Text bzip2(const Text& plain);
[[nodiscard]] Text xz(const Text& plain);
[[nodiscard]] Text lzma(const Text& plain);
[[nodiscard]] Text lzip(const Text& plain);
[[nodiscard]] Text zstd(const Text& plain);
[[nodiscard]] Text lz4(const Text& plain);
[[nodiscard]] Text lz4_legacy(const Text& plain);
[[nodiscard]] Text tar(const Text& plain);
[[nodiscard]] Text pax(const Text& plain);
[[nodiscard]] Text seven_zip(const Text& plain, const char* compression = "lzma2");
[[nodiscard]] Text cab(const Text& plain);
[[nodiscard]] Text stored_cab(const Text& plain);
[[nodiscard]] Text stored_rar4(const Text& plain);
[[nodiscard]] Text stored_rar5(const Text& plain);
/// One line of ASCII text as a page: two-byte codes of a subset font, split by kerning.
[[nodiscard]] Text pdf(const Text& plain);

struct Disguise {
  const char* name;
  bool text_only;  ///< Whether it can carry ASCII text only.
  Text (*apply)(const Text& plain);
};
/// All but the changes: those below put together.
[[nodiscard]] const std::vector<Disguise>& disguises();
[[nodiscard]] std::vector<Disguise> basic_disguises();
[[nodiscard]] std::vector<Disguise> container_disguises();
[[nodiscard]] std::vector<Disguise> encoding_disguises();
/// Changes of all bytes; keys are taken from what they are applied to.
[[nodiscard]] std::vector<Disguise> change_disguises();
/// How long a key the change of that name takes for a text: 1, or more if it is an XOR of several bytes.
[[nodiscard]] std::size_t key_length(const Text& change, const Text& plain);
/// Base64 (64 letters) and base32 (32 letters), unpadded, over the alphabet given.
[[nodiscard]] Text over_alphabet(const Text& plain, const Text& letters);

/// Pseudo-random bytes and words; the generator says which.
using Random = std::mt19937_64;
[[nodiscard]] Text random_bytes(Random& random, std::size_t size);
[[nodiscard]] Text words(Random& random, std::size_t size);

inline constexpr const char* kToken = "k7wq3zv5mxr2abnd6tyfhcpe4u";
inline constexpr const char* kNameToken = "pz4h2mdy6qk7cnrx3vwatb5sfe";

/// A manifest with one text document "memo-1" that holds kToken, and its recogniser.
class Planted {
 public:
  explicit Planted(Limits limits = {});
  [[nodiscard]] model::Recognition search(const Text& surface) const {
    return recogniser.search(as_bytes(surface));
  }
  Text content;
  model::Manifest manifest;
  Recogniser recogniser;
};

/// The hits of one kind.
[[nodiscard]] std::vector<model::Hit> of_kind(const model::Recognition& found, model::HitKind kind);
/// "gzip base64": the names of the decoders of a chain.
[[nodiscard]] std::string chain_text(const model::Hit& hit);
/// Whether the token was found, and every hit replays.
[[nodiscard]] bool finds_token(const Planted& planted, const Text& surface);

}  // namespace candor::recognise::test
