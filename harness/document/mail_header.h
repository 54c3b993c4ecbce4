// SPDX-License-Identifier: Apache-2.0
//
// Header fields of mail messages: dates and words that are not ASCII.
#pragma once

#include <string>

#include "document/charset.h"

namespace candor::document {

/// Text of a header as it stands in a message: ASCII as it is, all else as encoded words (RFC 2047) in base64
/// of at most 75 columns, folded. Charsets that are not 8-bit give way to UTF-8.
[[nodiscard]] std::string header_text(const std::string& text, const Charset& charset);
/// "Fri, 17 Apr 2026 09:12:44 +0000" (RFC 5322, section 3.3) of "2026-04-17".
[[nodiscard]] std::string mail_date(const std::string& date);

}  // namespace candor::document
