// SPDX-License-Identifier: Apache-2.0
#include "model/verdict.h"

#include "model/verdict_record.h"

namespace candor::model {

const char* text(Outcome outcome) {
  switch (outcome) {
    case Outcome::leak:
      return "leak";
    case Outcome::no_leak_observed:
      return "no leak observed";
    case Outcome::inconclusive:
      return "inconclusive";
  }
  return "";
}

std::optional<Outcome> outcome_from(std::string_view word) {
  for (const Outcome outcome : {Outcome::leak, Outcome::no_leak_observed, Outcome::inconclusive})
    if (word == text(outcome)) return outcome;
  return std::nullopt;
}

const char* text(Severity severity) {
  switch (severity) {
    case Severity::low:
      return "low";
    case Severity::medium:
      return "medium";
    case Severity::high:
      return "high";
    case Severity::critical:
      return "critical";
  }
  return "";
}

const char* text(OpaqueReason reason) {
  switch (reason) {
    case OpaqueReason::encrypted:
      return "encrypted";
    case OpaqueReason::refused:
      return "refused";
    case OpaqueReason::undecodable:
      return "undecodable";
    case OpaqueReason::budget:
      return "budget";
    case OpaqueReason::unread:
      return "unread";
    case OpaqueReason::unfinished:
      return "unfinished";
    case OpaqueReason::not_followed:
      return "not followed";
    case OpaqueReason::contradictory:
      return "contradictory";
    case OpaqueReason::unexplained:
      return "unexplained";
  }
  return "";
}

std::string Endpoint::text() const {
  const bool v6 = address.find(':') != std::string::npos;
  return (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
}

std::string Stream::destination_name() const {
  if (!server_name.empty()) return server_name;
  return name.empty() ? destination.address : name;
}

namespace {

Json to_json(const Chain& chain) {
  Json links = Json::array();
  for (const ChainLink& link : chain.links)
    links.push_back({{"act", link.act},
                     {"process", link.program},
                     {"pid", link.pid},
                     {"user", link.user},
                     {"arguments", link.arguments},
                     {"started_by", link.started_by},
                     {"object", link.object},
                     {"at_s", link.at_s},
                     {"error_s", link.error_s}});
  return {{"links", links}, {"missing", chain.missing}};
}

Json to_json(const Finding& finding) {
  Json decode = Json::array();
  for (const DecodeStep& step : finding.decode) decode.push_back(model::to_json(step));
  return {{"class", finding.data_class},
          {"severity", text(finding.severity)},
          {"declared", finding.declared},
          {"reach", text(finding.reach)},
          {"document", finding.document},
          {"path", finding.path},
          {"canary", finding.canary},
          {"place", finding.place},
          {"channel", finding.channel},
          {"destination", finding.destination},
          {"decode", decode},
          {"offset", finding.offset},
          {"bytes", finding.bytes},
          {"at_s", finding.at_s},
          {"after_step", finding.after_step},
          {"evidence", finding.evidence},
          {"fingerprint", finding.fingerprint},
          {"chain", to_json(finding.chain)}};
}

Json to_json(const StepOutcome& step) {
  return {{"index", step.index},
          {"verb", step.verb},
          {"text", step.text},
          {"line", step.line},
          {"done", step.done},
          {"detail", step.detail},
          {"seconds", static_cast<double>(step.ended_ns - step.started_ns) / 1e9}};
}

Json to_json(const LedgerTotals& ledger) {
  Json opaque_by = Json::object();
  for (std::size_t i = 0; i < kOpaqueReasons; ++i)
    opaque_by[text(static_cast<OpaqueReason>(i))] = ledger.opaque_by[i];
  return {{"sent", ledger.sent},
          {"understood", ledger.understood},
          {"opaque", ledger.opaque},
          {"headers", ledger.headers},
          {"retransmitted", ledger.retransmitted},
          {"framing", ledger.framing},
          {"content", ledger.content},
          {"opaque_by", opaque_by},
          {"free_bits", ledger.free_bits}};
}

Json to_json(const Destination& destination) {
  return {{"names", destination.names},           {"addresses", destination.addresses},
          {"protocol", destination.protocol},     {"sent", destination.sent},
          {"understood", destination.understood}, {"opaque", destination.opaque},
          {"first_s", destination.first_s},       {"last_s", destination.last_s},
          {"free_bits", destination.free_bits}};
}

Json to_json(const PassedThrough& passthrough) {
  Json contacted = Json::array();
  for (const PassedHost& each : passthrough.contacted)
    contacted.push_back({{"host", each.host},
                         {"port", each.port},
                         {"addresses", each.addresses},
                         {"connections", each.connections},
                         {"failed", each.failed},
                         {"sent", each.sent},
                         {"received", each.received}});
  return {{"allowed", passthrough.allowed}, {"contacted", contacted}};
}

Json to_json(const RunInfo& run) {
  return {{"id", run.id},           {"folder", run.folder},   {"scenario", run.scenario},
          {"product", run.product}, {"version", run.version}, {"image", run.image},
          {"seed", run.seed},       {"tool", run.tool},       {"accelerator", run.accelerator}};
}

Json to_json(const ProbeAccount& probe) {
  return {{"name", probe.name},       {"required", probe.required}, {"finished", probe.finished},
          {"events", probe.events},   {"types", probe.types},       {"missing", probe.missing},
          {"dropped", probe.dropped}, {"problem", probe.problem}};
}

}  // namespace

const char* text(Reach reach) {
  switch (reach) {
    case Reach::left:
      return "left";
    case Reach::kept:
      return "kept";
    case Reach::seen:
      return "seen";
  }
  return "left";
}

Json to_json(const Verdict& verdict) {
  Json findings = Json::array();
  for (const Finding& finding : verdict.findings) findings.push_back(to_json(finding));
  Json steps = Json::array();
  for (const StepOutcome& step : verdict.steps) steps.push_back(to_json(step));
  Json destinations = Json::array();
  for (const Destination& each : verdict.destinations) destinations.push_back(to_json(each));
  Json probes = Json::array();
  for (const ProbeAccount& each : verdict.probes) probes.push_back(to_json(each));
  Json ledger = to_json(verdict.ledger);
  ledger["opaque_budget"] = verdict.opaque_budget;
  return {{"verdict", text(verdict.outcome)},
          {"expectation", {{"expected", verdict.expectation}, {"met", verdict.expectation_met}}},
          {"reasons", verdict.reasons},
          {"findings", findings},
          {"ledger", ledger},
          {"destinations", destinations},
          {"passthrough", to_json(verdict.passthrough)},
          {"control", {{"sent", verdict.control.sent}, {"found", verdict.control.found}}},
          {"probes", probes},
          {"steps", steps},
          {"run", to_json(verdict.run)},
          {"timing",
           {{"fork_s", verdict.timing.fork_s},
            {"guest_s", verdict.timing.guest_s},
            {"harness_s", verdict.timing.harness_s},
            {"total_s", verdict.timing.total_s}}}};
}

}  // namespace candor::model
