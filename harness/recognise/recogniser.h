// SPDX-License-Identifier: Apache-2.0
//
// Finds what of the planted documents stands in some bytes, through any stack of known encodings and
// containers, and says which of those bytes it could not look into. Knows bytes only: no files, no captures.
//
// Immutable after construction; search() and verify() may be called by many threads at once. search() never
// throws for what the bytes hold; its time is linear in the surface plus Limits::total_output.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "model/document.h"
#include "model/hit.h"

namespace candor::recognise {

/// The bytes of one planted document. They must outlive the recogniser.
struct PlantedContent {
  std::string document;  ///< Document::id.
  ByteView content;
  ByteView text = {};  ///< What a reader sees of it, in UTF-8; may be empty.
};

/// Budgets of one search. What one of them cuts is in Recognition::not_looked_into.
struct Limits {
  int depth = 8;                          ///< Decoders on top of each other.
  std::size_t region_output = 64U << 20;  ///< Bytes one decoder may make of one region.
  std::size_t total_output = 256U << 20;  ///< Bytes all decoders may make of one surface.
  std::size_t decodes = 1U << 20;         ///< Decoder calls for one surface.
  std::size_t candidates =
      1U << 18;  ///< Regions noted in a layer of up to 32 MiB; of larger ones, in proportion.
  std::size_t guessed_output =
      2U << 20;  ///< Bytes of small layers that may be looked at for, or made by undoing, guessed changes.
  std::size_t hits_per_thing = 16;     ///< Hits of one and the same thing that are listed.
  std::size_t not_looked_into = 1000;  ///< Entries listed; the rest is summed up in a last one.
  bool decoders = true;  ///< Without: only what stands there as it is or under a change of all bytes.
};

class Recogniser {
 public:
  /// Throws Error if a document of `files` is not in the manifest or its SHA-256 is another.
  /// What stands in `boilerplate` as well (forms, the scenario's own text), and what documents have in common
  /// with those that are sent on purpose, is no fragment of a document. A document whose text is mostly that
  /// is named in Recognition::not_looked_into.
  Recogniser(const model::Manifest& manifest, const std::vector<PlantedContent>& files, Limits limits = {},
             const std::vector<ByteView>& boilerplate = {});
  Recogniser(Recogniser&&) noexcept;
  Recogniser& operator=(Recogniser&&) noexcept;
  ~Recogniser();

  /// Everything recognised in `surface`, shortest chains first. Every hit was verified.
  [[nodiscard]] model::Recognition search(ByteView surface) const;

  /// The same without encodings, containers and guesses, which on small noise cost a hundred times as much:
  /// for bytes that were put together in one of very many possible ways.
  [[nodiscard]] model::Recognition search_as_it_stands(ByteView surface) const;

  /// Whether undoing the hit's chain from `surface` leads, step by step, to what the hit names.
  [[nodiscard]] bool verify(ByteView surface, const model::Hit& hit) const;

 private:
  [[nodiscard]] model::Recognition search(ByteView surface, const Limits& limits) const;

  struct State;
  std::unique_ptr<const State> state_;
};

}  // namespace candor::recognise
