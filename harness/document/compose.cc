// SPDX-License-Identifier: Apache-2.0
#include "document/compose.h"

#include <fmt/format.h>

#include <algorithm>

namespace candor::document {

namespace {

using model::CanaryPlace;

Page make_page(Prose& prose, const Marking& marking, int number, std::string token) {
  Page page{.heading = prose.heading(), .token = std::move(token)};
  const std::uint64_t paragraphs = 3 + prose.number(3);
  for (std::uint64_t i = 1; i <= paragraphs; ++i) {
    const bool lesser = prose.number(4) == 0;
    page.paragraphs.push_back({.number = fmt::format("{}.{}.", number, i),
                               .portion = std::string(lesser ? marking.lesser : marking.portion),
                               .text = prose.paragraph()});
  }
  if (prose.number(2) == 0) {
    page.caption = prose.caption();
    page.table = prose.table();
  }
  return page;
}

std::vector<Cells> make_distribution(Prose& prose) {
  const bool english = prose.language() == Language::english;
  const bool russian = prose.language() == Language::russian;
  std::vector<Cells> rows = {english   ? Cells{"Copy", "Name", "Post"}
                             : russian ? Cells{"Экз.", "Кому", "Должность"}
                                       : Cells{"份号", "姓名", "职务"}};
  const std::uint64_t copies = 2 + prose.number(4);
  for (std::uint64_t copy = 1; copy <= copies; ++copy)
    rows.push_back({std::to_string(copy), prose.person(), prose.post()});
  return rows;
}

bool fits(const Format& format, Language language) {
  return !format.archive && !format.one_page && !format.places.attachment &&
         !(format.drawn && language == Language::chinese);
}

/// Two or three formats, the first of those that can be in any charset.
std::vector<const Format*> choose_members(Prose& prose) {
  std::vector<const Format*> plain;
  std::vector<const Format*> rest;
  for (const Format& format : all_formats())
    if (fits(format, prose.language())) (format.charset ? plain : rest).push_back(&format);
  std::vector<const Format*> chosen = {plain[prose.number(plain.size())]};
  for (std::uint64_t left = 1 + prose.number(2); left > 0; --left) {
    const auto next = rest.begin() + static_cast<std::ptrdiff_t>(prose.number(rest.size()));
    chosen.push_back(*next);
    rest.erase(next);
  }
  return chosen;
}

Places places_of(const Format& format, const std::vector<const Format*>& members) {
  Places places = format.places;
  for (const Format* member : members) {
    places.header |= member->places.header;
    places.property |= member->places.property;
    places.image |= member->places.image;
  }
  return places;
}

void fill_tokens(Draft& draft, const Places& places, const MakeToken& make_token) {
  if (places.header) draft.header_token = make_token(CanaryPlace::header, 0);
  if (places.property) draft.property_token = make_token(CanaryPlace::property, 0);
  if (places.image) draft.image_token = make_token(CanaryPlace::image, 0);
  if (places.comment) draft.comment_token = make_token(CanaryPlace::comment, 0);
}

void add_members(Draft& draft, const std::vector<const Format*>& members, Prose& prose) {
  for (const Format* member : members)
    draft.members.emplace_back(member->name, prose.file_stem() + "." + member->extension);
}

}  // namespace

Draft compose(const std::string& id, const Format& format, const Marking& marking, Prose& prose,
              const MakeToken& make_token) {
  Draft draft{.id = id,
              .language = marking.language,
              .title = prose.title(),
              .author = prose.person(),
              .agency = prose.agency(),
              .date = prose.date(),
              .banner = std::string(marking.banner)};
  for (const std::string_view line : marking.authority) draft.authority.push_back(prose.filled(line));
  const int pages = format.one_page ? 1 : 3 + static_cast<int>(prose.number(3));
  for (int page = 1; page <= pages; ++page)
    draft.pages.push_back(make_page(prose, marking, page, make_token(CanaryPlace::body, page)));
  draft.distribution = make_distribution(prose);
  if (format.places.attachment)
    draft.attachment = make_page(prose, marking, 1, make_token(CanaryPlace::attachment, 0));
  const std::vector<const Format*> members =
      format.archive ? choose_members(prose) : std::vector<const Format*>();
  add_members(draft, members, prose);
  fill_tokens(draft, places_of(format, members), make_token);
  return draft;
}

void for_each_text(Draft& draft, const std::function<void(std::string&)>& change) {
  const auto change_rows = [&](std::vector<Cells>& rows) {
    for (Cells& cells : rows) std::for_each(cells.begin(), cells.end(), change);
  };
  const auto change_page = [&](Page& page) {
    change(page.heading);
    change(page.caption);
    for (Paragraph& paragraph : page.paragraphs) {
      change(paragraph.portion);
      change(paragraph.text);
    }
    change_rows(page.table);
  };
  for (std::string* text : {&draft.title, &draft.author, &draft.agency, &draft.banner}) change(*text);
  std::for_each(draft.authority.begin(), draft.authority.end(), change);
  std::for_each(draft.pages.begin(), draft.pages.end(), change_page);
  change_page(draft.attachment);
  change_rows(draft.distribution);
}

void remove_marking(Draft& draft) {
  const auto remove = [](std::string& marking) { marking = unmarked(marking); };
  const auto remove_portions = [&](Page& page) {
    for (Paragraph& paragraph : page.paragraphs) remove(paragraph.portion);
  };
  remove(draft.banner);
  std::for_each(draft.authority.begin(), draft.authority.end(), remove);
  std::for_each(draft.pages.begin(), draft.pages.end(), remove_portions);
  remove_portions(draft.attachment);
}

}  // namespace candor::document
