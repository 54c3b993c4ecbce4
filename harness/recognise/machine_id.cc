// SPDX-License-Identifier: Apache-2.0
#include "recognise/machine_id.h"

#include <algorithm>

#include "base/hash.h"

namespace candor::recognise {

std::optional<Bytes> id_bytes(const std::string& value) {
  constexpr std::size_t kDigits = 32;
  if (value.size() != kDigits) return std::nullopt;
  return from_hex(value);
}

std::string uuid_text(std::string id) {
  for (const std::size_t at : {20U, 16U, 12U, 8U}) id.insert(at, "-");
  return id;
}

Bytes guid_bytes(Bytes id) {
  std::reverse(id.begin(), id.begin() + 4);
  std::reverse(id.begin() + 4, id.begin() + 6);
  std::reverse(id.begin() + 6, id.begin() + 8);
  return id;
}

}  // namespace candor::recognise
