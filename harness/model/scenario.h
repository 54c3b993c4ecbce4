// SPDX-License-Identifier: Apache-2.0
//
// A scenario after reading and checking: documents, steps, expectation. Steps are product-neutral verbs; the
// product adapter turns those that concern the product into its commands.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/named_host.h"
#include "model/document.h"
#include "model/probe.h"
#include "model/verdict.h"

namespace candor::model {

enum class Verb {
  plant,
  open,
  edit,
  copy,
  archive,
  erase,
  scan,
  update,
  enable,
  disable,
  offline,
  online,
  link,
  idle,
  reboot,
  exec,
  wait_for,
  control,
  cloud,
  plug,
  unplug,
};

/// What the network does to each frame, in both directions.
struct LinkCondition {
  std::int64_t delay_ns = 0;
  std::int64_t loss_ppm = 0;    ///< Frames of a million.
  std::int64_t rate_bit_s = 0;  ///< 0: unlimited.
  std::int64_t seed = 1;        ///< Of which frames are lost.
  [[nodiscard]] bool normal() const { return delay_ns == 0 && loss_ppm == 0 && rate_bit_s == 0; }
  bool operator==(const LinkCondition&) const = default;
};

/// One step. Which members count depends on the verb; the rest stay empty.
struct Step {
  Verb verb = Verb::idle;
  int line = 0;                        ///< In the scenario's file.
  std::vector<std::string> documents;  ///< plant, open, edit, copy, archive, delete: ids from `documents:`.
  std::string path;                    ///< scan: what; copy: folder to; archive: file to; wait-for file.
  std::vector<std::string> command;    ///< exec: argv in the guest; wait-for command.
  std::string host;                    ///< wait-for sent-to: destination name.
  std::string stick;                   ///< plug, unplug: name of the USB stick.
  std::int64_t duration_ns = 0;        ///< idle, offline (0: until online); wait-for and exec: deadline.
  std::map<std::string, std::string> values;  ///< cloud: values of the vendor's cloud that change.
  LinkCondition link;                         ///< link: from now on.
  bool may_fail = false;                      ///< exec: a non-zero exit code is an outcome, not a failure.
  std::string text;                           ///< The step as a line for people: "scan: /home/alex".
};

struct Expectation {
  std::optional<Outcome> verdict;             ///< Nothing: any verdict meets it.
  std::vector<std::string> findings;          ///< Classes of findings each of which must be among them.
  std::optional<std::uint64_t> opaque_bytes;  ///< Budget: more opaque bytes make the run inconclusive.
};

struct Scenario {
  std::string name;  ///< File name without ".yaml".
  std::string file;  ///< As given.
  std::string about;
  std::map<std::string, DocumentSpec> documents;
  std::vector<Step> steps;
  Json configure = Json::object();     ///< What the product is given to configure itself by; empty: nothing.
  std::vector<ProbeUse> probes;        ///< Besides Candor's own; in the file's order.
  std::vector<NamedHost> passthrough;  ///< Real hosts the guest may reach; in the file's order.
  Expectation expect;                  ///< For products not named below.
  std::map<std::string, Expectation> expect_product;  ///< `expect: {product: {clamav: …}}`.
  std::int64_t settle_quiet_ns =
      1'000'000'000;  ///< After the last step: wait until nothing was sent for so long …
  std::int64_t settle_limit_ns = 20'000'000'000;  ///< … but at most so long.
};

inline constexpr std::size_t kVerbs = 21;
/// "wait-for", "delete" … as written in YAML.
[[nodiscard]] const char* text(Verb verb);
[[nodiscard]] std::optional<Verb> verb_from(std::string_view text);
[[nodiscard]] const std::array<Verb, kVerbs>& all_verbs();

/// The budget that holds for a product: its own, the scenario's, or the default of 4096 bytes.
[[nodiscard]] Expectation expectation_for(const Scenario& scenario, const std::string& product);
inline constexpr std::uint64_t kDefaultOpaqueBudget = 4096;

}  // namespace candor::model
