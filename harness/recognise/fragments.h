// SPDX-License-Identifier: Apache-2.0
//
// Finds verbatim runs of planted documents in any bytes: every run of at least kShortestFragment bytes, after
// folding, with a guarantee. Folding writes ASCII letters in lower case and each run of white space as one
// blank, in the documents and in what is searched alike.
//
// Winnowing (Schleimer, Wilkerson and Aiken, "Winnowing: Local Algorithms for Document Fingerprinting",
// SIGMOD 2003) guarantees a match of w + k - 1 bytes by choosing, on both sides, one k-gram of each w
// neighbours by its hash. Here one side is small and known, so the same guarantee comes cheaper: all k-grams
// of the documents are in the table, and of what is searched every w-th position is looked up, without a hash
// to roll or a minimum to keep. A run of w + k - 1 bytes holds one of those positions wherever it begins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "model/hit.h"

namespace candor::recognise {

inline constexpr std::size_t kShortestFragment = 24;

/// Folded bytes.
[[nodiscard]] Bytes folded_bytes(ByteView bytes);

class FragmentIndex {
 public:
  /// What fragments are told by: some bytes of a document. Several may be of one document, its text first; a
  /// place of the later ones that repeats an earlier one counts as that.
  struct Source {
    std::size_t document = 0;  ///< From 0.
    ByteView bytes;
  };
  /// A run found. Its place in the layer is in the bytes as they stood there, not folded.
  struct Fragment {
    std::size_t document = 0;
    std::size_t offset = 0;
    std::size_t length = 0;
    std::uint64_t begin =
        0;  ///< In the document's own coordinates: all its sources, folded, one after the other.
    std::uint64_t end = 0;
  };

  /// What stands in several documents, or in `boilerplate`, does not count.
  FragmentIndex(const std::vector<Source>& sources, const std::vector<ByteView>& boilerplate);

  /// Calls `on_fragment` for each maximal run, ascending.
  void scan(ByteView layer, const std::function<void(const Fragment&)>& on_fragment) const;

  /// Whether the document has a run at [begin, end) that reads as `bytes` do.
  [[nodiscard]] bool stands_at(std::size_t document, std::uint64_t begin, std::uint64_t end,
                               ByteView bytes) const;
  /// Bytes of a document that count.
  [[nodiscard]] std::uint64_t counted(std::size_t document) const;
  [[nodiscard]] ByteView text_at(std::size_t document, std::uint64_t begin, std::uint64_t end) const;
  /// Bytes of documents that were too many to be indexed.
  [[nodiscard]] std::uint64_t left_out() const { return left_out_; }

 private:
  struct Entry {
    std::uint32_t hash = 0;
    std::uint32_t position = 0;  ///< In all_.
  };
  class Scan;

  [[nodiscard]] std::size_t document_of(std::size_t position) const;
  void keep_what_tells(std::vector<Entry> grams, const std::vector<ByteView>& boilerplate);
  void make_table();

  Bytes all_;                           ///< All sources, folded, with a gap between.
  std::vector<std::size_t> begins_;     ///< Of each source in all_, and all_'s size.
  std::vector<std::size_t> documents_;  ///< Of each source.
  std::vector<std::size_t> bases_;      ///< By document: where its first source begins.
  std::vector<std::uint64_t> counted_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> starts_;
  unsigned start_shift_ = 31;
  std::vector<std::uint64_t> bits_ = {0};
  unsigned shift_ = 31;
  std::uint64_t left_out_ = 0;
};

}  // namespace candor::recognise
