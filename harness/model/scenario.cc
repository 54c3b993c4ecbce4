// SPDX-License-Identifier: Apache-2.0
#include "model/scenario.h"

#include <utility>

namespace candor::model {

namespace {

constexpr std::array<std::pair<Verb, const char*>, kVerbs> kVerbTexts = {{
    {Verb::plant, "plant"},     {Verb::open, "open"},         {Verb::edit, "edit"},
    {Verb::copy, "copy"},       {Verb::archive, "archive"},   {Verb::erase, "delete"},
    {Verb::scan, "scan"},       {Verb::update, "update"},     {Verb::enable, "enable"},
    {Verb::disable, "disable"}, {Verb::offline, "offline"},   {Verb::online, "online"},
    {Verb::link, "link"},       {Verb::idle, "idle"},         {Verb::reboot, "reboot"},
    {Verb::exec, "exec"},       {Verb::wait_for, "wait-for"}, {Verb::control, "control"},
    {Verb::cloud, "cloud"},     {Verb::plug, "plug"},         {Verb::unplug, "unplug"},
}};

}  // namespace

const char* text(Verb verb) {
  for (const auto& [known, name] : kVerbTexts)
    if (verb == known) return name;
  return "";
}

std::optional<Verb> verb_from(std::string_view text) {
  for (const auto& [verb, name] : kVerbTexts)
    if (text == name) return verb;
  return std::nullopt;
}

const std::array<Verb, kVerbs>& all_verbs() {
  static const std::array<Verb, kVerbs> verbs = [] {
    std::array<Verb, kVerbs> list{};
    for (std::size_t i = 0; i < kVerbs; ++i) list[i] = kVerbTexts[i].first;
    return list;
  }();
  return verbs;
}

Expectation expectation_for(const Scenario& scenario, const std::string& product) {
  Expectation result = scenario.expect;
  if (const auto own = scenario.expect_product.find(product); own != scenario.expect_product.end()) {
    if (own->second.verdict) result.verdict = own->second.verdict;
    // Those of another verdict would never be met.
    if (own->second.verdict || !own->second.findings.empty()) result.findings = own->second.findings;
    if (own->second.opaque_bytes) result.opaque_bytes = own->second.opaque_bytes;
  }
  if (!result.opaque_bytes) result.opaque_bytes = kDefaultOpaqueBudget;
  return result;
}

}  // namespace candor::model
