// SPDX-License-Identifier: Apache-2.0
#include "recognise/fragments.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "recognise/fold_bytes.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kGram = 16;
constexpr std::size_t kStride = kShortestFragment - kGram + 1;
constexpr std::size_t kPiece = 128U << 10;  ///< Of a layer, folded at a time: fits the cache.
constexpr std::size_t kMostIndexed = 16U << 20;
constexpr std::size_t kFewestKinds = 6;  ///< Of bytes in a gram: rulers and padding tell nothing.
constexpr std::size_t kMany = 2;         ///< Documents that have a gram in common: it is neither's.
constexpr std::size_t kBitsPerEntry = 16;

std::uint64_t load(const std::uint8_t* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

std::uint32_t hash_of(const std::uint8_t* gram) {
  const std::uint64_t mixed =
      load(gram) * 0x9e3779b97f4a7c15U ^ std::rotr(load(gram + 8) * 0xc2b2ae3d27d4eb4fU, 31);
  return static_cast<std::uint32_t>(mixed * 0x165667b19e3779f9U >> 32);
}

bool varied(const std::uint8_t* gram) {
  std::array<bool, 256> seen{};
  std::size_t kinds = 0;
  for (std::size_t i = 0; i < kGram; ++i) {
    kinds += seen[gram[i]] ? 0U : 1U;
    seen[gram[i]] = true;
  }
  return kinds >= kFewestKinds;
}

}  // namespace

Bytes folded_bytes(ByteView bytes) {
  FoldedPiece piece;
  piece.fold(bytes);
  return {piece.bytes().begin(), piece.bytes().end()};
}

FragmentIndex::FragmentIndex(const std::vector<Source>& sources, const std::vector<ByteView>& boilerplate) {
  std::vector<Entry> grams;
  for (const Source& source : sources) {
    if (all_.size() + source.bytes.size() > kMostIndexed) {
      left_out_ += source.bytes.size();
      continue;
    }
    const Bytes folded = folded_bytes(source.bytes);
    const std::size_t begin = all_.size();
    if (source.document >= bases_.size()) bases_.resize(source.document + 1, begin);
    begins_.push_back(begin);
    documents_.push_back(source.document);
    all_.insert(all_.end(), folded.begin(), folded.end());
    for (std::size_t at = begin; at + kGram <= all_.size(); ++at)
      if (varied(all_.data() + at))
        grams.push_back({hash_of(all_.data() + at), static_cast<std::uint32_t>(at)});
  }
  begins_.push_back(all_.size());
  keep_what_tells(std::move(grams), boilerplate);
  make_table();
}

std::size_t FragmentIndex::document_of(std::size_t position) const {
  const auto after = std::upper_bound(begins_.begin(), begins_.end() - 1, position);
  return documents_[static_cast<std::size_t>(after - begins_.begin()) - 1];
}

void FragmentIndex::keep_what_tells(std::vector<Entry> grams, const std::vector<ByteView>& boilerplate) {
  std::vector<std::uint32_t> common;
  for (const ByteView text : boilerplate) {
    const Bytes folded = folded_bytes(text);
    for (std::size_t at = 0; at + kGram <= folded.size(); ++at) common.push_back(hash_of(folded.data() + at));
  }
  std::sort(common.begin(), common.end());
  std::sort(grams.begin(), grams.end(), [](const Entry& a, const Entry& b) {
    return a.hash != b.hash ? a.hash < b.hash : a.position < b.position;
  });
  counted_.assign(bases_.size(), 0);
  std::vector<bool> tells(all_.size(), false);
  for (std::size_t i = 0; i < grams.size();) {
    std::vector<Entry> first;  // Of each document.
    const std::uint32_t hash = grams[i].hash;
    for (; i < grams.size() && grams[i].hash == hash; ++i)
      if (first.empty() || document_of(first.back().position) != document_of(grams[i].position))
        first.push_back(grams[i]);
    if (first.size() >= kMany || std::binary_search(common.begin(), common.end(), hash)) continue;
    for (const Entry& entry : first) {
      entries_.push_back(entry);
      for (std::size_t at = entry.position; at < entry.position + kGram; ++at) tells[at] = true;
    }
  }
  for (std::size_t at = 0; at < tells.size(); ++at)
    if (tells[at]) ++counted_[document_of(at)];
}

void FragmentIndex::make_table() {
  const std::size_t bits = std::bit_ceil(std::max<std::size_t>(4096, entries_.size() * kBitsPerEntry));
  shift_ = static_cast<unsigned>(32 - std::min(32, std::countr_zero(bits)));
  bits_.assign((std::size_t{1} << (32 - shift_)) / 64, 0);
  const std::size_t buckets = std::bit_ceil(std::max<std::size_t>(2, entries_.size()));
  start_shift_ = static_cast<unsigned>(32 - std::min(31, std::countr_zero(buckets)));
  starts_.assign((std::size_t{1} << (32 - start_shift_)) + 1, 0);
  for (const Entry& entry : entries_) {
    bits_[entry.hash >> shift_ >> 6] |= std::uint64_t{1} << (entry.hash >> shift_ & 63);
    ++starts_[(entry.hash >> start_shift_) + 1];
  }
  for (std::size_t i = 1; i < starts_.size(); ++i) starts_[i] += starts_[i - 1];
}

std::uint64_t FragmentIndex::counted(std::size_t document) const {
  return document < counted_.size() ? counted_[document] : 0;
}

ByteView FragmentIndex::text_at(std::size_t document, std::uint64_t begin, std::uint64_t end) const {
  const std::size_t base = document < bases_.size() ? bases_[document] : all_.size();
  if (begin > end || end > all_.size() - base) return {};
  return ByteView(all_).subspan(base + begin, end - begin);
}

bool FragmentIndex::stands_at(std::size_t document, std::uint64_t begin, std::uint64_t end,
                              ByteView bytes) const {
  const ByteView there = text_at(document, begin, end);
  const Bytes folded = folded_bytes(bytes);
  return there.size() >= kShortestFragment &&
         std::equal(there.begin(), there.end(), folded.begin(), folded.end());
}

/// One look through one layer.
class FragmentIndex::Scan {
 public:
  Scan(const FragmentIndex& index, ByteView layer, const std::function<void(const Fragment&)>& on_fragment)
      : index_(index), layer_(layer), on_fragment_(on_fragment) {}

  void run() {
    for (std::size_t begin = 0; begin < layer_.size();) {
      const std::size_t end = std::min(layer_.size(), begin + kPiece);
      begin_ = begin;
      piece_.fold(layer_.subspan(begin, end - begin));
      search();
      if (end == layer_.size()) return;
      // A run that the piece cuts shows itself in the next, if not in this one.
      const std::size_t size = piece_.bytes().size();
      begin = size > 2 * kShortestFragment ? begin + piece_.source_of(size - kShortestFragment) : end;
    }
  }

 private:
  void search() {
    const ByteView bytes = piece_.bytes();
    if (bytes.size() < kGram) return;
    const std::size_t stop = bytes.size() - kGram + 1;
    const std::uint64_t* const bits = index_.bits_.data();
    const unsigned shift = index_.shift_;
    for (std::size_t at = 0; at < stop; at += kStride) {
      const std::uint32_t hash = hash_of(bytes.data() + at);
      const std::uint32_t bit = hash >> shift;
      if ((bits[bit >> 6] >> (bit & 63) & 1) == 0) [[likely]]
        continue;
      const std::size_t end = look_up(bytes, at, hash);
      if (end > at + kGram + kStride) at = (end - kGram) / kStride * kStride - kStride;
    }
  }

  /// The end of the longest run found there, or 0.
  std::size_t look_up(ByteView bytes, std::size_t at, std::uint32_t hash) {
    std::size_t longest = 0;
    const std::size_t bucket = hash >> index_.start_shift_;
    for (std::size_t i = index_.starts_[bucket]; i < index_.starts_[bucket + 1]; ++i) {
      const Entry& entry = index_.entries_[i];
      if (entry.hash == hash) longest = std::max(longest, extend(bytes, at, entry.position));
    }
    return longest;
  }

  std::size_t extend(ByteView bytes, std::size_t at, std::size_t position) {
    const Bytes& all = index_.all_;
    if (std::memcmp(bytes.data() + at, all.data() + position, kGram) != 0) return 0;
    const auto after = std::upper_bound(index_.begins_.begin(), index_.begins_.end(), position);
    const std::size_t source_end = *after;
    const std::size_t source_begin = *std::prev(after);
    std::size_t back = 0;
    while (back < at && back < position - source_begin && bytes[at - back - 1] == all[position - back - 1])
      ++back;
    std::size_t length = kGram;
    while (at + length < bytes.size() && position + length < source_end &&
           bytes[at + length] == all[position + length])
      ++length;
    if (back + length < kShortestFragment) return 0;
    // Several positions of a run are looked up; it is told once.
    const bool told = position - at == told_shift_ && begin_ == told_piece_ && at < told_end_;
    if (!told) report(at - back, position - back, back + length);
    told_shift_ = position - at;
    told_piece_ = begin_;
    told_end_ = at + length;
    return told_end_;
  }

  void report(std::size_t at, std::size_t position, std::size_t length) {
    const std::size_t document = index_.document_of(position);
    const std::size_t base = index_.bases_[document];
    const std::size_t begin = piece_.source_of(at);
    const std::size_t end = piece_.source_of(at + length - 1) + 1;
    on_fragment_({.document = document,
                  .offset = begin_ + begin,
                  .length = end - begin,
                  .begin = position - base,
                  .end = position - base + length});
  }

  const FragmentIndex& index_;
  ByteView layer_;
  const std::function<void(const Fragment&)>& on_fragment_;
  FoldedPiece piece_;
  std::size_t begin_ = 0;  ///< Of the piece.
  std::size_t told_shift_ = 0;
  std::size_t told_piece_ = 0;
  std::size_t told_end_ = 0;
};

void FragmentIndex::scan(ByteView layer, const std::function<void(const Fragment&)>& on_fragment) const {
  if (!entries_.empty() && layer.size() >= kGram) Scan(*this, layer, on_fragment).run();
}

}  // namespace candor::recognise
