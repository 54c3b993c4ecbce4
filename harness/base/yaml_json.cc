// SPDX-License-Identifier: Apache-2.0
#include "base/yaml_json.h"

namespace candor::yaml {

Json scalar_json(const Node& node) {
  if (node.kind == Kind::null) return nullptr;
  if (!node.quoted) {
    const Json plain = Json::parse(node.scalar, nullptr, false);
    if (plain.is_number() || plain.is_boolean() || plain.is_null()) return plain;
  }
  return node.scalar;
}

Json to_json(const Node& node) {
  if (node.kind == Kind::sequence) {
    Json list = Json::array();
    for (const Node& item : node.items) list.push_back(to_json(item));
    return list;
  }
  if (node.kind == Kind::map) {
    Json map = Json::object();
    for (const Entry& entry : node.entries) map[entry.key] = to_json(entry.value);
    return map;
  }
  return scalar_json(node);
}

}  // namespace candor::yaml
