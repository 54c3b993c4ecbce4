// SPDX-License-Identifier: Apache-2.0
#include "recognise/alphabet_index.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "recognise/change.h"
#include "recognise/letter_runs.h"

namespace candor::recognise {

namespace {

/// A window's key: for each of its last 16 letters how many letters ago the same one stood, if at most 15.
/// Thus it depends on 31 letters, fewer than a canary of 26 bytes has at any alignment.
constexpr std::size_t kDistances = 16;
constexpr std::size_t kFarthest = 15;
constexpr std::size_t kWindow = kDistances + kFarthest;
/// Fewest distances in a window that is looked for, else it says too little.
constexpr int kFewestRepeats = 4;

/// What a match must weigh, in bits. Letters of base64 of text fall into few kinds at each of their four
/// places, so that one is equal to a certain earlier one by chance once in 2^2.5 to 2^5 times, and new to the
/// passage as often as not; but where letters repeat with a period, they go on to do so. 10 GB, of which all
/// is text without blanks, against 1,000 readings make 2^43 comparisons; those of a canary weigh 50 and more,
/// those of 40 bytes of a document more than 60.
constexpr double kRepeat = 3;
constexpr double kNew = 0.7;
constexpr double kPeriodic = 0.1;
constexpr double kEnough = 48;

constexpr ByteClass kLetters = ByteClass("").range(0x21, 0x7e);
constexpr LetterRuns kLines = {.letters = kLetters,
                               .shortest = LayerMap::kShortestSolid,
                               .line = AlphabetIndex::kShortestLine,
                               .capitals = 0};
constexpr std::size_t kMostMatches = 64;  ///< Of a run; more tell nothing new.

/// What decoders read as it stands: base64 and base64url, base32 in capitals and small letters (RFC 4648).
constexpr std::array<std::string_view, 4> kStandard = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
    "abcdefghijklmnopqrstuvwxyz234567"};

/// Whether all letters that are known are where a standard alphabet has them.
bool is_standard(const Bytes& letters) {
  return std::any_of(kStandard.begin(), kStandard.end(), [&](std::string_view standard) {
    return standard.size() == letters.size() &&
           std::equal(letters.begin(), letters.end(), standard.begin(), [](std::uint8_t letter, char known) {
             return letter == 0 || letter == static_cast<std::uint8_t>(known);
           });
  });
}

std::size_t letters_in(std::size_t bytes, unsigned bits, unsigned skip) { return (8 * bytes - skip) / bits; }

/// The value of a letter that begins at bit `at`.
unsigned value_at(const Bytes& bytes, std::size_t at, unsigned bits) {
  unsigned word = static_cast<unsigned>(bytes[at / 8]) << 8;
  if (at / 8 + 1 < bytes.size()) word |= bytes[at / 8 + 1];
  return word >> (16 - at % 8 - bits) & ((1U << bits) - 1);
}

/// The first letter that lies in the passage from byte `begin` on.
std::size_t first_letter(std::size_t begin, unsigned bits, unsigned skip) {
  return 8 * begin <= skip ? 0 : (8 * begin - skip + bits - 1) / bits;
}

/// Rolls the keys of windows over letters.
class Pattern {
 public:
  std::uint64_t add(std::uint8_t letter) {
    const std::size_t ago = ++at_ - last_[letter];
    last_[letter] = at_;
    return key_ = key_ << 4 | (ago <= kFarthest ? ago : 0);
  }
  void forget() {
    at_ += kWindow;
    key_ = 0;
  }

 private:
  std::array<std::size_t, 256> last_{};
  std::size_t at_ = kWindow;
  std::uint64_t key_ = 0;
};

/// Distances that do not just repeat the one before them.
int repeats_in(std::uint64_t key) {
  int count = 0;
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < kDistances; ++i) {
    const std::uint64_t ago = key >> (4 * i) & 0xf;
    if (ago != 0 && ago != before) ++count;
    if (ago != 0) before = ago;
  }
  return count;
}

}  // namespace

AlphabetIndex::AlphabetIndex(std::vector<Passage> passages) : passages_(std::move(passages)) {
  std::erase_if(passages_, [](const Passage& passage) {
    return passage.core_end > passage.bytes.size() || passage.core_begin + kShortestCore > passage.core_end;
  });
  for (std::size_t passage = 0; passage < passages_.size(); ++passage) {
    for (std::uint8_t skip = 0; skip < 6; skip = static_cast<std::uint8_t>(skip + 2))
      add_reading(passage, 6, skip);
    for (std::uint8_t skip = 0; skip < 5; ++skip) add_reading(passage, 5, skip);
  }
  windows_.freeze();
}

/// One window of the core, the most telling one, is in the table: every position of a run is looked at.
void AlphabetIndex::add_reading(std::size_t passage, std::uint8_t bits, std::uint8_t skip) {
  const Passage& in = passages_[passage];
  const std::size_t first = first_letter(in.core_begin, bits, skip);
  const std::size_t stop = letters_in(in.core_end, bits, skip);
  Pattern pattern;
  int most = kFewestRepeats - 1;
  std::uint64_t best = 0;
  Reading reading = {static_cast<std::uint32_t>(passage), bits, skip, 0};
  for (std::size_t i = first; i < stop; ++i) {
    const std::uint64_t key =
        pattern.add(static_cast<std::uint8_t>(value_at(in.bytes, skip + i * bits, bits)));
    const int repeats = i + 1 >= first + kWindow ? repeats_in(key) : 0;
    if (repeats <= most) continue;
    most = repeats;
    best = key;
    reading.window = static_cast<std::uint32_t>(i);
  }
  if (reading.window == 0) return;
  windows_.add(best, readings_.size(), 0);
  readings_.push_back(reading);
}

/// One look through one layer.
class AlphabetIndex::Scan {
 public:
  Scan(const AlphabetIndex& index, const LayerMap& map, const std::function<void(Alphabetic)>& on_run)
      : index_(index), map_(map), on_run_(on_run) {}

  void run() {
    const Intervals& solid = map_.solid;
    for (std::size_t first = 0; first < solid.size();) {
      std::size_t last = first;
      std::size_t letters = solid[first].size();
      while (last + 1 < solid.size() && goes_on(solid[last], solid[last + 1]))
        letters += solid[++last].size();
      if (letters >= kWindow) look_through(first, last);
      first = last + 1;
    }
  }

 private:
  struct Match {
    std::size_t reading = 0;
    std::size_t at = 0;  ///< In the run's letters: that of the window's last one.
  };

  /// What a run's letters mean, as far as it is known.
  struct Solution {
    unsigned bits = 6;
    std::size_t phase = 0;  ///< Of the first letter that begins with a byte, in the run.
    Bytes letters;          ///< By value; 0: not known.
  };

  /// Whether the next line belongs to the same run: nothing but a line break and an indentation between them.
  [[nodiscard]] bool goes_on(Interval line, Interval next) const {
    if (line.size() < kShortestLine || next.begin - line.end > 64) return false;
    const auto first = map_.bytes[line.end];
    return (first == '\r' || first == '\n') &&
           std::all_of(map_.bytes.begin() + static_cast<std::ptrdiff_t>(line.end),
                       map_.bytes.begin() + static_cast<std::ptrdiff_t>(next.begin),
                       [](std::uint8_t c) { return c == '\r' || c == '\n' || c == ' ' || c == '\t'; });
  }

  void look_through(std::size_t first, std::size_t last) {
    matches_.clear();
    pattern_.forget();
    const std::uint64_t* const bits = index_.windows_.bits();
    const unsigned shift = index_.windows_.shift();
    std::size_t at = 0;
    for (std::size_t line = first; line <= last; ++line)
      for (std::size_t i = map_.solid[line].begin; i < map_.solid[line].end; ++i, ++at) {
        const std::uint64_t key = pattern_.add(map_.bytes[i]);
        const std::uint64_t bit = WindowTable::mixed(key) >> shift;
        if ((bits[bit >> 6] >> (bit & 63) & 1) != 0 && at + 1 >= kWindow) look_up(key, at);
      }
    if (matches_.empty()) return;
    read_letters(map_.solid[first].begin, map_.solid[last]);
    std::vector<Solution> solutions;
    for (const Match& match : matches_)
      if (std::optional<Solution> solution = solve(match)) merge(std::move(*solution), solutions);
    for (const Solution& solution : solutions) tell(solution);
  }

  void look_up(std::uint64_t key, std::size_t at) {
    if (!index_.windows_.may_hold_still(key)) return;
    for (const WindowTable::Entry& entry : index_.windows_.find(key))
      if (matches_.size() < kMostMatches) matches_.push_back({entry.string, at});
  }

  void read_letters(std::size_t begin, Interval last) {
    letters_.clear();
    places_.clear();
    end_ = last_line(map_.bytes, last.begin, last.end, kLines);
    for (std::size_t i = begin; i < end_; ++i) {
      if (!kLetters.has(map_.bytes[i])) continue;
      letters_.push_back(map_.bytes[i]);
      places_.push_back(i);
    }
  }

  /// Reads the alphabet off letter by letter: forward from the core's begin, then backward from there.
  class Solver {
   public:
    Solver(const Passage& passage, const Reading& reading, const Bytes& run, std::size_t offset)
        : passage_(passage), reading_(reading), run_(run), offset_(offset) {
      letters_.fill(0);
      values_.fill(-1);
    }

    /// Whether the letter can stand for what it would have to; notes it if so.
    bool agree(std::size_t in_passage) {
      const unsigned value = value_of(in_passage);
      const std::uint8_t letter = run_[in_passage + offset_];
      if (letters_[value] == 0 && values_[letter] < 0) {
        letters_[value] = letter;
        values_[letter] = static_cast<int>(value);
        fresh_.push_back(value);
        weight_ += kNew;
        return true;
      }
      if (letters_[value] != letter) return false;
      const std::size_t ago = distance(in_passage);
      weight_ += ago != 0 && ago == last_ago_ ? kPeriodic : kRepeat;
      if (ago != 0) last_ago_ = ago;
      certain_ = fresh_.size();
      return true;
    }

    /// From here on letters are guesses until one repeats.
    void begin_extension() {
      certain_ = fresh_.size();
      last_ago_ = 0;
    }
    /// Takes back what the last letters before a contradiction told.
    void drop_guesses() {
      for (; fresh_.size() > certain_; fresh_.pop_back()) {
        const unsigned value = fresh_.back();
        values_[letters_[value]] = -1;
        letters_[value] = 0;
        weight_ -= kNew;
      }
    }
    [[nodiscard]] double weight() const { return weight_; }
    [[nodiscard]] Bytes letters() const {
      return {letters_.begin(), letters_.begin() + (std::ptrdiff_t{1} << reading_.bits)};
    }

   private:
    [[nodiscard]] unsigned value_of(std::size_t letter) const {
      return value_at(passage_.bytes, reading_.skip + letter * reading_.bits, reading_.bits);
    }
    /// How many letters ago the passage has the same letter; 0: not in a window.
    [[nodiscard]] std::size_t distance(std::size_t letter) const {
      for (std::size_t ago = 1; ago <= std::min(letter, kFarthest); ++ago)
        if (value_of(letter - ago) == value_of(letter)) return ago;
      return 0;
    }

    const Passage& passage_;
    const Reading& reading_;
    const Bytes& run_;
    std::size_t offset_;  ///< Of the passage's first letter in the run, modulo 2^64.
    std::array<std::uint8_t, 64> letters_{};
    std::array<int, 256> values_{};
    std::vector<unsigned> fresh_;
    std::size_t certain_ = 0;
    std::size_t last_ago_ = 0;
    double weight_ = 0;
  };

  [[nodiscard]] std::optional<Solution> solve(const Match& match) const {
    const Reading& reading = index_.readings_[match.reading];
    const Passage& passage = index_.passages_[reading.passage];
    const std::size_t count = letters_in(passage.bytes.size(), reading.bits, reading.skip);
    const std::size_t offset = match.at - reading.window;
    const auto in_run = [&](std::size_t letter) { return letter + offset < letters_.size(); };
    const std::size_t core_begin = first_letter(passage.core_begin, reading.bits, reading.skip);
    const std::size_t core_end = letters_in(passage.core_end, reading.bits, reading.skip);
    Solver solver(passage, reading, letters_, offset);
    for (std::size_t i = core_begin; i < core_end; ++i)
      if (!in_run(i) || !solver.agree(i)) return std::nullopt;
    solver.begin_extension();
    std::size_t i = core_end;
    while (i < count && in_run(i) && solver.agree(i)) ++i;
    if (i < count && in_run(i)) solver.drop_guesses();
    solver.begin_extension();
    i = core_begin;
    while (i > 0 && in_run(i - 1) && solver.agree(i - 1)) --i;
    if (i > 0 && in_run(i - 1)) solver.drop_guesses();
    if (solver.weight() < kEnough) return std::nullopt;
    return Solution{.bits = reading.bits, .phase = phase(reading, offset), .letters = solver.letters()};
  }

  /// Which of the run's first letters begins with a byte.
  static std::size_t phase(const Reading& reading, std::size_t offset) {
    const std::size_t group = reading.bits == 6 ? 4 : 8;
    std::size_t letter = 0;
    while ((reading.skip + letter * reading.bits) % 8 != 0) ++letter;
    return (offset + letter) % group;
  }

  static void merge(Solution solution, std::vector<Solution>& solutions) {
    for (Solution& known : solutions) {
      if (known.bits != solution.bits || known.phase != solution.phase) continue;
      if (Bytes merged = merged_letters(known.letters, solution.letters); !merged.empty()) {
        known.letters = std::move(merged);
        return;
      }
    }
    solutions.push_back(std::move(solution));
  }

  /// Empty if they contradict each other.
  static Bytes merged_letters(Bytes letters, const Bytes& more) {
    for (std::size_t value = 0; value < letters.size(); ++value) {
      if (more[value] == 0 || letters[value] == more[value]) continue;
      if (letters[value] != 0 || std::count(letters.begin(), letters.end(), more[value]) != 0) return {};
      letters[value] = more[value];
    }
    return letters;
  }

  void tell(const Solution& solution) const {
    if (solution.phase >= places_.size() || is_standard(solution.letters)) return;
    on_run_({.step = alphabet_step(solution.letters), .begin = places_[solution.phase], .end = end_});
  }

  const AlphabetIndex& index_;
  const LayerMap& map_;
  const std::function<void(Alphabetic)>& on_run_;
  Pattern pattern_;
  std::vector<Match> matches_;
  Bytes letters_;                    ///< Of the run that is read.
  std::vector<std::size_t> places_;  ///< Theirs in the layer.
  std::size_t end_ = 0;
};

void AlphabetIndex::scan(const LayerMap& map, const std::function<void(Alphabetic)>& on_run) const {
  if (!windows_.empty()) Scan(*this, map, on_run).run();
}

}  // namespace candor::recognise
