// SPDX-License-Identifier: Apache-2.0
#include "model/hit.h"

#include <algorithm>
#include <array>

namespace candor::model {

const char* text(HitKind kind) {
  switch (kind) {
    case HitKind::whole_file:
      return "whole file";
    case HitKind::token:
      return "token";
    case HitKind::name:
      return "name";
    case HitKind::path:
      return "path";
    case HitKind::hash:
      return "hash";
    case HitKind::fuzzy:
      return "similarity hash";
    case HitKind::fragment:
      return "fragment";
    case HitKind::identity:
      return "identity";
  }
  return "";
}

bool cut_by_limit(const NotLookedInto& part) {
  constexpr std::array kWords = {"budget", "depth", "too many", "more regions", "guess"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](const char* word) { return part.reason.find(word) != std::string::npos; });
}

Json to_json(const DecodeStep& step) {
  return {{"decoder", step.decoder},
          {"offset", step.offset},
          {"length", step.length},
          {"produced", step.produced}};
}

}  // namespace candor::model
