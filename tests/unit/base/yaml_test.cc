// SPDX-License-Identifier: Apache-2.0
#include "base/yaml.h"

#include <gtest/gtest.h>
#include <malloc.h>

#include "base/clock.h"
#include "base/error.h"

namespace candor::yaml {
namespace {

/// The mistakes of a text as people see them; "" if it parses.
std::string mistakes(const std::string& text, Limits limits = {}) {
  Diagnostics diagnostics("x.yaml", text);
  const std::optional<Node> node = parse(text, diagnostics, limits);
  EXPECT_EQ(node.has_value(), diagnostics.ok());
  return diagnostics.render();
}

Node parsed(const std::string& text) {
  Diagnostics diagnostics("x.yaml", text);
  std::optional<Node> node = parse(text, diagnostics);
  EXPECT_EQ(diagnostics.render(), "");
  return node ? std::move(*node) : Node{};
}

/// A tree in one line: k=scalar text, quoted text in "", null as ~, with no marks.
std::string outline(const Node& node) {
  std::string text;
  switch (node.kind) {
    case Kind::null:
      return "~";
    case Kind::scalar:
      return node.quoted ? "\"" + node.scalar + "\"" : node.scalar;
    case Kind::sequence:
      for (const Node& item : node.items) text += (text.empty() ? "" : " ") + outline(item);
      return "[" + text + "]";
    case Kind::map:
      for (const Entry& entry : node.entries)
        text += (text.empty() ? "" : " ") + entry.key + ":" + outline(entry.value);
      return "{" + text + "}";
  }
  return text;
}

std::string repeated(std::string_view piece, std::size_t times) {
  std::string text;
  text.reserve(piece.size() * times);
  for (std::size_t i = 0; i < times; ++i) text += piece;
  return text;
}

TEST(Yaml, ReadsMapsListsAndScalarsInFileOrder) {
  EXPECT_EQ(outline(parsed("b: [x, 'y', \"z\"]\na:\n- 1\n- k: v\nt: |\n  two\n  lines\n")),
            "{b:[x \"y\" \"z\"] a:[1 {k:v}] t:\"two\nlines\n\"}");
}

TEST(Yaml, ReadsNothingAsNullOnlyIfItIsPlain) {
  EXPECT_EQ(outline(parsed("a:\nb: ~\nc: null\nd: ''\ne: 'null'\nf: [~, no]\n")),
            "{a:~ b:~ c:~ d:\"\" e:\"null\" f:[~ no]}");
  EXPECT_EQ(outline(parsed("")), "~");
  EXPECT_EQ(outline(parsed("# only a comment\n")), "~");
}

TEST(Yaml, GivesEachNodeAndKeyItsPlaceInCodePoints) {
  const Node root = parsed("ä: 1\n\"é\": {ß: x, k: y}\n");
  ASSERT_EQ(root.entries.size(), 2U);
  EXPECT_EQ(root.entries[0].value.mark.column, 4);
  const Entry& inner = root.entries[1].value.entries.at(1);
  EXPECT_EQ(inner.key_mark.line, 2);
  EXPECT_EQ(inner.key_mark.column, 13);
  EXPECT_EQ(inner.value.mark.column, 16);
}

TEST(Yaml, PutsAMissingValueAtItsKey) {
  const Node root = parsed("a: 1\n  \nb:\n");
  EXPECT_EQ(root.entries.at(1).value.mark.line, 3);
  EXPECT_EQ(root.entries.at(1).value.mark.column, 1);
}

TEST(Yaml, PutsAnEmptyListItemAtItsDash) {
  const Node root = parsed("a:\n  - |\n    - x\n\n  # -\n  -\n  -\n  - [y, {z: 1}]\n  -\nb:\n  -\n");
  const std::vector<Node>& items = root.entries.at(0).value.items;
  ASSERT_EQ(items.size(), 5U);
  EXPECT_EQ(items[1].mark.line, 6);
  EXPECT_EQ(items[2].mark.line, 7);
  EXPECT_EQ(items[2].mark.column, 3);
  EXPECT_EQ(items[4].mark.line, 9);
  EXPECT_EQ(root.entries.at(1).value.items.at(0).mark.line, 11);
}

TEST(Yaml, TakesEveryLineEndAndAByteOrderMark) {
  const Node root = parsed(
      "\xEF\xBB\xBF"
      "a: 1\r\nb: 2\rc: 3\n");
  EXPECT_EQ(outline(root), "{a:1 b:2 c:3}");
  EXPECT_EQ(root.entries.at(0).key_mark.column, 1);
  EXPECT_EQ(root.entries.at(2).key_mark.line, 3);
  EXPECT_EQ(mistakes("\xEF\xBB\xBF"
                     "a: 1\r\na: 2\r\n"),
            "x.yaml:2:1: error: duplicate key 'a'\n"
            "    2 | a: 2\n"
            "      | ^ expected each key once; the first is in line 1");
}

TEST(Yaml, FollowsAliasesByCopying) {
  EXPECT_EQ(outline(parsed("a: &x {k: [1]}\nb: *x\nc: &y s\nd: [*y, *x]\n")),
            "{a:{k:[1]} b:{k:[1]} c:s d:[s {k:[1]}]}");
  EXPECT_EQ(outline(parsed("&k key: 1\nb: *k\n")), "{key:1 b:key}");
}

TEST(Yaml, NamesEveryDuplicateKeyAtOnce) {
  EXPECT_EQ(mistakes("a: 1\nb: {c: 1, c: 2}\n'a': 3\n"),
            "x.yaml:2:11: error: duplicate key 'c'\n"
            "    2 | b: {c: 1, c: 2}\n"
            "      |           ^ expected each key once; the first is in line 2\n"
            "x.yaml:3:1: error: duplicate key 'a'\n"
            "    3 | 'a': 3\n"
            "      | ^~~ expected each key once; the first is in line 1");
}

TEST(Yaml, RefusesKeysThatAreNoPlainText) {
  EXPECT_EQ(mistakes("? [a]\n: 1\n{b: c}: 2\n"),
            "x.yaml:1:3: error: a key must be plain text\n"
            "    1 | ? [a]\n"
            "      |   ^ expected a name; text that begins with '{' or '[' needs quotes\n"
            "x.yaml:3:1: error: a key must be plain text\n"
            "    3 | {b: c}: 2\n"
            "      | ^ expected a name; text that begins with '{' or '[' needs quotes");
  EXPECT_EQ(mistakes("a: &x k\n*x : 1\n"),
            "x.yaml:2:1: error: the alias '*x' stands for a key\n"
            "    2 | *x : 1\n"
            "      | ^~ expected the key itself");
  EXPECT_EQ(mistakes("'': 1\n"),
            "x.yaml:1:1: error: a key is empty\n"
            "    1 | '': 1\n"
            "      | ^~ expected a name before the ':'");
}

TEST(Yaml, RefusesTagsMergeKeysAndSeveralDocuments) {
  EXPECT_EQ(mistakes("a: !!str 1\nb: &m {c: 1}\n<<: *m\n"),
            "x.yaml:1:4: error: tags ('!…') are not supported\n"
            "    1 | a: !!str 1\n"
            "      |    ^~~~~ expected a plain value; quote text that begins with '!'\n"
            "x.yaml:3:1: error: merge keys ('<<') are not supported\n"
            "    3 | <<: *m\n"
            "      | ^~ expected the keys themselves");
  EXPECT_EQ(mistakes("a: 1\n---\nb: 2\n"),
            "x.yaml:2:1: error: a second document begins here\n"
            "    2 | ---\n"
            "      | ^~~ expected one document in the file");
}

TEST(Yaml, RefusesAliasesOfNothingAndOfThemselves) {
  EXPECT_EQ(mistakes("a: &memo 1\nb: *mem\nc: &c [*c]\n"),
            "x.yaml:2:4: error: the alias '*mem' has no anchor '&mem' before it\n"
            "    2 | b: *mem\n"
            "      |    ^~~~ did you mean '*memo'?\n"
            "x.yaml:3:8: error: the alias '*c' stands inside what it stands for\n"
            "    3 | c: &c [*c]\n"
            "      |        ^~ expected an alias of something complete");
}

TEST(Yaml, ShowsASyntaxErrorWithWhatWasOpen) {
  EXPECT_EQ(mistakes("a: [1, 2\n"),
            "x.yaml:2:1: error: flow sequence without a closing bracket\n"
            "    2 |\n"
            "      | ^ inside the list that begins at 1:4");
  EXPECT_EQ(mistakes("a: b: c\n"),
            "x.yaml:1:5: error: invalid nested block mapping on the same line\n"
            "    1 | a: b: c\n"
            "      |     ^ inside the map that begins at 1:1");
  EXPECT_EQ(mistakes("a: \"x\n"),
            "x.yaml:1:5: error: double-quoted scalar without closing quote\n"
            "    1 | a: \"x\n"
            "      |     ^ inside the map that begins at 1:1");
}

TEST(Yaml, PointsOutATabInTheIndentation) {
  EXPECT_EQ(mistakes("a: 1\n\tb: 2\n"),
            "x.yaml:1:4: error: invalid multiline plain key\n"
            "    1 | a: 1\n"
            "      |    ^ inside the map that begins at 1:1\n"
            "x.yaml:2:1: error: a tab in the indentation\n"
            "    2 | \\tb: 2\n"
            "      | ^~ expected spaces");
  EXPECT_EQ(mistakes("a:\n  b: 1\n\tc: 2\n"),
            "x.yaml:3:2: error: invalid tab used as indentation\n"
            "    3 | \\tc: 2\n"
            "      |   ^ inside the map that begins at 2:3");
}

TEST(Yaml, NamesBytesThatAreNoText) {
  EXPECT_EQ(mistakes(std::string("a: 1\nb: x\0y\nc: \xff\xfe\nd: \x1b[2J\ne: \xe2\x82\n", 31)),
            "x.yaml:2:5: error: the control character U+0000 is not allowed\n"
            "    2 | b: x\\x00y\n"
            "      |     ^~~~~ expected text; in double quotes, \\x… stands for such a byte\n"
            "x.yaml:3:4: error: the byte 0xff is not UTF-8\n"
            "    3 | c: \\xff\\xfe\n"
            "      |    ^~~~~~~~ expected UTF-8 text\n"
            "x.yaml:4:4: error: the control character U+001B is not allowed\n"
            "    4 | d: \\x1b[2J\n"
            "      |    ^~~~~ expected text; in double quotes, \\x… stands for such a byte\n"
            "x.yaml:5:4: error: the byte 0xe2 is not UTF-8\n"
            "    5 | e: \\xe2\\x82\n"
            "      |    ^~~~~~~~ expected UTF-8 text");
  EXPECT_EQ(mistakes(std::string("\xff\xfe"
                                 "a\0",
                                 4)),
            "x.yaml:1:1: error: the file is in UTF-16\n"
            "    1 | \\xff\\xfea\\x00\n"
            "      | ^~~~~~~~~~~~~ expected UTF-8");
}

TEST(Yaml, StopsAnAliasBombAtItsBudgetAtOnce) {
  std::string bomb = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n";
  for (int i = 1; i < 12; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb +=
        "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last + repeated(", " + last, 9) + "]\n";
  }
  const auto before = mallinfo2().uordblks;
  const Stopwatch watch;
  const std::string text = mistakes(bomb);
  EXPECT_LT(watch.seconds(), 0.05);
  EXPECT_LT(mallinfo2().uordblks, before + (1U << 20));
  EXPECT_TRUE(text.starts_with("x.yaml:4:")) << text;
  EXPECT_NE(text.find("error: the file is too large once its aliases are followed"), std::string::npos)
      << text;
}

TEST(Yaml, StopsALongTextRepeatedByAliases) {
  const std::string text =
      mistakes("a: &a " + std::string(500'000, 'x') + "\nb: [*a" + repeated(", *a", 10'000) + "]\n");
  EXPECT_TRUE(text.starts_with("x.yaml:2:5: error: the file is too large once its aliases are followed"))
      << text;
}

TEST(Yaml, StopsAtADepthOfThirtyTwo) {
  EXPECT_EQ(mistakes(repeated("[", 32) + repeated("]", 32)), "");
  const std::string deep = mistakes(repeated("[", 10'000) + repeated("]", 10'000));
  EXPECT_TRUE(deep.starts_with("x.yaml:1:33: error: nested too deeply\n")) << deep;
  const std::string aliases =
      mistakes("a: &a [[[[[[[[[[1]]]]]]]]]]\nb: [[[[[[[[[[[[[[[[[[[[[[[*a]]]]]]]]]]]]]]]]]]]]]]]\n");
  EXPECT_TRUE(aliases.starts_with("x.yaml:2:27: error: nested too deeply\n")) << aliases;
}

TEST(Yaml, StopsAtItsLimitsOfBytesAndNodes) {
  EXPECT_EQ(mistakes("a: 12345\n", {.bytes = 8}), "x.yaml: error: the file has 9 bytes (expected at most 8)");
  EXPECT_TRUE(mistakes("[a, b, c]\n", {.nodes = 3}).starts_with("x.yaml:1:8: error: the file is too large"));
  EXPECT_EQ(mistakes("[a, b, c]\n", {.nodes = 4}), "");
}

TEST(Yaml, RefusesAMegabyteOfAnythingInLinearTime) {
  const std::vector<std::string> pieces = {"[",    "{a: ",    "- ",  "? ", "&a ",  "*a ",   "!",
                                           "|",    "[a, ",    "\"",  "'",  "%A\n", "---\n", "a: [\n",
                                           "a: {", "- - -\n", "a\n", ": ", "{? ",  "[? ",   "a: &a *a\n"};
  for (const std::string& piece : pieces) {
    const Stopwatch watch;
    const std::string text = mistakes(repeated(piece, (1U << 20) / piece.size()));
    EXPECT_LT(watch.seconds(), 5.0) << piece;  // quadratic work would take hours
    EXPECT_LT(text.size(), 100'000U) << piece;
  }
}

TEST(Yaml, PrintsNothingItself) {
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  for (const char* text :
       {"a: [", "%YAML 9.9\n---\na", "a: *x\n", "\t- x: [}", "a: \"\\q\"", "%TAG a b c\n---\nx"}) {
    EXPECT_NE(mistakes(text), "") << text;
  }
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

TEST(YamlDiagnostics, CutsALongLineAroundTheMistake) {
  const std::string line = std::string(300, 'x') + ": {k: 1, k: 2} # " + std::string(300, 'y');
  EXPECT_EQ(mistakes(line),
            "x.yaml:1:310: error: duplicate key 'k'\n"
            "    1 | …" +
                std::string(51, 'x') + ": {k: 1, k: 2} # " + std::string(52, 'y') +
                "…\n"
                "      | " +
                std::string(61, ' ') + "^ expected each key once; the first is in line 1");
}

TEST(YamlDiagnostics, ShowsHostileTextHarmlessly) {
  const std::string text = mistakes(
      "\xe2\x80\xae"
      "k: 1\n\xe2\x80\xae"
      "k: 2\n");
  EXPECT_EQ(text,
            "x.yaml:2:1: error: duplicate key '\\u{202e}k'\n"
            "    2 | \\u{202e}k: 2\n"
            "      | ^~~~~~~~~ expected each key once; the first is in line 1");
}

TEST(YamlDiagnostics, KeepsAHundredMistakesAndCountsTheRest) {
  Diagnostics diagnostics("x.yaml", "a\n");
  for (int i = 0; i < 150; ++i) diagnostics.error({i + 1, 1}, "no");
  EXPECT_EQ(diagnostics.count(), 150U);
  EXPECT_TRUE(diagnostics.render().ends_with("x.yaml:100:1: error: no\nx.yaml: 50 more mistakes"));
}

TEST(YamlDiagnostics, ThrowsAllMistakesAsTheUsersFault) {
  Diagnostics diagnostics("x.yaml", "a\nb\n");
  EXPECT_NO_THROW(diagnostics.check());
  diagnostics.error({2, 1}, "second");
  diagnostics.error({1, 1}, "first");
  try {
    diagnostics.check();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.fault(), Fault::input);
    EXPECT_STREQ(error.what(),
                 "x.yaml:1:1: error: first\n    1 | a\n      | ^\n"
                 "x.yaml:2:1: error: second\n    2 | b\n      | ^");
  }
}

TEST(YamlNearest, FindsAMisspeltWordAndNotAnother) {
  const std::vector<std::string> verbs = {"plant", "open", "scan", "wait-for", "delete"};
  EXPECT_EQ(nearest("pland", verbs), "plant");
  EXPECT_EQ(nearest("palnt", verbs), "plant");
  EXPECT_EQ(nearest("wait", verbs), "wait-for");
  EXPECT_EQ(nearest("waitfor", verbs), "wait-for");
  EXPECT_EQ(nearest("upload", verbs), std::nullopt);
  EXPECT_EQ(nearest("", verbs), std::nullopt);
  EXPECT_EQ(nearest(std::string(100'000, 'x'), verbs), std::nullopt);
}

/// Reads one map with all kinds of values and returns the mistakes.
struct Everything {
  std::string name, note;
  std::int64_t number = 0, wait_ns = 0;
  bool flag = false;
  std::vector<std::string> list;
  std::string problems;
};
Everything read_everything(const std::string& text) {
  Diagnostics diagnostics("x.yaml", text);
  Everything all;
  const std::optional<Node> root = parse(text, diagnostics);
  if (root) {
    MapReader reader(*root, diagnostics, "the test");
    all.name = reader.string("name", "a name");
    all.note = reader.string_or("note", "none");
    all.number = reader.integer_or("number", 7, 1, 1000);
    all.flag = reader.boolean_or("flag", true);
    all.list = reader.strings_or("list", {"x"});
    all.wait_ns = reader.duration_or("wait", 5);
    reader.finish();
  }
  all.problems = diagnostics.render();
  return all;
}

TEST(YamlReader, GivesEveryKindOfValue) {
  const Everything all =
      read_everything("{name: n, note: 007, number: 1000, flag: false, list: [a, 2], wait: 10 min}");
  EXPECT_EQ(all.problems, "");
  EXPECT_EQ(all.name, "n");
  EXPECT_EQ(all.note, "007");
  EXPECT_EQ(all.number, 1000);
  EXPECT_FALSE(all.flag);
  EXPECT_EQ(all.list, (std::vector<std::string>{"a", "2"}));
  EXPECT_EQ(all.wait_ns, 600'000'000'000);
}

TEST(YamlReader, GivesDefaultsForWhatIsNotThere) {
  const Everything all = read_everything("name: n\n");
  EXPECT_EQ(all.problems, "");
  EXPECT_EQ(all.note, "none");
  EXPECT_EQ(all.number, 7);
  EXPECT_TRUE(all.flag);
  EXPECT_EQ(all.list, (std::vector<std::string>{"x"}));
  EXPECT_EQ(all.wait_ns, 5);
  EXPECT_EQ(read_everything("{name: n, list: one}").list, (std::vector<std::string>{"one"}));
}

TEST(YamlReader, ReportsAllWrongValuesAtOnce) {
  EXPECT_EQ(
      read_everything("note: [x]\nnumber: '5'\nflag: yes\nlist: [a, {}]\nwait: 5 m\nnaem: 1\n").problems,
      "x.yaml:1:1: error: the key 'name' is missing in the test\n"
      "    1 | note: [x]\n"
      "      | ^~~~ expected 'name: …', a name\n"
      "x.yaml:1:7: error: a list does not fit here\n"
      "    1 | note: [x]\n"
      "      |       ^ expected text\n"
      "x.yaml:2:9: error: the text '5' does not fit here\n"
      "    2 | number: '5'\n"
      "      |         ^~~ expected a whole number from 1 to 1000\n"
      "x.yaml:3:7: error: 'yes' does not fit here\n"
      "    3 | flag: yes\n"
      "      |       ^~~ expected true or false\n"
      "x.yaml:4:11: error: a map does not fit here\n"
      "    4 | list: [a, {}]\n"
      "      |           ^ expected text\n"
      "x.yaml:5:7: error: '5 m' does not fit here\n"
      "    5 | wait: 5 m\n"
      "      |       ^ expected a duration: a whole number and ms, s, min, h or d, such as 30s\n"
      "x.yaml:6:1: error: unknown key 'naem' in the test\n"
      "    6 | naem: 1\n"
      "      | ^~~~ expected one of: name, note, number, flag, list, wait; did you mean 'name'?");
}

TEST(YamlReader, SaysOnceThatAMapIsNone) {
  EXPECT_EQ(read_everything("- a\n").problems,
            "x.yaml:1:1: error: the test must be a map, not a list\n"
            "    1 | - a\n"
            "      | ^ expected a map with the keys name, note, number, flag, list, wait");
  EXPECT_EQ(read_everything("").problems,
            "x.yaml: error: the test must be a map, not nothing "
            "(expected a map with the keys name, note, number, flag, list, wait)");
}

TEST(YamlReader, ReadsDurationsExactly) {
  const auto ns = [](const std::string& text) {
    return read_everything("{name: n, wait: " + text + "}").wait_ns;
  };
  EXPECT_EQ(ns("250ms"), 250'000'000);
  EXPECT_EQ(ns("'30s'"), 30'000'000'000);
  EXPECT_EQ(ns("24h"), 86'400'000'000'000);
  EXPECT_EQ(ns("7d"), 604'800'000'000'000);
  EXPECT_EQ(ns("0s"), 0);
  for (const char* wrong :
       {"30", "-5s", "1.5h", "s", "5 m", "1h30min", "99999999999999999999s", "999999999999d", "5 s s"}) {
    EXPECT_NE(read_everything(std::string("{name: n, wait: ") + wrong + "}").problems, "") << wrong;
  }
}

}  // namespace
}  // namespace candor::yaml
