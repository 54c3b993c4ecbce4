// SPDX-License-Identifier: Apache-2.0
#include "scan/finding.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"

namespace candor::scan {

namespace {

using Part = model::Coverage::Part;

std::vector<Part> united(std::vector<Part> parts) {
  std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) { return a.begin < b.begin; });
  std::vector<Part> disjoint;
  for (const Part& part : parts) {
    if (!disjoint.empty() && part.begin <= disjoint.back().end)
      disjoint.back().end = std::max(disjoint.back().end, part.end);
    else
      disjoint.push_back(part);
  }
  return disjoint;
}

Json chain_json(const std::vector<model::DecodeStep>& chain) {
  Json steps = Json::array();
  for (const model::DecodeStep& step : chain) steps.push_back(model::to_json(step));
  return steps;
}

Json to_json(const Note& note) { return {{"where", note.where}, {"sentence", note.sentence}}; }

Json to_json(const Found& found) {
  const model::Hit& hit = found.hit;
  return {{"kind", model::text(hit.kind)},
          {"document", hit.document},
          {"what", hit.what},
          {"place", hit.place},
          {"where", found.where},
          {"frame", found.frame},
          {"decode", chain_json(hit.chain)},
          {"offset", hit.offset},
          {"length", hit.length}};
}

Json to_json(const Unsearched& unsearched) {
  return {{"where", unsearched.where},
          {"reason", unsearched.reason},
          {"bytes", unsearched.bytes},
          {"times", unsearched.times},
          {"decode", chain_json(unsearched.chain)}};
}

template <typename Item>
Json list_json(const std::vector<Item>& items) {
  Json list = Json::array();
  for (const Item& item : items) list.push_back(to_json(item));
  return list;
}

Json to_json(const FileFinding& file) {
  return {{"file", file.file},
          {"format", file.format},
          {"problem", file.problem},
          {"bytes", file.bytes},
          {"packets", file.packets},
          {"searched", file.searched},
          {"opaque", file.opaque},
          {"hits", list_json(file.hits)},
          {"more_hits", file.more_hits},
          {"not_looked_into", list_json(file.not_looked_into)},
          {"notes", list_json(file.notes)}};
}

Json to_json(const Covered& covered) {
  Json parts = Json::array();
  for (const Part& part : covered.parts) parts.push_back({{"begin", part.begin}, {"end", part.end}});
  return {{"document", covered.document}, {"of", covered.of}, {"found", covered.found()}, {"parts", parts}};
}

}  // namespace

const char* text(Answer answer) {
  switch (answer) {
    case Answer::nothing:
      return "nothing found";
    case Answer::found:
      return "found";
    case Answer::inconclusive:
      return "inconclusive";
    case Answer::unreadable:
      return "unreadable";
  }
  return "";
}

std::uint64_t Covered::found() const {
  std::uint64_t bytes = 0;
  for (const Part& part : parts) bytes += part.end - part.begin;
  return bytes;
}

void add_coverage(std::vector<Covered>& coverage, const std::vector<model::Coverage>& more) {
  for (const model::Coverage& each : more) {
    auto known = std::find_if(coverage.begin(), coverage.end(),
                              [&](const Covered& covered) { return covered.document == each.document; });
    if (known == coverage.end()) known = coverage.insert(coverage.end(), Covered{.document = each.document});
    known->of = std::max(known->of, each.of);
    std::vector<Part> parts = std::move(known->parts);
    parts.insert(parts.end(), each.parts.begin(), each.parts.end());
    known->parts = united(std::move(parts));
  }
}

Answer ScanFinding::answer() const {
  const auto any = [&](auto condition) { return std::any_of(files.begin(), files.end(), condition); };
  if (any([](const FileFinding& file) { return !file.hits.empty(); })) return Answer::found;
  if (!any([](const FileFinding& file) { return file.read(); })) return Answer::unreadable;
  if (any([](const FileFinding& file) { return !file.complete(); })) return Answer::inconclusive;
  return Answer::nothing;
}

Json to_json(const ScanFinding& finding) {
  Json files = Json::array();
  for (const FileFinding& file : finding.files) files.push_back(to_json(file));
  Json coverage = Json::array();
  for (const Covered& covered : finding.coverage) coverage.push_back(to_json(covered));
  return {{"format", "candor.scan/1"},
          {"answer", text(finding.answer())},
          {"files", files},
          {"coverage", coverage}};
}

}  // namespace candor::scan
