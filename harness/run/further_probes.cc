// SPDX-License-Identifier: Apache-2.0
#include "run/further_probes.h"

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "collect/account.h"
#include "collect/blob_keeper.h"
#include "collect/store.h"
#include "kit/probe_file.h"
#include "kit/schema.h"
#include "run/activity_reader.h"

namespace candor::run {

namespace fs = std::filesystem;

namespace {

constexpr const char* kGuestStart = "guest.start/1";

}  // namespace

FurtherProbes::FurtherProbes(const FolderPaths& paths, const std::vector<FurtherProbe>& probes)
    : paths_(paths) {
  for (const FurtherProbe& probe : probes) {
    Seen& seen = probes_[probe.use.name];
    seen.required = probe.use.required;
    seen.problem = probe.problem;
    const fs::path file = paths.probes() / (probe.use.name + ".yaml");
    try {
      seen.kinds = kit::probe_from(read_text(file), file.string(), paths.probes() / probe.use.name).events;
    } catch (const Error& error) {
      collect::add_problem(seen.problem, std::string("its probe.yaml cannot be read: ") + error.what());
    }
  }
}

/// What a probe inside the guest could not see: before it was started again, and where its kernel gives it no
/// sight.
void FurtherProbes::note_blindness(const Json& data, Seen& seen) {
  if (seen.types[kGuestStart] > 1)
    collect::add_problem(seen.problem,
                         "the guest was restarted: it saw nothing until it was started again there");
  const auto absent = data.find("absent");
  if (absent != data.end() && absent->is_array() && !absent->empty())
    collect::add_problem(seen.problem, "this kernel gives no sight of " + printable(dump_json(*absent), 400));
}

void FurtherProbes::take(const model::Event& item) {
  const auto known = probes_.find(item.probe);
  if (known == probes_.end()) return;
  Seen& seen = known->second;
  ++seen.types[item.type];
  if (item.type == kGuestStart) note_blindness(item.data, seen);
  const auto kind = seen.kinds.find(item.type);
  if (kind == seen.kinds.end()) return;
  for (const std::string& sentence : kit::mismatches(kind->second.schema, item.data, 1))
    collect::add_problem(seen.problem, "event " + std::to_string(item.seq) + " (" + item.type +
                                           ") is not as its schema says: " + sentence);
}

void FurtherProbes::finish(model::Evidence& evidence) const {
  std::vector<std::string> names;
  for (const auto& [name, seen] : probes_) names.push_back(name);
  for (model::ProbeAccount& account : collect::read_accounts(paths_.events(), names)) {
    const Seen& seen = probes_.at(account.name);
    account.own = false;
    account.required = seen.required;
    account.types = seen.types;
    if (!seen.problem.empty()) collect::add_problem(account.problem, seen.problem);
    evidence.probes.push_back(std::move(account));
  }
}

void search_blobs(const FolderPaths& paths, const recognise::Recogniser& recogniser,
                  model::Evidence& evidence) {
  evidence.blobs = collect::read_blobs(paths.events());
  std::map<std::string, model::Recognition> searched;
  for (model::Blob& blob : evidence.blobs) {
    blob.process = process_of(blob.data);
    const std::string which =
        "the blob '" + printable(blob.id, 100) + "' of the probe '" + printable(blob.probe) + "'";
    if (blob.sha256.empty()) {
      evidence.losses.push_back(which + " was never ended, so its bytes are not known to be all");
      continue;
    }
    const auto known = searched.find(blob.sha256);
    if (known != searched.end()) {
      blob.found = known->second;
      continue;
    }
    try {
      const MappedFile file(paths.blobs() / blob.sha256);
      if (sha256_hex(file.bytes()) != blob.sha256 || file.bytes().size() != blob.size)
        evidence.losses.push_back("the bytes kept of " + which + " are not those that were handed over");
      blob.found = recogniser.search(file.bytes());
    } catch (const Error& error) {
      evidence.losses.push_back("the bytes of " + which + " cannot be read: " + error.what());
    }
    searched[blob.sha256] = blob.found;
  }
}

}  // namespace candor::run
