// SPDX-License-Identifier: Apache-2.0
#include "costs.h"

#include <fmt/format.h>

#include <ctime>
#include <functional>
#include <string>
#include <utility>

#include "recognise/layer_map.h"
#include "recognise/sought.h"

namespace candor::bench {

namespace {

using recognise::Limits;

double megabytes(const std::vector<Sort>& mix) {
  double bytes = 0;
  for (const Sort& sort : mix) bytes += static_cast<double>(sort.bytes.size());
  return bytes / 1e6;
}

using Work = std::function<void(ByteView)>;

double seconds_of(const std::vector<Sort>& mix, const Work& work) {
  const double before = thread_seconds();
  for (const Sort& sort : mix) work(sort.bytes);
  return thread_seconds() - before;
}

/// One row of ns per byte and MB/s; and by sort, ns per byte.
void print_row(const std::string& name, const std::vector<Sort>& mix, const Work& work) {
  double all = 0;
  std::string by_sort;
  for (const Sort& sort : mix) {
    const double seconds = seconds_of({sort}, work);
    all += seconds;
    by_sort += fmt::format(" {:12.1f}", seconds * 1e9 / static_cast<double>(sort.bytes.size()));
  }
  fmt::print("{:44} {:8.0f} {:9.1f}{}\n", name, megabytes(mix) / all, all * 1e3 / megabytes(mix), by_sort);
  std::fflush(stdout);
}

void print_head(const char* title, const std::vector<Sort>& mix) {
  fmt::print("{:44} {:>8} {:>9}", title, "MB/s", "ns/byte");
  for (const Sort& sort : mix) fmt::print(" {:>12}", sort.name);
  fmt::print("\n");
}

}  // namespace

double thread_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

void print_costs_of_stages(const model::Manifest& manifest,
                           const std::vector<recognise::PlantedContent>& files,
                           const std::vector<Sort>& mix) {
  Limits no_decoders;
  no_decoders.decoders = false;
  Limits one_deep;
  one_deep.depth = 1;
  one_deep.guessed_output = 0;
  Limits no_guesses;
  no_guesses.guessed_output = 0;
  const std::vector<std::pair<std::string, Limits>> stages = {
      {"as it stands, one change of all bytes", no_decoders},
      {"+ encodings and containers, one deep", one_deep},
      {"+ any stack of them", no_guesses},
      {"+ guessed changes (everything)", Limits{}}};
  print_head("stage, with all above it", mix);
  for (const auto& [name, limits] : stages) {
    const recognise::Recogniser recogniser(manifest, files, limits);
    print_row(name, mix, [&](ByteView bytes) { (void)recogniser.search(bytes); });
  }
}

void print_costs_of_steps(const model::Manifest& manifest,
                          const std::vector<recognise::PlantedContent>& files, const std::vector<Sort>& mix) {
  const recognise::Sought sought = recognise::make_sought(manifest, files, {});
  recognise::Matcher::Scratch literals(sought.literals);
  recognise::Matcher::Scratch containers(sought.containers);
  recognise::Matcher::Scratch escapes(sought.escapes);
  const auto ignore = [](const auto&...) {};
  print_head("step, over the outermost layer", mix);
  print_row("other literals (Vectorscan)", mix,
            [&](ByteView bytes) { sought.literals.scan(bytes, literals, ignore); });
  print_row("known bytes in any disguise", mix,
            [&](ByteView bytes) { sought.disguised.scan(bytes, ignore, ignore); });
  print_row("fragments", mix, [&](ByteView bytes) { sought.fragments.scan(bytes, ignore); });
  print_row("map of letters and runs", mix, [&](ByteView bytes) { (void)recognise::map_of(bytes); });
  print_row("map, unknown alphabets", mix,
            [&](ByteView bytes) { sought.alphabets.scan(recognise::map_of(bytes), ignore); });
  print_row("map, digests and fuzzy hashes", mix, [&](ByteView bytes) {
    const recognise::LayerMap map = recognise::map_of(bytes);
    sought.digests.scan(map, ignore);
    sought.fuzzy.scan(map, ignore);
  });
  print_row("marks of containers (Vectorscan)", mix,
            [&](ByteView bytes) { sought.containers.scan(bytes, containers, ignore); });
  print_row("marks of escapes (Vectorscan)", mix,
            [&](ByteView bytes) { sought.escapes.scan(bytes, escapes, ignore); });
  print_row("map, runs of encodings", mix, [&](ByteView bytes) {
    const recognise::LayerMap map = recognise::map_of(bytes);
    for (const recognise::Decoder& decoder : recognise::decoders()) {
      std::vector<recognise::Region> regions;
      if (decoder.runs != nullptr) (void)decoder.runs(map, bytes.size() / 128, regions);
    }
  });
}

}  // namespace candor::bench
