// SPDX-License-Identifier: Apache-2.0
#include "cloud/form.h"

#include <algorithm>

#include "base/bytes.h"

namespace candor::cloud {

namespace {

std::string undone(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::optional<Bytes> byte =
        text[i] == '%' && i + 2 < text.size() ? from_hex(text.substr(i + 1, 2)) : std::nullopt;
    if (byte && byte->size() == 1) {
      plain += static_cast<char>(byte->front());
      i += 2;
    } else {
      plain += text[i] == '+' ? ' ' : text[i];
    }
  }
  return plain;
}

}  // namespace

std::optional<std::string> form_value(std::string_view form, std::string_view name) {
  while (!form.empty()) {
    const std::string_view pair = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(form.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    if (undone(pair.substr(0, equals)) != name) continue;
    return equals == std::string_view::npos ? std::string() : undone(pair.substr(equals + 1));
  }
  return std::nullopt;
}

}  // namespace candor::cloud
