// SPDX-License-Identifier: Apache-2.0
//
// Documents for tests, and how programs that other people wrote read them back.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "document/generate.h"

namespace candor::document {

using Specs = std::map<std::string, model::DocumentSpec>;

inline model::DocumentSpec spec_of(const std::string& format, const std::string& marking,
                                   const std::string& charset = "utf-8") {
  model::DocumentSpec spec;
  spec.id = "doc-" + format;
  spec.format = format;
  spec.marking = marking;
  spec.charset = charset;
  spec.folder = "/home/alex/Documents";
  return spec;
}

/// `count` documents of each format that can bear the marking.
inline Specs every_format(const std::string& marking, int count = 1) {
  Specs specs;
  for (const std::string_view format : formats()) {
    model::DocumentSpec spec = spec_of(std::string(format), marking);
    spec.count = count;
    if (marking.starts_with("cn/") && (format == "pdf" || format == "png")) continue;
    specs[spec.id] = spec;
  }
  return specs;
}

inline Planted one(const model::DocumentSpec& spec, std::uint64_t seed = 5) {
  return generate({{spec.id, spec}}, Seed(seed)).at(0);
}

/// A planted document as a file of its own name.
class PlantedFile {
 public:
  explicit PlantedFile(const Planted& planted)
      : dir_("/tmp", "document-test-"), path_((dir_.path() / planted.document.name).string()) {
    write_file(std::filesystem::path(path_), ByteView(planted.content));
  }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return dir_.path(); }

 private:
  TempDir dir_;
  std::string path_;
};

/// What a program prints; its arguments may hold FILE.
inline std::string read_by(const Planted& planted, std::vector<std::string> argv) {
  const PlantedFile file(planted);
  for (std::string& argument : argv)
    if (argument == "FILE") argument = file.path();
  return must_run({.name = argv[0], .argv = argv});
}

inline std::string read_by_python(const Planted& planted, const std::string& script) {
  return read_by(planted, {"/usr/bin/python3", "-c", script, "FILE"});
}

/// A member of any archive bsdtar reads; behind '!' a member of that member.
inline std::string member_of(const std::string& file, const std::string& member) {
  const std::size_t mark = member.find('!');
  const std::string content =
      must_run({.name = "bsdtar",
                .argv = {"bsdtar", "--passphrase", "infected", "-xOf", file, member.substr(0, mark)}});
  if (mark == member.npos) return content;
  const TempDir dir("/tmp", "document-test-");
  const std::filesystem::path inner = dir.path() / "inner";
  write_file(inner, std::string_view(content));
  return member_of(inner.string(), member.substr(mark + 1));
}

/// Without white space, which every reader sets anew, and hyphens, which pdftotext drops at the ends of
/// lines.
inline std::string dense(const std::string& text) {
  std::string result;
  for (const char c : text)
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != '-') result += c;
  return result;
}

/// Paragraphs, and the cells of tables, each alone.
inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines(1);
  for (const char c : text)
    if (c == '\n' || c == '\t')
      lines.emplace_back();
    else
      lines.back() += c;
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

/// Paragraphs and cells of a document's text that a reader did not show.
inline std::vector<std::string> unseen(const Planted& planted, const std::string& shown) {
  const std::string whole = dense(shown);
  std::vector<std::string> missing;
  for (const std::string& line : lines_of(planted.text))
    if (whole.find(dense(line)) == whole.npos) missing.push_back(line);
  return missing;
}

inline bool outside_the_file(const model::Canary& canary) {
  return canary.place == model::CanaryPlace::name || canary.place == model::CanaryPlace::folder ||
         canary.place == model::CanaryPlace::attribute;
}

}  // namespace candor::document
