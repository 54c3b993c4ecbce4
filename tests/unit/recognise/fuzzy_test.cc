// SPDX-License-Identifier: Apache-2.0
#include "recognise/fuzzy.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <random>
#include <regex>
#include <sstream>

#include "base/file.h"
#include "recognise/ctph.h"

namespace candor::recognise::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

Bytes random_bytes(std::mt19937_64& random, std::size_t size) {
  Bytes bytes(size);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

Bytes random_words(std::mt19937_64& random, std::size_t size) {
  static constexpr std::array kWords = {"report ", "the ",    "of ",    "minister ", "plan ", "and ",
                                        "river\n", "budget ", "north ", "seven ",    "to ",   "visit "};
  Bytes text;
  while (text.size() < size)
    for (const char* c = kWords[random() % kWords.size()]; *c != 0; ++c)
      text.push_back(static_cast<std::uint8_t>(*c));
  text.resize(size);
  return text;
}

/// Random, wordy, monotonous and mixed files of sizes around those where the algorithm changes its mind.
std::vector<Bytes> samples() {
  std::mt19937_64 random(21);
  std::vector<Bytes> all;
  for (const std::size_t size :
       {1, 6, 7, 8, 50, 191, 192, 193, 500, 3000, 6144, 6145, 20'000, 98'304, 300'000}) {
    all.push_back(random_bytes(random, size));
    all.push_back(random_words(random, size));
    Bytes mixed = random_bytes(random, size / 3);
    mixed.resize(size);
    all.push_back(mixed);
    Bytes period = random_bytes(random, 10);
    while (period.size() < size) period.insert(period.end(), period.begin(), period.begin() + 10);
    all.push_back(period);
  }
  return all;
}

std::vector<std::string> lines_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string output;
  std::array<char, 4096> piece{};
  for (std::size_t got = 0; (got = fread(piece.data(), 1, piece.size(), pipe.get())) > 0;)
    output.append(piece.data(), got);
  std::vector<std::string> lines;
  std::istringstream in(output);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

TEST(Ctph, IsWhatSsdeepPrints) {
  const TempDir folder(std::filesystem::temp_directory_path(), "candor-fuzzy-");
  const std::vector<Bytes> files = samples();
  std::string command = "ssdeep -s";
  for (std::size_t i = 0; i < files.size(); ++i) {
    const std::filesystem::path path = folder.path() / fmt::format("{}", i);
    write_file(path, ByteView(files[i]));
    command += " " + path.string();
  }
  const std::vector<std::string> lines = lines_of(command);
  ASSERT_THAT(lines, SizeIs(files.size() + 1));
  for (std::size_t i = 0; i < files.size(); ++i)
    EXPECT_EQ(text(ctph_of(files[i])), lines[i + 1].substr(0, lines[i + 1].find(','))) << files[i].size();
}

TEST(Ctph, ScoresAsSsdeepDoes) {
  std::mt19937_64 random(22);
  std::vector<Ctph> hashes;
  for (const std::size_t size : {40, 300, 6000, 40'000}) {
    const Bytes file = random_words(random, size);
    for (int round = 0; round < 8; ++round) {
      Bytes changed = file;
      for (int i = 0; i < round; ++i) changed[random() % size] ^= 0x11U;
      if (round % 3 == 1) changed.resize(size - size / 5);
      if (round % 3 == 2) changed.insert(changed.end(), file.begin(), file.end());
      if (round % 4 == 3) changed.insert(changed.begin() + static_cast<std::ptrdiff_t>(size / 2), size, 'x');
      hashes.push_back(ctph_of(changed));
    }
  }
  const TempDir folder(std::filesystem::temp_directory_path(), "candor-fuzzy-");
  const std::filesystem::path list = folder.path() / "list";
  std::ofstream out(list);
  out << "ssdeep,1.1--blocksize:hash:hash,filename\n";
  for (std::size_t i = 0; i < hashes.size(); ++i) out << text(hashes[i]) << ",\"n" << i << "\"\n";
  out.close();
  static const std::regex match(R"(.*:n(\d+) matches .*:n(\d+) \((\d+)\))");
  std::size_t compared = 0;
  std::size_t alike = 0;
  for (const std::string& line : lines_of("ssdeep -s -a -x " + list.string())) {
    std::smatch parts;
    if (!std::regex_match(line, parts, match)) continue;
    const Ctph& a = hashes.at(std::stoul(parts[1]));
    const Ctph& b = hashes.at(std::stoul(parts[2]));
    EXPECT_EQ(score(without_long_runs(a), without_long_runs(b)), std::stoi(parts[3]))
        << text(a) << " " << text(b);
    ++compared;
    if (parts[3] != "0") ++alike;
  }
  EXPECT_GT(compared, 500U);
  EXPECT_GT(alike, 100U);
}

TEST(Ctph, IsReadFromTextAsFarAsItGoes) {
  const Ctph expected{.block_size = 384, .signature = "BnP5259+", .half = "Bn/"};
  for (const char* written : {"384:BnP5259+:Bn/", "384:BnP5259+:Bn/,\"name\"", "384:BnP5259+:Bn/:x"}) {
    const std::optional<CtphInText> found = ctph_at_begin(written);
    ASSERT_TRUE(found) << written;
    EXPECT_EQ(found->hash, expected);
    EXPECT_EQ(found->length, 16U);
  }
  for (const std::string& none :
       {std::string("385:a:b"), std::string("0:a:b"), std::string("384:a"), std::string(":a:b"),
        std::string("99999999999999999999:a:b"), std::string("384:a,b:c"), std::string(),
        "3:" + std::string(65, 'A') + ":b", "3:b:" + std::string(65, 'A')})
    EXPECT_FALSE(ctph_at_begin(none)) << none;
}

TEST(Ctph, CutsRunsOfOneLetterToThree) {
  EXPECT_EQ(without_long_runs({.block_size = 3, .signature = "AAAAABBBBAAAC", .half = "AAAA"}),
            (Ctph{.block_size = 3, .signature = "AAABBBAAAC", .half = "AAA"}));
}

struct Found {
  std::string document;
  std::string what;
  std::size_t offset;
  std::size_t length;
  bool operator==(const Found&) const = default;
};
void PrintTo(const Found& found, std::ostream* out) {
  *out << found.what << " of " << found.document << ", " << found.length << " at " << found.offset;
}

class Fuzzy : public testing::Test {
 protected:
  /// All hits, each of which must stand where it says.
  [[nodiscard]] std::vector<Found> find(const std::string& layer) const {
    std::vector<Found> all;
    index.scan(map_of(as_bytes(layer)), [&](const FuzzyHit& hit) {
      EXPECT_TRUE(index.stands_at(as_bytes(layer), hit.to_model())) << hit.what();
      model::Hit moved = hit.to_model();
      ++moved.offset;
      EXPECT_FALSE(index.stands_at(as_bytes(layer), moved));
      all.push_back({std::string(hit.document), hit.what(), hit.offset, hit.length});
    });
    return all;
  }

  /// What the program tlsh prints of a file.
  [[nodiscard]] static std::string tlsh_of(const Bytes& bytes) {
    const TempDir folder(std::filesystem::temp_directory_path(), "candor-fuzzy-");
    write_file(folder.path() / "file", ByteView(bytes));
    const std::vector<std::string> lines = lines_of("tlsh -f " + (folder.path() / "file").string());
    return lines.empty() ? "" : lines.front().substr(0, lines.front().find('\t'));
  }

  [[nodiscard]] static Bytes with_changes(Bytes bytes, int count) {
    std::mt19937_64 other(33);
    for (int i = 0; i < count; ++i) bytes[other() % bytes.size()] = static_cast<std::uint8_t>(other());
    return bytes;
  }

  std::mt19937_64 random{31};
  Bytes plan = random_bytes(random, 20'000);
  Bytes plan_text = random_words(random, 5'000);
  Bytes memo = random_bytes(random, 30'000);
  FuzzyIndex index{
      {{.document = "plan", .content = plan, .text = plan_text}, {.document = "memo", .content = memo}}};
};

TEST_F(Fuzzy, FindsATlshWithAndWithoutVersionInEitherCase) {
  const std::string digits = tlsh_of(plan);
  ASSERT_THAT(digits, SizeIs(70));
  std::string lower = digits;
  for (char& c : lower) c = static_cast<char>(std::tolower(c));
  const std::string what = "tlsh of file, distance 0";
  EXPECT_THAT(find(digits), ElementsAre(Found{"plan", what, 0, 70}));
  EXPECT_THAT(find("the tlsh=" + lower + "&size=20000"), ElementsAre(Found{"plan", what, 9, 70}));
  EXPECT_THAT(find("\"T1" + digits + "\""), ElementsAre(Found{"plan", what, 1, 72}));
  EXPECT_THAT(find(tlsh_of(memo)), ElementsAre(Found{"memo", what, 0, 70}));
  EXPECT_THAT(find(tlsh_of(plan_text)), ElementsAre(Found{"plan", "tlsh of text, distance 0", 0, 70}));
}

TEST_F(Fuzzy, FindsTheTlshOfANearDuplicateButNotOfAnotherFile) {
  const std::vector<Found> near = find(tlsh_of(with_changes(plan, 5)));
  ASSERT_THAT(near, SizeIs(1));
  EXPECT_EQ(near.front().document, "plan");
  EXPECT_NE(near.front().what, "tlsh of file, distance 0");
  for (int i = 0; i < 20; ++i) EXPECT_THAT(find(tlsh_of(random_bytes(random, 20'000))), IsEmpty());
}

TEST_F(Fuzzy, DoesNotTakeSixtyNineOrSeventyOneHexDigitsForATlsh) {
  const std::string digits = tlsh_of(plan);
  EXPECT_THAT(find(digits.substr(1)), IsEmpty());
  EXPECT_THAT(find("0" + digits), IsEmpty());
  EXPECT_THAT(find("T0" + digits), IsEmpty());
  EXPECT_THAT(find(digits + "0"), IsEmpty());
}

TEST_F(Fuzzy, FindsAnSsdeepHashWhereverItBegins) {
  const std::string hash = text(ctph_of(plan));
  const std::string what = "ssdeep of file, score 100";
  EXPECT_THAT(find(hash), ElementsAre(Found{"plan", what, 0, hash.size()}));
  EXPECT_THAT(find("{\"h\":\"" + hash + "\",\"n\":1}"), ElementsAre(Found{"plan", what, 6, hash.size()}));
  EXPECT_THAT(find("ssdeep:" + hash + ",\"plan.docx\""), ElementsAre(Found{"plan", what, 7, hash.size()}));
  EXPECT_THAT(find("1" + hash), IsEmpty());
}

TEST_F(Fuzzy, FindsTheSsdeepHashOfANearDuplicateButNotOfAnotherFile) {
  const std::vector<Found> near = find(text(ctph_of(with_changes(plan, 3))));
  ASSERT_THAT(near, SizeIs(1));
  EXPECT_EQ(near.front().document, "plan");
  EXPECT_NE(near.front().what, "ssdeep of file, score 100");
  for (int i = 0; i < 200; ++i) EXPECT_THAT(find(text(ctph_of(random_bytes(random, 20'000)))), IsEmpty());
}

TEST_F(Fuzzy, DoesNotCountWhatDocumentsShare) {
  const FuzzyIndex shared({{.document = "a", .content = plan}, {.document = "b", .content = plan}});
  const std::string layer = tlsh_of(plan) + " " + text(ctph_of(plan));
  shared.scan(map_of(as_bytes(layer)), [](const FuzzyHit& hit) { FAIL() << hit.what(); });
}

TEST_F(Fuzzy, HasNoDigestsOfWhatIsShortOrMonotonous) {
  const Bytes zeros(10'000);
  const std::string layer = "3:a:b " + text(ctph_of(zeros)) + " 3:abcd:abcd";
  const FuzzyIndex none({{.document = "a", .content = zeros, .text = as_bytes("abcdefgh")}});
  none.scan(map_of(as_bytes(layer)), [](const FuzzyHit& hit) { FAIL() << hit.what(); });
}

TEST_F(Fuzzy, FindsNothingInRandomHexBase64AndColons) {
  std::string layer;
  static constexpr std::string_view kLetters = "0123456789abcdef3:6:12:24:48:96:+/XYZ ";
  for (int i = 0; i < 5'000'000; ++i) layer += kLetters[random() % kLetters.size()];
  EXPECT_THAT(find(layer), IsEmpty());
}

}  // namespace
}  // namespace candor::recognise::test
