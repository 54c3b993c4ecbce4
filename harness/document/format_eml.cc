// SPDX-License-Identifier: Apache-2.0
//
// A mail message (RFC 5322) with the text as plain text and as HTML in quoted-printable, and a text
// attachment in base64.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <sstream>

#include "base/hash.h"
#include "document/html_text.h"
#include "document/plain_text.h"

namespace candor::document {

Bytes write_eml(const Draft& draft);

namespace {

constexpr std::size_t kBase64Columns = 76;
constexpr std::size_t kQuotedColumns = 75;

std::string with_crlf(const std::string& text) {
  std::string result;
  for (const char c : text) result += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return result;
}

std::string quoted_line(const std::string& line) {
  std::string result;
  std::size_t column = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool plain = c >= ' ' && c <= '~' && c != '=' && !(c == ' ' && i + 1 == line.size());
    const std::string piece =
        plain ? std::string(1, c) : fmt::format("={:02X}", static_cast<unsigned char>(c));
    if (column + piece.size() > kQuotedColumns) {
      result += "=\n";
      column = 0;
    }
    result += piece;
    column += piece.size();
  }
  return result;
}

std::string quoted_printable(const std::string& text) {
  std::istringstream lines(text);
  std::string result;
  for (std::string line; std::getline(lines, line);) result += quoted_line(line) + "\n";
  return result;
}

std::string wrapped_base64(const std::string& text) {
  const std::string all = to_base64(as_bytes(text));
  std::string result;
  for (std::size_t at = 0; at < all.size(); at += kBase64Columns)
    result += all.substr(at, kBase64Columns) + "\n";
  return result;
}

std::string mailbox(const std::string& name, const std::string& host) {
  std::string local = name.substr(name.rfind(' ') + 1);
  std::transform(local.begin(), local.end(), local.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return fmt::format("{} <{}@{}>", name, local, host);
}

/// "Fri, 17 Apr 2026 09:12:44 +0000" of "2026-04-17", by Sakamoto's rule for the day of the week.
std::string mail_date(const std::string& date) {
  constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr int kOffsets[] = {0, 3, 2, 5, 0, 3, 5, 1, 4, 6, 2, 4};
  const int year = std::stoi(date.substr(0, 4));
  const int month = std::stoi(date.substr(5, 2));
  const int day = std::stoi(date.substr(8, 2));
  const int counted = month < 3 ? year - 1 : year;
  const int weekday = (counted + counted / 4 - counted / 100 + counted / 400 + kOffsets[month - 1] + day) % 7;
  return fmt::format("{}, {:02} {} {} 09:12:44 +0000", kDays[weekday], day, kMonths[month - 1], year);
}

std::string head(const Draft& draft, const std::string& boundary) {
  constexpr const char* kHost = "harbour-statistics.example";
  std::string text = fmt::format("Message-ID: <{}@{}>\n", boundary.substr(0, 20), kHost);
  text += "Date: " + mail_date(draft.date) + "\n";
  text += "From: " + mailbox(draft.author, kHost) + "\n";
  text += "To: Records Office <records@" + std::string(kHost) + ">\n";
  text += "Subject: " + (draft.banner.empty() ? "" : "[" + draft.banner + "] ") + draft.title + "\n";
  text += "X-Registry-Reference: " + draft.header_token + "\n";
  text += "User-Agent: Tidemark Mail 4.2\nMIME-Version: 1.0\n";
  return text + fmt::format("Content-Type: multipart/mixed; boundary=\"mixed-{}\"\n\n", boundary);
}

}  // namespace

Bytes write_eml(const Draft& draft) {
  const std::string boundary = sha256_hex(as_bytes(draft.header_token)).substr(0, 24);
  Draft body = draft;
  body.header_token.clear();
  std::string text = head(draft, boundary) + "This is a message in MIME format.\n";
  text +=
      fmt::format("--mixed-{0}\nContent-Type: multipart/alternative; boundary=\"text-{0}\"\n\n", boundary);
  text += fmt::format("--text-{}\nContent-Type: text/plain; charset=us-ascii\n", boundary);
  text += "Content-Transfer-Encoding: 7bit\n\n" + draft_as_text(body);
  text += fmt::format("\n--text-{}\nContent-Type: text/html; charset=utf-8\n", boundary);
  text += "Content-Transfer-Encoding: quoted-printable\n\n" + quoted_printable(draft_as_html(body));
  text +=
      fmt::format("\n--text-{0}--\n\n--mixed-{0}\nContent-Type: text/plain; charset=us-ascii\n", boundary);
  text += "Content-Disposition: attachment; filename=\"annex-a.txt\"\nContent-Transfer-Encoding: base64\n\n";
  text += wrapped_base64(page_as_text(draft, draft.attachment));
  text += fmt::format("--mixed-{}--\n", boundary);
  return to_bytes(with_crlf(text));
}

}  // namespace candor::document
