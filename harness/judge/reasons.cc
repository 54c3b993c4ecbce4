// SPDX-License-Identifier: Apache-2.0
#include "judge/reasons.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "base/bytes.h"
#include "judge/passthrough.h"
#include "judge/words.h"

namespace candor::judge {

namespace {

using Sentences = std::vector<std::string>;

constexpr std::size_t kListed = 20;  // of one kind of reason; the rest is counted
constexpr std::size_t kOpaqueListed = 5;
constexpr std::size_t kDetail = 400;

/// Adds what is new; of a long list the first, and how many more there are.
void add(Sentences& reasons, const Sentences& found, const std::string& what) {
  const std::size_t listed = std::min(found.size(), kListed);
  reasons.insert(reasons.end(), found.begin(), found.begin() + static_cast<std::ptrdiff_t>(listed));
  if (listed < found.size())
    reasons.push_back("and " + number(found.size() - listed) + " more of the same kind: " + what);
}

std::string with_detail(const std::string& sentence, const std::string& detail) {
  return detail.empty() ? sentence : sentence + ": " + printable(detail, kDetail);
}

std::string step_text(std::size_t index, const std::string& text) {
  return "step " + std::to_string(index + 1) + " (" + printable(text) + ")";
}

Sentences of_steps(const model::Evidence& evidence) {
  Sentences found;
  const std::vector<model::Step>& steps = evidence.scenario.steps;
  std::map<int, int> reports;
  for (const model::StepOutcome& outcome : evidence.steps) {
    ++reports[outcome.index];
    const bool known = outcome.index >= 0 && static_cast<std::size_t>(outcome.index) < steps.size();
    if (!known)
      found.push_back("a step was reported that the scenario does not have: " + printable(outcome.text));
  }
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const std::string named = step_text(i, steps[i].text);
    const int times = reports[static_cast<int>(i)];
    if (times == 0) found.push_back(named + " was never started");
    if (times > 1) found.push_back(named + " was reported " + std::to_string(times) + " times");
    for (const model::StepOutcome& outcome : evidence.steps)
      if (outcome.index == static_cast<int>(i) && !outcome.done)
        found.push_back(with_detail(named + " was not done", outcome.detail));
  }
  if (steps.empty()) found.push_back("the scenario has no steps");
  return found;
}

Sentences of_controls(const model::Evidence& evidence, const std::vector<bool>& controls_found) {
  Sentences found;
  if (evidence.controls.empty())
    found.push_back("no control was attempted, so nothing shows that a document would have been seen");
  for (std::size_t i = 0; i < evidence.controls.size(); ++i) {
    const model::ControlAttempt& attempt = evidence.controls[i];
    const std::string to = printable(attempt.document) + " to " + printable(attempt.host);
    if (controls_found[i]) continue;
    found.push_back(attempt.ok ? with_detail("the control " + to + " was sent and not found", attempt.detail)
                               : with_detail("the control " + to + " could not be sent", attempt.detail));
  }
  return found;
}

Sentences of_probes(const model::Evidence& evidence) {
  Sentences found;
  std::vector<std::string> needed = {"wire", "internet"};
  if (!evidence.scenario.passthrough.empty()) needed.emplace_back("relay");
  for (const model::ProbeUse& probe : evidence.scenario.probes)
    if (probe.required) needed.push_back(probe.name);
  for (const std::string& required : needed) {
    const bool there = std::any_of(evidence.probes.begin(), evidence.probes.end(),
                                   [&](const auto& probe) { return probe.name == required; });
    if (!there) found.push_back("nothing is known of the probe '" + required + "'");
  }
  for (const model::ProbeAccount& probe : evidence.probes) {
    if (!probe.required) continue;
    const std::string named = "the probe '" + printable(probe.name) + "' ";
    if (!probe.welcomed) found.push_back(named + "never joined");
    if (probe.welcomed && !probe.finished)
      found.push_back(named + "did not finish: what it saw last may be missing");
    if (probe.missing != 0)
      found.push_back("of the probe '" + printable(probe.name) +
                      "' events are missing: " + std::to_string(probe.missing));
    if (probe.dropped != 0)
      found.push_back(named + "lost events at their source: " + std::to_string(probe.dropped));
    if (!probe.problem.empty()) found.push_back(with_detail(named + "had a problem", probe.problem));
  }
  return found;
}

/// A copy that was not sent yet may be sent tomorrow.
Sentences of_kept(const std::vector<model::Finding>& findings) {
  Sentences found;
  for (const model::Finding& each : findings)
    if (each.reach == model::Reach::kept && !each.declared)
      found.push_back("something of " + printable(each.document.empty() ? each.canary : each.document) +
                      " was kept and not sent while the run lasted: " + each.data_class + " at " +
                      printable(each.destination, 600));
  return found;
}

Sentences of_capture(const model::Evidence& evidence) {
  Sentences found;
  const model::FrameAccount& frames = evidence.frames;
  if (!frames.complete)
    found.push_back(with_detail("the capture could not be read to its end", frames.problem));
  else if (!frames.problem.empty())
    found.push_back(with_detail("the capture had a problem", frames.problem));
  if (!evidence.wire_sent_bytes || !evidence.wire_sent_frames) {
    found.push_back(
        "the wire probe never reported its totals, so the capture cannot be checked against them");
  } else if (*evidence.wire_sent_frames != frames.frames || *evidence.wire_sent_bytes != frames.sent) {
    found.push_back("the wire probe saw the guest send " + counted(*evidence.wire_sent_frames, "frame") +
                    " (" + counted(*evidence.wire_sent_bytes, "byte") + "), the capture holds " +
                    counted(frames.frames, "frame") + " (" + counted(frames.sent, "byte") + ")");
  }
  return found;
}

/// Streams in an order of their own, so that the order of the evidence does not show.
std::vector<const model::Stream*> ordered(const std::vector<model::Stream>& streams) {
  std::vector<const model::Stream*> list;
  for (const model::Stream& stream : streams) list.push_back(&stream);
  std::sort(list.begin(), list.end(), [](const auto* a, const auto* b) {
    const auto key = [](const model::Stream& s) {
      return std::tie(s.number, s.opened_wall_ns, s.source, s.destination, s.sha256, s.name, s.server_name,
                      s.bytes);
    };
    return key(*a) < key(*b);
  });
  return list;
}

std::string stream_text(const model::Stream& stream) {
  return "stream " + std::to_string(stream.number) + " to " + destination_text(stream);
}

Sentences of_stream_ends(const model::Evidence& evidence) {
  Sentences found;
  for (const model::Stream* stream : ordered(evidence.streams))
    if (!stream->ended) found.push_back("the end of " + stream_text(*stream) + " was never reported");
  return found;
}

Sentences of_recogniser(const model::Evidence& evidence) {
  Sentences found;
  for (const model::Stream* stream : ordered(evidence.streams))
    for (const model::NotLookedInto& part : stream->found.not_looked_into)
      if (part.reason.starts_with("internal"))
        found.push_back("searching " + stream_text(*stream) + " failed: " + printable(part.reason, kDetail));
  for (const model::FrameFinding& frame : evidence.frames.findings)
    for (const model::NotLookedInto& part : frame.found.not_looked_into)
      if (part.reason.starts_with("internal"))
        found.push_back("searching frame " + number(frame.frame) +
                        " failed: " + printable(part.reason, kDetail));
  return found;
}

std::string blob_text(const model::Blob& blob) {
  return "'" + printable(blob.id, 200) + "' of the probe '" + printable(blob.probe) + "'";
}

/// What probes handed over as gone or kept is to be understood like what the guest sent.
Sentences of_blobs(const model::Evidence& evidence, std::uint64_t budget) {
  Sentences found;
  std::uint64_t opaque = 0;
  std::string where;
  for (const model::Blob& blob : evidence.blobs) {
    for (const model::NotLookedInto& part : blob.found.not_looked_into)
      if (part.reason.starts_with("internal"))
        found.push_back("searching " + blob_text(blob) + " failed: " + printable(part.reason, kDetail));
    if (blob.about == "seen") continue;
    if (!blob.complete)
      found.push_back("the bytes of " + blob_text(blob) + " were never ended: some may be missing");
    if (blob.about == "at-rest") continue;  // much of what a product keeps on its own disk is opaque
    opaque += blob.found.opaque;
    if (blob.found.opaque > 0 && where.empty()) where = ", the first in " + blob_text(blob);
  }
  if (opaque > budget)
    found.push_back(counted(opaque, "opaque byte") + " were handed over by probes, " + number(budget) +
                    " are allowed by the scenario" + where);
  return found;
}

Sentences of_refusals(const model::Evidence& evidence) {
  std::map<std::string, std::uint64_t> times;
  for (const model::TlsRefusal& refusal : evidence.refusals) {
    const std::string to = printable(named_endpoint(refusal.server_name, refusal.destination.text()), 600);
    const std::string alert = refusal.alert.empty() ? "" : " (" + printable(refusal.alert) + ")";
    ++times["a TLS client refused the certificate for " + to + alert];
  }
  Sentences found;
  for (const auto& [sentence, count] : times)
    found.push_back(count == 1 ? sentence : sentence + ", " + number(count) + " times");
  return found;
}

/// The simulated internet speaks these as far as they can be read, and then ends them: what a client came for
/// it did not say.
Sentences of_turned_away(const model::Evidence& evidence) {
  std::map<std::string, std::uint64_t> times;
  for (const model::Stream& stream : evidence.streams)
    if (stream.protocol == "ssh" || stream.protocol == "smb")
      ++times[(stream.protocol == "ssh" ? "an SSH" : "an SMB") + std::string(" client was turned away by ") +
              printable(destination_text(stream), 600) + " before it said what it came for"];
  Sentences found;
  for (const auto& [sentence, count] : times)
    found.push_back(count == 1 ? sentence : sentence + ", " + number(count) + " times");
  return found;
}

Sentences of_opaque_bytes(const Ledger& ledger, std::uint64_t budget) {
  if (ledger.totals.opaque <= budget) return {};
  std::string sentence = counted(ledger.totals.opaque, "opaque byte") + " were sent, " + number(budget) +
                         " are allowed by the scenario";
  const std::size_t listed = std::min(ledger.opaque.size(), kOpaqueListed);
  for (std::size_t i = 0; i < listed; ++i)
    sentence += (i == 0 ? ": " : ", ") + number(ledger.opaque[i].bytes) + " " + ledger.opaque[i].where +
                " (" + model::text(ledger.opaque[i].reason) + ")";
  if (listed < ledger.opaque.size())
    sentence += ", and to " + counted(ledger.opaque.size() - listed, "further place");
  return {sentence};
}

Sentences of_losses(const model::Evidence& evidence) {
  Sentences found;
  for (const std::string& loss : evidence.losses) found.push_back(printable(loss, 2 * kDetail));
  return found;
}

}  // namespace

Sentences reasons(const model::Evidence& evidence, const Ledger& ledger, const Observed& observed,
                  std::uint64_t opaque_budget) {
  Sentences all;
  add(all, of_steps(evidence), "steps that did not happen");
  add(all, of_controls(evidence, observed.controls_found), "controls that were missed");
  add(all, of_probes(evidence), "what probes lost");
  add(all, of_kept(observed.findings), "copies that were kept");
  add(all, of_capture(evidence), "problems of the capture");
  add(all, of_stream_ends(evidence), "streams without an end");
  add(all, ledger.problems, "counts that contradict each other");
  add(all, of_recogniser(evidence), "failures of the recogniser");
  add(all, of_blobs(evidence, opaque_budget), "what probes handed over");
  add(all, of_refusals(evidence), "TLS clients that refused");
  add(all, of_turned_away(evidence), "clients that were turned away");
  add(all, passthrough_reasons(evidence), "what was amiss with real hosts");
  add(all, of_opaque_bytes(ledger, opaque_budget), "opaque bytes");
  add(all, of_losses(evidence), "losses");
  return all;
}

}  // namespace candor::judge
