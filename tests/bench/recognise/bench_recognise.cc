// SPDX-License-Identifier: Apache-2.0
//
// How fast the recogniser searches foreign bytes with everything on, against YARA with the same tokens as
// `ascii wide xor base64 base64wide`, both on one core, in one run, on the same bytes.
//
// usage: bench_recognise [--megabytes N] [--tokens N]
//        bench_recognise --search FILE...
#include <fmt/format.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "document/generate.h"
#include "mix.h"
#include "recognise/recogniser.h"

namespace candor::bench {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSeed = 20171023;
constexpr double kMega = 1e6;

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

struct World {
  std::vector<document::Planted> planted;
  model::Manifest manifest;
  std::vector<recognise::PlantedContent> files;
  std::vector<std::string> tokens;
};

/// As many text documents as bear so many tokens; the last one's surplus is left out of the manifest.
World world_with(std::size_t tokens) {
  World world;
  model::DocumentSpec spec{.id = "memo", .format = "txt", .marking = "us/top-secret", .folder = "/home/alex"};
  spec.count = static_cast<int>(tokens);
  if (tokens > 8) spec.count = static_cast<int>(tokens / 4);
  world.planted = document::generate({{"memo", spec}}, Seed(kSeed));
  for (document::Planted& file : world.planted) {
    auto& canaries = file.document.canaries;
    canaries.resize(std::min(canaries.size(), tokens - world.tokens.size()));
    for (const model::Canary& canary : canaries) world.tokens.push_back(canary.token);
    if (canaries.empty()) break;
    world.manifest.documents.push_back(file.document);
    world.files.push_back({file.document.id, file.content, as_bytes(file.text)});
  }
  return world;
}

struct Figure {
  std::string sort;
  double candor = 0;  ///< Seconds.
  double yara = 0;
};

fs::path write_rules(const fs::path& folder, const std::vector<std::string>& tokens) {
  const fs::path rules = folder / "tokens.yar";
  std::ofstream file(rules);
  file << "rule tokens {\n  strings:\n";
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    file << fmt::format("    $x{} = \"{}\" ascii wide xor\n", i, tokens[i]);
    file << fmt::format("    $b{} = \"{}\" base64 base64wide\n", i, tokens[i]);
  }
  file << "  condition: any of them\n}\n";
  return rules;
}

double run_yara(const fs::path& rules, const fs::path& input) {
  const std::string command =
      fmt::format("yara --threads=1 --no-warnings '{}' '{}' > /dev/null", rules.string(), input.string());
  const auto start = std::chrono::steady_clock::now();
  if (std::system(command.c_str()) != 0) throw Error("yara failed; is it installed? command: " + command);
  return seconds_since(start);
}

double run_candor(const recognise::Recogniser& recogniser, ByteView bytes) {
  const auto start = std::chrono::steady_clock::now();
  const model::Recognition found = recogniser.search(bytes);
  const double seconds = seconds_since(start);
  for (const model::Hit& hit : found.hits)
    fmt::print("  false alarm: {} {} {} {} bytes\n", text(hit.kind), hit.document, printable(hit.what),
               hit.length);
  return seconds;
}

long peak_mebibytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

void compare(std::size_t megabytes, std::size_t tokens) {
  const World world = world_with(tokens);
  const long before = peak_mebibytes();
  const auto start = std::chrono::steady_clock::now();
  const recognise::Recogniser recogniser(world.manifest, world.files);
  fmt::print("seed {}, {} tokens in {} documents; made ready in {:.2f} s, {} MiB\n", kSeed,
             world.tokens.size(), world.files.size(), seconds_since(start), peak_mebibytes() - before);
  const fs::path folder = fs::temp_directory_path() / fmt::format("candor-bench-{}", ::getpid());
  fs::create_directories(folder);
  const fs::path rules = write_rules(folder, world.tokens);
  std::ofstream(folder / "empty").put('\0');
  const double yara_start = run_yara(rules, folder / "empty");
  double candor_total = 0;
  double yara_total = 0;
  const std::vector<Sort> mix = make_mix(megabytes * 1000000, kSeed);
  const double size = static_cast<double>(megabytes);
  fmt::print("{:12} {:>12} {:>12} {:>7}\n", "sort", "candor MB/s", "yara MB/s", "ratio");
  for (const Sort& sort : mix) {
    const fs::path input = folder / sort.name;
    std::ofstream(input, std::ios::binary)
        .write(reinterpret_cast<const char*>(sort.bytes.data()),
               static_cast<std::streamsize>(sort.bytes.size()));
    const double yara = run_yara(rules, input) - yara_start;
    const double candor = run_candor(recogniser, sort.bytes);
    fmt::print("{:12} {:12.0f} {:12.0f} {:7.2f}\n", sort.name, size / candor, size / yara, yara / candor);
    std::fflush(stdout);
    candor_total += candor;
    yara_total += yara;
  }
  fs::remove_all(folder);
  const double all = size * static_cast<double>(mix.size());
  fmt::print("peak memory {} MiB, of which {} MiB are the mix\n", peak_mebibytes(),
             static_cast<long>(all * kMega / 1048576));
  fmt::print("recognise: {:.0f} MB/s (yara {:.0f} MB/s, ratio {:.2f})\n", all / candor_total,
             all / yara_total, yara_total / candor_total);
}

/// Files one by one, without YARA: for profiling, and for looking for false alarms.
void search_files(const std::vector<std::string>& paths, std::size_t tokens) {
  const World world = world_with(tokens);
  const recognise::Recogniser recogniser(world.manifest, world.files);
  for (const std::string& path : paths) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    const double seconds = run_candor(recogniser, as_bytes(bytes));
    fmt::print("{}: {:.0f} MB/s\n", path, static_cast<double>(bytes.size()) / kMega / seconds);
  }
}

}  // namespace

}  // namespace candor::bench

int main(int argc, char** argv) {
  std::size_t megabytes = 32;
  std::size_t tokens = 50;
  for (int i = 1; i + 1 < argc && std::string(argv[1]) != "--search"; i += 2) {
    if (std::string(argv[i]) == "--megabytes") megabytes = std::stoul(argv[i + 1]);
    if (std::string(argv[i]) == "--tokens") tokens = std::stoul(argv[i + 1]);
  }
  try {
    if (argc > 2 && std::string(argv[1]) == "--search")
      return candor::bench::search_files({argv + 2, argv + argc}, tokens), 0;
    candor::bench::compare(megabytes, tokens);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench recognise: {}\n", error.what());
    return 2;
  }
}
