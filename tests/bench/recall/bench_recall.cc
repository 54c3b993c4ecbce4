// SPDX-License-Identifier: Apache-2.0
//
// How much of what was hidden is found: a piece of a planted document with a canary in it, under a random
// stack of encodings, containers and changes, at a random place in random or real bytes, whole or in chunks.
// Every case is made from its seed alone, so that one that was missed can be made again: bench_recall --case
// SEED.
//
// usage: bench_recall [--cases N] [--depth N] [--case SEED]
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "base/error.h"
#include "document/generate.h"
#include "mix.h"
#include "recognise/recogniser.h"
#include "support/disguise/disguise.h"

namespace candor::bench {

namespace {

using recognise::test::Disguise;
using recognise::test::Random;
using recognise::test::Text;

constexpr std::uint64_t kFirstSeed = 1;
constexpr std::size_t kSinglesEach = 100;

struct World {
  World() {
    model::DocumentSpec spec{
        .id = "memo", .format = "txt", .marking = "us/top-secret", .folder = "/home/alex"};
    spec.count = 10;
    planted = document::generate({{"memo", spec}}, Seed(20171023));
    for (const document::Planted& each : planted) {
      manifest.documents.push_back(each.document);
      files.push_back({each.document.id, each.content, as_bytes(each.text)});
    }
  }
  std::vector<document::Planted> planted;
  model::Manifest manifest;
  std::vector<recognise::PlantedContent> files;
};

struct Kind {
  Disguise disguise;
  bool change = false;
};

struct Case {
  std::uint64_t seed = 0;
  std::string stack;
  Text surface;
  std::string token;
  bool in_scope = true;
};

bool is_ascii(const Text& text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return (c >= 0x20 && c < 0x7f) || c == '\n' || c == '\r' || c == '\t';
  });
}

/// Formats without a mark of their own are known at the begin of a message, a member or a decoded run only.
bool needs_begin(const std::string& name) {
  return name == "raw deflate" || name == "brotli" || name == "protobuf" || name == "cbor" ||
         name == "msgpack" || name == "messagepack";
}

class Cases {
 public:
  explicit Cases(const World& world) : world_(world), mix_(make_mix(2'000'000, 1)) {
    for (const Disguise& disguise : recognise::test::disguises()) kinds_.push_back({disguise, false});
    for (const Disguise& disguise : recognise::test::change_disguises()) kinds_.push_back({disguise, true});
  }

  [[nodiscard]] const std::vector<Kind>& kinds() const { return kinds_; }

  [[nodiscard]] Case make(std::uint64_t seed, std::size_t deepest, const Kind* only = nullptr) const {
    Random random(seed * 0x9e3779b97f4a7c15U + 1);
    Case made{.seed = seed};
    Text text = piece(random, made);
    const std::size_t depth = only != nullptr ? 1 : 1 + random() % deepest;
    const Kind* last = nullptr;
    for (std::size_t i = 0; i < depth; ++i) {
      const Kind* kind = only != nullptr ? only : pick(random, text);
      if (kind->change && i > 0)
        made.in_scope = made.in_scope && changes_may_cover(kind->disguise.name, made.stack);
      text = kind->disguise.apply(text);
      made.stack = kind->disguise.name + (made.stack.empty() ? "" : " < " + made.stack);
      last = kind;
    }
    const bool at_begin = needs_begin(last->disguise.name);
    const Text before = at_begin ? "" : surroundings(random);
    made.surface = before + text + (at_begin ? "" : surroundings(random));
    return made;
  }

 private:
  /// A change hides the marks of what is under it. It is seen through where a document's bytes are under it,
  /// as they are or in an encoding that keeps them together; and where it is the same for all bytes, and the
  /// only one.
  static bool changes_may_cover(const std::string& change, const std::string& under) {
    if (change == "xor 1 to 32 bytes") return false;
    if (under.find("xor") != under.npos || under.find("addition") != under.npos ||
        under.find("reversed") != under.npos || under.find("nibbles") != under.npos ||
        under.find("inverted") != under.npos || under.find("rotated") != under.npos)
      return false;
    return change != "xor 1 to 11 bytes" || under == "base64" || under == "hex" || under == "utf-16le";
  }

  [[nodiscard]] Text piece(Random& random, Case& made) const {
    const document::Planted& planted = world_.planted[random() % world_.planted.size()];
    const auto& canaries = planted.document.canaries;
    const Text content(as_text(planted.content));
    for (;;) {
      const std::string& token = canaries[random() % canaries.size()].token;
      const std::size_t at = content.find(token);
      if (at == Text::npos) continue;
      made.token = token;
      const std::size_t before = std::min<std::size_t>(at, 30 + random() % 400);
      return content.substr(at - before, before + token.size() + 30 + random() % 400);
    }
  }

  [[nodiscard]] const Kind* pick(Random& random, const Text& text) const {
    const bool ascii = is_ascii(text);
    for (;;) {
      const Kind& kind = kinds_[random() % kinds_.size()];
      if (!kind.disguise.text_only || ascii) return &kind;
    }
  }

  [[nodiscard]] Text surroundings(Random& random) const {
    const std::size_t size = random() % 3000;
    const Bytes& bytes = mix_[random() % mix_.size()].bytes;
    const std::size_t at = random() % (bytes.size() - size);
    return Text(as_text(ByteView(bytes).subspan(at, size)));
  }

  const World& world_;
  std::vector<Sort> mix_;
  std::vector<Kind> kinds_;
};

bool found_in(const recognise::Recogniser& recogniser, const Case& made) {
  const model::Recognition found = recogniser.search(as_bytes(made.surface));
  return std::any_of(found.hits.begin(), found.hits.end(),
                     [&](const model::Hit& hit) { return hit.what == made.token; });
}

void show(const recognise::Recogniser& recogniser, const Case& made) {
  fmt::print("seed {}: {} bytes, {}, token {}, {}\n", made.seed, made.surface.size(), made.stack, made.token,
             made.in_scope ? "in scope" : "not in scope");
  const auto print_chain = [](const std::vector<model::DecodeStep>& chain) {
    for (const model::DecodeStep& step : chain)
      fmt::print(" {}@{}+{}={}", step.decoder, step.offset, step.length, step.produced);
    fmt::print("\n");
  };
  const model::Recognition found = recogniser.search(as_bytes(made.surface));
  for (const model::Hit& hit : found.hits) {
    fmt::print("  {} {} at {}:", text(hit.kind), printable(hit.what), hit.offset);
    print_chain(hit.chain);
  }
  for (const model::NotLookedInto& hidden : found.not_looked_into) {
    fmt::print("  not looked into, {} ({} bytes):", hidden.reason, hidden.bytes);
    print_chain(hidden.chain);
  }
  fmt::print("  {} bytes opaque\n", found.opaque);
}

int run(std::size_t count, std::size_t depth, std::uint64_t only) {
  const World world;
  const recognise::Recogniser recogniser(world.manifest, world.files);
  const Cases cases(world);
  if (only != 0) return show(recogniser, cases.make(only, depth)), 0;
  fmt::print("single layers, {} cases each:\n", kSinglesEach);
  std::size_t missed_singles = 0;
  for (const Kind& kind : cases.kinds()) {
    std::size_t found = 0;
    for (std::size_t i = 0; i < kSinglesEach; ++i)
      found += found_in(recogniser, cases.make(kFirstSeed + i, 1, &kind)) ? 1 : 0;
    missed_singles += kSinglesEach - found;
    fmt::print("  {:24} {:3} %\n", kind.disguise.name, found * 100 / kSinglesEach);
    std::fflush(stdout);
  }
  std::size_t in_scope = 0;
  std::size_t found_in_scope = 0;
  std::size_t found_beyond = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const Case made = cases.make(kFirstSeed + i, depth);
    const bool found = found_in(recogniser, made);
    in_scope += made.in_scope ? 1 : 0;
    (made.in_scope ? found_in_scope : found_beyond) += found ? 1 : 0;
    if (made.in_scope && !found) fmt::print("missed: seed {}: {}\n", made.seed, made.stack);
  }
  const auto percent = [](std::size_t part, std::size_t whole) {
    return whole == 0 ? 100.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  };
  fmt::print("seeds {} to {}, stacks of up to {}: {} in scope, {} found; beyond it {} of {} found\n",
             kFirstSeed, kFirstSeed + count - 1, depth, in_scope, found_in_scope, found_beyond,
             count - in_scope);
  fmt::print("recall: {:.2f} % (all cases {:.2f} %, ratio {:.4f})\n", percent(found_in_scope, in_scope),
             percent(found_in_scope + found_beyond, count), percent(found_in_scope, in_scope) / 100);
  return missed_singles == 0 && percent(found_in_scope, in_scope) >= 99.9 ? 0 : 1;
}

}  // namespace

}  // namespace candor::bench

int main(int argc, char** argv) {
  std::size_t cases = 10'000;
  std::size_t depth = 4;
  std::uint64_t only = 0;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    if (option == "--cases") cases = std::stoul(argv[i + 1]);
    if (option == "--depth") depth = std::stoul(argv[i + 1]);
    if (option == "--case") only = std::stoull(argv[i + 1]);
  }
  try {
    return candor::bench::run(cases, depth, only);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench recall: {}\n", error.what());
    return 2;
  }
}
