// SPDX-License-Identifier: Apache-2.0
//
// How much of what was hidden is found: a piece of a planted document with a canary in it, under a random
// stack of encodings, containers and changes, at a random place in random or real bytes, whole or in chunks:
// one case in four is cut up, each chunk is disguised by itself, and they come shuffled, together or one by
// one. A case is found if something in it is recognised as that document's, and by its token if the canary
// itself is; of one layer alone the token must be found. Every case is made from its seed alone, so that one
// that was missed can be made again: bench_recall
// --case SEED.
//
// usage: bench_recall [--cases N] [--first SEED] [--singles N] [--depth N] [--guesses MiB] [--case SEED]
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

struct Options {
  std::size_t cases = 10'000;
  std::uint64_t first = 1;
  std::size_t singles = 100;  ///< Of each kind.
  std::size_t depth = 4;
  std::uint64_t only = 0;
  std::size_t guesses = recognise::Limits{}.guessed_output >> 20;  ///< Budget of guesses, in MiB.
};

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
  std::vector<Text> surfaces;
  std::string token;
  std::string document;
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

bool has_unknown_key(const std::string& name) {
  return name == "xor 1 to 11 bytes" || name == "xor 1 to 32 bytes" || name == "own base64" ||
         name == "own base32";
}

/// An unknown key of several bytes, or an unknown alphabet, is seen through where known bytes stand under it:
/// a document's own, or those of a canary in an encoding that keeps them together. Over bytes that no one
/// knows, as packing makes them, it cannot be told from noise.
bool can_be_told(const std::string& change, const std::string& under, const Text& plain) {
  if (!has_unknown_key(change) || under.empty()) return true;
  if (change == "own base64" || change == "own base32") return under == "utf-16le";
  const bool known = under == "base64" || under == "hex" || under == "utf-16le";
  return recognise::test::key_length(change, plain) == 1 || (change == "xor 1 to 11 bytes" && known);
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
    const Text text = piece(random, made);
    const bool cut = only == nullptr && random() % 4 == 0;
    const std::vector<const Kind*> kinds = stack(random, text, only, deepest, cut);
    std::vector<Text> chunks = cut ? cut_up(random, text, made.token) : std::vector<Text>{text};
    for (Text& chunk : chunks) chunk = disguised(chunk, kinds, made);
    made.stack += cut ? fmt::format(", in {} chunks", chunks.size()) : "";
    std::shuffle(chunks.begin(), chunks.end(), random);
    const bool at_begin = needs_begin(kinds.back()->disguise.name);
    const bool together = !at_begin && random() % 2 == 0;
    for (const Text& chunk : chunks) {
      if (made.surfaces.empty() || !together)
        made.surfaces.emplace_back(at_begin ? "" : surroundings(random));
      made.surfaces.back() += chunk + (at_begin ? "" : surroundings(random));
    }
    return made;
  }

 private:
  /// From the inside out. Keys that only a whole piece can tell are not put on chunks.
  [[nodiscard]] std::vector<const Kind*> stack(Random& random, Text text, const Kind* only,
                                               std::size_t deepest, bool cut) const {
    if (only != nullptr) return {only};
    std::vector<const Kind*> kinds;
    const std::size_t depth = 1 + random() % deepest;
    while (kinds.size() < depth) {
      const Kind* kind = pick(random, text);
      if (cut && has_unknown_key(kind->disguise.name)) continue;
      text = kind->disguise.apply(text);
      kinds.push_back(kind);
    }
    return kinds;
  }

  static Text disguised(Text text, const std::vector<const Kind*>& kinds, Case& made) {
    made.stack.clear();
    for (const Kind* kind : kinds) {
      made.in_scope = made.in_scope && can_be_told(kind->disguise.name, made.stack, text);
      text = kind->disguise.apply(text);
      made.stack = kind->disguise.name + (made.stack.empty() ? "" : " < " + made.stack);
    }
    return text;
  }

  /// Up to seven chunks of at least 40 bytes, one of which holds the token.
  static std::vector<Text> cut_up(Random& random, const Text& text, const std::string& token) {
    constexpr std::size_t kShortest = 40;
    const std::size_t begin = text.find(token);
    std::vector<Text> chunks;
    std::size_t from = 0;
    while (chunks.size() < 6 && from + 2 * kShortest <= text.size()) {
      const std::size_t at = from + kShortest + random() % (text.size() - from - 2 * kShortest + 1);
      if (at > begin && at < begin + token.size()) break;
      chunks.push_back(text.substr(from, at - from));
      from = at;
    }
    chunks.push_back(text.substr(from));
    return chunks;
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
      made.document = planted.document.id;
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

/// What of a case was found.
struct Found {
  bool document = false;  ///< That something of the document left: its canary, or its text.
  bool token = false;     ///< The very canary.
};

Found found_in(const recognise::Recogniser& recogniser, const Case& made) {
  Found found;
  for (const Text& surface : made.surfaces)
    for (const model::Hit& hit : recogniser.search(as_bytes(surface)).hits) {
      found.token = found.token || hit.what == made.token;
      found.document = found.document || hit.document == made.document;
    }
  return found;
}

void show(const recognise::Recogniser& recogniser, const Case& made) {
  fmt::print("seed {}: {}, token {}, {}\n", made.seed, made.stack, made.token,
             made.in_scope ? "in scope" : "not in scope");
  const auto print_chain = [](const std::vector<model::DecodeStep>& chain) {
    for (const model::DecodeStep& step : chain)
      fmt::print(" {}@{}+{}={}", printable(step.decoder), step.offset, step.length, step.produced);
    fmt::print("\n");
  };
  for (const Text& surface : made.surfaces) {
    const model::Recognition found = recogniser.search(as_bytes(surface));
    for (const model::Hit& hit : found.hits) {
      fmt::print("  {} {} at {}:", text(hit.kind), printable(hit.what), hit.offset);
      print_chain(hit.chain);
    }
    for (const model::NotLookedInto& hidden : found.not_looked_into) {
      fmt::print("  not looked into, {} ({} bytes):", hidden.reason, hidden.bytes);
      print_chain(hidden.chain);
    }
    fmt::print("  {} of {} bytes opaque\n", found.opaque, surface.size());
  }
}

double percent(std::size_t part, std::size_t whole) {
  return whole == 0 ? 100.0 : 100.0 * static_cast<double>(part) / static_cast<double>(whole);
}

struct Totals {
  std::size_t cases = 0;
  std::size_t documents = 0;
  std::size_t tokens = 0;
  void add(const Found& found) {
    ++cases;
    documents += found.document ? 1 : 0;
    tokens += found.token ? 1 : 0;
  }
};

/// How many were missed.
std::size_t run_singles(const recognise::Recogniser& recogniser, const Cases& cases, const Options& options) {
  if (options.singles == 0) return 0;
  fmt::print("single layers, {} cases each, from seed {}:\n", options.singles, options.first);
  std::size_t missed = 0;
  for (const Kind& kind : cases.kinds()) {
    std::size_t found = 0;
    for (std::size_t i = 0; i < options.singles; ++i) {
      const bool hit = found_in(recogniser, cases.make(options.first + i, 1, &kind)).token;
      if (!hit) fmt::print("  missed: seed {}\n", options.first + i);
      found += hit ? 1 : 0;
    }
    missed += options.singles - found;
    fmt::print("  {:24} {:.1f} %\n", kind.disguise.name, percent(found, options.singles));
    std::fflush(stdout);
  }
  return missed;
}

int run(const Options& options) {
  const World world;
  recognise::Limits limits;
  limits.guessed_output = options.guesses << 20;
  const recognise::Recogniser recogniser(world.manifest, world.files, limits);
  const Cases cases(world);
  if (options.only != 0) return show(recogniser, cases.make(options.only, options.depth)), 0;
  const std::size_t missed_singles = run_singles(recogniser, cases, options);
  Totals in_scope;
  Totals beyond;
  for (std::size_t i = 0; i < options.cases; ++i) {
    const Case made = cases.make(options.first + i, options.depth);
    const Found found = found_in(recogniser, made);
    (made.in_scope ? in_scope : beyond).add(found);
    if (made.in_scope && !found.token)
      fmt::print("{}: seed {}: {}\n", found.document ? "token missed" : "missed", made.seed, made.stack);
    if (i % 64 == 0) std::fflush(stdout);
  }
  fmt::print(
      "seeds {} to {}, stacks of up to {}: {} in scope, {} found, {} of them by the very token; beyond it "
      "{}, "
      "found {}\n",
      options.first, options.first + options.cases - 1, options.depth, in_scope.cases, in_scope.documents,
      in_scope.tokens, beyond.cases, beyond.documents);
  const double recall = percent(in_scope.documents, in_scope.cases);
  fmt::print("recall: {:.2f} % (by token {:.2f} %, ratio {:.4f})\n", recall,
             percent(in_scope.tokens, in_scope.cases), recall / 100);
  return missed_singles == 0 && recall >= 99.9 ? 0 : 1;
}

}  // namespace

}  // namespace candor::bench

int main(int argc, char** argv) {
  candor::bench::Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string option = argv[i];
    if (option == "--cases") options.cases = std::stoul(argv[i + 1]);
    if (option == "--first") options.first = std::stoull(argv[i + 1]);
    if (option == "--singles") options.singles = std::stoul(argv[i + 1]);
    if (option == "--depth") options.depth = std::stoul(argv[i + 1]);
    if (option == "--guesses") options.guesses = std::stoul(argv[i + 1]);
    if (option == "--case") options.only = std::stoull(argv[i + 1]);
  }
  try {
    return candor::bench::run(options);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench recall: {}\n", error.what());
    return 2;
  }
}
