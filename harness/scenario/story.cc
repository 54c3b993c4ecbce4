// SPDX-License-Identifier: Apache-2.0
//
// Checks of the scenario as a story: what its parts mean together. A check keeps quiet where an earlier
// mistake would only make it guess.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/bytes.h"
#include "scenario/draft.h"

namespace candor::scenario {

namespace {

using model::Verb;

constexpr std::size_t kMostSticks = 4;  // As many as the guest's USB controller has fast ports.

/// Documents' lives: declared, planted, deleted.
class Documents {
 public:
  Documents(const Draft& draft, yaml::Diagnostics& diagnostics)
      : draft_(draft), diagnostics_(diagnostics), plants_known_(!draft.steps.empty()) {
    for (const auto& [name, document] : draft.documents) names_.push_back(name);
    for (const DraftStep& step : draft.steps) {
      const bool may_plant = !step.verb_known || step.step.verb == Verb::plant;
      plants_known_ = plants_known_ && (step.sound || !may_plant);
      if (step.step.verb != Verb::plant) continue;
      for (const Placed& name : step.documents) first_plant_.emplace(name.text, name.mark.line);
    }
  }

  void check() {
    for (const DraftStep& step : draft_.steps) {
      for (const Placed& name : step.documents) check_use(step.step.verb, name);
    }
    if (!plants_known_) return;
    for (const auto& [name, document] : draft_.documents) {
      if (used_.contains(name)) continue;
      diagnostics_.error(
          document.mark, fmt::format("the document '{}' is never planted", printable(name, 60)),
          fmt::format("expected a step 'plant: {}', or no such document", printable(name, 60)));
    }
  }

 private:
  void check_use(Verb verb, const Placed& name) {
    if (!draft_.documents.contains(name.text)) {
      if (!draft_.documents.empty()) report_unknown(name);
      return;
    }
    used_.insert({name.text, name.mark.line});
    if (verb == Verb::plant) {
      if (const auto [earlier, first] = planted_.emplace(name.text, name.mark.line); !first) {
        diagnostics_.error(name.mark, fmt::format("the document '{}' is planted twice", name.text),
                           fmt::format("expected one planting; the first is in line {}", earlier->second));
      }
      return;
    }
    if (plants_known_) check_planted(name);
    if (verb == Verb::erase) deleted_.emplace(name.text, name.mark.line);
  }

  void check_planted(const Placed& name) {
    if (const auto deleted = deleted_.find(name.text); deleted != deleted_.end()) {
      diagnostics_.error(name.mark, fmt::format("the document '{}' is no longer there", name.text),
                         fmt::format("it is deleted in line {}", deleted->second));
    } else if (!planted_.contains(name.text)) {
      const auto later = first_plant_.find(name.text);
      diagnostics_.error(name.mark, fmt::format("the document '{}' is not there yet", name.text),
                         later == first_plant_.end()
                             ? fmt::format("expected a step 'plant: {}' before", name.text)
                             : fmt::format("it is planted only in line {}", later->second));
    }
  }

  void report_unknown(const Placed& name) {
    const std::optional<std::string> near = yaml::nearest(name.text, names_);
    diagnostics_.error(name.mark, fmt::format("unknown document '{}'", printable(name.text, 60)),
                       fmt::format("expected one of: {}{}", fmt::join(names_, ", "),
                                   near ? fmt::format("; did you mean '{}'?", *near) : ""));
  }

  const Draft& draft_;
  yaml::Diagnostics& diagnostics_;
  std::vector<std::string> names_;
  bool plants_known_;  ///< Whether every planting could be read.
  std::map<std::string, int> first_plant_, planted_, deleted_, used_;  ///< Lines, by document.
};

/// File names that would collide in the guest.
void check_names(const Draft& draft, yaml::Diagnostics& diagnostics) {
  std::map<std::pair<std::string, std::string>, std::string> taken;
  for (const auto& [id, document] : draft.documents) {
    const model::DocumentSpec& spec = document.spec;
    if (spec.name.empty() || (spec.folder + "/" + spec.name).find("{canary}") != std::string::npos) continue;
    if (spec.count > 1 && spec.name.find("{n}") == std::string::npos) {
      diagnostics.error(document.mark,
                        fmt::format("the {} files of '{}' would have one name", spec.count, id),
                        "expected {n} or {canary} in 'name'");
    }
    const auto [other, free] = taken.emplace(std::pair(spec.folder, spec.name), id);
    if (!free) {
      diagnostics.error(document.mark,
                        fmt::format("the documents '{}' and '{}' would be one file", other->second, id),
                        "expected another 'name' or another folder");
    }
  }
}

/// The network cable: pulled once, put back once, and nothing sent in between.
void check_cable(const Draft& draft, yaml::Diagnostics& diagnostics) {
  int pulled = 0;  // The line it was pulled in, or 0.
  for (const DraftStep& draft_step : draft.steps) {
    if (!draft_step.verb_known) return;
    if (!draft_step.sound) continue;
    const model::Step& step = draft_step.step;
    const bool must_send = step.verb == Verb::control || (step.verb == Verb::wait_for && !step.host.empty());
    if (step.verb == Verb::online && pulled == 0) {
      diagnostics.error(draft_step.mark, "the network cable is not pulled",
                        "expected 'offline:' before; 'offline: 1h' ends by itself");
    } else if (pulled != 0 && (step.verb == Verb::offline || must_send)) {
      diagnostics.error(draft_step.mark,
                        must_send ? "nothing can be sent while the network cable is pulled"
                                  : "the network cable is pulled already",
                        fmt::format("expected 'online:' before; it is pulled in line {}", pulled));
    }
    if (step.verb == Verb::offline && step.duration_ns == 0) pulled = step.line;
    if (step.verb == Verb::online) pulled = 0;
  }
}

/// USB sticks: plugged in before they are pulled out, and not twice.
void check_sticks(const Draft& draft, yaml::Diagnostics& diagnostics) {
  std::map<std::string, int> plugged;  // By name, the line.
  for (const DraftStep& draft_step : draft.steps) {
    if (!draft_step.verb_known) return;
    const model::Step& step = draft_step.step;
    if (!draft_step.sound || step.stick.empty()) continue;
    const auto before = plugged.find(step.stick);
    if (step.verb == Verb::plug && before != plugged.end()) {
      diagnostics.error(draft_step.mark, fmt::format("the stick '{}' is plugged in already", step.stick),
                        fmt::format("expected 'unplug: {}' before; it is plugged in in line {}", step.stick,
                                    before->second));
    } else if (step.verb == Verb::unplug && before == plugged.end()) {
      diagnostics.error(draft_step.mark, fmt::format("the stick '{}' is not plugged in", step.stick),
                        fmt::format("expected 'plug: {}' before", step.stick));
    }
    if (step.verb == Verb::plug) plugged.emplace(step.stick, step.line);
    if (step.verb == Verb::unplug) plugged.erase(step.stick);
    if (plugged.size() > kMostSticks)
      diagnostics.error(draft_step.mark, "too many sticks are plugged in",
                        fmt::format("expected at most {} at once", kMostSticks));
  }
}

void check_settle(const Draft& draft, yaml::Diagnostics& diagnostics) {
  if (draft.settle.limit_ns >= draft.settle.quiet_ns) return;
  diagnostics.error(draft.settle.mark, "'limit' is shorter than 'quiet'",
                    "expected a limit that leaves time for the quiet");
}

}  // namespace

void check_story(const Draft& draft, yaml::Diagnostics& diagnostics) {
  Documents(draft, diagnostics).check();
  check_names(draft, diagnostics);
  check_cable(draft, diagnostics);
  check_sticks(draft, diagnostics);
  check_settle(draft, diagnostics);
}

}  // namespace candor::scenario
