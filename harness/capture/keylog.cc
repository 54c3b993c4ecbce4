// SPDX-License-Identifier: Apache-2.0
#include "capture/keylog.h"

#include <algorithm>

namespace candor::capture {

namespace {

constexpr std::size_t kLongestLabel = 64;
constexpr std::size_t kRandom = 64;
constexpr std::size_t kLongestSecret = 256;

bool label_character(char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }
bool hex_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

std::string_view take_word(std::string_view& line) {
  const std::size_t end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

bool is_secret(std::string_view line) {
  const std::string_view label = take_word(line);
  const std::string_view random = take_word(line);
  const std::string_view secret = line;
  return !label.empty() && label.size() <= kLongestLabel && random.size() == kRandom && secret.size() >= 32 &&
         secret.size() <= kLongestSecret && secret.size() % 2 == 0 &&
         std::all_of(label.begin(), label.end(), label_character) &&
         std::all_of(random.begin(), random.end(), hex_character) &&
         std::all_of(secret.begin(), secret.end(), hex_character);
}

}  // namespace

Keylog read_keylog(std::string_view content) {
  Keylog log;
  while (!content.empty()) {
    const std::size_t end = content.find('\n');
    const std::string_view line = content.substr(0, end);
    const bool whole = end != std::string_view::npos;
    content.remove_prefix(whole ? end + 1 : content.size());
    if (line.empty() || line.front() == '#') continue;
    if (!whole || !is_secret(line)) {
      ++log.rejected;
      continue;
    }
    if (log.texts.empty() || log.texts.back().size() + line.size() >= kLargestKeylogText)
      log.texts.emplace_back();
    log.texts.back().append(line) += '\n';
    ++log.secrets;
  }
  return log;
}

}  // namespace candor::capture
