// SPDX-License-Identifier: Apache-2.0
#include "recognise/replay.h"

#include <algorithm>
#include <string_view>

#include "recognise/change.h"
#include "recognise/decoder.h"

namespace candor::recognise {

namespace {

bool same(const model::DecodeStep& a, const model::DecodeStep& b) {
  return a.decoder == b.decoder && a.offset == b.offset && a.length == b.length && a.produced == b.produced;
}

/// By the name before the colon; what follows is a member's name.
const Decoder* decoder_of(std::string_view step) {
  const std::string_view name = step.substr(0, step.find(':'));
  for (const Decoder& decoder : decoders())
    if (name == decoder.name) return &decoder;
  return nullptr;
}

/// The member a step names.
std::optional<Bytes> member_of(ByteView region, const Decoded& decoded, const model::DecodeStep& step) {
  const std::size_t colon = step.decoder.find(':');
  if (colon == step.decoder.npos) return std::nullopt;
  for (const Member& member : decoded.members) {
    if (member.size != step.produced || step.decoder.compare(colon + 1, std::string::npos, member.name) != 0)
      continue;
    const ByteView all = decoded.in_place ? region : ByteView(decoded.bytes);
    const ByteView bytes = all.subspan(member.begin, member.size);
    return Bytes(bytes.begin(), bytes.end());
  }
  return std::nullopt;
}

std::optional<Bytes> redo(ByteView layer, const model::DecodeStep& step, std::size_t region_output) {
  if (step.offset > layer.size() || step.length > layer.size() - step.offset) return std::nullopt;
  if (change_kind(step.decoder) != ChangeKind::none) {
    std::optional<Bytes> undone = undo_change(step.decoder, layer.subspan(step.offset, step.length));
    return undone && undone->size() == step.produced ? std::move(undone) : std::nullopt;
  }
  const Decoder* decoder = decoder_of(step.decoder);
  if (decoder == nullptr) return std::nullopt;
  // A container finds its own end, the others are told it.
  const ByteView region = decoder->nature == Nature::container ? layer.subspan(step.offset)
                                                               : layer.subspan(step.offset, step.length);
  // What other members took of the output stands in no step.
  Decoded decoded = decoder->decode(region, std::max<std::size_t>(region_output, step.produced));
  if (!decoded.members.empty()) return member_of(region, decoded, step);
  if (decoded.bytes.size() < step.produced) return std::nullopt;
  decoded.bytes.resize(step.produced);
  return std::move(decoded.bytes);
}

}  // namespace

std::optional<ByteView> Replayer::layer(const std::vector<model::DecodeStep>& chain) {
  std::size_t common = 0;
  while (common < std::min(chain.size(), done_.size()) && same(chain[common], done_[common].step)) ++common;
  done_.resize(common);
  for (std::size_t i = common; i < chain.size(); ++i) {
    std::optional<Bytes> bytes =
        redo(i == 0 ? surface_ : ByteView(done_[i - 1].bytes), chain[i], region_output_);
    if (!bytes) return std::nullopt;
    done_.push_back({chain[i], std::move(*bytes)});
  }
  return done_.empty() ? surface_ : ByteView(done_.back().bytes);
}

}  // namespace candor::recognise
