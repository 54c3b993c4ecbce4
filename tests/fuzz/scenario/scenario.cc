// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a scenario file: a scenario that survives being recorded, or mistakes in printable text.
#include "scenario/scenario.h"

#include <algorithm>
#include <cstdlib>

#include "base/bytes.h"
#include "base/error.h"
#include "scenario/record.h"

namespace {

using namespace candor;

bool shown_safely(std::string_view text) {
  const auto control = [](char byte) { return (byte >= 0 && byte < 0x20 && byte != '\n') || byte == 0x7f; };
  return is_utf8_text(as_bytes(text)) && std::none_of(text.begin(), text.end(), control);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const model::Scenario scenario = scenario::read_scenario_text(as_text({data, size}), "fuzz.yaml");
    if (scenario.documents.empty() || scenario.steps.empty()) std::abort();
    const Json record = scenario::to_json(scenario);
    if (scenario::to_json(
            scenario::scenario_from_json(parse_json(dump_json(record), {.bytes = 64U << 20}))) != record)
      std::abort();
  } catch (const Error& error) {
    const std::string_view text = error.what();
    if (error.fault() != Fault::input || text.empty() || !shown_safely(text)) std::abort();
  }
  return 0;
}
