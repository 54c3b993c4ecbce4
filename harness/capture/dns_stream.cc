// SPDX-License-Identifier: Apache-2.0
#include "capture/dns_stream.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "capture/dns_query.h"
#include "capture/field_reader.h"

namespace candor::capture {

namespace {

class NameSearch {
 public:
  NameSearch(const Recogniser& recognise, model::Recognition& found) : recognise_(recognise), found_(found) {}

  /// Searches a text that was made of so many bytes from `at` on; returns how many of its bytes are opaque.
  std::uint64_t search(const std::string& text, const char* how, std::uint64_t at, std::uint64_t size) {
    if (text.empty()) return 0;
    model::Recognition part = recognise_(as_bytes(text));
    for (model::Hit& hit : part.hits) {
      hit.chain.insert(hit.chain.begin(), {how, at, size, text.size()});
      found_.hits.push_back(std::move(hit));
    }
    found_.searched += part.searched;
    for (model::NotLookedInto& cut : part.not_looked_into) {
      if (!model::cut_by_limit(cut)) continue;
      cut.chain.insert(cut.chain.begin(), {how, at, size, text.size()});
      cut.bytes = size;
      cut_.push_back(std::move(cut));
    }
    return part.opaque;
  }
  /// What a limit kept it from searching.
  [[nodiscard]] std::vector<model::NotLookedInto> cut() { return std::move(cut_); }

 private:
  const Recogniser& recognise_;
  model::Recognition& found_;
  std::vector<model::NotLookedInto> cut_;
};

}  // namespace

model::Recognition search_dns_stream(ByteView stream, const Recogniser& recognise, model::Recognition found) {
  constexpr std::uint64_t kId = 2;
  constexpr std::size_t kMostNames = 1U << 14;
  FieldReader reader(stream);
  NameSearch names(recognise, found);
  std::string fronts;
  std::string firsts;
  std::unordered_map<std::string, std::uint64_t> known;  // with their opaque bytes
  std::uint64_t opaque = 0;
  bool plain = true;
  while (!reader.rest().empty()) {
    const std::size_t size = reader.u16();
    const std::uint64_t at = reader.position() + kNameOffset;
    const ByteView message = reader.take(size);
    const auto query = reader.good() ? parse_dns_query(message) : std::nullopt;
    plain = plain && query.has_value();
    if (!query) continue;
    const std::string dotted = joined_labels(*query, ".");
    if (!known.contains(dotted) && known.size() == kMostNames) {
      plain = false;
    } else if (!known.contains(dotted)) {
      known[dotted] = names.search(joined_labels(*query, ""), "dns labels joined", at, query->name_length);
      (void)names.search(dotted, "dns name", at, query->name_length);
      if (lower_case(dotted) != dotted)
        (void)names.search(lower_case(dotted), "dns name, lower case", at, query->name_length);
    }
    if (plain) opaque += kId + query->opaque_options + std::max(query->opaque_labels, known.at(dotted));
    fronts += labels_before_base(*query);
    firsts += query->labels.empty() ? "" : query->labels.front();
  }
  (void)names.search(fronts, "dns names joined", 0, stream.size());
  (void)names.search(lower_case(fronts), "dns names joined, lower case", 0, stream.size());
  if (firsts != fronts) (void)names.search(firsts, "first dns labels joined", 0, stream.size());
  if (!plain) return found;
  found.opaque = std::min<std::uint64_t>(opaque, stream.size());
  found.not_looked_into = names.cut();
  return found;
}

}  // namespace candor::capture
