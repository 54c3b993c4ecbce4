// SPDX-License-Identifier: Apache-2.0
#include "bench/table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "base/bytes.h"

namespace candor::bench {

namespace {

bool found(const CaseRun& run) { return run.worth == Worth::right || run.worth == Worth::wrong_class; }

bool counts(const CaseRun& run) {
  return !run.control && run.worth != Worth::not_fired && run.worth != Worth::failed;
}

void take(const CaseRun& run, Recall& recall) {
  if (!counts(run)) return;
  ++recall.fired;
  if (found(run)) ++recall.found;
}

/// Text in Markdown that is nothing but text, also in a cell of a table.
std::string plain(const std::string& text, std::size_t limit = 200) {
  std::string escaped;
  for (const char c : printable(text, limit)) {
    if (c == '<') {
      escaped += "&lt;";
      continue;
    }
    if (c == '|' || c == '`' || c == '*' || c == '_' || c == '[') escaped += '\\';
    escaped += c;
  }
  return escaped.empty() ? "-" : escaped;
}

std::string xml(const std::string& text) {
  std::string escaped;
  for (const char c : printable(text, 2000)) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

/// Why a run is not simply right.
std::string explanation(const CaseRun& run) {
  switch (run.worth) {
    case Worth::failed:
      return run.problem;
    case Worth::not_fired:
      return run.account.why_not;
    case Worth::inconclusive:
      return fmt::format("{}", fmt::join(run.reasons, "; "));
    case Worth::wrong_class:
    case Worth::missed:
      return fmt::format("expected {}; sent {} bytes in {} sendings{}", run.expected, run.account.sent,
                         run.account.sendings,
                         run.account.why_not.empty() ? "" : "; the product says: " + run.account.why_not);
    case Worth::false_alarm:
      return fmt::format("{} in {}", fmt::join(run.classes, ", "), run.folder);
    case Worth::right:
      return "";
  }
  return "";
}

std::string recall_by(const std::vector<CaseRun>& runs, const char* title, std::string Sides::*side) {
  std::map<std::string, Recall> by;
  for (const CaseRun& run : runs)
    if (!run.control) take(run, by[run.sides.*side]);
  std::string text = fmt::format("\n| {} | recall |\n|---|---|\n", title);
  for (const auto& [name, recall] : by)
    if (recall.fired > 0) text += fmt::format("| {} | {} |\n", plain(name), recall.text());
  return text;
}

}  // namespace

std::string Recall::text() const {
  if (fired == 0) return "none fired";
  return fmt::format("{:.1f} % ({} of {})", 100.0 * static_cast<double>(found) / static_cast<double>(fired),
                     found, fired);
}

Summary sum_up(const std::vector<CaseRun>& runs) {
  Summary summary;
  for (const CaseRun& run : runs) {
    take(run, summary.all);
    if (run.readable) take(run, summary.readable);
    if (run.control && run.worth != Worth::failed) ++summary.controls;
    if (run.worth == Worth::false_alarm) ++summary.false_alarms;
    if (run.worth == Worth::missed) ++summary.missed;
    if (run.worth == Worth::wrong_class) ++summary.wrong_class;
    if (run.worth == Worth::inconclusive) ++summary.inconclusive;
    if (run.worth == Worth::not_fired) ++summary.not_fired;
    if (run.worth == Worth::failed) ++summary.failed;
  }
  return summary;
}

bool passed(const Summary& summary) {
  return summary.missed == 0 && summary.wrong_class == 0 && summary.false_alarms == 0 &&
         summary.failed == 0 && summary.readable.found == summary.readable.fired;
}

std::string markdown(const std::vector<CaseRun>& runs) {
  std::string text =
      "| case | seed | what | encoding | channel | trigger | sent | verdict | classes | worth | s |\n"
      "|---|---|---|---|---|---|---|---|---|---|---|\n";
  for (const CaseRun& run : runs)
    text += fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {:.1f} |\n", plain(run.name),
                        run.seed, plain(run.sides.what), plain(run.sides.encoding), plain(run.sides.channel),
                        plain(run.sides.trigger), run.account.known ? fmt::to_string(run.account.sent) : "?",
                        plain(run.verdict), plain(fmt::format("{}", fmt::join(run.classes, ", "))),
                        bench::text(run.worth), run.seconds);
  std::string others;
  for (const CaseRun& run : runs)
    if (run.worth != Worth::right)
      others += fmt::format("- {}, seed {}: {}: {}\n", plain(run.name), run.seed, bench::text(run.worth),
                            plain(explanation(run), 600));
  if (!others.empty()) text += "\nNot simply right:\n\n" + others;
  text += recall_by(runs, "what", &Sides::what) + recall_by(runs, "encoding", &Sides::encoding) +
          recall_by(runs, "channel", &Sides::channel) + recall_by(runs, "trigger", &Sides::trigger);
  const Summary summary = sum_up(runs);
  text += fmt::format(
      "\nrecall of all that fired {}, where content can be read {}; {} missed, {} of a wrong class; {} of {} "
      "controls gave a "
      "false "
      "alarm; {} inconclusive, {} not fired, {} failed\n",
      summary.all.text(), summary.readable.text(), summary.missed, summary.wrong_class, summary.false_alarms,
      summary.controls, summary.inconclusive, summary.not_fired, summary.failed);
  return text;
}

Json to_json(const std::vector<CaseRun>& runs) {
  Json cases = Json::array();
  for (const CaseRun& run : runs)
    cases.push_back({{"case", run.name},
                     {"seed", run.seed},
                     {"control", run.control},
                     {"what", run.sides.what},
                     {"encoding", run.sides.encoding},
                     {"channel", run.sides.channel},
                     {"trigger", run.sides.trigger},
                     {"account",
                      {{"known", run.account.known},
                       {"fired", run.account.fired},
                       {"sendings", run.account.sendings},
                       {"sent", run.account.sent},
                       {"why_not", run.account.why_not}}},
                     {"verdict", run.verdict},
                     {"expected", run.expected},
                     {"classes", run.classes},
                     {"reasons", run.reasons},
                     {"evidence", run.evidence},
                     {"worth", bench::text(run.worth)},
                     {"explanation", explanation(run)},
                     {"seconds", run.seconds},
                     {"folder", run.folder}});
  const Summary summary = sum_up(runs);
  const auto recall = [](const Recall& each) { return Json{{"fired", each.fired}, {"found", each.found}}; };
  return {{"cases", cases},
          {"summary",
           {{"recall", recall(summary.all)},
            {"recall_readable", recall(summary.readable)},
            {"missed", summary.missed},
            {"wrong_class", summary.wrong_class},
            {"controls", summary.controls},
            {"false_alarms", summary.false_alarms},
            {"inconclusive", summary.inconclusive},
            {"not_fired", summary.not_fired},
            {"failed", summary.failed},
            {"passed", passed(summary)}}}};
}

std::string junit(const std::vector<CaseRun>& runs) {
  std::string cases;
  std::size_t failures = 0;
  std::size_t errors = 0;
  std::size_t skipped = 0;
  double seconds = 0;
  for (const CaseRun& run : runs) {
    seconds += run.seconds;
    const char* element = nullptr;
    if (run.worth == Worth::not_fired) {
      element = "skipped";
      ++skipped;
    } else if (run.worth == Worth::inconclusive || run.worth == Worth::failed) {
      element = "error";
      ++errors;
    } else if (run.worth != Worth::right) {
      element = "failure";
      ++failures;
    }
    cases += fmt::format("  <testcase classname=\"candor.bench\" name=\"{} seed {}\" time=\"{:.3f}\">",
                         xml(run.name), run.seed, run.seconds);
    if (element != nullptr)
      cases += fmt::format("<{} message=\"{}\"/>", element,
                           xml(fmt::format("{}: {}", bench::text(run.worth), explanation(run))));
    cases += "</testcase>\n";
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"candor bench\" tests=\"{}\" "
      "failures=\"{}\" "
      "errors=\"{}\" skipped=\"{}\" time=\"{:.3f}\">\n{}</testsuite>\n",
      runs.size(), failures, errors, skipped, seconds, cases);
}

}  // namespace candor::bench
