// SPDX-License-Identifier: Apache-2.0
#include "recognise/fragments.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <span>

#include "recognise/fold_bytes.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kGram = 16;
constexpr std::size_t kStride = kShortestFragment - kGram + 1;
constexpr std::size_t kPiece = 128U << 10;  ///< Of a layer, folded at a time: fits the cache.
constexpr std::size_t kMostIndexed = 16U << 20;
constexpr std::size_t kFewestKinds = 6;  ///< Of bytes in a gram: rulers and padding tell nothing.
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

/// Chooses which grams count.
class FragmentIndex::Chooser {
 public:
  Chooser(FragmentIndex& index, const std::vector<Source>& sources, const std::vector<ByteView>& boilerplate)
      : index_(index), sources_(sources) {
    for (const ByteView text : boilerplate) {
      const Bytes folded = folded_bytes(text);
      const std::size_t begin = forms_.size();
      forms_.insert(forms_.end(), folded.begin(), folded.end());
      for (std::size_t at = begin; at + kGram <= forms_.size(); ++at)
        form_grams_.push_back(entry(forms_, at));
    }
    sort(form_grams_, forms_);
  }

  /// `begins_` and `documents_` of the index are known; `indexed` has the number of each of its sources.
  void run(const std::vector<std::size_t>& indexed) {
    indexed_ = &indexed;
    const std::size_t size = index_.all_.size();
    index_.common_.assign(size, false);
    tells_.assign(size, false);
    in_form_.assign(size, false);
    std::vector<Entry> grams;
    for (std::size_t source = 0; source < indexed.size(); ++source)
      for (std::size_t at = index_.begins_[source]; at + kGram <= index_.begins_[source + 1]; ++at) {
        if (varied(index_.all_.data() + at))
          grams.push_back(entry(index_.all_, at));
        else
          mark(index_.common_, at);
      }
    sort(grams, index_.all_);
    for (std::size_t begin = 0; begin < grams.size();) {
      std::size_t end = begin + 1;
      while (end < grams.size() && same(grams[begin], index_.all_, grams[end], index_.all_)) ++end;
      choose(std::span(grams).subspan(begin, end - begin));
      begin = end;
    }
    count();
  }

 private:
  static Entry entry(const Bytes& bytes, std::size_t at) {
    return {hash_of(bytes.data() + at), static_cast<std::uint32_t>(at)};
  }

  static bool same(const Entry& a, const Bytes& of_a, const Entry& b, const Bytes& of_b) {
    return a.hash == b.hash && std::memcmp(of_a.data() + a.position, of_b.data() + b.position, kGram) == 0;
  }

  static int compared(const Entry& a, const Bytes& of_a, const Entry& b, const Bytes& of_b) {
    if (a.hash != b.hash) return a.hash < b.hash ? -1 : 1;
    return std::memcmp(of_a.data() + a.position, of_b.data() + b.position, kGram);
  }

  static void sort(std::vector<Entry>& grams, const Bytes& bytes) {
    std::sort(grams.begin(), grams.end(), [&bytes](const Entry& a, const Entry& b) {
      const int order = compared(a, bytes, b, bytes);
      return order != 0 ? order < 0 : a.position < b.position;
    });
  }

  static void mark(std::vector<bool>& bytes, std::size_t at) {
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), kGram, true);
  }

  [[nodiscard]] bool is_form(const Entry& gram) const {
    const auto at = std::lower_bound(
        form_grams_.begin(), form_grams_.end(), gram,
        [this](const Entry& a, const Entry& b) { return compared(a, forms_, b, index_.all_) < 0; });
    return at != form_grams_.end() && same(*at, forms_, gram, index_.all_);
  }

  [[nodiscard]] bool is_sent_on_purpose(const Entry& gram) const {
    return sources_[(*indexed_)[index_.source_of(gram.position)]].sent_on_purpose;
  }

  /// Equal grams, ascending.
  void choose(std::span<const Entry> grams) {
    std::vector<Entry> first;  // Of each document.
    for (const Entry& gram : grams)
      if (first.empty() || index_.document_of(first.back().position) != index_.document_of(gram.position))
        first.push_back(gram);
    if (is_form(grams[0])) {
      for (const Entry& gram : grams) mark(in_form_, gram.position);
      first.clear();
    }
    if (first.size() > std::max(kMostSharers, index_.bases_.size() / 10)) first.clear();
    const bool on_purpose = std::any_of(grams.begin(), grams.end(),
                                        [this](const Entry& gram) { return is_sent_on_purpose(gram); });
    if (on_purpose) std::erase_if(first, [this](const Entry& gram) { return !is_sent_on_purpose(gram); });
    for (const Entry& gram : grams)
      if (first.empty() || (on_purpose && !is_sent_on_purpose(gram))) mark(index_.common_, gram.position);
    for (const Entry& gram : first) {
      index_.entries_.push_back(gram);
      mark(tells_, gram.position);
    }
  }

  void count() {
    index_.counted_.assign(index_.bases_.size(), 0);
    for (std::size_t source = 0; source < indexed_->size(); ++source) {
      std::uint64_t& counted = index_.counted_[index_.documents_[source]];
      std::size_t in_form = 0;
      for (std::size_t at = index_.begins_[source]; at < index_.begins_[source + 1]; ++at) {
        counted += tells_[at] ? 1U : 0U;
        in_form += in_form_[at] && !tells_[at] ? 1U : 0U;
      }
      const bool mostly_form = in_form * 4 > (index_.begins_[source + 1] - index_.begins_[source]) * 3;
      if (sources_[(*indexed_)[source]].is_text && mostly_form)
        index_.silenced_.push_back(index_.documents_[source]);
    }
  }

  FragmentIndex& index_;
  const std::vector<Source>& sources_;
  const std::vector<std::size_t>* indexed_ = nullptr;
  Bytes forms_;  ///< All boilerplate, folded.
  std::vector<Entry> form_grams_;
  std::vector<bool> tells_;    ///< Of each byte in all_: stands in a gram that counts.
  std::vector<bool> in_form_;  ///< … in one that is boilerplate.
};

FragmentIndex::FragmentIndex(const std::vector<Source>& sources, const std::vector<ByteView>& boilerplate) {
  std::vector<std::size_t> indexed;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const Source& source = sources[i];
    if (all_.size() + source.bytes.size() > kMostIndexed) {
      left_out_ += source.bytes.size();
      continue;
    }
    const Bytes folded = folded_bytes(source.bytes);
    if (source.document >= bases_.size()) bases_.resize(source.document + 1, all_.size());
    begins_.push_back(all_.size());
    documents_.push_back(source.document);
    indexed.push_back(i);
    all_.insert(all_.end(), folded.begin(), folded.end());
  }
  begins_.push_back(all_.size());
  Chooser(*this, sources, boilerplate).run(indexed);
  make_table();
}

std::size_t FragmentIndex::source_of(std::size_t position) const {
  const auto after = std::upper_bound(begins_.begin(), begins_.end() - 1, position);
  return static_cast<std::size_t>(after - begins_.begin()) - 1;
}

bool FragmentIndex::is_common(std::size_t position, std::size_t length) const {
  std::size_t own = 0;
  for (std::size_t at = position; at < position + length && own < kFewestOwn; ++at)
    own += common_[at] ? 0U : 1U;
  return own < kFewestOwn;
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
      told_.clear();
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

  struct Run {
    std::size_t at = 0;        ///< In the piece.
    std::size_t position = 0;  ///< In all_.
    std::size_t length = 0;
  };

  /// The end of the longest run found there, or 0. Only such runs are told: a shorter one is what another
  /// document happens to share with the one that stands here.
  std::size_t look_up(ByteView bytes, std::size_t at, std::uint32_t hash) {
    longest_.clear();
    const std::size_t bucket = hash >> index_.start_shift_;
    for (std::size_t i = index_.starts_[bucket]; i < index_.starts_[bucket + 1]; ++i) {
      const Entry& entry = index_.entries_[i];
      if (entry.hash != hash) continue;
      const Run run = extended(bytes, at, entry.position);
      if (run.length < kShortestFragment || index_.is_common(run.position, run.length)) continue;
      if (!longest_.empty() && run.length < longest_[0].length) continue;
      if (!longest_.empty() && run.length > longest_[0].length) longest_.clear();
      longest_.push_back(run);
    }
    for (const Run& run : longest_) tell(run);
    return longest_.empty() ? 0 : longest_[0].at + longest_[0].length;
  }

  /// The longest run around an equal gram; of length 0 if the gram is another.
  [[nodiscard]] Run extended(ByteView bytes, std::size_t at, std::size_t position) const {
    const Bytes& all = index_.all_;
    if (std::memcmp(bytes.data() + at, all.data() + position, kGram) != 0) return {};
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
    return {at - back, position - back, back + length};
  }

  /// Several positions of a run are looked up; it is told once.
  void tell(const Run& run) {
    std::erase_if(told_, [&](const Run& each) { return each.at + each.length <= run.at; });
    if (std::any_of(told_.begin(), told_.end(),
                    [&](const Run& each) { return each.at == run.at && each.position == run.position; }))
      return;
    told_.push_back(run);
    report(run.at, run.position, run.length);
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
  std::vector<Run> longest_;
  std::vector<Run> told_;  ///< In this piece, as far as they reach on.
};

void FragmentIndex::scan(ByteView layer, const std::function<void(const Fragment&)>& on_fragment) const {
  if (!entries_.empty() && layer.size() >= kGram) Scan(*this, layer, on_fragment).run();
}

}  // namespace candor::recognise
