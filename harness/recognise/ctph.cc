// SPDX-License-Identifier: Apache-2.0
#include "recognise/ctph.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>

namespace candor::recognise {

namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint64_t kSmallestBlock = 3;
constexpr unsigned kMostDoublings = 31;
constexpr std::size_t kRolled = 7;
constexpr std::size_t kLongestRun = 3;  // Of one letter; more are no evidence of likeness.

/// Of the last kRolled bytes.
class RollingHash {
 public:
  std::uint32_t add(std::uint8_t byte) {
    weighted_ += static_cast<std::uint32_t>(kRolled) * byte - sum_;
    sum_ += byte;
    sum_ -= window_[next_];
    window_[next_] = byte;
    next_ = (next_ + 1) % kRolled;
    shifted_ = (shifted_ << 5U) ^ byte;
    return value();
  }
  [[nodiscard]] std::uint32_t value() const { return sum_ + weighted_ + shifted_; }

 private:
  std::array<std::uint8_t, kRolled> window_{};
  std::size_t next_ = 0;
  std::uint32_t sum_ = 0;
  std::uint32_t weighted_ = 0;
  std::uint32_t shifted_ = 0;
};

/// The letters of the pieces. When it is full, its last letter stands for all the rest.
class Signature {
 public:
  explicit Signature(std::size_t most) : most_(most) {}
  void add(std::uint8_t byte) { hash_ = (hash_ * 0x01000193U) ^ byte; }
  void cut() {
    const char letter = kAlphabet[hash_ % kAlphabet.size()];
    if (letters_.size() < most_ - 1) {
      letters_ += letter;
      hash_ = kBegin;
    } else {
      rest_ = letter;
    }
  }
  [[nodiscard]] std::size_t pieces() const { return letters_.size(); }
  [[nodiscard]] std::string finish(bool open_piece) const {
    if (open_piece) return letters_ + kAlphabet[hash_ % kAlphabet.size()];
    return rest_ == 0 ? letters_ : letters_ + rest_;
  }

 private:
  static constexpr std::uint32_t kBegin = 0x28021967;
  std::size_t most_;
  std::uint32_t hash_ = kBegin;
  std::string letters_;
  char rest_ = 0;
};

/// Nothing if the file has too few pieces of this size.
std::optional<Ctph> ctph_of(ByteView bytes, std::uint64_t block_size) {
  RollingHash rolling;
  Signature signature(Ctph::kMostLetters);
  Signature half(Ctph::kMostLetters / 2);
  for (const std::uint8_t byte : bytes) {
    const std::uint32_t value = rolling.add(byte);
    signature.add(byte);
    half.add(byte);
    if (value % block_size != block_size - 1) continue;
    signature.cut();
    if (value % (2 * block_size) == 2 * block_size - 1) half.cut();
  }
  if (block_size > kSmallestBlock && signature.pieces() < Ctph::kMostLetters / 2) return std::nullopt;
  const bool open_piece = rolling.value() != 0;
  return Ctph{
      .block_size = block_size, .signature = signature.finish(open_piece), .half = half.finish(open_piece)};
}

std::string without_long_runs(const std::string& letters) {
  std::string kept;
  for (const char c : letters)
    if (kept.size() < kLongestRun || kept.find_last_not_of(c) + kLongestRun >= kept.size()) kept += c;
  return kept;
}

/// Length of the longest common subsequence of strings of at most 64 letters: H. Hyyrö, "Bit-Parallel
/// LCS-length Computation Revisited" (2004).
std::size_t common_letters(std::string_view a, std::string_view b) {
  std::array<std::uint64_t, 256> places{};
  for (std::size_t i = 0; i < a.size(); ++i) places[static_cast<std::uint8_t>(a[i])] |= 1ULL << i;
  std::uint64_t open = ~0ULL;
  for (const char c : b) {
    const std::uint64_t met = open & places[static_cast<std::uint8_t>(c)];
    open = (open + met) | (open - met);
  }
  return static_cast<std::size_t>(std::popcount(~open));
}

bool share_a_run(std::string_view a, std::string_view b) {
  for (std::size_t i = 0; i + kRolled <= a.size(); ++i)
    if (b.find(a.substr(i, kRolled)) != std::string_view::npos) return true;
  return false;
}

/// Of signatures of one block size. ssdeep weighs a changed letter as one taken out and one put in, so what
/// is left of the edit distance is what is not in common.
int score(std::string_view a, std::string_view b, std::uint64_t block_size, int at_least) {
  constexpr std::size_t kScale = Ctph::kMostLetters;
  const std::size_t letters = a.size() + b.size();
  if (letters == 0) return 0;
  const std::size_t distance = letters - 2 * common_letters(a, b);
  const std::size_t difference = 100 * (distance * kScale / letters) / kScale;
  // A few letters of small pieces are little evidence.
  const std::uint64_t most = block_size / kSmallestBlock * std::min(a.size(), b.size());
  const int points = static_cast<int>(std::min<std::uint64_t>(100 - difference, most));
  return points >= at_least && share_a_run(a, b) ? points : 0;
}

bool is_letter(char c) { return kAlphabet.find(c) != std::string_view::npos; }

/// The letters at the begin of `text`, taken from it; nothing if they are too many.
std::optional<std::string> take_letters(std::string_view& text) {
  std::size_t count = 0;
  while (count < text.size() && is_letter(text[count])) {
    if (++count > Ctph::kMostLetters) return std::nullopt;
  }
  std::string letters(text.substr(0, count));
  text.remove_prefix(count);
  return letters;
}

bool take_colon(std::string_view& text) {
  if (!text.starts_with(':')) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

Ctph ctph_of(ByteView bytes) {
  std::uint64_t block_size = kSmallestBlock;
  while (block_size * Ctph::kMostLetters < bytes.size()) block_size *= 2;
  while (true) {
    if (std::optional<Ctph> made = ctph_of(bytes, block_size)) return std::move(*made);
    block_size /= 2;
  }
}

std::string text(const Ctph& hash) {
  return fmt::format("{}:{}:{}", hash.block_size, hash.signature, hash.half);
}

std::optional<CtphInText> ctph_at_begin(std::string_view text) {
  std::string_view rest = text;
  CtphInText found;
  const auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), found.hash.block_size);
  if (problem != std::errc()) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  const std::uint64_t pieces = found.hash.block_size / kSmallestBlock;
  if (found.hash.block_size % kSmallestBlock != 0 || !std::has_single_bit(pieces) ||
      std::countr_zero(pieces) >= static_cast<int>(kMostDoublings) || !take_colon(rest))
    return std::nullopt;
  std::optional<std::string> signature = take_letters(rest);
  if (!signature || !take_colon(rest)) return std::nullopt;
  std::optional<std::string> half = take_letters(rest);
  if (!half) return std::nullopt;
  found.hash.signature = std::move(*signature);
  found.hash.half = std::move(*half);
  found.length = text.size() - rest.size();
  return found;
}

Ctph without_long_runs(const Ctph& hash) {
  return {.block_size = hash.block_size,
          .signature = without_long_runs(hash.signature),
          .half = without_long_runs(hash.half)};
}

int score(const Ctph& a, const Ctph& b, int at_least) {
  if (a.block_size == 2 * b.block_size) return score(a.signature, b.half, a.block_size, at_least);
  if (2 * a.block_size == b.block_size) return score(a.half, b.signature, b.block_size, at_least);
  if (a.block_size != b.block_size) return 0;
  if (a == b) return 100;
  return std::max(score(a.signature, b.signature, a.block_size, at_least),
                  score(a.half, b.half, 2 * a.block_size, at_least));
}

}  // namespace candor::recognise
