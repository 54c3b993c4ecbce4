// SPDX-License-Identifier: Apache-2.0
//
// What the vendor's cloud says to a request: a pure function of rules, state and request, which also tells
// what the answer changes; and the owner of that state. One thread; never throws for what a request holds.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cloud/rules.h"

namespace candor::cloud {

/// Bodies are looked at up to here; longer ones match no `json` and no `form`.
inline constexpr std::size_t kBodySeen = 1U << 20;

struct Request {
  std::string host;  ///< In lower case, without a port.
  std::string method;
  std::string path;                                          ///< As sent, without the query.
  std::string query;                                         ///< As sent, without the question mark.
  std::vector<std::pair<std::string, std::string>> headers;  ///< Names in lower case.
  std::string_view body;                                     ///< At most kBodySeen bytes of it.
  std::uint64_t body_size = 0;
  std::string body_sha256;  ///< In hex, if Cloud::wants_digest().
  std::int64_t now_ns = 0;  ///< Wall clock.
};

struct State {
  static constexpr std::size_t kSetBound = 65'536;
  static constexpr std::size_t kValueBound = 4096;
  std::map<std::string, std::string> values;
  std::map<std::string, std::set<std::string>> sets;
  std::map<std::string, std::int64_t> answered;  ///< By rule.
};

/// One change of the state.
struct Change {
  enum class Kind { set, remember, forget };
  Kind kind = Kind::set;
  std::string name;
  std::string value;
};

struct Answer {
  std::string rule;
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::int64_t delay_ns = 0;
  std::vector<Change> changes;
};

struct DnsReply {
  std::string rule;
  std::string code;
  std::int64_t ttl = 300;
  std::vector<std::string> records;
  std::vector<Change> changes;
};

/// Nothing if no rule fits.
[[nodiscard]] std::optional<Answer> decide(const Rules& rules, const State& state, const Request& request);
/// `name` without its final dot, `type` as text.
[[nodiscard]] std::optional<DnsReply> decide(const Rules& rules, const State& state, std::string_view name,
                                             std::string_view type, std::int64_t now_ns);

class Cloud {
 public:
  explicit Cloud(Rules rules);

  /// Decides, and takes over what that changes.
  [[nodiscard]] std::optional<Answer> answer(const Request& request);
  [[nodiscard]] std::optional<DnsReply> answer(std::string_view name, std::string_view type,
                                               std::int64_t now_ns);
  /// What a scenario's step does: sets a value. A sentence if there is none of that name.
  [[nodiscard]] std::string set(const std::string& name, const std::string& value);

  [[nodiscard]] const Rules& rules() const { return rules_; }
  [[nodiscard]] const State& state() const { return state_; }
  [[nodiscard]] bool wants_digest() const { return wants_digest_; }
  /// Changes that were not made since a bound was passed: "the set 'known' is full".
  [[nodiscard]] std::string take_problem() { return std::exchange(problem_, {}); }

 private:
  void apply(const std::string& rule, const std::vector<Change>& changes);

  Rules rules_;
  State state_;
  std::string problem_;
  bool wants_digest_ = false;
};

}  // namespace candor::cloud
