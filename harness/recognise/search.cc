// SPDX-License-Identifier: Apache-2.0
#include "recognise/search.h"

#include "recognise/search_layer.h"

namespace candor::recognise {

LayerFinding Search::explore(ByteView layer, const Origin& origin) {
  return Layer(*this, layer, origin).run();
}

void Search::cover(const FragmentIndex::Fragment& fragment) {
  Intervals& covered = covered_[fragment.document];
  covered.push_back({fragment.begin, fragment.end});
  if (covered.size() > 4096) covered = normalised(std::move(covered));
}

std::vector<model::Coverage> Search::coverage() {
  std::vector<model::Coverage> all;
  for (auto& [document, covered] : covered_) {
    model::Coverage coverage{.document = sought_.documents[document],
                             .of = sought_.fragments.counted(document)};
    for (const Interval part : normalised(std::move(covered)))
      coverage.parts.push_back({part.begin, part.end});
    all.push_back(std::move(coverage));
  }
  return all;
}

}  // namespace candor::recognise
