// SPDX-License-Identifier: Apache-2.0
#include "recognise/pattern.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <map>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/hash.h"
#include "recognise/machine_id.h"

namespace candor::recognise {

namespace {

using model::HitKind;

/// Shorter files, names and paths could stand anywhere by chance.
constexpr std::size_t kShortestFile = 16;
constexpr std::size_t kShortestName = 6;
constexpr std::size_t kFileBegin = 32;

std::string place_of(const model::Canary& canary) {
  if (canary.place != model::CanaryPlace::body || canary.page == 0) return text(canary.place);
  return "body page " + std::to_string(canary.page);
}

/// The 16 bytes of which a canary's 26 letters are base32 (RFC 4648, section 6); nothing of any other word.
Bytes bytes_of(const std::string& token) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz234567";
  constexpr std::size_t kTokenLetters = 26;
  Bytes bytes;
  if (token.size() != kTokenLetters) return bytes;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char letter : token) {
    const std::size_t value = kLetters.find(letter);
    if (value == std::string_view::npos) return {};
    bits = (bits << 5U | static_cast<unsigned>(value)) & 0xfffU;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<std::uint8_t>(bits >> count));
  }
  return bytes;
}

/// A sender need not write the letters: their bytes say the same.
void add_bytes(const model::Document& document, const model::Canary& canary, std::vector<Pattern>& patterns) {
  Bytes bytes = bytes_of(canary.token);
  if (bytes.empty()) return;
  patterns.push_back({.kind = canary.place == model::CanaryPlace::name ? HitKind::name : HitKind::token,
                      .document = document.id,
                      .what = canary.token,
                      .place = place_of(canary) + ", its 16 bytes",
                      .literal = std::move(bytes)});
}

void add_canaries(const model::Document& document, std::vector<Pattern>& patterns) {
  for (const model::Canary& canary : document.canaries) {
    add_bytes(document, canary, patterns);
    patterns.push_back({.kind = canary.place == model::CanaryPlace::name ? HitKind::name : HitKind::token,
                        .document = document.id,
                        .what = canary.token,
                        .place = place_of(canary),
                        .literal = to_bytes(canary.token),
                        .any_case = true,
                        .canary = true});
  }
}

void add_names(const model::Document& document, std::vector<Pattern>& patterns) {
  const auto add = [&](HitKind kind, const std::string& what) {
    if (what.size() < kShortestName) return;
    patterns.push_back({.kind = kind,
                        .document = document.id,
                        .what = what,
                        .place = text(kind),
                        .literal = to_bytes(what),
                        .any_case = true});
  };
  // A name with a canary is recognised by that.
  const bool marked = std::any_of(document.canaries.begin(), document.canaries.end(), [](const auto& canary) {
    return canary.place == model::CanaryPlace::name;
  });
  if (!marked) add(HitKind::name, document.name);
  if (document.path != document.name) add(HitKind::path, document.path);
}

void add_identity(const model::Identity& identity, std::vector<Pattern>& patterns) {
  if (identity.value.size() < kShortestName) return;
  const auto add = [&](const std::string& how, Bytes literal, bool any_case) {
    patterns.push_back({.kind = HitKind::identity,
                        .what = identity.value,
                        .place = identity.kind + how,
                        .literal = std::move(literal),
                        .any_case = any_case});
  };
  add("", to_bytes(identity.value), true);
  const std::optional<Bytes> id = id_bytes(identity.value);
  if (!id) return;
  // The same as a UUID in text and in its two binary forms (RFC 4122; the little-endian one is Windows'
  // GUID).
  add(", as a UUID", to_bytes(uuid_text(identity.value)), true);
  add(", its 16 bytes", *id, false);
  add(", its 16 bytes as a GUID", guid_bytes(*id), false);
}

void add_content(const PlantedContent& file, std::vector<Pattern>& patterns) {
  const ByteView begin = file.content.first(std::min(file.content.size(), kFileBegin));
  patterns.push_back({.kind = HitKind::whole_file,
                      .document = file.document,
                      .what = file.document,
                      .place = "file",
                      .literal = {begin.begin(), begin.end()},
                      .whole = file.content});
}

bool same_letter(std::uint8_t a, std::uint8_t b) {
  return a == b || (std::isalpha(a) != 0 && std::isalpha(b) != 0 && (a | 0x20) == (b | 0x20));
}

}  // namespace

std::vector<Pattern> make_patterns(const model::Manifest& manifest,
                                   const std::vector<PlantedContent>& files) {
  std::vector<Pattern> patterns;
  for (const model::Identity& identity : manifest.identities) add_identity(identity, patterns);
  std::map<std::string, const model::Document*> documents;
  for (const model::Document& document : manifest.documents) {
    documents[document.id] = &document;
    add_canaries(document, patterns);
    add_names(document, patterns);
  }
  for (const PlantedContent& file : files) {
    const auto found = documents.find(file.document);
    if (found == documents.end())
      throw Error("the manifest does not know the document '" + printable(file.document) + "'");
    if (sha256_hex(file.content) != found->second->sha256)
      throw Error("the content of '" + printable(file.document) + "' is not the one in the manifest");
    if (file.content.size() < kShortestFile) continue;
    add_content(file, patterns);
  }
  return patterns;
}

std::size_t length_of(const Pattern& pattern) {
  return pattern.whole.empty() ? pattern.literal.size() : pattern.whole.size();
}

bool stands_at(const Pattern& pattern, ByteView layer, std::size_t offset) {
  const std::size_t length = length_of(pattern);
  if (offset > layer.size() || length > layer.size() - offset) return false;
  const ByteView there = layer.subspan(offset, length);
  if (!pattern.whole.empty()) return std::memcmp(there.data(), pattern.whole.data(), length) == 0;
  if (!pattern.any_case) return std::memcmp(there.data(), pattern.literal.data(), length) == 0;
  return std::equal(there.begin(), there.end(), pattern.literal.begin(), same_letter);
}

}  // namespace candor::recognise
