// SPDX-License-Identifier: Apache-2.0
//
// A mail message (RFC 5322, MIME) with the text as plain text and as HTML in quoted-printable, a text
// attachment and a picture in base64.
#include <fmt/format.h>

#include <sstream>

#include "base/hash.h"
#include "document/html_text.h"
#include "document/mail_header.h"
#include "document/plain_text.h"
#include "document/png.h"

namespace candor::document {

Written write_eml(const Draft& draft);

namespace {

constexpr std::size_t kBase64Columns = 76;
constexpr std::size_t kQuotedColumns = 75;
constexpr const char* kHost = "harbour-statistics.example";
constexpr const char* kAnnex = "annex-a.txt";
constexpr const char* kPicture = "stamp.png";

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

std::string wrapped_base64(const std::string& bytes) {
  const std::string all = to_base64(as_bytes(bytes));
  std::string result;
  for (std::size_t at = 0; at < all.size(); at += kBase64Columns)
    result += all.substr(at, kBase64Columns) + "\n";
  return result;
}

/// Text in the charset, behind its byte order mark.
std::string file_text(const std::string& text, const Charset& charset) {
  return std::string(charset.mark) + encoded(text, charset);
}

/// A text part with its head. What is not 8-bit text goes in base64.
std::string text_part(const std::string& text, const Charset& charset) {
  std::string part =
      fmt::format("Content-Type: text/plain; charset={}\nContent-Transfer-Encoding: ", charset.label);
  if (!charset.mark.empty()) return part + "base64\n\n" + wrapped_base64(file_text(text, charset));
  return part + "8bit\n\n" + encoded(text, charset);
}

std::string html_part(const Draft& draft, const Charset& charset) {
  const Charset& used = charset.mark.empty() ? charset : *find_charset("utf-8");
  return fmt::format("Content-Type: text/html; charset={}\nContent-Transfer-Encoding: quoted-printable\n\n",
                     used.label) +
         quoted_printable(encoded(draft_as_html(draft, used.label, ""), used));
}

std::string attachment(const std::string& type, const std::string& name, const std::string& bytes) {
  return fmt::format(
      "Content-Type: {}\nContent-Disposition: attachment; filename=\"{}\"\n"
      "Content-Transfer-Encoding: base64\n\n{}",
      type, name, wrapped_base64(bytes));
}

std::string head(const Draft& draft, const std::string& boundary, const Charset& charset) {
  std::string text = fmt::format("Message-ID: <{}@{}>\n", boundary.substr(0, 20), kHost);
  text += "Date: " + mail_date(draft.date) + "\n";
  text += fmt::format("From: {} <desk-{}@{}>\n", header_text(draft.author, charset), boundary.substr(0, 4),
                      kHost);
  text += fmt::format("To: Records Office <records@{}>\n", kHost);
  text += "Subject: " +
          header_text((draft.banner.empty() ? "" : "[" + draft.banner + "] ") + draft.title, charset) + "\n";
  text += "X-Registry-Reference: " + draft.header_token + "\n";
  text += "User-Agent: Tidemark Mail 4.2\nMIME-Version: 1.0\n";
  return text + fmt::format("Content-Type: multipart/mixed; boundary=\"mixed-{}\"\n\n", boundary);
}

}  // namespace

Written write_eml(const Draft& draft) {
  const Charset& charset = *find_charset(draft.charset);
  const std::string boundary = sha256_hex(as_bytes(draft.header_token)).substr(0, 24);
  Draft body = draft;
  body.header_token.clear();
  const std::vector<Item> items = flow(body, Banners::in_text);
  const std::vector<Item> annex = flow(draft, draft.attachment, 1);
  const std::string annex_file = file_text(as_plain_text(annex), charset);
  const std::string stamp = stamp_png(draft);

  std::string text = head(draft, boundary, charset) + "This is a message in MIME format.\n";
  text +=
      fmt::format("--mixed-{0}\nContent-Type: multipart/alternative; boundary=\"text-{0}\"\n\n", boundary);
  text += fmt::format("--text-{}\n", boundary) + text_part(as_plain_text(items), charset);
  text += fmt::format("\n--text-{}\n", boundary) + html_part(body, charset);
  text += fmt::format("\n--text-{0}--\n\n--mixed-{0}\n", boundary);
  text += attachment(fmt::format("text/plain; charset={}", charset.label), kAnnex, annex_file);
  text += fmt::format("--mixed-{}\n", boundary) + attachment("image/png", kPicture, stamp);
  text += fmt::format("--mixed-{}--\n", boundary);
  return {.content = to_bytes(with_crlf(text)),
          .text = draft.title + "\n" + text_of(items) + text_of(annex),
          .parts = {{kAnnex, annex_file}, {kPicture, stamp}}};
}

}  // namespace candor::document
