// SPDX-License-Identifier: Apache-2.0
//
// bench_digests [FILE...]: nanoseconds of processor time a byte to look for all digests of 50 documents, in
// bytes of several kinds and in the files given, beside Vectorscan looking for the first eight bytes of 2000
// of them: it takes minutes to compile all. The best of several rounds counts. The map of a layer is not in
// it: all decoders share it.
#include <ctime>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"
#include "recognise/decoder.h"
#include "recognise/digest_index.h"
#include "recognise/digests.h"
#include "recognise/fuzzy.h"
#include "recognise/matcher.h"

namespace {

using namespace candor;
using namespace candor::recognise;

constexpr int kRounds = 5;
constexpr std::size_t kDocuments = 50;
constexpr std::size_t kMembers = 6;
constexpr std::size_t kAnchorKeys = 2000;
constexpr std::size_t kSurface = 64U << 20;

struct Surface {
  std::string name;
  Bytes bytes;
};

Bytes random_bytes(std::mt19937_64& random, std::size_t size) {
  Bytes bytes(size + 8);
  for (std::size_t i = 0; i < size; i += 8) {
    const std::uint64_t eight = random();
    std::memcpy(&bytes[i], &eight, sizeof eight);
  }
  bytes.resize(size);
  return bytes;
}

/// Letters drawn from `letters`, evenly.
Bytes random_text(std::mt19937_64& random, std::string_view letters, std::size_t size) {
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(letters[random() % letters.size()]);
  return bytes;
}

double processor_time() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

template <typename Work>
double nanoseconds_per_byte(const Bytes& bytes, Work&& work) {
  double best = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    const double begin = processor_time();
    work();
    best = std::min(best, processor_time() - begin);
  }
  return best * 1e9 / static_cast<double>(bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  std::mt19937_64 random(1);
  std::vector<Bytes> contents;
  for (std::size_t i = 0; i < kDocuments * (1 + kMembers); ++i)
    contents.push_back(random_bytes(random, i < kDocuments ? 80'000 : 8'000));
  std::vector<DocumentParts> documents;
  for (std::size_t i = 0; i < kDocuments; ++i) {
    DocumentParts parts{.document = "d" + std::to_string(i),
                        .content = contents[i],
                        .name = "document number " + std::to_string(i) + ".docx",
                        .path = "/home/somebody/documents/document number " + std::to_string(i) + ".docx"};
    for (std::size_t m = 0; m < kMembers; ++m)
      parts.members.push_back({"m" + std::to_string(m), contents[kDocuments + i * kMembers + m]});
    documents.push_back(parts);
  }
  const DigestSet set = digests_of(documents);
  const DigestIndex digests(set);
  const FuzzyIndex fuzzy(documents);
  std::vector<Matcher::Pattern> patterns;
  for (std::size_t i = 0; i < kAnchorKeys; ++i) {
    const ByteView key = set.digests[i * set.digests.size() / kAnchorKeys].bytes().first(8);
    patterns.push_back({.literal = {key.begin(), key.end()}});
  }
  const Matcher anchor(patterns);
  Matcher::Scratch scratch(anchor);
  std::printf("%zu digests, %zu checksums\n", set.digests.size(), set.checksums.size());

  std::vector<Surface> surfaces;
  surfaces.push_back({"random", random_bytes(random, kSurface)});
  surfaces.push_back({"words", random_text(random, "etaoin shrdlu etaoin cmfwyp e n\n", kSurface)});
  surfaces.push_back({"numbers", random_text(random, "0123456789,", kSurface)});
  surfaces.push_back({"hex", random_text(random, "0123456789abcdef", kSurface)});
  surfaces.push_back(
      {"base64",
       random_text(random, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", kSurface)});
  for (int i = 1; i < argc; ++i) surfaces.push_back({argv[i], read_file(argv[i])});
  double ours_random = 0;
  double anchor_random = 0;
  for (const Surface& surface : surfaces) {
    const LayerMap map = map_of(surface.bytes);
    std::size_t hits = 0;
    const double exact =
        nanoseconds_per_byte(surface.bytes, [&] { digests.scan(map, [&](const DigestHit&) { ++hits; }); });
    const double similar =
        nanoseconds_per_byte(surface.bytes, [&] { fuzzy.scan(map, [&](const FuzzyHit&) { ++hits; }); });
    const double vectorscan = nanoseconds_per_byte(
        surface.bytes, [&] { anchor.scan(surface.bytes, scratch, [&](std::size_t, std::size_t) {}); });
    std::printf("%-12s digests %.3f ns, fuzzy %.3f ns, Vectorscan %.3f ns a byte; %zu hits\n",
                surface.name.c_str(), exact, similar, vectorscan, hits);
    if (surface.name != "random") continue;
    ours_random = exact;
    anchor_random = vectorscan;
  }
  std::printf("digests: %.3f ns/byte (Vectorscan %.3f ns/byte, ratio %.2f)\n", ours_random, anchor_random,
              ours_random / anchor_random);
  return 0;
}
