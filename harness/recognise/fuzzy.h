// SPDX-License-Identifier: Apache-2.0
//
// Finds similarity digests of planted documents in a layer's text: TLSH (J. Oliver, C. Cheng, Y. Chen, "TLSH
// - A Locality Sensitive Hash", 2013) and those of ssdeep (ctph.h). A digest that is not a document's own but
// close to it is that of a near-duplicate: the document with other metadata, or a part left out. Immutable
// after construction; many threads may scan at once. scan() is linear in the layer and never throws for what
// it holds.
//
// How close is close:
// - TLSH: a distance of at most kFarthestTlsh. Its authors found 0.00181% of the pairs of unrelated files to
// be
//   below 30, and 0.07% below 40. So the TLSH of a foreign file is taken for that of one of 100 documents in
//   less than one of 550 cases; a product must send one for that.
// - ssdeep: a score of at least kLowestScore. Kornblum gives no rate. It is 0 for signatures without a run of
//   seven letters in common, and unrelated random bytes have one in 58 * 58 * 2^-42 = 8 * 10^-10 of the
//   cases. What is left are files with whole stretches in common: 80 says that four of five pieces are.
// The score is told, so that who judges may ask for more. Of several documents the closest is named: files
// made from one template are told apart only if all of them, the control documents too, are given.
//
// At worst, a layer made of nothing but digests, a scan takes about 10 ns a byte for each document.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "model/hit.h"
#include "recognise/ctph.h"
#include "recognise/decoder.h"
#include "recognise/digests.h"

class Tlsh;

namespace candor::recognise {

struct FuzzyHit {
  std::string_view document;   ///< Document::id; a view into the index.
  std::string_view algorithm;  ///< "tlsh" or "ssdeep".
  std::string_view subject;    ///< "file" or "text".
  int score = 0;               ///< TLSH: the distance, 0 for equal. ssdeep: 100 for equal.
  std::size_t offset = 0;      ///< In the layer, of the digest found.
  std::size_t length = 0;
  /// "tlsh of file, distance 12", "ssdeep of text, score 91".
  [[nodiscard]] std::string what() const;
  /// Its chain is empty, and so is its place.
  [[nodiscard]] model::Hit to_model() const;
};

class FuzzyIndex {
 public:
  static constexpr int kFarthestTlsh = 20;
  static constexpr int kLowestScore = 80;
  /// Of an ssdeep signature that counts: 16 letters are 96 bits.
  static constexpr std::size_t kFewestLetters = 16;

  /// Digests of each document's content and text; what is too short or too uniform has none, and what two
  /// documents share does not count.
  explicit FuzzyIndex(const std::vector<DocumentParts>& documents);
  FuzzyIndex(FuzzyIndex&&) noexcept;
  FuzzyIndex& operator=(FuzzyIndex&&) noexcept;
  ~FuzzyIndex();

  void scan(const LayerMap& layer, const std::function<void(const FuzzyHit&)>& on_hit) const;

  /// Whether what `hit`, once made by to_model(), says stands in `layer`: reads only those bytes and their
  /// neighbours.
  [[nodiscard]] bool stands_at(ByteView layer, const model::Hit& hit) const;

 private:
  using OnHit = std::function<void(const FuzzyHit&)>;
  struct Source {
    std::string document;
    const char* subject = "";
  };
  struct TlshEntry {
    Source source;
    std::string text;
    std::unique_ptr<Tlsh> hash;
  };
  struct CtphEntry {
    Source source;
    Ctph hash;  ///< Without long runs.
  };
  void add(const Source& source, ByteView bytes);
  void drop_shared();
  void scan_tlsh(ByteView layer, Interval word, const OnHit& on_hit) const;
  void scan_ctph(ByteView layer, Interval word, const OnHit& on_hit) const;
  void compare_tlsh(std::string digits, FuzzyHit place, const OnHit& on_hit) const;
  void compare_ctph(const Ctph& found, FuzzyHit place, const OnHit& on_hit) const;

  std::vector<TlshEntry> tlsh_;
  std::array<std::vector<std::size_t>, 256> tlsh_by_length_;  ///< By a digest's byte for the file's length.
  std::vector<CtphEntry> ctph_;
};

}  // namespace candor::recognise
