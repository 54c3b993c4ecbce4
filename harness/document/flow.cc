// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "document/draft.h"

namespace candor::document {

namespace {

/// The few fixed words of a document, in its language.
struct Labels {
  const char* reference;
  const char* copy;
  const char* distribution;
  const char* disclaimer;
  const char* tag;
};

const Labels& labels_of(Language language) {
  static constexpr Labels kEnglish = {"Registry reference ", "Copy ", "Distribution",
                                      "This document is fictional. All markings are for testing only.", "en"};
  static constexpr Labels kRussian = {"Учётный знак ", "Экземпляр ", "Рассылка",
                                      "Документ вымышлен. Все грифы - только для испытаний.", "ru"};
  static constexpr Labels kChinese = {"登记号 ", "份号 ", "分发名单", "本文件纯属虚构，所有标记仅供测试。",
                                      "zh-CN"};
  switch (language) {
    case Language::russian:
      return kRussian;
    case Language::chinese:
      return kChinese;
    case Language::english:
      break;
  }
  return kEnglish;
}

class Flow {
 public:
  explicit Flow(Banners banners) : banners_(banners) {}

  void add(Role role, std::string text) {
    if (!text.empty()) items_.push_back({.role = role, .text = std::move(text), .page = page_});
  }
  void add_banner(const Draft& draft) {
    if (banners_ == Banners::in_text) add(Role::banner, draft.banner);
  }
  void add_table(const std::vector<Cells>& table) {
    for (std::size_t i = 0; i < table.size(); ++i)
      items_.push_back({.role = i == 0 ? Role::head : Role::row, .cells = table[i], .page = page_});
  }
  void add_page(const Draft& draft, const Page& page) {
    add(Role::heading, page.heading);
    add(Role::reference, labels_of(draft.language).reference + page.token);
    for (const Paragraph& each : page.paragraphs) {
      const std::string number = each.number.empty() ? "" : each.number + " ";
      add(Role::paragraph, number + (each.portion.empty() ? "" : each.portion + " ") + each.text);
    }
    add(Role::caption, page.caption);
    add_table(page.table);
  }
  void add_cover(const Draft& draft) {
    add(Role::title, draft.title);
    add(Role::detail, draft.agency);
    add(Role::detail, draft.author + ", " + draft.date);
    for (const std::string& line : draft.authority) add(Role::authority, line);
  }
  void add_end(const Draft& draft) {
    if (!draft.distribution.empty()) add(Role::caption, labels_of(draft.language).distribution);
    add_table(draft.distribution);
    add(Role::disclaimer, disclaimer(draft.language));
  }
  void begin_page(int number) {
    if (number > 1) items_.push_back({.role = Role::page_break, .page = number});
    page_ = number;
  }
  [[nodiscard]] std::vector<Item> take() { return std::move(items_); }

 private:
  Banners banners_;
  std::vector<Item> items_;
  int page_ = 1;
};

std::string line_of(const Item& item) {
  if (item.cells.empty()) return item.text;
  std::string line;
  for (const std::string& cell : item.cells) line += (line.empty() ? "" : "\t") + cell;
  return line;
}

}  // namespace

std::vector<Item> flow(const Draft& draft, Banners banners) {
  Flow flow(banners);
  for (std::size_t i = 0; i < draft.pages.size(); ++i) {
    flow.begin_page(static_cast<int>(i) + 1);
    flow.add_banner(draft);
    if (i == 0) flow.add_cover(draft);
    flow.add_page(draft, draft.pages[i]);
    if (i + 1 == draft.pages.size()) flow.add_end(draft);
    flow.add_banner(draft);
  }
  return flow.take();
}

std::vector<Item> flow(const Draft& draft, const Page& page, int number) {
  Flow flow(Banners::in_text);
  flow.begin_page(number);
  flow.add_banner(draft);
  flow.add_page(draft, page);
  flow.add_banner(draft);
  std::vector<Item> items = flow.take();
  std::erase_if(items, [](const Item& item) { return item.role == Role::page_break; });
  return items;
}

std::string text_of(const std::vector<Item>& items) {
  std::string text;
  for (const Item& item : items)
    if (item.role != Role::page_break) text += line_of(item) + "\n";
  return text;
}

std::string copy_line(const Draft& draft) {
  return draft.header_token.empty() ? "" : labels_of(draft.language).copy + draft.header_token;
}

std::string disclaimer(Language language) { return labels_of(language).disclaimer; }
const char* language_tag(Language language) { return labels_of(language).tag; }

}  // namespace candor::document
