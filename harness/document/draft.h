// SPDX-License-Identifier: Apache-2.0
//
// A document before it takes a format: what is said on which page, and where the canaries go. Every format is
// written from the same list of items in reading order (`flow`).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "document/prose.h"

namespace candor::document {

using Cells = std::vector<std::string>;

struct Paragraph {
  std::string number;   ///< "2.3.", or "".
  std::string portion;  ///< Portion mark such as "(S//NF)", or "".
  std::string text;
};

struct Page {
  std::string heading;
  std::vector<Paragraph> paragraphs;
  std::string caption;       ///< Of the table.
  std::vector<Cells> table;  ///< Heads, then rows; empty: no table.
  std::string token;
};

struct Draft {
  std::string id;  ///< Of the document: for boundaries and message ids.
  Language language = Language::english;
  std::string charset;
  std::string password;
  std::string title;
  std::string author;
  std::string agency;
  std::string date;    ///< "2026-04-17".
  std::string banner;  ///< Or "".
  std::vector<std::string> authority;
  std::vector<Page> pages;
  std::vector<Cells> distribution;  ///< Heads, then copy, name and post of each who receives it.
  Page attachment;                  ///< Only where the format has one.
  std::string header_token;         ///< This and the next three: empty where the format has no such place.
  std::string property_token;
  std::string image_token;
  std::string comment_token;
  std::vector<std::pair<std::string, std::string>> members;  ///< Of an archive: format and file name.
};

/// What a container holds, by name; names of nested containers' parts are joined with '!'.
using Parts = std::vector<std::pair<std::string, std::string>>;

struct Written {
  Bytes content;
  std::string text;  ///< What a reader sees, in UTF-8.
  Parts parts;       ///< What stands in it encoded or packed, opened; for the list of canaries.
};

/// Which canaries a format has room for.
struct Places {
  bool header = false;
  bool property = false;
  bool attachment = false;
  bool image = false;
  bool comment = false;
};

/// One format, in the table in format.cc.
struct Format {
  const char* name;
  const char* extension;
  Places places;
  bool charset = false;    ///< Whether it may be written in several.
  bool encrypted = false;  ///< Opened only with a password.
  bool archive = false;    ///< Holds documents of other formats.
  bool drawn = false;      ///< Needs a font that has its letters.
  bool one_page = false;
  Written (*write)(const Draft& draft);
};

[[nodiscard]] const std::vector<Format>& all_formats();
/// Nothing if there is no such format.
[[nodiscard]] const Format* find_format(std::string_view name);

/// What an item of the flow is; writers give each its own look.
enum class Role {
  banner,
  title,
  detail,  ///< Agency, author and date.
  authority,
  heading,
  reference,  ///< The line by which a page carries its canary.
  paragraph,
  caption,
  head,  ///< A table's first row.
  row,
  disclaimer,
  page_break,
};

struct Item {
  Role role;
  std::string text;
  Cells cells;   ///< Of rows only.
  int page = 0;  ///< From 1.
};

enum class Banners { in_text, elsewhere };
/// The whole document in reading order; banners only where the format has no headers and footers for them.
[[nodiscard]] std::vector<Item> flow(const Draft& draft, Banners banners);
[[nodiscard]] std::vector<Item> flow(const Draft& draft, const Page& page, int number);
/// One line for each item, cells joined by tabs.
[[nodiscard]] std::string text_of(const std::vector<Item>& items);

/// The words by which a page's header carries its canary, in the draft's language.
[[nodiscard]] std::string copy_line(const Draft& draft);
/// That the document is fictional.
[[nodiscard]] std::string disclaimer(Language language);
/// "en", "ru", "zh-CN".
[[nodiscard]] const char* language_tag(Language language);
/// Text with & < > " as character references, for HTML and XML.
[[nodiscard]] std::string escaped(const std::string& text);

}  // namespace candor::document
