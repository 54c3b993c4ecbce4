// SPDX-License-Identifier: Apache-2.0
#include "internet/line_reader.h"

#include <algorithm>
#include <utility>

namespace candor::internet {

std::optional<std::string> LineReader::take(ByteView& rest) {
  if (std::exchange(whole_, false)) size_ = 0;
  const auto end = std::find(rest.begin(), rest.end(), '\n');
  const auto length = static_cast<std::size_t>(end - rest.begin());
  const std::size_t room = kLongest - std::min(kLongest, line_.size());
  line_.append(as_text(rest.first(std::min(length, room))));
  whole_ = end != rest.end();
  size_ += length + (whole_ ? 1 : 0);
  rest = rest.subspan(length + (whole_ ? 1 : 0));
  if (!whole_) return {};
  if (!line_.empty() && line_.back() == '\r') line_.pop_back();
  return std::exchange(line_, {});
}

}  // namespace candor::internet
