// SPDX-License-Identifier: Apache-2.0
#include "document/generate.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/error.h"
#include "document/charset.h"
#include "document/compose.h"

namespace candor::document {

namespace {

using model::Canary;
using model::CanaryPlace;

constexpr std::size_t kNameLimit = 255;
constexpr const char* kAttribute = "user.candor.origin";

/// 128 bits as 26 letters of base32 without padding, lower case.
std::string token_of(Seed seed, const std::string& label) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz234567";
  std::string token;
  unsigned bits = 0;
  int count = 0;
  for (const std::uint8_t byte : seed.derive(label, 16)) {
    bits = (bits << 8 | byte) & 0xffff;
    for (count += 8; count >= 5; count -= 5) token += kLetters[bits >> (count - 5) & 31];
  }
  return token + kLetters[bits << (5 - count) & 31];
}

/// How a document differs from the one its seed gives.
struct Variant {
  bool other_tokens = false;
  bool unmarked = false;
};

/// Makes the canaries of one document and notes the place of each.
class Canaries {
 public:
  Canaries(Seed seed, const std::string& document, Variant variant)
      : seed_(seed), label_((variant.other_tokens ? "twin canary " : "canary ") + document) {}
  std::string make(CanaryPlace place, int page = 0) {
    canaries_.push_back({.token = token_of(seed_, fmt::format("{} {} {}", label_, text(place), page)),
                         .place = place,
                         .page = page});
    return canaries_.back().token;
  }
  [[nodiscard]] std::vector<Canary> take() { return std::move(canaries_); }

 private:
  Seed seed_;
  std::string label_;
  std::vector<Canary> canaries_;
};

[[noreturn]] void refuse(const model::DocumentSpec& spec, const std::string& why) {
  throw Error(fmt::format("document '{}': {}", printable(spec.id), why), Fault::input);
}

/// A spec's words, looked up.
struct Choice {
  const Format& format;
  const Marking& marking;
  const Charset& charset;
};

Choice choice_of(const model::DocumentSpec& spec) {
  const Format* format = find_format(spec.format);
  const Marking* marking = find_marking(spec.marking);
  const Charset* charset = find_charset(spec.charset);
  if (format == nullptr) refuse(spec, fmt::format("there is no format '{}'", printable(spec.format)));
  if (marking == nullptr) refuse(spec, fmt::format("there is no marking '{}'", printable(spec.marking)));
  if (charset == nullptr) refuse(spec, fmt::format("there is no charset '{}'", printable(spec.charset)));
  if (charset->name != "utf-8" && !format->charset)
    refuse(spec, fmt::format("the format '{}' leaves no choice of charset", format->name));
  if (format->drawn && marking->language == Language::chinese)
    refuse(spec, fmt::format("the format '{}' has no font for '{}'", format->name, marking->name));
  if (format->encrypted && spec.password.empty()) refuse(spec, "the password is empty");
  return {*format, *marking, *charset};
}

std::string replaced(std::string text, std::string_view slot, const std::string& value) {
  for (std::size_t at = text.find(slot); at != text.npos; at = text.find(slot, at + value.size()))
    text.replace(at, slot.size(), value);
  return text;
}

/// `pattern` with a canary of `place` for {canary}, if it asks for one.
std::string with_canary(const std::string& pattern, CanaryPlace place, Canaries& canaries) {
  if (pattern.find("{canary}") == pattern.npos) return pattern;
  return replaced(pattern, "{canary}", canaries.make(place));
}

std::string make_name(const model::DocumentSpec& spec, const Format& format, int number, Prose& prose,
                      Canaries& canaries) {
  const std::string made_up = prose.file_stem() + "-{canary}." + format.extension;
  std::string name = replaced(spec.name.empty() ? made_up : spec.name, "{n}", std::to_string(number));
  name = with_canary(name, CanaryPlace::name, canaries);
  const bool plain = !name.empty() && name != "." && name != ".." && name.size() <= kNameLimit &&
                     name.find_first_of(std::string_view("/\0", 2)) == name.npos;
  if (!plain) refuse(spec, fmt::format("'{}' is no file name", printable(name)));
  return name;
}

std::string joined(const std::string& folder, const std::string& name) {
  if (folder.empty()) return name;
  return folder.back() == '/' ? folder + name : folder + "/" + name;
}

/// Notes where each canary stands as it is: in the file, else in one of its parts.
void locate(std::vector<Canary>& canaries, const Written& written) {
  const std::string_view content = as_text(written.content);
  for (Canary& canary : canaries) {
    if (const std::size_t at = content.find(canary.token); at != content.npos) {
      canary.offset = static_cast<std::int64_t>(at);
      continue;
    }
    const auto part = std::find_if(written.parts.begin(), written.parts.end(), [&](const auto& each) {
      return each.second.find(canary.token) != each.second.npos;
    });
    if (part != written.parts.end()) canary.member = part->first;
  }
}

Draft make_draft(const std::string& id, const model::DocumentSpec& spec, const Choice& choice, Prose& prose,
                 Canaries& canaries, Variant variant) {
  Draft draft = compose(id, choice.format, choice.marking, prose,
                        [&](CanaryPlace place, int page) { return canaries.make(place, page); });
  draft.charset = choice.charset.name;
  draft.password = spec.password;
  if (variant.unmarked) remove_marking(draft);
  const std::string context = fmt::format("document '{}'", printable(spec.id));
  in_context(context.c_str(), [&] {
    for_each_text(draft, [&](std::string& text) { text = representable(text, choice.charset); });
  });
  return draft;
}

Planted make(const model::DocumentSpec& spec, int number, Seed seed, Variant variant) {
  const Choice choice = choice_of(spec);
  const std::string id = fmt::format("{}-{}", spec.id, number);
  const bool control = spec.id == "control";
  Prose prose(seed, id, control ? Subject::harmless : choice.marking.subject, choice.marking.language);
  Canaries canaries(seed, id, variant);
  const std::string name = make_name(spec, choice.format, number, prose, canaries);
  const std::string folder = with_canary(spec.folder, CanaryPlace::folder, canaries);
  const Draft draft = make_draft(id, spec, choice, prose, canaries, variant);
  std::map<std::string, std::string> attributes;
  if (!control) attributes[kAttribute] = canaries.make(CanaryPlace::attribute);
  Written written = choice.format.write(draft);
  std::vector<Canary> placed = canaries.take();
  locate(placed, written);
  return {.document = {.id = id,
                       .spec = spec.id,
                       .format = spec.format,
                       .marking = spec.marking,
                       .path = joined(folder, name),
                       .name = name,
                       .size = written.content.size(),
                       .sha256 = sha256_hex(written.content),
                       .password = choice.format.encrypted ? spec.password : "",
                       .attributes = std::move(attributes),
                       .canaries = std::move(placed)},
          .content = std::move(written.content),
          .text = std::move(written.text)};
}

std::vector<Planted> make_all(const std::map<std::string, model::DocumentSpec>& specs, Seed seed,
                              Variant variant) {
  std::vector<Planted> all;
  std::set<std::string> paths;
  for (const auto& [key, spec] : specs) {
    for (int number = 1; number <= spec.count; ++number) {
      all.push_back(make(spec, number, seed, variant));
      const std::string& path = all.back().document.path;
      if (!paths.insert(path).second)
        refuse(spec,
               fmt::format("there are two files '{}'; use {{n}} or {{canary}} in its name", printable(path)));
    }
  }
  return all;
}

template <typename Table>
std::vector<std::string_view> names_of(const Table& table) {
  std::vector<std::string_view> names;
  for (const auto& each : table) names.push_back(each.name);
  return names;
}

}  // namespace

std::vector<Planted> generate(const std::map<std::string, model::DocumentSpec>& specs, Seed seed) {
  return make_all(specs, seed, {});
}

std::vector<Planted> twins(const std::map<std::string, model::DocumentSpec>& specs, Seed seed, Twin twin) {
  return make_all(specs, seed,
                  {.other_tokens = twin == Twin::other_tokens, .unmarked = twin == Twin::without_marking});
}

std::vector<Planted> forms(const model::Manifest& manifest) {
  constexpr int kOfEach = 3;  // What is chosen at random in a form is mostly met in one of them.
  const auto known = [](const std::vector<std::string_view>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  std::map<std::string, model::DocumentSpec> specs;
  for (const model::Document& document : manifest.documents) {
    if (!known(formats(), document.format) || !known(markings(), document.marking)) continue;
    const std::string id = document.format + "-" + document.marking;
    specs[id] = {.id = id,
                 .format = document.format,
                 .marking = document.marking,
                 .folder = "/forms",
                 .count = kOfEach};
  }
  constexpr std::uint64_t kSeeds = std::uint64_t{1} << 63;
  return generate(specs, Seed(Seed(manifest.seed).number("forms", kSeeds)));
}

Planted control_document(Seed seed, int number) {
  return make({.id = "control", .format = number % 2 == 0 ? "docx" : "txt"}, number, seed, {});
}

const std::vector<std::string_view>& formats() {
  static const std::vector<std::string_view> names = names_of(all_formats());
  return names;
}

const std::vector<std::string_view>& markings() {
  static const std::vector<std::string_view> names = names_of(all_markings());
  return names;
}

const std::vector<std::string_view>& charsets() {
  static const std::vector<std::string_view> names = names_of(all_charsets());
  return names;
}

}  // namespace candor::document
