// SPDX-License-Identifier: Apache-2.0
#include "judge/passthrough.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "base/bytes.h"
#include "judge/words.h"

namespace candor::judge {

namespace {

using Place = std::pair<std::string, std::uint16_t>;

constexpr std::size_t kDetail = 400;

std::string text_of(const Place& place) {
  return printable(NamedHost{place.first, place.second}.text(), 300);
}

std::string times(const std::string& sentence, std::uint64_t count) {
  return count == 1 ? sentence : sentence + ", " + number(count) + " times";
}

/// What relay and internet say of one host.
struct Sums {
  std::uint64_t relayed = 0;  ///< Connections, made or tried.
  std::uint64_t passages = 0;
  std::uint64_t sent = 0;
  std::uint64_t written = 0;
};

std::map<Place, Sums> sums_of(const model::Passthrough& seen) {
  std::map<Place, Sums> sums;
  for (const model::RelayedConnection& each : seen.relayed) {
    Sums& sum = sums[{each.host, each.port}];
    ++sum.relayed;
    sum.sent += each.sent;
  }
  for (const model::Passage& each : seen.passages) {
    Sums& sum = sums[{each.host, each.port}];
    ++sum.passages;
    sum.written += each.written;
  }
  return sums;
}

void check_sums(const model::Evidence& evidence, std::vector<std::string>& found) {
  for (const auto& [place, sum] : sums_of(evidence.passthrough)) {
    const std::string to = text_of(place);
    if (!names_host(evidence.scenario.passthrough, place.first, place.second))
      found.push_back("connections were passed through to " + to + ", which the scenario does not name");
    if (sum.relayed > sum.passages)
      found.push_back("the relay passed " + counted(sum.relayed, "connection") + " through to " + to +
                      ", the simulated internet accounts for " + number(sum.passages));
    if (sum.sent > sum.written)
      found.push_back("the relay sent " + counted(sum.sent, "byte") + " to " + to +
                      ", the simulated internet accounts for " + number(sum.written));
  }
}

void check_relayed(const model::Passthrough& seen, std::vector<std::string>& found) {
  for (const model::RelayedConnection& each : seen.relayed) {
    const std::string to = text_of({each.host, each.port});
    if (each.ended.empty())
      found.push_back("the end of a connection passed through to " + to + " was never reported");
    if (each.ended == "limit")
      found.push_back("a connection to " + to + " was ended: " + printable(each.detail, kDetail));
  }
}

/// A host that was not reached, or not told all: the relay's word first, the internet's where it says
/// something else.
void check_problems(const model::Passthrough& seen, std::vector<std::string>& found) {
  std::map<std::string, std::uint64_t> failures;
  std::map<std::string, std::uint64_t> others;
  const auto sentence = [](const std::string& host, std::uint16_t port, const std::string& why) {
    return "the real host " + text_of({host, port}) +
           " was not reached, or not told all the guest said: " + printable(why, kDetail);
  };
  for (const model::RelayedConnection& each : seen.relayed)
    if (each.ended == "failed") ++failures[sentence(each.host, each.port, each.detail)];
  for (const model::Passage& each : seen.passages)
    if (!each.problem.empty()) ++others[sentence(each.host, each.port, each.problem)];
  for (const auto& [said, count] : others) failures.emplace(said, count);
  for (const auto& [said, count] : failures) found.push_back(times(said, count));
}

}  // namespace

model::PassedThrough passed_through(const model::Evidence& evidence) {
  model::PassedThrough passed;
  for (const NamedHost& host : evidence.scenario.passthrough) passed.allowed.push_back(host.text());
  std::map<Place, model::PassedHost> hosts;
  std::map<Place, std::set<std::string>> addresses;
  for (const model::RelayedConnection& each : evidence.passthrough.relayed) {
    const Place place{each.host, each.port};
    model::PassedHost& host = hosts[place];
    host.host = each.host;
    host.port = each.port;
    if (!each.address.empty()) addresses[place].insert(each.address);
    ++(each.ended == "failed" ? host.failed : host.connections);
    host.sent += each.sent;
    host.received += each.received;
  }
  for (auto& [place, host] : hosts) {
    host.addresses.assign(addresses[place].begin(), addresses[place].end());
    passed.contacted.push_back(std::move(host));
  }
  return passed;
}

std::vector<std::string> passthrough_reasons(const model::Evidence& evidence) {
  std::vector<std::string> found;
  check_sums(evidence, found);
  check_relayed(evidence.passthrough, found);
  check_problems(evidence.passthrough, found);
  std::set<std::string> refused;
  for (const std::string& sentence : evidence.passthrough.refused)
    refused.insert("the relay refused what the sealed side asked for: " + printable(sentence, kDetail));
  found.insert(found.end(), refused.begin(), refused.end());
  return found;
}

}  // namespace candor::judge
