// SPDX-License-Identifier: Apache-2.0
//
// A document before it takes a format: what is said on which page, and where the canaries go.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"

namespace candor::document {

struct Paragraph {
  std::string portion;  ///< Portion mark such as "(S//NF)", or "".
  std::string text;
};

struct Page {
  std::string heading;
  std::vector<Paragraph> paragraphs;
  std::string token;
};

struct Draft {
  std::string id;  ///< Of the document: for boundaries and message ids.
  std::string title;
  std::string author;
  std::string agency;
  std::string date;    ///< "2026-04-17".
  std::string banner;  ///< Or "".
  std::vector<std::string> authority;
  std::vector<Page> pages;
  Page attachment;           ///< Only where the format has one.
  std::string header_token;  ///< Empty where the format has no such place.
  std::string property_token;
};

/// One format: which canaries it has room for, and how it is written. One line in the table in format.cc.
struct Format {
  const char* name;
  bool header;
  bool property;
  bool attachment;
  Bytes (*write)(const Draft& draft);
};

[[nodiscard]] const std::vector<Format>& all_formats();

/// The words by which a page carries its canary.
[[nodiscard]] std::string reference_line(const std::string& token);
inline constexpr const char* kDisclaimer = "This document is fictional. All markings are for testing only.";
/// Text with & < > " as character references, for HTML and XML.
[[nodiscard]] std::string escaped(const std::string& text);

}  // namespace candor::document
