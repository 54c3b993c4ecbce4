// SPDX-License-Identifier: Apache-2.0
#include "report/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/bytes.h"
#include "base/named_host.h"
#include "base/process.h"

namespace candor::report {

namespace {

using model::Outcome;

constexpr std::size_t kLabel = 11;
constexpr std::size_t kLine = 100;

std::string number(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

std::string counted(std::uint64_t value, std::string_view noun) {
  return fmt::format("{} {}{}", number(value), noun, value == 1 ? "" : "s");
}

/// "a, b and c" of the parts that are not empty.
std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string text;
  for (const std::string& part : parts)
    if (!part.empty()) text += (text.empty() ? "" : std::string(separator)) + part;
  return text;
}

/// Breaks a sentence into lines at blanks; lines after the first begin with `indent` blanks.
std::string wrapped(std::string_view sentence, std::size_t indent) {
  std::string text;
  std::size_t column = indent;
  while (!sentence.empty()) {
    const std::size_t end = std::min(sentence.find(' '), sentence.size());
    const std::string_view word = sentence.substr(0, end);
    sentence.remove_prefix(std::min(end + 1, sentence.size()));
    if (column > indent && column + 1 + word.size() > kLine) {
      text += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      text += ' ';
      ++column;
    }
    text += word;
    column += word.size();
  }
  return text;
}

class Page {
 public:
  Page(const model::Verdict& verdict, bool color) : verdict_(verdict), color_(color) {}

  std::string render() {
    answer();
    findings();
    reasons();
    destinations();
    passthrough();
    ledger();
    run();
    return std::move(text_);
  }

 private:
  static constexpr const char* kRed = "\033[1;31m";
  static constexpr const char* kGreen = "\033[1;32m";
  static constexpr const char* kYellow = "\033[1;33m";
  static constexpr const char* kBold = "\033[1m";

  std::string painted(std::string_view words, const char* paint) const {
    return color_ ? std::string(paint) + std::string(words) + "\033[0m" : std::string(words);
  }

  void line(std::string_view words = {}) { text_ += std::string(words) + "\n"; }

  void field(std::string_view label, std::string_view value, std::size_t indent = 0) {
    line(std::string(indent, ' ') + fmt::format("{:<{}}", label, kLabel) + wrapped(value, indent + kLabel));
  }

  const char* paint_of(Outcome outcome) const {
    switch (outcome) {
      case Outcome::leak:
        return kRed;
      case Outcome::no_leak_observed:
        return kGreen;
      case Outcome::inconclusive:
        return kYellow;
    }
    return kBold;
  }

  void answer() {
    const model::RunInfo& run = verdict_.run;
    const std::string subject = joined({printable(run.product), printable(run.version)}, " ");
    line(painted(model::text(verdict_.outcome), paint_of(verdict_.outcome)) + "  " + printable(run.scenario) +
         " on " + subject);
    line(
        fmt::format("expected: {} ({})", verdict_.expectation, verdict_.expectation_met ? "met" : "not met"));
  }

  void findings() {
    std::size_t place = 0;
    const auto list = [&](std::string_view kind, auto&& wanted) {
      const auto count = std::count_if(verdict_.findings.begin(), verdict_.findings.end(), wanted);
      if (count == 0) return;
      line();
      line(painted(counted(static_cast<std::uint64_t>(count), "finding") + std::string(kind), kBold));
      for (const model::Finding& each : verdict_.findings)
        if (wanted(each)) finding(++place, each);
    };
    using model::Reach;
    list("", [](const auto& each) { return !each.declared && each.reach == Reach::left; });
    list(" of what was kept and not sent",
         [](const auto& each) { return !each.declared && each.reach == Reach::kept; });
    list(" of kinds that are declared",
         [](const auto& each) { return each.declared && each.reach != Reach::seen; });
    list(" of what a probe saw", [](const auto& each) { return each.reach == Reach::seen; });
  }

  /// What left, in words.
  static std::string thing(const model::Finding& finding) {
    const std::string what = printable(finding.canary);
    const std::string place = finding.place.empty() ? "" : " (" + printable(finding.place) + ")";
    if (finding.data_class == "content/whole-file") return "all " + counted(finding.bytes, "byte");
    if (finding.data_class == "derived/hash") return "the " + what + " digest" + place;
    if (finding.data_class == "metadata/name") return "the name " + what;
    if (finding.data_class == "metadata/path") return "the path " + what;
    if (finding.document.empty()) return what + place;
    return "canary " + what + place;
  }

  static std::string claim(const model::Finding& finding) {
    const std::string path = finding.path.empty() ? "" : " (" + printable(finding.path, 400) + ")";
    const std::string after =
        finding.after_step.empty() ? "" : ", after '" + printable(finding.after_step) + "'";
    const std::string whose = finding.document.empty() ? "the guest" : printable(finding.document);
    const std::string thing_of = thing(finding) + " of " + whose + path;
    if (finding.reach != model::Reach::left)
      return fmt::format("{} {} in {} by {} {:.1f} s after the start{}", thing_of,
                         finding.reach == model::Reach::kept ? "was found" : "was seen",
                         printable(finding.destination, 600), printable(finding.channel), finding.at_s,
                         after);
    return fmt::format("{} reached {} over {} {:.1f} s after the start{}", thing_of,
                       printable(finding.destination, 600), printable(finding.channel), finding.at_s, after);
  }

  void finding(std::size_t place, const model::Finding& finding) {
    constexpr std::size_t kIndent = 3;
    const char* paint = finding.declared ? kBold : finding.severity >= model::Severity::high ? kRed : kYellow;
    line();
    line(fmt::format("{}. {}  {}{}", place, painted(model::text(finding.severity), paint), finding.data_class,
                     finding.declared ? "  (declared)" : ""));
    line(std::string(kIndent, ' ') + wrapped(claim(finding), kIndent));
    field("evidence", finding.evidence.empty() ? "no bytes were kept" : printable(finding.evidence), kIndent);
    decode(finding, kIndent);
    field("recognised", counted(finding.bytes, "byte"), kIndent);
    chain(finding.chain, kIndent);
    field("id", printable(finding.fingerprint), kIndent);
  }

  /// From the document to its destination, a line for each thing that was done.
  void chain(const model::Chain& chain, std::size_t indent) {
    std::string_view label = "chain";
    for (const model::ChainLink& each : chain.links) {
      std::string text = fmt::format("{:.3f} s (\u00b1 {:.1f} ms): {} (process {}, user {}) {} {}", each.at_s,
                                     each.error_s * 1e3, printable(each.program, 200), each.pid, each.user,
                                     printable(each.act), printable(each.object, 600));
      if (!each.started_by.empty()) text += ", started by " + printable(joined(each.started_by, " < "), 400);
      field(label, text, indent);
      label = "";
    }
    for (const std::string& sentence : chain.missing) {
      field(label, "missing: " + printable(sentence, 600), indent);
      label = "";
    }
  }

  void decode(const model::Finding& finding, std::size_t indent) {
    std::string_view label = "decode";
    for (const model::DecodeStep& step : finding.decode) {
      field(label,
            fmt::format("{}: {} at offset {} -> {}", printable(step.decoder), counted(step.length, "byte"),
                        number(step.offset), counted(step.produced, "byte")),
            indent);
      label = "";
    }
    const std::string where = finding.decode.empty() ? "as it is, at offset " : "there at offset ";
    field(label, where + number(finding.offset), indent);
  }

  void reasons() {
    if (verdict_.reasons.empty()) return;
    line();
    const bool leak = verdict_.outcome == Outcome::leak;
    line(painted(leak ? "There may be more than was found" : "Why there is no answer", kBold));
    for (const std::string& reason : verdict_.reasons) line("  - " + wrapped(printable(reason, 4000), 4));
  }

  void ledger() {
    line();
    const model::LedgerTotals& ledger = verdict_.ledger;
    field("ledger",
          fmt::format("{} sent by the guest: {} understood and searched, {} unexplained ({} allowed)",
                      counted(ledger.sent, "byte"), number(ledger.understood), number(ledger.opaque),
                      number(verdict_.opaque_budget)));
    entries(ledger);
    field("control", fmt::format("{} of {} found", verdict_.control.found, verdict_.control.sent));
    for (const model::ProbeAccount& probe : verdict_.probes) probe_line(probe);
    const auto done = std::count_if(verdict_.steps.begin(), verdict_.steps.end(),
                                    [](const model::StepOutcome& step) { return step.done; });
    field("steps", fmt::format("{} of {} begun were done", done, verdict_.steps.size()));
  }

  /// What a further probe reported, or why it did not.
  void probe_line(const model::ProbeAccount& probe) {
    std::vector<std::string> parts = {printable(probe.name) + (probe.required ? "" : " (optional)")};
    for (const auto& [type, count] : probe.types)
      parts.push_back(number(static_cast<std::uint64_t>(count)) + " " + printable(type));
    if (probe.types.empty()) parts.emplace_back("no events");
    if (!probe.finished) parts.emplace_back("did not finish");
    if (!probe.problem.empty()) parts.push_back(printable(probe.problem, 400));
    field("probe", joined(parts, ", "));
  }

  /// Where each byte is entered, and why opaque ones are.
  void entries(const model::LedgerTotals& ledger) {
    field("",
          fmt::format("understood: {} headers, {} sent again, {} framing, {} content", number(ledger.headers),
                      number(ledger.retransmitted), number(ledger.framing), number(ledger.content)));
    std::vector<std::string> reasons;
    for (std::size_t i = 0; i < model::kOpaqueReasons; ++i)
      if (ledger.opaque_by[i] > 0)
        reasons.push_back(number(ledger.opaque_by[i]) + " " +
                          model::text(static_cast<model::OpaqueReason>(i)));
    if (!reasons.empty()) field("", "unexplained: " + joined(reasons, ", "));
    std::uint64_t bits = 0;
    for (const auto& [name, free] : ledger.free_bits) bits += free;
    if (bits > 0)
      field("", fmt::format("header fields left about {} to choose: searched as small carriers",
                            counted(bits / 8, "byte")));
  }

  /// What is shown of a destination's names and addresses.
  static std::string destination_name(const model::Destination& destination) {
    const bool named = !destination.names.empty();
    const std::vector<std::string>& list = named ? destination.names : destination.addresses;
    if (list.empty()) return "";
    constexpr std::size_t kWidth = 40;
    std::string text = printable(list.front(), kWidth);
    if (list.size() > 1) text += fmt::format(" (+{})", list.size() - 1);
    return text;
  }

  void destinations() {
    constexpr std::size_t kListed = 12;
    if (verdict_.destinations.empty()) return;
    line();
    line(fmt::format("{:<46} {:<18} {:>12} {:>12} {:>16}", "destination", "protocol", "understood",
                     "unexplained", "seconds"));
    const std::size_t listed = std::min(verdict_.destinations.size(), kListed);
    for (std::size_t i = 0; i < listed; ++i) {
      const model::Destination& each = verdict_.destinations[i];
      line(fmt::format("{:<46} {:<18} {:>12} {:>12} {:>7.1f}-{:.1f}", destination_name(each),
                       printable(each.protocol, 30), number(each.understood), number(each.opaque),
                       each.first_s, each.last_s));
    }
    if (listed < verdict_.destinations.size())
      line(fmt::format("and {} more in verdict.json", verdict_.destinations.size() - listed));
  }

  /// The real hosts, each that was named and what was said there.
  void passthrough() {
    const model::PassedThrough& passed = verdict_.passthrough;
    if (passed.allowed.empty() && passed.contacted.empty()) return;
    line();
    line(painted("passed through to real hosts", kBold));
    line("  allowed: " + wrapped(printable(joined(passed.allowed, ", "), 4000), 11));
    for (const model::PassedHost& each : passed.contacted) {
      std::string text = fmt::format("{}: {}", NamedHost{each.host, each.port}.text(),
                                     counted(each.connections, "connection"));
      if (each.failed > 0) text += fmt::format(", {} not made", number(each.failed));
      text += fmt::format(", {} there, {} back", counted(each.sent, "byte"), number(each.received));
      if (!each.addresses.empty()) text += " (" + joined(each.addresses, ", ") + ")";
      line("  " + wrapped(printable(text, 1000), 4));
    }
    if (passed.contacted.empty()) line("  none was contacted");
  }

  void run() {
    const model::RunInfo& run = verdict_.run;
    const model::Timing& timing = verdict_.timing;
    field("time", fmt::format("fork {:.2f} s, guest {:.1f} s, harness {:.2f} s, in all {:.1f} s",
                              timing.fork_s, timing.guest_s, timing.harness_s, timing.total_s));
    field("run", joined({printable(run.id), "image " + printable(run.image.substr(0, 16)),
                         "seed " + std::to_string(run.seed), printable(run.accelerator),
                         run.tool.empty() ? "" : "candor " + printable(run.tool)},
                        ", "));
    if (run.folder.empty()) return;
    // Commands are to be copied, so they are not wrapped.
    const std::string scenario = run.folder + "/scenario.yaml";
    command("folder", printable(run.folder, 1000));
    std::vector<std::string> again = {"candor",    "run",    scenario,
                                      run.product, "--seed", std::to_string(run.seed)};
    if (!verdict_.passthrough.allowed.empty()) again.emplace_back("--allow-passthrough");
    command("again", shell_quoted(again));
    command("rejudge", shell_quoted({"candor", "rejudge", run.folder}));
  }

  void command(std::string_view label, const std::string& words) {
    line(fmt::format("{:<{}}{}", label, kLabel, words));
  }

  const model::Verdict& verdict_;
  bool color_ = false;
  std::string text_;
};

}  // namespace

std::string render_text(const model::Verdict& verdict, bool color) { return Page(verdict, color).render(); }

}  // namespace candor::report
