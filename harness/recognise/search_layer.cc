// SPDX-License-Identifier: Apache-2.0
#include "recognise/search_layer.h"

#include <algorithm>

#include "recognise/randomness.h"

namespace candor::recognise {

namespace {

template <typename Wanted>
std::vector<std::size_t> indices_of(Wanted&& wanted) {
  std::vector<std::size_t> indices;
  for (std::size_t index = 0; index < decoders().size(); ++index)
    if (wanted(decoders()[index])) indices.push_back(index);
  return indices;
}

}  // namespace

const std::vector<std::size_t> Search::Layer::with_magic_ = triggered(Nature::container);
const std::vector<std::size_t> Search::Layer::with_escapes_ = triggered(Nature::escape);
const std::vector<std::size_t> Search::Layer::with_runs_ =
    indices_of([](const Decoder& decoder) { return decoder.runs != nullptr; });
const std::vector<std::size_t> Search::Layer::at_begin_ =
    indices_of([](const Decoder& decoder) { return decoder.at_begin; });

bool touches(const std::vector<Edit>& edits, std::size_t begin, std::size_t end) {
  const auto first = std::partition_point(edits.begin(), edits.end(), [begin](const Edit& edit) {
    return edit.out + std::size_t{edit.out_size} < begin;
  });
  return first != edits.end() && first->out <= end;
}

std::size_t opaque_share(std::size_t opaque, const Decoded& decoded) {
  if (opaque == 0 || decoded.bytes.empty()) return std::min(decoded.unexplained, decoded.consumed);
  const double share = static_cast<double>(opaque) / static_cast<double>(decoded.bytes.size());
  const auto scaled = static_cast<std::size_t>(share * static_cast<double>(decoded.consumed)) + 1;
  return std::min(decoded.consumed, decoded.unexplained + std::max(opaque, scaled));
}

LayerFinding Search::Layer::run() {
  if (origin_.seen) return run_seen();
  search_.searched_ += bytes_.size();
  if (origin_.depth > 0 && bytes_.size() < kShortestKnown) return run_tiny();
  match();
  find_disguised();
  find_fragments();
  const LayerMap map = map_of(bytes_);
  find_derived(map);
  if (search_.limits_.decoders) {
    find_alphabets(map);
    find_regions(map);
  }
  whole_files_ = normalised(std::move(whole_files_));
  std::stable_sort(candidates_.begin(), candidates_.end(),
                   [](const Candidate& a, const Candidate& b) { return a.region.offset < b.region.offset; });
  const std::size_t kept_back = keep_guesses_back();
  visit_all();
  search_.guessed_output_ += kept_back;
  for (auto& [key, skipped] : skipped_) finding_.not_looked_into.push_back(std::move(skipped));
  account();
  if (search_.limits_.decoders && try_changes()) account();
  return std::move(finding_);
}

LayerFinding Search::Layer::run_seen() {
  try_at_begin();
  visit_all();
  finding_.opened = normalised(std::move(opened_));
  return std::move(finding_);
}

LayerFinding Search::Layer::run_tiny() {
  match_literals();
  find_derived({.bytes = bytes_});
  if (!is_text(bytes_)) finding_.opaque = {{0, bytes_.size()}};
  return std::move(finding_);
}

void Search::Layer::account() {
  const Intervals text = text_runs(bytes_);
  if (text.empty() && opened_.empty() && whole_files_.empty() && containers_.empty() && !is_text(bytes_)) {
    finding_.opaque = {{0, bytes_.size()}};
    return;
  }
  for (const Interval part : random_text(bytes_, text)) hidden_.push_back(part);
  hidden_.insert(hidden_.end(), suspicious_.begin(), suspicious_.end());
  hidden_ = normalised(std::move(hidden_));
  finding_.opened = normalised(opened_);
  Intervals understood = subtract(text, hidden_);
  for (const Intervals* more : {&finding_.opened, &whole_files_, &containers_})
    understood.insert(understood.end(), more->begin(), more->end());
  Intervals opaque = subtract(normalised({{0, bytes_.size()}}), normalised(std::move(understood)));
  std::erase_if(opaque, [this](Interval part) { return is_scrap_of_text(part); });
  // Text in a container does not make up for what its content leaves opaque.
  opaque.insert(opaque.end(), left_closed_.begin(), left_closed_.end());
  finding_.opaque = normalised(std::move(opaque));
}

bool Search::Layer::is_scrap_of_text(Interval part) const {
  return part.size() < kShortestText && is_text(bytes_.subspan(part.begin, part.size())) &&
         subtract({part}, hidden_) == Intervals{part};
}

bool Search::Layer::is_new(std::size_t begin, std::size_t end) const {
  return edits_ == nullptr || touches(*edits_, begin, end);
}

std::size_t Search::Layer::most_candidates() const {
  return std::max(search_.limits_.candidates, bytes_.size() / 128);
}

}  // namespace candor::recognise
