// SPDX-License-Identifier: Apache-2.0
// Any bytes may be decoded by any decoder: where it begins and what it gives is bounded and consistent. The
// first two bytes choose the decoder, by its name, so that a corpus stays good when others are added.
//
// With CANDOR_FUZZ_DECODER=NAME in its environment, libFuzzer stays within that decoder; what it makes
// chooses the same one in a replay. NAME "?" lists them.
#include "recognise/decoder.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <numeric>
#include <string_view>

#include "recognise/matcher.h"

namespace {

using candor::ByteView;
using candor::recognise::Decoded;
using candor::recognise::Decoder;
using candor::recognise::decoders;
using candor::recognise::Matcher;
using candor::recognise::Nature;
using candor::recognise::Region;

constexpr std::size_t kMaxOutput = 1U << 20;
constexpr std::size_t kMostRegions = 64;

const Decoder* g_named = nullptr;

std::uint16_t number_of(std::string_view name) {
  return std::accumulate(name.begin(), name.end(), std::uint16_t{0}, [](std::uint16_t sum, char c) {
    return static_cast<std::uint16_t>(257 * sum + static_cast<std::uint8_t>(c));
  });
}

/// The one whose number is next to `chosen`.
const Decoder& decoder_of(std::uint16_t chosen) {
  const auto distance = [chosen](const Decoder& decoder) {
    return static_cast<std::uint16_t>(number_of(decoder.name) - chosen);
  };
  return *std::min_element(decoders().begin(), decoders().end(),
                           [&](const Decoder& a, const Decoder& b) { return distance(a) < distance(b); });
}

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const Decoded& decoded, std::size_t region) {
  require(decoded.bytes.size() <= kMaxOutput);
  require(decoded.consumed <= region);
  const std::size_t all = decoded.in_place ? region : decoded.bytes.size();
  std::size_t end = 0;
  for (const auto& member : decoded.members) {
    require(member.begin >= end && member.begin <= all && member.size <= all - member.begin);
    end = member.begin + member.size;
  }
  std::uint64_t out = 0;
  std::uint64_t in = 0;
  for (const auto& edit : decoded.edits) {
    require(edit.out >= out && edit.in >= in);
    out = std::uint64_t{edit.out} + edit.out_size;
    in = std::uint64_t{edit.in} + edit.in_size;
    require(out <= decoded.bytes.size() && in <= decoded.consumed);
  }
}

/// Where the bytes' triggers say that a region begins.
void check_starts(const Decoder& decoder, ByteView layer) {
  struct Trigger {
    explicit Trigger(const char* regex) : matcher({{.regex = regex}}), scratch(matcher) {}
    Matcher matcher;
    Matcher::Scratch scratch;
  };
  static std::map<const Decoder*, std::unique_ptr<Trigger>> triggers;
  std::unique_ptr<Trigger>& trigger = triggers[&decoder];
  if (!trigger) trigger = std::make_unique<Trigger>(decoder.trigger);
  trigger->matcher.scan(layer, trigger->scratch, [&](std::size_t, std::size_t end) {
    const std::optional<std::size_t> start = decoder.start(layer, end);
    require(!start || *start <= layer.size());
  });
}

void check_runs(const Decoder& decoder, ByteView layer) {
  std::vector<Region> regions;
  static_cast<void>(decoder.runs(candor::recognise::map_of(layer), kMostRegions, regions));
  for (const Region& region : regions) {
    require(region.offset <= layer.size() && region.length <= layer.size() - region.offset);
    check(decoder.decode(layer.subspan(region.offset, region.length), kMaxOutput), region.length);
  }
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* const wanted = std::getenv("CANDOR_FUZZ_DECODER");
  const std::string_view name = wanted == nullptr ? "" : wanted;
  if (name.empty()) return 0;
  for (const Decoder& decoder : decoders()) {
    if (name == "?") std::puts(decoder.name);
    if (name == decoder.name) g_named = &decoder;
  }
  if (g_named != nullptr) return 0;
  if (name != "?") std::fprintf(stderr, "there is no decoder '%s'\n", wanted);
  std::exit(name == "?" ? 0 : 4);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const ByteView layer(data + 2, size - 2);
  const Decoder& decoder =
      g_named != nullptr ? *g_named : decoder_of(static_cast<std::uint16_t>(data[0] << 8 | data[1]));
  check(decoder.decode(layer, kMaxOutput), layer.size());
  if (decoder.nature == Nature::container && decoder.trigger != nullptr) check_starts(decoder, layer);
  if (decoder.runs != nullptr) check_runs(decoder, layer);
  return 0;
}

#ifdef CANDOR_LIBFUZZER
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

/// Any change, but that of the decoder where one is named.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned) {
  if (g_named == nullptr || max_size < 3) return LLVMFuzzerMutate(data, size, max_size);
  const std::uint16_t number = number_of(g_named->name);
  data[0] = static_cast<std::uint8_t>(number >> 8);
  data[1] = static_cast<std::uint8_t>(number);
  return 2 + LLVMFuzzerMutate(data + 2, std::max<std::size_t>(size, 2) - 2, max_size - 2);
}
#endif
