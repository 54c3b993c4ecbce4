// SPDX-License-Identifier: Apache-2.0
#include "document/prose.h"

#include <fmt/format.h>

#include <span>

namespace candor::document {

namespace {

using Words = std::span<const std::string_view>;

constexpr std::string_view kAgencies[] = {
    "Office of Harbour Statistics", "Directorate of Tidal Affairs", "Bureau of Inland Lighthouses",
    "Committee on Quiet Cables",    "Agency for Distant Weather",   "Board of Sealed Correspondence",
};
constexpr std::string_view kPlaces[] = {
    "Port Halloran",      "Cape Merrow",    "Lake Ostrava Basin", "Saint Ottery",
    "the Vellum Islands", "North Carraway", "Graywether Station", "the Tansy Straits",
};
constexpr std::string_view kCodeWords[] = {
    "QUILLFERN", "BRASS LANTERN", "SALT ORCHARD", "PAPER HERON", "VELVET ANVIL", "COLD THIMBLE",
};
constexpr std::string_view kGivenNames[] = {
    "Imogen", "Casimir", "Thea", "Barnaby", "Odile", "Rufus", "Marit", "Anselm", "Perpetua", "Ivo",
};
constexpr std::string_view kFamilyNames[] = {
    "Wexcombe",    "Tallow", "Drysdale", "Okonjo",    "Marsh",
    "Vantongeren", "Pell",   "Hartigan", "Lindqvist", "Sorrel",
};
constexpr std::string_view kMonths[] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December",
};
constexpr std::string_view kGuardedTitles[] = {
    "Assessment of {code} Activities near {place}",
    "Programme {code}: Quarterly Review",
    "Meeting Notes, {agency}",
    "Estimate of Capacities at {place}",
    "Instructions for the {code} Exchange",
};
constexpr std::string_view kHarmlessTitles[] = {
    "Minutes of the Allotment Society",
    "Notes on Repainting the Canteen",
    "Timetable of the Village Choir",
    "How to Care for the Office Plants",
};
constexpr std::string_view kGuardedHeadings[] = {
    "Background",           "Findings at {place}", "Sources and Access", "State of {code}",
    "Recommended Measures", "Costs in {month}",    "Open Questions",
};
constexpr std::string_view kHarmlessHeadings[] = {
    "What Was Agreed", "Next Steps", "Things to Buy", "Thanks", "Remarks",
};
constexpr std::string_view kGuardedSentences[] = {
    "The {agency} has observed {number} movements at {place} since {month}.",
    "{person} reports that the second phase of {code} will begin before the end of {month}.",
    "Equipment for {number} stations was delivered to {place} and is kept under seal.",
    "The source, who has direct access to the {agency}, has been reliable in {number} earlier reports.",
    "Funds of {number} thousand crowns were set aside for {code}, of which half are spent.",
    "It is judged likely that the cable from {place} to {place} carries the traffic in question.",
    "No other government is known to be aware of {code}.",
    "{person} asked that copies be numbered and returned to the registry by {month}.",
    "The frequencies used at {place} change every {number} hours; the schedule is held by {person}.",
    "Should the arrangement with {place} become known, the {agency} will decline to comment.",
    "A second visit to {place} is planned for {month}, with {person} and {number} technicians.",
};
constexpr std::string_view kHarmlessSentences[] = {
    "{person} brought {number} seedlings and a spare watering can.",
    "The canteen will be repainted in {month}, if the weather allows the windows to stay open.",
    "We thank {person} for the loan of the ladder.",
    "The choir meets on Tuesdays; newcomers who can read music are welcome, and so are those who cannot.",
    "About {number} biscuits were left over and have been taken to the porter.",
    "The fern by the copying machine wants less light and more patience.",
    "{person} will ask whether the hall is free in {month}.",
    "A list of tools to be sharpened hangs beside the shed door.",
};
constexpr std::string_view kStems[] = {
    "budget-review", "site-survey", "annual-estimate",  "meeting-notes",  "source-summary",
    "travel-plan",   "draft-reply", "quarterly-report", "capacity-study", "contact-list",
};

struct Slot {
  std::string_view name;
  Words words;
};

const Slot kSlots[] = {
    {"agency", kAgencies}, {"place", kPlaces},     {"code", kCodeWords},
    {"month", kMonths},    {"given", kGivenNames}, {"family", kFamilyNames},
};

}  // namespace

std::uint64_t Prose::number(std::uint64_t bound) {
  return seed_.number(fmt::format("prose {} {}", label_, drawn_++), bound);
}

std::string Prose::word_for(std::string_view slot) {
  if (slot == "number") return std::to_string(3 + number(180));
  if (slot == "person") return person();
  for (const Slot& each : kSlots)
    if (slot == each.name) return std::string(each.words[number(each.words.size())]);
  return std::string(slot);
}

std::string Prose::filled(std::string_view pattern) {
  std::string text;
  while (!pattern.empty()) {
    const std::size_t open = pattern.find('{');
    text += pattern.substr(0, open);
    if (open == pattern.npos) break;
    const std::size_t close = pattern.find('}', open);
    text += word_for(pattern.substr(open + 1, close - open - 1));
    pattern.remove_prefix(close + 1);
  }
  return text;
}

namespace {

Words guarded_or(Subject subject, Words guarded, Words harmless) {
  return subject == Subject::guarded ? guarded : harmless;
}

}  // namespace

std::string Prose::title() {
  const Words titles = guarded_or(subject_, kGuardedTitles, kHarmlessTitles);
  return filled(titles[number(titles.size())]);
}

std::string Prose::heading() {
  const Words headings = guarded_or(subject_, kGuardedHeadings, kHarmlessHeadings);
  return filled(headings[number(headings.size())]);
}

std::string Prose::paragraph() {
  const Words sentences = guarded_or(subject_, kGuardedSentences, kHarmlessSentences);
  std::string text;
  for (std::uint64_t left = 3 + number(3); left > 0; --left)
    text += (text.empty() ? "" : " ") + filled(sentences[number(sentences.size())]);
  return text;
}

std::string Prose::person() { return filled("{given} {family}"); }
std::string Prose::agency() { return filled("{agency}"); }
std::string Prose::file_stem() { return std::string(kStems[number(std::size(kStems))]); }

std::string Prose::date() { return fmt::format("2026-{:02}-{:02}", 1 + number(12), 1 + number(28)); }

}  // namespace candor::document
