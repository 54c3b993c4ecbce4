// SPDX-License-Identifier: Apache-2.0
#include "recognise/sought.h"

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "recognise/known.h"
#include "recognise/parts.h"

namespace candor::recognise {

namespace {

/// Those that nothing else looks for.
std::vector<std::size_t> by_literal(const std::vector<Pattern>& patterns) {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < patterns.size(); ++i)
    if (!patterns[i].canary || patterns[i].literal.size() < kShortestKnown) indices.push_back(i);
  return indices;
}

std::vector<Matcher::Pattern> literals_of(const std::vector<Pattern>& patterns,
                                          const std::vector<std::size_t>& indices) {
  std::vector<Matcher::Pattern> literals;
  for (const std::size_t index : indices)
    literals.push_back({.literal = patterns[index].literal, .any_case = patterns[index].any_case});
  return literals;
}

std::vector<Matcher::Pattern> triggers_of(Nature nature) {
  std::vector<Matcher::Pattern> triggers;
  for (const std::size_t decoder : triggered(nature))
    triggers.push_back({.regex = decoders()[decoder].trigger});
  return triggers;
}

std::vector<std::string> ids_of(const std::vector<PlantedContent>& files) {
  std::vector<std::string> ids;
  for (const PlantedContent& file : files) ids.push_back(file.document);
  return ids;
}

/// A document's text before its bytes: where both are alike, coverage is told by the text.
std::vector<FragmentIndex::Source> sources_of(const model::Manifest& manifest,
                                              const std::vector<PlantedContent>& files) {
  std::vector<FragmentIndex::Source> sources;
  for (std::size_t document = 0; document < files.size(); ++document) {
    const PlantedContent& file = files[document];
    const bool control =
        std::any_of(manifest.documents.begin(), manifest.documents.end(),
                    [&](const auto& each) { return each.id == file.document && each.control(); });
    if (!file.text.empty())
      sources.push_back(
          {.document = document, .bytes = file.text, .is_text = true, .sent_on_purpose = control});
    sources.push_back({.document = document, .bytes = file.content, .sent_on_purpose = control});
  }
  return sources;
}

}  // namespace

std::vector<std::size_t> triggered(Nature nature) {
  std::vector<std::size_t> indices;
  for (std::size_t index = 0; index < decoders().size(); ++index)
    if (decoders()[index].trigger != nullptr && decoders()[index].nature == nature) indices.push_back(index);
  return indices;
}

Sought make_sought(const model::Manifest& manifest, const std::vector<PlantedContent>& files,
                   const std::vector<ByteView>& boilerplate) {
  if (__builtin_cpu_supports("avx2") == 0 || __builtin_cpu_supports("bmi2") == 0)
    throw Error("this processor lacks AVX2 or BMI2 (x86-64-v3), which the recogniser is compiled for");
  std::vector<Pattern> patterns = make_patterns(manifest, files);
  const std::vector<std::size_t> literals = by_literal(patterns);
  std::vector<Known> known = make_known(patterns, files);
  const Parts parts = take_apart(manifest, files);
  return {.patterns = patterns,
          .of_literals = literals,
          .literals = Matcher(literals_of(patterns, literals)),
          .disguised = DisguisedIndex(std::move(known)),
          .alphabets = AlphabetIndex(make_passages(patterns, files)),
          .fragments = FragmentIndex(sources_of(manifest, files), boilerplate),
          .digests = DigestIndex(digests_of(parts.documents, manifest.identities)),
          .fuzzy = FuzzyIndex(parts.documents),
          .containers = Matcher(triggers_of(Nature::container)),
          .escapes = Matcher(triggers_of(Nature::escape)),
          .documents = ids_of(files)};
}

}  // namespace candor::recognise
