// SPDX-License-Identifier: Apache-2.0
//
// How fast the recogniser searches foreign bytes with everything on, against YARA with the same tokens as
// `ascii wide xor base64 base64wide`, both on one core, in one run, on the same bytes.
//
// usage: bench_recognise [--megabytes N] [--tokens N]
//        bench_recognise --search FILE...
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/hash.h"
#include "costs.h"
#include "document/generate.h"
#include "mix.h"
#include "recognise/recogniser.h"

namespace candor::bench {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kSeed = 20171023;
constexpr double kMega = 1e6;

/// Of all children that have ended.
double children_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / kMega;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
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

/// Children's processor seconds of a command.
double seconds_of_command(const std::string& command) {
  const double before = children_seconds();
  if (std::system(command.c_str()) != 0) throw Error("yara failed; is it installed? command: " + command);
  return children_seconds() - before;
}

/// YARA with compiled rules for these tokens.
class Yara {
 public:
  Yara(const fs::path& folder, const std::vector<std::string>& tokens)
      : rules_(folder / "tokens.yarc"), list_(folder / "list"), empty_(folder / "empty") {
    const fs::path source = folder / "tokens.yar";
    std::ofstream file(source);
    file << "rule tokens {\n  strings:\n";
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      file << fmt::format("    $x{} = \"{}\" ascii wide xor\n", i, tokens[i]);
      file << fmt::format("    $b{} = \"{}\" base64 base64wide\n", i, tokens[i]);
    }
    file << "  condition: any of them\n}\n";
    file.close();
    seconds_of_command(fmt::format("yarac -w '{}' '{}'", source.string(), rules_.string()));
    std::ofstream(empty_).put('\0');
    scan(empty_, 1);  // The first start reads the program from disk.
    start_ = scan(empty_, 1);
    for (int i = 0; i < 4; ++i) start_ = std::min(start_, scan(empty_, 1));
  }

  /// For one search of that file. It is searched as often as makes YARA's start, which is subtracted and
  /// differs from start to start, small beside the rest.
  double seconds(const fs::path& input) {
    constexpr std::uintmax_t kEnough = 128'000'000;
    const std::uintmax_t times = kEnough / std::max<std::uintmax_t>(fs::file_size(input), 1) + 1;
    return (scan(input, times) - start_) / static_cast<double>(times);
  }

 private:
  double scan(const fs::path& input, std::uintmax_t times) {
    std::ofstream list(list_);
    for (std::uintmax_t i = 0; i < times; ++i) list << input.string() << '\n';
    list.close();
    return seconds_of_command(
        fmt::format("yara --threads=1 --no-warnings --compiled-rules --scan-list '{}' '{}' > /dev/null",
                    rules_.string(), list_.string()));
  }

  fs::path rules_;
  fs::path list_;
  fs::path empty_;
  double start_ = 0;
};

struct Searched {
  double seconds = 0;
  double megabytes = 0;  ///< Of all layers.
};

Searched run_candor(const recognise::Recogniser& recogniser, ByteView bytes) {
  const double before = thread_seconds();
  const model::Recognition found = recogniser.search(bytes);
  const double seconds = thread_seconds() - before;
  for (const model::Hit& hit : found.hits)
    fmt::print("  false alarm: {} {} {} {} bytes\n", text(hit.kind), hit.document, printable(hit.what),
               hit.length);
  return {seconds, static_cast<double>(found.searched) / kMega};
}

long peak_mebibytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

void compare(std::size_t megabytes, std::size_t tokens) {
  const World world = world_with(tokens);
  const long before = peak_mebibytes();
  const double start = thread_seconds();
  const recognise::Recogniser recogniser(world.manifest, world.files);
  fmt::print("seed {}, {} tokens in {} documents; made ready in {:.2f} s, {} MiB\n", kSeed,
             world.tokens.size(), world.files.size(), thread_seconds() - start, peak_mebibytes() - before);
  const fs::path folder = fs::temp_directory_path() / fmt::format("candor-bench-{}", ::getpid());
  fs::create_directories(folder);
  Yara peer(folder, world.tokens);
  double candor_total = 0;
  double yara_total = 0;
  const std::vector<Sort> mix = make_mix(megabytes * 1000000, kSeed);
  const double size = static_cast<double>(megabytes);
  fmt::print("{:12} {:>12} {:>12} {:>7} {:>10}\n", "sort", "candor MB/s", "yara MB/s", "ratio", "layers");
  for (const Sort& sort : mix) {
    const fs::path input = folder / sort.name;
    std::ofstream(input, std::ios::binary)
        .write(reinterpret_cast<const char*>(sort.bytes.data()),
               static_cast<std::streamsize>(sort.bytes.size()));
    const double yara = peer.seconds(input);
    const auto [candor, layers] = run_candor(recogniser, sort.bytes);
    fmt::print("{:12} {:12.0f} {:12.0f} {:7.2f} {:10.1f}\n", sort.name, size / candor, size / yara,
               yara / candor, layers / size);
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

long resident_mebibytes() {
  std::ifstream status("/proc/self/statm");
  long all = 0;
  long resident = 0;
  status >> all >> resident;
  return resident * ::sysconf(_SC_PAGESIZE) / 1048576;
}

double seconds_for(const recognise::Recogniser& recogniser, const std::vector<Sort>& mix) {
  double seconds = 0;
  for (const Sort& sort : mix) seconds += run_candor(recogniser, sort.bytes).seconds;
  return seconds;
}

/// The same mix for few and many tokens, and more of it for the same tokens: time is to grow with bytes
/// alone.
void chart() {
  constexpr std::size_t kEach = 2;  // MB of each sort.
  const std::vector<Sort> mix = make_mix(kEach * 1000000, kSeed);
  const double size = static_cast<double>(kEach * mix.size());
  fmt::print("{:>7} {:>10} {:>12} {:>8} {:>12}\n", "tokens", "documents", "made ready s", "MB/s",
             "resident MiB");
  for (const std::size_t tokens : {10U, 50U, 1000U, 10000U}) {
    const World world = world_with(tokens);
    const double start = thread_seconds();
    const recognise::Recogniser recogniser(world.manifest, world.files);
    const double ready = thread_seconds() - start;
    const double seconds = seconds_for(recogniser, mix);
    fmt::print("{:7} {:10} {:12.2f} {:8.1f} {:12}\n", world.tokens.size(), world.files.size(), ready,
               size / seconds, resident_mebibytes());
    std::fflush(stdout);
  }
  const World world = world_with(50);
  const recognise::Recogniser recogniser(world.manifest, world.files);
  double once = 0;
  for (const std::size_t times : {1U, 2U, 4U}) {
    const double seconds = seconds_for(recogniser, make_mix(times * kEach * 1000000, kSeed));
    if (times == 1) once = seconds;
    fmt::print("{}x the bytes: {:.2f} s, {:.2f}x the time\n", times, seconds, seconds / once);
  }
}

void print_costs() {
  constexpr std::size_t kEach = 4;  // MB of each sort.
  const World world = world_with(50);
  const std::vector<Sort> mix = make_mix(kEach * 1000000, kSeed);
  print_costs_of_stages(world.manifest, world.files, mix);
  print_costs_of_steps(world.manifest, world.files, mix);
}

/// Files one by one, without YARA: for profiling, and for looking for false alarms.
void search_files(const std::vector<std::string>& paths, std::size_t tokens) {
  const World world = world_with(tokens);
  const recognise::Recogniser recogniser(world.manifest, world.files);
  for (const std::string& path : paths) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    const auto [seconds, layers] = run_candor(recogniser, as_bytes(bytes));
    const double size = static_cast<double>(bytes.size()) / kMega;
    fmt::print("{}: {:.1f} MB/s, of all layers {:.1f} MB/s\n", path, size / seconds, layers / seconds);
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
    candor::bench::chart();
    candor::bench::print_costs();
    candor::bench::compare(megabytes, tokens);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench recognise: {}\n", error.what());
    return 2;
  }
}
