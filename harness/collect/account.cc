// SPDX-License-Identifier: Apache-2.0
#include "collect/account.h"

#include <algorithm>

namespace candor::collect {
namespace {

constexpr std::size_t kMaxProblem = 2000;

model::ProbeAccount account_of(std::span<const InstanceRow> rows, const std::string& name) {
  model::ProbeAccount account;
  account.name = name;
  bool unfinished = false;
  for (const InstanceRow& row : rows) {
    if (row.name != name) continue;
    account.welcomed = account.welcomed || row.state != state::kRefused;
    unfinished = unfinished || (row.state != state::kFinished && row.state != state::kRefused);
    account.events += row.last_seq;
    account.missing += std::max<std::int64_t>(0, row.announced - row.last_seq);
    account.dropped += row.dropped;
    if (!row.problem.empty()) add_problem(account.problem, row.problem);
  }
  account.finished = account.welcomed && !unfinished;
  if (!account.welcomed) add_problem(account.problem, "it never connected");
  return account;
}

}  // namespace

void add_problem(std::string& problem, std::string_view sentence) {
  if (problem.find(sentence) != std::string::npos || problem.size() + sentence.size() > kMaxProblem) return;
  if (!problem.empty()) problem += "; ";
  problem += sentence;
}

std::vector<model::ProbeAccount> make_accounts(std::span<const InstanceRow> rows,
                                               std::span<const std::string> required) {
  std::vector<model::ProbeAccount> accounts;
  accounts.reserve(required.size());
  for (const std::string& name : required) accounts.push_back(account_of(rows, name));
  return accounts;
}

}  // namespace candor::collect
