// SPDX-License-Identifier: Apache-2.0
#include "document/generate.h"

#include <fmt/format.h>

#include <set>

#include "base/error.h"
#include "document/draft.h"
#include "document/marking.h"
#include "document/prose.h"

namespace candor::document {

namespace {

using model::Canary;
using model::CanaryPlace;

constexpr std::size_t kNameLimit = 255;

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

/// Makes the canaries of one document and notes where each stands.
class Canaries {
 public:
  Canaries(Seed seed, std::string document) : seed_(seed), document_(std::move(document)) {}
  std::string make(CanaryPlace place, int page = 0) {
    canaries_.push_back(
        {token_of(seed_, fmt::format("canary {} {} {}", document_, text(place), page)), place, page});
    return canaries_.back().token;
  }
  [[nodiscard]] std::vector<Canary> take() { return std::move(canaries_); }

 private:
  Seed seed_;
  std::string document_;
  std::vector<Canary> canaries_;
};

const Format& format_named(const model::DocumentSpec& spec) {
  for (const Format& format : all_formats())
    if (format.name == spec.format) return format;
  throw Error(
      fmt::format("document '{}': there is no format '{}'", printable(spec.id), printable(spec.format)),
      Fault::input);
}

const Marking& marking_named(const model::DocumentSpec& spec) {
  if (const Marking* marking = find_marking(spec.marking)) return *marking;
  throw Error(
      fmt::format("document '{}': there is no marking '{}'", printable(spec.id), printable(spec.marking)),
      Fault::input);
}

Page make_page(Prose& prose, const Marking& marking, std::string token) {
  Page page{.heading = prose.heading(), .token = std::move(token)};
  for (std::uint64_t left = 3 + prose.number(3); left > 0; --left) {
    const bool lesser = prose.number(4) == 0;
    page.paragraphs.push_back({std::string(lesser ? marking.lesser : marking.portion), prose.paragraph()});
  }
  return page;
}

Draft make_draft(const std::string& id, const Format& format, const Marking& marking, Prose& prose,
                 Canaries& canaries) {
  Draft draft{.id = id,
              .title = prose.title(),
              .author = prose.person(),
              .agency = prose.agency(),
              .date = prose.date(),
              .banner = std::string(marking.banner),
              .authority = {marking.authority.begin(), marking.authority.end()}};
  const int pages = 2 + static_cast<int>(prose.number(2));
  for (int page = 1; page <= pages; ++page)
    draft.pages.push_back(make_page(prose, marking, canaries.make(CanaryPlace::body, page)));
  if (format.attachment)
    draft.attachment = make_page(prose, marking, canaries.make(CanaryPlace::body, pages + 1));
  if (format.header) draft.header_token = canaries.make(CanaryPlace::header);
  if (format.property) draft.property_token = canaries.make(CanaryPlace::property);
  return draft;
}

std::string replaced(std::string text, std::string_view slot, const std::string& value) {
  for (std::size_t at = text.find(slot); at != text.npos; at = text.find(slot, at + value.size()))
    text.replace(at, slot.size(), value);
  return text;
}

std::string make_name(const model::DocumentSpec& spec, int number, Prose& prose, Canaries& canaries) {
  std::string name = spec.name.empty() ? prose.file_stem() + "-{canary}." + spec.format : spec.name;
  name = replaced(name, "{n}", std::to_string(number));
  if (name.find("{canary}") != name.npos) name = replaced(name, "{canary}", canaries.make(CanaryPlace::name));
  const bool plain = !name.empty() && name != "." && name != ".." && name.size() <= kNameLimit &&
                     name.find_first_of(std::string_view("/\0", 2)) == name.npos;
  if (plain) return name;
  throw Error(fmt::format("document '{}': '{}' is no file name", printable(spec.id), printable(name)),
              Fault::input);
}

std::string joined(const std::string& folder, const std::string& name) {
  if (folder.empty()) return name;
  return folder.back() == '/' ? folder + name : folder + "/" + name;
}

Planted make(const model::DocumentSpec& spec, int number, Subject subject, Seed seed) {
  const std::string id = fmt::format("{}-{}", spec.id, number);
  const Format& format = format_named(spec);
  const Marking& marking = marking_named(spec);
  Prose prose(seed, id, subject);
  Canaries canaries(seed, id);
  const std::string name = make_name(spec, number, prose, canaries);
  Planted planted;
  planted.content = format.write(make_draft(id, format, marking, prose, canaries));
  planted.document = {.id = id,
                      .spec = spec.id,
                      .format = spec.format,
                      .marking = spec.marking,
                      .path = joined(spec.folder, name),
                      .name = name,
                      .size = planted.content.size(),
                      .sha256 = sha256_hex(planted.content),
                      .canaries = canaries.take()};
  return planted;
}

template <typename Table>
std::vector<std::string_view> names_of(const Table& table) {
  std::vector<std::string_view> names;
  for (const auto& each : table) names.push_back(each.name);
  return names;
}

}  // namespace

std::vector<Planted> generate(const std::map<std::string, model::DocumentSpec>& specs, Seed seed) {
  std::vector<Planted> all;
  std::set<std::string> paths;
  for (const auto& [key, spec] : specs) {
    for (int number = 1; number <= spec.count; ++number) {
      all.push_back(make(spec, number, Subject::guarded, seed));
      const std::string& path = all.back().document.path;
      if (!paths.insert(path).second)
        throw Error(
            fmt::format("document '{}': there are two files '{}'; use {{n}} or {{canary}} in its name",
                        printable(spec.id), printable(path)),
            Fault::input);
    }
  }
  return all;
}

Planted control_document(Seed seed, int number) {
  const model::DocumentSpec spec = {.id = "control", .format = number % 2 == 0 ? "docx" : "txt"};
  return make(spec, number, Subject::harmless, seed);
}

const std::vector<std::string_view>& formats() {
  static const std::vector<std::string_view> names = names_of(all_formats());
  return names;
}

const std::vector<std::string_view>& markings() {
  static const std::vector<std::string_view> names = names_of(all_markings());
  return names;
}

}  // namespace candor::document
