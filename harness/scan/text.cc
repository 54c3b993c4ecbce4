// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/bytes.h"
#include "scan/finding.h"

namespace candor::scan {

namespace {

constexpr const char* kRed = "\033[1;31m";
constexpr const char* kGreen = "\033[1;32m";
constexpr const char* kYellow = "\033[1;33m";
constexpr const char* kBold = "\033[1m";
constexpr std::size_t kName = 400;

std::string number(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string counted(std::uint64_t value, std::string_view noun) {
  return fmt::format("{} {}{}", number(value), noun, value == 1 ? "" : "s");
}

class Page {
 public:
  Page(const ScanFinding& finding, const model::Manifest& manifest, bool color)
      : finding_(finding), color_(color) {
    for (const model::Document& document : manifest.documents) documents_[document.id] = &document;
  }

  std::string render() {
    answer();
    for (const FileFinding& each : finding_.files) file(each);
    coverage();
    return std::move(text_);
  }

 private:
  std::string painted(std::string_view words, const char* paint) const {
    return color_ ? std::string(paint) + std::string(words) + "\033[0m" : std::string(words);
  }
  void line(std::string_view words = {}) { text_ += std::string(words) + "\n"; }

  void answer() {
    const Answer answer = finding_.answer();
    const char* const paint = answer == Answer::nothing ? kGreen : answer == Answer::found ? kRed : kYellow;
    std::uint64_t hits = 0;
    for (const FileFinding& each : finding_.files) hits += each.hits.size() + each.more_hits;
    line(painted(text(answer), paint) +
         fmt::format("  {} in {}", counted(hits, "hit"), counted(finding_.files.size(), "file")));
  }

  void file(const FileFinding& file) {
    line();
    std::string heading = painted(printable(file.file, kName), kBold);
    if (file.read()) heading += fmt::format("  {}, {}", file.format, counted(file.bytes, "byte"));
    if (file.packets > 0) heading += ", " + counted(file.packets, "packet");
    line(heading);
    if (!file.problem.empty()) line("  " + painted(printable(file.problem, 1000), kYellow));
    std::size_t place = 0;
    for (const Found& each : file.hits) found(++place, each);
    if (file.more_hits > 0) line(fmt::format("  and {} more", counted(file.more_hits, "hit")));
    for (const Note& note : file.notes)
      line("  note: " + printable(note.where, kName) + ": " + printable(note.sentence, kName));
    if (!file.not_looked_into.empty()) line("  " + painted("not looked into", kYellow));
    for (const Unsearched& each : file.not_looked_into) unsearched(each);
    if (file.opaque > 0) line("  opaque: " + counted(file.opaque, "byte"));
  }

  std::string document(const std::string& id) const {
    const auto known = documents_.find(id);
    std::string text = printable(id);
    if (known == documents_.end()) return text;
    if (known->second->control()) text += ", a control document";
    if (!known->second->path.empty()) text += " (" + printable(known->second->path, kName) + ")";
    return text;
  }

  void found(std::size_t place, const Found& found) {
    const model::Hit& hit = found.hit;
    const std::string stood = hit.place.empty() ? "" : " (" + printable(hit.place) + ")";
    const std::string what = hit.what.empty() ? "" : " " + printable(hit.what, kName);
    line(fmt::format("  {}. {}{}{}{}{}", place, painted(model::text(hit.kind), kRed), what, stood,
                     hit.document.empty() ? "" : " of ", hit.document.empty() ? "" : document(hit.document)));
    line("     in      " + printable(found.where, kName) +
         (found.frame > 0 ? ", packet " + number(found.frame) : ""));
    const char* label = "decode";
    for (const model::DecodeStep& step : hit.chain) {
      line(fmt::format("     {:<8}{}: {} at offset {} -> {}", label, printable(step.decoder),
                       counted(step.length, "byte"), number(step.offset), counted(step.produced, "byte")));
      label = "";
    }
    line(fmt::format("     {:<8}{}{}, {}", label,
                     hit.chain.empty() ? "as it is, at offset " : "there at offset ", number(hit.offset),
                     counted(hit.length, "byte")));
  }

  void unsearched(const Unsearched& each) {
    std::string text = "    - " + printable(each.where, kName) + ": " + printable(each.reason, kName);
    if (each.bytes > 0) text += ", " + counted(each.bytes, "byte");
    if (each.times > 1) text += fmt::format(" in {} places", number(each.times));
    line(text);
    for (const model::DecodeStep& step : each.chain)
      line(fmt::format("        {}: {} at offset {}", printable(step.decoder), counted(step.length, "byte"),
                       number(step.offset)));
  }

  void coverage() {
    if (finding_.coverage.empty()) return;
    line();
    line(painted("found of the documents", kBold));
    for (const Covered& covered : finding_.coverage)
      line(fmt::format("  {}: {} of {}, {:.1f} %", document(covered.document), number(covered.found()),
                       counted(covered.of, "byte"),
                       covered.of == 0
                           ? 0.0
                           : 100.0 * static_cast<double>(covered.found()) / static_cast<double>(covered.of)));
  }

  const ScanFinding& finding_;
  std::map<std::string, const model::Document*> documents_;
  bool color_ = false;
  std::string text_;
};

}  // namespace

std::string render_text(const ScanFinding& finding, const model::Manifest& manifest, bool color) {
  return Page(finding, manifest, color).render();
}

}  // namespace candor::scan
