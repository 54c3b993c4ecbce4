// SPDX-License-Identifier: Apache-2.0
//
// Small carriers over requests: what a client may choose in the head of an HTTP request is a stream of values
// in the order of its requests to one host. Put together and searched are, each by itself: paths and their
// last parts; the values of all parameters and of each; of all cookies and of each; of each field, whole and
// by its parts that vary (the comment of a User-Agent), also each decoded from base64; and the order in which
// the names of fields come.
//
// Owned by one judging. Bounded in memory: long streams are searched piece by piece, with an overlap longer
// than any canary is in any encoding. Beyond kMostStreams streams nothing new is followed, which complete()
// denies.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/bytes.h"
#include "capture/account.h"
#include "capture/http_requests.h"

namespace candor::capture {

/// Something found over several requests.
struct RequestFinding {
  std::uint64_t id = 0;  ///< Of the request it begins in: what add() was given.
  model::Hit hit;        ///< Its chain begins with how the requests were put together.
};

class RequestCarriers {
 public:
  static constexpr std::size_t kMostStreams = 1U << 16;

  /// `as_it_stands` looks into the order of fields, whose packings are many; it may be empty.
  RequestCarriers(Recogniser recognise, Recogniser as_it_stands);

  /// Requests to one host must come in the order they were sent.
  void add(const std::string& host, std::uint64_t id, const HttpRequest& request);
  /// Searches what is left.
  [[nodiscard]] std::vector<RequestFinding> finish();
  [[nodiscard]] bool complete() const { return complete_; }
  /// Empty, or the first failure of a recogniser, or the first limit that left something unsearched.
  [[nodiscard]] const std::string& problem() const { return problem_; }

 private:
  struct Value {
    std::string text;
    std::uint64_t id = 0;
  };
  struct Stream {
    std::vector<Value> values;
    std::size_t bytes = 0;
    bool varies = false;
  };
  struct Order {
    std::map<std::string, std::uint64_t> numbers;  // by first use
    std::vector<std::uint64_t> values;
    std::vector<std::uint64_t> ids;
  };
  using Key = std::pair<std::string, std::string>;  // host, and what the values are

  void tell(const std::string& host, const std::string& what, std::string_view value, std::uint64_t id);
  void tell_pairs(const std::string& host, const std::string& kind, std::string_view pairs, char between,
                  std::uint64_t id);
  void tell_order(const std::string& host, const HttpRequest& request, std::uint64_t id);
  void shrink(const Key& key, Stream& stream, std::size_t overlap);
  void search(const Key& key, const Stream& stream);
  void search_values(const Key& key, const std::vector<Value>& values, const std::string& how);
  void search_parts(const Key& key, const std::vector<Value>& values);
  void search_order(const Key& key, const Order& order);
  void search_bytes(const Key& key, ByteView bytes, const Recogniser& recognise,
                    const model::DecodeStep& step, const std::function<std::uint64_t(std::size_t)>& id_at);

  Recogniser recognise_;
  Recogniser as_it_stands_;
  std::map<Key, Stream> streams_;
  std::map<Key, Order> orders_;
  std::size_t held_ = 0;  ///< Bytes of all streams.
  std::size_t most_held_;
  std::set<std::tuple<std::string, model::HitKind, std::string, std::string>>
      seen_;  ///< Host, kind, document, what.
  std::vector<RequestFinding> findings_;
  bool complete_ = true;
  std::string problem_;
};

}  // namespace candor::capture
