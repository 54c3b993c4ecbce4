// SPDX-License-Identifier: Apache-2.0
#include "recognise/key_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <utility>

namespace candor::recognise::test {
namespace {

using Places = std::vector<std::pair<std::size_t, std::uint32_t>>;

Places places(const KeySet& keys, ByteView bytes) {
  Places found;
  keys.scan(bytes, [&](std::size_t at, std::uint32_t id) { found.emplace_back(at, id); });
  return found;
}

Bytes random_bytes(std::mt19937_64& random, std::size_t size) {
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

TEST(KeySet, FindsAllKeysInOrderAtAllDistancesWithAndWithoutAvx2) {
  std::mt19937_64 random(1);
  std::vector<KeySet::Entry> entries;
  for (std::uint32_t id = 0; id < 20'000; ++id) entries.push_back({.key = random(), .id = id});
  Bytes layer;
  Places expected;
  for (std::size_t i = 0; i < entries.size(); i += 7) {
    const Bytes between = random_bytes(random, i % 41);
    layer.insert(layer.end(), between.begin(), between.end());
    expected.emplace_back(layer.size(), entries[i].id);
    Bytes key(KeySet::kKeySize);
    std::memcpy(key.data(), &entries[i].key, key.size());
    layer.insert(layer.end(), key.begin(), key.end());
  }
  KeySet keys(entries);
  EXPECT_EQ(places(keys, layer), expected);
  keys.use_portable_code();
  EXPECT_EQ(places(keys, layer), expected);
}

TEST(KeySet, FindsEqualKeysOfDifferentEntriesAndOverlappingOnes) {
  const Bytes layer = {1, 2, 3, 4, 5, 6, 7, 8, 9};
  const KeySet keys({{.key = KeySet::key_at(layer.data()), .id = 4},
                     {.key = KeySet::key_at(layer.data() + 1), .id = 5},
                     {.key = KeySet::key_at(layer.data() + 1), .id = 6}});
  EXPECT_THAT(places(keys, layer),
              testing::UnorderedElementsAre(std::pair(0, 4), std::pair(1, 5), std::pair(1, 6)));
}

TEST(KeySet, NeverReadsPastTheEnd) {
  std::mt19937_64 random(2);
  const KeySet keys({{.key = random(), .id = 0}});
  for (std::size_t size = 0; size < 600; ++size) {
    const Bytes layer = random_bytes(random, size);  // Of just that size, for the address sanitizer.
    EXPECT_TRUE(places(keys, layer).empty());
  }
}

}  // namespace
}  // namespace candor::recognise::test
