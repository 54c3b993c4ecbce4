// SPDX-License-Identifier: Apache-2.0
//
// Undoing changes for which a layer gives a sign.
#include <fmt/format.h>

#include <algorithm>

#include "recognise/change.h"
#include "recognise/search_layer.h"

namespace candor::recognise {

namespace {

/// Layers of up to so many bytes are looked at again under guessed changes.
constexpr std::size_t kLargestGuess = 64U << 10;
/// So small ones also if they are text, which rotated letters are.
constexpr std::size_t kAlwaysGuess = 16U << 10;
/// In so small ones a byte added over a key of several is looked for; that takes as long as so much other
/// looking.
constexpr std::size_t kAddedOverKey = 8U << 10;
constexpr std::size_t kAddedOverKeyCost = 2;
/// Wrong guesses are full of scraps that look like letters, a few dozen bytes each; what is under a further
/// change there must be more than that.
constexpr std::size_t kShortestBelowGuess = 64;
/// Below one guess a layer may use so small a part of what is left.
constexpr std::size_t kGuessesInTurn = 16;

/// Whether something was taken out without anything in its place.
bool joins(const std::vector<Edit>& edits) {
  return std::any_of(edits.begin(), edits.end(), [](const Edit& edit) { return edit.out_size == 0; });
}

}  // namespace

bool Search::Layer::try_changes() {
  const bool explained = bytes_.size() > kAlwaysGuess && total(finding_.opaque) < kShortestKnown;
  if (!may_guess() || explained || spent() != nullptr) return false;
  const std::size_t share = share_of_guesses();
  if (bytes_.size() > share) return false;
  const std::size_t kept_back = search_.guessed_output_ - share;
  search_.guessed_output_ = share - bytes_.size();  // Looking for signs takes time, too.
  std::vector<Guess> guesses = guess_order();
  if (!origin_.below_guess && bytes_.size() <= kAddedOverKey &&
      kAddedOverKeyCost * bytes_.size() <= search_.guessed_output_) {
    search_.guessed_output_ -= kAddedOverKeyCost * bytes_.size();
    for (Guess& guess : guess_added_over_key()) guesses.push_back(std::move(guess));
  }
  for (Guess& guess : guess_changes(bytes_, !origin_.below_guess)) guesses.push_back(std::move(guess));
  bool any = false;
  for (const Guess& guess : guesses) {
    if (guess.steps.size() == 1 && changes_.contains(guess.steps[0])) continue;
    const int depth = origin_.depth + static_cast<int>(guess.steps.size());
    if (depth > search_.limits_.depth || makes_sense(guess.part)) continue;
    if (spent() != nullptr) break;
    if (guess.part.size() > search_.guessed_output_) continue;
    search_.guessed_output_ -= guess.part.size();
    any = try_guess(guess) || any;
  }
  search_.guessed_output_ += kept_back;
  return any;
}

std::vector<Guess> Search::Layer::guess_order() const {
  std::vector<Guess> guesses;
  for (const char* const step : {"reversed", "nibbles"}) {
    bool told = false;
    search_.sought_.disguised.scan(
        *undo_change(step, bytes_), [](std::size_t, std::size_t) {},
        [&told](const Change& change) { told = told || change_kind(change.step) == ChangeKind::xored; });
    if (told) guesses.push_back({{step}, {0, bytes_.size()}});
  }
  return guesses;
}

std::vector<Guess> Search::Layer::guess_added_over_key() const {
  std::vector<Guess> guesses;
  Bytes undone(bytes_.size());
  for (unsigned key = 1; key < 256; ++key) {
    std::transform(bytes_.begin(), bytes_.end(), undone.begin(),
                   [key](std::uint8_t byte) { return static_cast<std::uint8_t>(byte - key); });
    search_.sought_.disguised.scan(
        undone, [](std::size_t, std::size_t) {},
        [&](const Change& change) {
          Guess guess{{fmt::format("add:{:02x}", key), change.step}, {0, bytes_.size()}};
          const bool known = !guesses.empty() && guesses.back().steps == guess.steps;
          if (change_kind(change.step) == ChangeKind::xored && change.period > 1 && !known)
            guesses.push_back(std::move(guess));
        });
  }
  return guesses;
}

bool Search::Layer::may_guess() const {
  // An escape layer that was mostly escapes is as new as any other; and so is one of joined lines.
  const bool mostly_seen = edits_ != nullptr && edits_->size() * 3 < bytes_.size() && !joins(*edits_);
  const std::size_t shortest = origin_.below_guess ? kShortestBelowGuess : kShortestKnown;
  return origin_.changes == 0 && !mostly_seen && bytes_.size() >= shortest && bytes_.size() <= kLargestGuess;
}

std::size_t Search::Layer::share_of_guesses() const {
  return origin_.depth == 0 ? search_.guessed_output_ : search_.guessed_output_ / 4;
}

std::size_t Search::Layer::keep_guesses_back() {
  const std::size_t half = search_.limits_.decoders && may_guess() ? search_.guessed_output_ / 2 : 0;
  search_.guessed_output_ -= half;
  return half;
}

bool Search::Layer::makes_sense(Interval part) const {
  return part.size() < bytes_.size() && total(subtract({part}, finding_.opened)) * 4 < part.size();
}

bool Search::Layer::try_guess(const Guess& guess) {
  const ByteView part = bytes_.subspan(guess.part.begin, guess.part.size());
  Decoded decoded{.bytes = Bytes(part.begin(), part.end()), .consumed = part.size(), .complete = true};
  unsigned kinds = 0;
  for (const std::string& change : guess.steps) {
    decoded.bytes = *undo_change(change, decoded.bytes);
    kinds |= static_cast<unsigned>(change_kind(change));
  }
  ++search_.decodes_;
  search_.output_ += decoded.bytes.size();
  // A wrong guess makes much that looks like something; it must leave the right one its turn.
  const std::size_t kept_back = search_.guessed_output_ - search_.guessed_output_ / kGuessesInTurn;
  search_.guessed_output_ -= kept_back;
  // Known bytes under one key, rotated or not, were seen where they stand.
  const bool seen = guess.steps.size() == 1 && guess.steps[0] != "reversed" && guess.steps[0] != "nibbles";
  LayerFinding inner =
      search_.explore(decoded.bytes, {.depth = origin_.depth + static_cast<int>(guess.steps.size()),
                                      .below_guess = true,
                                      .changes = kinds,
                                      .guessed = seen});
  search_.guessed_output_ += kept_back;
  if (inner.hits.empty()) return false;
  adopt_guess(std::move(inner.hits), guess);
  // What a guess could not look into stays what it was: opaque.
  opened_.push_back({guess.part.begin + opaque_share(total(inner.opaque), decoded), guess.part.end});
  return true;
}

void Search::Layer::adopt_guess(std::vector<model::Hit> hits, const Guess& guess) {
  std::vector<model::DecodeStep> steps;
  for (const std::string& change : guess.steps)
    steps.push_back({.decoder = change, .length = guess.part.size(), .produced = guess.part.size()});
  steps.front().offset = guess.part.begin;
  for (model::Hit& hit : hits) {
    hit.chain.insert(hit.chain.begin(), steps.begin(), steps.end());
    finding_.hits.push_back(std::move(hit));
  }
}

}  // namespace candor::recognise
