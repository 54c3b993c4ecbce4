// SPDX-License-Identifier: Apache-2.0
// The folders' direction, as ARCHITECTURE.md states it: who may include whom.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>

namespace {

namespace fs = std::filesystem;

const fs::path kRoot = CANDOR_SOURCE_DIR;

const std::set<std::string> kModules = {"scenario", "image",   "vm",     "guest",    "seal",
                                        "bench",    "collect", "kit",    "document", "recognise",
                                        "capture",  "judge",   "report", "scan"};

/// The modules a module may include, besides itself.
std::set<std::string> allowed_for(const std::string& module) {
  if (module == "base") return {};
  if (module == "model") return {"base"};
  std::set<std::string> allowed = {"base", "model"};
  if (module == "scan") allowed.insert({"recognise", "capture"});
  if (module == "run") allowed.insert(kModules.begin(), kModules.end());
  if (module == "cli") {
    allowed.insert(kModules.begin(), kModules.end());
    allowed.insert("run");
  }
  return allowed;
}

/// First folder of every quoted include of a file.
std::set<std::string> included_folders(const fs::path& file) {
  static const std::regex include(R"re(^\s*#include "([a-z_]+)/)re");
  std::set<std::string> folders;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    std::smatch match;
    if (std::regex_search(line, match, include)) folders.insert(match[1]);
  }
  return folders;
}

bool is_source(const fs::path& path) { return path.extension() == ".cc" || path.extension() == ".h"; }

TEST(Layout, ModulesIncludeOnlyWhatTheirPlaceAllows) {
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "harness")) {
    if (!is_source(entry.path())) continue;
    ++files;
    const std::string module = fs::relative(entry.path(), kRoot / "harness").begin()->string();
    std::set<std::string> allowed = allowed_for(module);
    allowed.insert(module);
    for (const std::string& folder : included_folders(entry.path()))
      EXPECT_TRUE(allowed.contains(folder)) << entry.path() << " must not include " << folder << "/";
  }
  EXPECT_GT(files, 40);
}

TEST(Layout, ProbesIncludeOnlyTheSdkTheBaseAndThemselves) {
  int files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "probes")) {
    if (!is_source(entry.path())) continue;
    ++files;
    const std::string probe = fs::relative(entry.path(), kRoot / "probes").begin()->string();
    for (const std::string& folder : included_folders(entry.path()))
      EXPECT_TRUE(folder == probe || folder == "base" ||
                  ((folder == "sdk" || folder == "candor") && probe != "cloud") ||
                  ((folder == "cloud" || folder == "relay") && probe == "internet"))
          << entry.path() << " must not include " << folder << "/";
  }
  EXPECT_GT(files, 5);
}

TEST(Layout, OnlyTheCommandPrints) {
  static const std::regex printing(R"(std::(cout|cerr|printf)|fmt::print|[^n]printf\()");
  for (const auto& entry : fs::recursive_directory_iterator(kRoot / "harness")) {
    const std::string module = fs::relative(entry.path(), kRoot / "harness").begin()->string();
    // The compartment's program is no module: what it says before its child's program runs goes to the
    // child's log.
    const bool program = entry.path().parent_path().filename() == "init";
    if (!is_source(entry.path()) || module == "cli" || program) continue;
    std::ifstream in(entry.path());
    int number = 0;
    for (std::string line; std::getline(in, line);) {
      ++number;
      EXPECT_FALSE(std::regex_search(line, printing)) << entry.path() << ":" << number << ": " << line;
    }
  }
}

TEST(Layout, NoFileNamesAPathOfTheMachineItWasWrittenOn) {
  const std::string needle = std::string("/wo") + "rk/";
  for (const char* folder : {"harness", "probes", "tests", "images", "scenarios", "ci"})
    for (const auto& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      if (!entry.is_regular_file() || entry.file_size() > 1'000'000) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      const std::string content((std::istreambuf_iterator<char>(in)), {});
      EXPECT_EQ(content.find(needle), std::string::npos) << entry.path();
    }
}

}  // namespace
