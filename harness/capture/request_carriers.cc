// SPDX-License-Identifier: Apache-2.0
#include "capture/request_carriers.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

#include "capture/dns_query.h"
#include "capture/packing.h"

namespace candor::capture {

namespace {

constexpr std::size_t kLongestStream = 256U << 10;  // bytes of values held of one stream
constexpr std::size_t kMostHeld = 64U << 20;        // of all
constexpr std::size_t kOverlap = 4096;
constexpr std::size_t kShortOverlap = 512;        // where there are very many: a canary in any encoding
constexpr std::size_t kLongestValue = 16U << 10;  // more is content, and searched as such
constexpr std::size_t kMostParts = 64;
constexpr std::size_t kMostOrders = 1024;
constexpr std::size_t kMostThings = 256;  // orders told apart
constexpr std::size_t kMostOrderValues = 1U << 16;
constexpr std::size_t kFewestBytes = 16;

/// What may stand in a word that encodes something; anything else is between words.
bool in_word(char c) {
  constexpr std::string_view kMarks = "+/=_-.%~!*$@#:";
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         kMarks.find(c) != std::string_view::npos || static_cast<unsigned char>(c) >= 0x80;
}

bool letter_or_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (std::size_t at = 0; at < text.size();) {
    if (!in_word(text[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && in_word(text[end])) ++end;
    words.push_back(text.substr(at, end - at));
    at = end;
  }
  return words;
}

/// How many bytes all words begin with, up to and with a mark: what they have in common by chance is theirs.
std::size_t common_begin(const std::vector<std::string_view>& words) {
  std::size_t common = words.front().size();
  for (const std::string_view word : words) {
    std::size_t same = 0;
    while (same < std::min(common, word.size()) && word[same] == words.front()[same]) ++same;
    common = same;
  }
  while (common > 0 && letter_or_digit(words.front()[common - 1])) --common;
  return common;
}

/// The same from their ends on, from a mark on, of what is behind `front`.
std::size_t common_end(const std::vector<std::string_view>& words, std::size_t front) {
  const std::string_view first = words.front();
  std::size_t common = first.size() - front;
  for (const std::string_view word : words) {
    std::size_t same = 0;
    while (same < std::min(common, word.size() - front) &&
           word[word.size() - 1 - same] == first[first.size() - 1 - same])
      ++same;
    common = same;
  }
  while (common > 0 && letter_or_digit(first[first.size() - common])) --common;
  return common;
}

/// What base64 of either alphabet, padded or not, stands for; nothing of any other text.
std::optional<Bytes> from_any_base64(std::string text) {
  for (char& c : text) c = c == '-' ? '+' : c == '_' ? '/' : c;
  while (!text.empty() && text.back() == '=') text.pop_back();
  if (text.size() < 2 || text.size() % 4 == 1) return std::nullopt;
  text.append((4 - text.size() % 4) % 4, '=');
  return from_base64(text);
}

/// "agent=abc" and "abc" both name the values of "agent" and of "".
std::pair<std::string_view, std::string_view> split_pair(std::string_view pair) {
  const std::size_t equals = pair.find('=');
  if (equals == std::string_view::npos) return {{}, pair};
  return {pair.substr(0, equals), pair.substr(equals + 1)};
}

}  // namespace

RequestCarriers::RequestCarriers(Recogniser recognise, Recogniser as_it_stands)
    : recognise_(std::move(recognise)), as_it_stands_(std::move(as_it_stands)), most_held_(kMostHeld) {}

void RequestCarriers::add(const std::string& host, std::uint64_t id, const HttpRequest& request) {
  tell(host, "paths", request.path, id);
  tell(host, "last parts of paths", request.path.substr(request.path.rfind('/') + 1), id);
  tell_pairs(host, "parameter", request.query, '&', id);
  for (const auto& [name, value] : request.fields) {
    const std::string field = lower_case(std::string(name.substr(0, 64)));
    tell(host, "field '" + printable(field) + "'", value, id);
    if (field == "cookie") tell_pairs(host, "cookie", value, ';', id);
  }
  tell_order(host, request, id);
}

void RequestCarriers::tell_pairs(const std::string& host, const std::string& kind, std::string_view pairs,
                                 char between, std::uint64_t id) {
  while (!pairs.empty()) {
    const std::size_t end = pairs.find(between);
    std::string_view pair = pairs.substr(0, end);
    pairs.remove_prefix(end == std::string_view::npos ? pairs.size() : end + 1);
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    const auto [name, value] = split_pair(pair);
    tell(host, kind + " values", value, id);
    tell(host, kind + " '" + printable(name.substr(0, 64)) + "'", value, id);
    tell(host, kind + " names", name, id);
  }
}

void RequestCarriers::tell(const std::string& host, const std::string& what, std::string_view value,
                           std::uint64_t id) {
  if (value.empty() || value.size() > kLongestValue) return;
  const Key key{host, what};
  auto known = streams_.find(key);
  if (known == streams_.end()) {
    if (streams_.size() == kMostStreams) {
      complete_ = false;
      return;
    }
    known = streams_.try_emplace(key).first;
  }
  Stream& stream = known->second;
  stream.varies = stream.varies || (!stream.values.empty() && stream.values.front().text != value);
  // What is the same each time says nothing, however often.
  if (!stream.varies && stream.values.size() == 2) return;
  if (stream.bytes > kLongestStream) shrink(key, stream, kOverlap);
  stream.values.push_back({std::string(value), id});
  stream.bytes += value.size() + sizeof(Value);
  held_ += value.size() + sizeof(Value);
  if (held_ <= most_held_) return;
  for (auto& [each, held] : streams_) shrink(each, held, kShortOverlap);
  // Where overlaps alone are near the limit, searching at each value would take for ever.
  most_held_ = std::max(kMostHeld, 2 * held_);
}

/// Searches what is held of a stream, and keeps of it what the next piece must overlap.
void RequestCarriers::shrink(const Key& key, Stream& stream, std::size_t overlap) {
  search(key, stream);
  std::size_t kept = 0;
  auto first = stream.values.end();
  while (first != stream.values.begin() && kept < overlap) kept += (--first)->text.size();
  stream.values.erase(stream.values.begin(), first);
  held_ -= stream.bytes;
  stream.bytes = kept + stream.values.size() * sizeof(Value);
  held_ += stream.bytes;
}

void RequestCarriers::tell_order(const std::string& host, const HttpRequest& request, std::uint64_t id) {
  const Key key{host, "order of fields"};
  if (!as_it_stands_) return;
  if (orders_.size() == kMostOrders && !orders_.contains(key)) {
    complete_ = false;
    return;
  }
  std::string names;
  for (const auto& [name, value] : request.fields) names += lower_case(std::string(name)) + "\n";
  Order& order = orders_[key];
  const bool too_many = order.numbers.size() == kMostThings && !order.numbers.contains(names);
  if (too_many || order.values.size() == kMostOrderValues) {
    complete_ = false;
    return;
  }
  order.values.push_back(order.numbers.try_emplace(names, order.numbers.size()).first->second);
  order.ids.push_back(id);
}

void RequestCarriers::search(const Key& key, const Stream& stream) {
  if (!stream.varies) return;
  search_values(key, stream.values, key.second + " joined");
  search_parts(key, stream.values);
}

void RequestCarriers::search_values(const Key& key, const std::vector<Value>& values,
                                    const std::string& how) {
  Bytes bytes;
  std::vector<std::size_t> begins;
  const auto search_joined = [&](const std::string& step) {
    if (bytes.size() < kFewestBytes) return;
    search_bytes(key, bytes, recognise_, {step, 0, bytes.size(), bytes.size()}, [&](std::size_t at) {
      const auto after = std::upper_bound(begins.begin(), begins.end(), at);
      return values[static_cast<std::size_t>(after - begins.begin()) - 1].id;
    });
  };
  for (const Value& value : values) {
    begins.push_back(bytes.size());
    bytes.insert(bytes.end(), value.text.begin(), value.text.end());
  }
  search_joined(how);
  bytes.clear();
  begins.clear();
  for (const Value& value : values) {
    const std::optional<Bytes> decoded = from_any_base64(value.text);
    if (!decoded) return;
    begins.push_back(bytes.size());
    bytes.insert(bytes.end(), decoded->begin(), decoded->end());
  }
  search_joined(how + ", each from base64");
}

/// Values of several words of which some stay the same: each that varies is a stream, without what all have
/// in front.
void RequestCarriers::search_parts(const Key& key, const std::vector<Value>& values) {
  std::vector<std::vector<std::string_view>> words;
  for (const Value& value : values) words.push_back(words_of(value.text));
  const std::size_t columns = words.front().size();
  if (columns > kMostParts) return;
  for (const auto& each : words)
    if (each.size() != columns) return;
  for (std::size_t column = 0; column < columns; ++column) {
    std::vector<std::string_view> part;
    for (const auto& each : words) part.push_back(each[column]);
    const std::size_t front = common_begin(part);
    const std::size_t end = common_end(part, front);
    const bool varies =
        std::any_of(part.begin(), part.end(), [&](auto word) { return word != part.front(); });
    if (!varies || (columns == 1 && front + end == 0)) continue;  // nothing but the whole, which was searched
    std::vector<Value> own;
    for (std::size_t i = 0; i < part.size(); ++i)
      own.push_back({std::string(part[i].substr(front, part[i].size() - front - end)), values[i].id});
    search_values(key, own, key.second + ", part " + std::to_string(column + 1) + " joined");
  }
}

void RequestCarriers::search_order(const Key& key, const Order& order) {
  if (order.numbers.size() < 2) return;
  pack(order.values, 8, true, [&](const Packing& packing, ByteView bytes) {
    if (bytes.size() < kFewestBytes) return;
    search_bytes(
        key, bytes, as_it_stands_, {key.second + ", " + packing.text(), 0, order.values.size(), bytes.size()},
        [&](std::size_t at) { return order.ids[std::min(packing.value_at(at), order.ids.size() - 1)]; });
  });
}

void RequestCarriers::search_bytes(const Key& key, ByteView bytes, const Recogniser& recognise,
                                   const model::DecodeStep& step,
                                   const std::function<std::uint64_t(std::size_t)>& id_at) {
  model::Recognition found;
  try {
    found = recognise(bytes);
  } catch (const std::exception& error) {
    if (problem_.empty()) problem_ = "searching " + step.decoder + " failed: " + error.what();
  }
  for (const model::NotLookedInto& part : found.not_looked_into)
    if (problem_.empty() && model::cut_by_limit(part))
      problem_ = "not looked into: " + step.decoder + " to " + printable(key.first) + ": " + part.reason;
  for (model::Hit& hit : found.hits) {
    if (!seen_.emplace(key.first, hit.kind, hit.document, hit.what).second) continue;
    const std::uint64_t at = hit.chain.empty() ? hit.offset : hit.chain.front().offset;
    const std::uint64_t id = id_at(static_cast<std::size_t>(std::min<std::uint64_t>(at, bytes.size() - 1)));
    hit.chain.insert(hit.chain.begin(), step);
    findings_.push_back({id, std::move(hit)});
  }
}

std::vector<RequestFinding> RequestCarriers::finish() {
  for (const auto& [key, stream] : streams_) search(key, stream);
  for (const auto& [key, order] : orders_) search_order(key, order);
  streams_.clear();
  orders_.clear();
  std::stable_sort(findings_.begin(), findings_.end(),
                   [](const auto& a, const auto& b) { return a.id < b.id; });
  return std::move(findings_);
}

}  // namespace candor::capture
