// SPDX-License-Identifier: Apache-2.0
//
// How often the recogniser takes foreign bytes for something of planted documents, and how fast it looks
// through them: 50 canaries in documents of all formats, against files, packages and random bytes. Time is
// this thread's processor time, so that other work on the machine does not count.
//
// Exits with 1 if a canary, name, path, digest or whole file was recognised, or more fragments than the
// bound: in ten gigabytes of text other people wrote, phrases of four or five common words may stand that
// also stand in a document. Documents here are made of common words with short phrases between; what is
// counted is text of kLongestChance bytes at most, kMostChances of them in a gigabyte.
//
// usage: bench_foreign [--gigabytes N] [--seed N] [--tokens N]
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "document/generate.h"
#include "recognise/recogniser.h"
#include "surfaces.h"

namespace candor::bench {

namespace {

constexpr std::size_t kLongestChance = 40;
constexpr double kMostChances = 1;
constexpr std::uint64_t kDocuments = 20171023;  ///< Their seed.

struct Options {
  double gigabytes = 10;
  std::uint64_t seed = 1;
  std::size_t tokens = 50;
};

struct World {
  std::vector<document::Planted> planted;
  model::Manifest manifest;
  std::vector<recognise::PlantedContent> files;
  std::vector<document::Planted> forms;
  std::vector<ByteView> boilerplate;  ///< As a run has it, but for its scenario.
  std::size_t tokens = 0;
};

/// A document of each format; of their canaries the first ones, evenly.
World make_world(std::size_t tokens) {
  World world;
  std::map<std::string, model::DocumentSpec> specs;
  for (const std::string_view format : document::formats())
    specs[std::string(format)] = {.id = std::string(format),
                                  .format = std::string(format),
                                  .marking = "us/top-secret",
                                  .folder = "/home/marlowe/papers"};
  world.planted = document::generate(specs, Seed(kDocuments));
  const std::size_t each =
      std::max<std::size_t>(1, (tokens + world.planted.size() - 1) / world.planted.size());
  for (document::Planted& file : world.planted) {
    auto& canaries = file.document.canaries;
    canaries.resize(std::min({canaries.size(), each, tokens - world.tokens}));
    world.tokens += canaries.size();
    world.manifest.documents.push_back(file.document);
    world.files.push_back({file.document.id, file.content, as_bytes(file.text)});
  }
  world.manifest.identities = {
      {"user", "marlowe"}, {"host", "marlowe-ws-0417"}, {"machine id", "5f0c8b1e9d7a4c6293be10f4a8d2c7e6"}};
  world.manifest.seed = kDocuments;
  world.forms = document::forms(world.manifest);
  for (const document::Planted& form : world.forms) {
    world.boilerplate.emplace_back(form.content);
    world.boilerplate.push_back(as_bytes(form.text));
  }
  return world;
}

struct Tally {
  std::uint64_t bytes = 0;
  std::uint64_t searched = 0;
  std::uint64_t surfaces = 0;
  double seconds = 0;
  std::map<model::HitKind, std::uint64_t> hits;
};

void show(const Surface& surface, const model::Hit& hit) {
  std::string chain;
  for (const model::DecodeStep& step : hit.chain)
    chain += fmt::format(" > {} at {} ({} bytes)", printable(step.decoder), step.offset, step.length);
  fmt::print("  {}: {} of {}: '{}' ({}, {} bytes at {}){}\n", printable(surface.name), text(hit.kind),
             hit.document, printable(hit.what), printable(hit.place), hit.length, hit.offset, chain);
  std::fflush(stdout);
}

class Bench {
 public:
  explicit Bench(const Options& options)
      : options_(options),
        world_(make_world(options.tokens)),
        recogniser_(world_.manifest, world_.files, {}, world_.boilerplate) {}

  int run() {
    fmt::print("{} tokens in {} documents, seed {}\n", world_.tokens, world_.files.size(), options_.seed);
    const ReadingCost reading = for_each_surface(
        {.bytes = static_cast<std::uint64_t>(options_.gigabytes * 1e9), .seed = options_.seed},
        [this](const Surface& surface) { search(surface); });
    print_table();
    const double speed = static_cast<double>(all_.bytes) / 1e6 / all_.seconds;
    const double anchor = static_cast<double>(reading.bytes) / 1e6 / reading.seconds;
    fmt::print("foreign: {:.0f} MB/s (reading and SHA-256 {:.0f} MB/s, ratio {:.3f})\n", speed, anchor,
               speed / anchor);
    return alarms_ > 0 || static_cast<double>(chances_) > kMostChances * std::max(1.0, options_.gigabytes)
               ? 1
               : 0;
  }

 private:
  void search(const Surface& surface) {
    const double start = thread_seconds();
    const model::Recognition found = recogniser_.search(surface.bytes);
    const double seconds = thread_seconds() - start;
    for (Tally* tally : {&by_sort_[surface.sort], &all_}) {
      tally->bytes += surface.bytes.size();
      tally->searched += found.searched;
      tally->surfaces += 1;
      tally->seconds += seconds;
      for (const model::Hit& hit : found.hits) ++tally->hits[hit.kind];
    }
    for (const model::Hit& hit : found.hits) {
      const bool chance = hit.kind == model::HitKind::fragment && hit.end - hit.begin <= kLongestChance;
      ++(chance ? chances_ : alarms_);
      show(surface, hit);
    }
    if (all_.bytes / 500'000'000 > told_) {
      told_ = all_.bytes / 500'000'000;
      fmt::print(stderr, "{:.1f} GB, {} alarms, {} fragments by chance\n",
                 static_cast<double>(all_.bytes) / 1e9, alarms_, chances_);
    }
  }

  void print_table() const {
    using enum model::HitKind;
    fmt::print("{:9} {:>9} {:>9} {:>9} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>6} {:>9}\n", "sort",
               "surfaces", "MB", "MB inside", "MB/s", "files", "tokens", "names", "paths", "ids", "hashes",
               "fuzzy", "fragments");
    for (const Sort sort : kSorts)
      if (const auto found = by_sort_.find(sort); found != by_sort_.end())
        print_row(text(sort), found->second);
    print_row("all", all_);
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    fmt::print(
        "'MB inside': bytes of all layers searched. Fragments of at most {} bytes: {}, bound {:.0f}. Peak "
        "memory "
        "{} MiB, of which 64 are the surface and 64 its copy in the making.\n",
        kLongestChance, chances_, kMostChances * std::max(1.0, options_.gigabytes), usage.ru_maxrss / 1024);
  }

  static void print_row(const char* sort, const Tally& tally) {
    using enum model::HitKind;
    const auto count = [&tally](model::HitKind kind) {
      const auto found = tally.hits.find(kind);
      return found == tally.hits.end() ? 0 : found->second;
    };
    fmt::print("{:9} {:9} {:9.0f} {:9.0f} {:6.1f} {:6} {:6} {:6} {:6} {:6} {:6} {:6} {:9}\n", sort,
               tally.surfaces, static_cast<double>(tally.bytes) / 1e6,
               static_cast<double>(tally.searched) / 1e6,
               static_cast<double>(tally.bytes) / 1e6 / tally.seconds, count(whole_file), count(token),
               count(model::HitKind::name), count(path), count(identity), count(hash), count(fuzzy),
               count(fragment));
  }

  Options options_;
  World world_;
  recognise::Recogniser recogniser_;
  std::map<Sort, Tally> by_sort_;
  Tally all_;
  std::uint64_t alarms_ = 0;
  std::uint64_t chances_ = 0;
  std::uint64_t told_ = 0;
};

}  // namespace

}  // namespace candor::bench

int main(int argc, char** argv) {
  candor::bench::Options options;
  try {
    for (int i = 1; i + 1 < argc; i += 2) {
      const std::string name = argv[i];
      if (name == "--gigabytes") options.gigabytes = std::stod(argv[i + 1]);
      if (name == "--seed") options.seed = std::stoull(argv[i + 1]);
      if (name == "--tokens") options.tokens = std::stoul(argv[i + 1]);
    }
    return candor::bench::Bench(options).run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench foreign: {}\n", error.what());
    return 2;
  }
}
