// SPDX-License-Identifier: Apache-2.0
#include "judge/chain.h"

#include <algorithm>
#include <set>

#include "base/bytes.h"
#include "judge/words.h"

namespace candor::judge {

namespace {

using model::FileAct;
using model::FileUse;
using model::ProcessKey;
using model::SocketUse;

constexpr std::int64_t kSlackNs = 1'000'000;  // between clocks that are read one after the other
constexpr std::size_t kNodes = 4096;
constexpr std::size_t kReaders = 4;
constexpr std::size_t kAncestors = 8;
constexpr std::size_t kArguments = 16;
constexpr std::size_t kShown = 400;

bool takes(FileAct act) { return act == FileAct::read || act == FileAct::map || act == FileAct::copy; }

const char* done(FileAct act) {
  switch (act) {
    case FileAct::open:
      return "opened";
    case FileAct::read:
      return "read";
    case FileAct::map:
      return "mapped";
    case FileAct::write:
      return "wrote";
    case FileAct::copy:
      return "copied";
    case FileAct::rename:
      return "renamed";
    case FileAct::link:
      return "linked";
    case FileAct::remove:
      return "deleted";
  }
  return "";
}

/// Where the kernel chooses a datagram's own address, only the port is the socket's.
bool unspecified(const std::string& address) {
  return address.empty() || address == "0.0.0.0" || address == "::";
}

bool same_source(const model::Endpoint& seen, const model::Endpoint& flow) {
  return seen.port == flow.port && (unspecified(seen.address) || seen.address == flow.address);
}

}  // namespace

Chains::Chains(const model::Evidence& evidence) : evidence_(evidence), activity_(evidence.activity) {
  for (const FileUse& use : activity_.files) {
    names_[use.file].emplace(use.path, use.at_ns);
    if (use.act == FileAct::rename || use.act == FileAct::link) names_[use.file].emplace(use.to, use.at_ns);
    if (takes(use.act)) taken_[use.process].push_back(&use);
    if (use.act == FileAct::write) written_[use.file].push_back(&use);
    if (use.act == FileAct::copy) copied_to_[use.to].push_back(&use);
  }
}

bool Chains::is_document(const FileUse& use, const model::Document& document) const {
  if (use.path == document.path) return true;
  const auto names = names_.find(use.file);
  if (names == names_.end()) return false;
  const auto named = names->second.find(document.path);
  return named != names->second.end() && named->second <= use.at_ns;
}

const model::ProgramRun* Chains::run_at(const ProcessKey& process, std::int64_t at_ns) const {
  const auto known = activity_.processes.find(process);
  if (known == activity_.processes.end() || known->second.runs.empty()) return nullptr;
  const auto& runs = known->second.runs;
  const auto later =
      std::find_if(runs.begin(), runs.end(), [&](const auto& run) { return run.at_ns > at_ns + kSlackNs; });
  return later == runs.begin() ? &runs.front() : &*std::prev(later);
}

std::string Chains::program_at(const ProcessKey& process, std::int64_t at_ns) const {
  const model::ProgramRun* run = run_at(process, at_ns);
  return run ? printable(run->program, kShown) : "an unknown program";
}

std::string Chains::name_of(const ProcessKey& process, std::int64_t at_ns) const {
  return program_at(process, at_ns) + " (process " + std::to_string(process.pid) + ")";
}

model::ChainLink Chains::link(std::string act, const ProcessKey& process, std::string object,
                              std::int64_t at_ns, std::int64_t error_ns) const {
  model::ChainLink made;
  made.act = std::move(act);
  made.program = program_at(process, at_ns);
  made.pid = process.pid;
  made.object = printable(object, kShown);
  made.at_s = static_cast<double>(at_ns - evidence_.run.started_mono_ns) / 1e9;
  made.error_s = static_cast<double>(error_ns) / 1e9;
  if (const model::ProgramRun* run = run_at(process, at_ns))
    for (const std::string& argument : run->arguments)
      if (made.arguments.size() < kArguments) made.arguments.push_back(printable(argument, kShown));
  auto known = activity_.processes.find(process);
  if (known != activity_.processes.end()) made.user = known->second.user;
  std::int64_t when = at_ns;
  while (known != activity_.processes.end() && made.started_by.size() < kAncestors) {
    if (known->second.started_ns != 0) when = known->second.started_ns;
    const ProcessKey parent = known->second.parent;
    known = activity_.processes.find(parent);
    if (known != activity_.processes.end() && parent.pid > 0)
      made.started_by.push_back(program_at(parent, when));
  }
  return made;
}

std::vector<const SocketUse*> Chains::owners(const Carrier& carrier, std::int64_t until) const {
  std::vector<const SocketUse*> found;
  const model::Endpoint destination = plain_endpoint(carrier.destination);
  for (const SocketUse& use : activity_.sockets) {
    if (use.transport != carrier.transport || use.at_ns > until) continue;
    if (plain_endpoint(use.remote) != destination) continue;
    if (carrier.source && !same_source(plain_endpoint(use.local), plain_endpoint(*carrier.source))) continue;
    found.push_back(&use);
  }
  // Ports are used again: of one source, the last that was made before counts, and who joined it since.
  const auto made = std::find_if(found.rbegin(), found.rend(),
                                 [](const SocketUse* use) { return use->act == "connected to"; });
  if (carrier.source && made != found.rend()) found.erase(found.begin(), std::prev(made.base()));
  std::set<ProcessKey> known;
  std::erase_if(found, [&](const SocketUse* use) { return !known.insert(use->process).second; });
  return found;
}

const FileUse* Chains::taking(const ProcessKey& process, const model::Document& document,
                              std::int64_t until) const {
  const auto taken = taken_.find(process);
  if (taken == taken_.end()) return nullptr;
  for (const FileUse* use : taken->second)
    if (use->at_ns <= until + kSlackNs && is_document(*use, document)) return use;
  return nullptr;
}

/// Adds those from whom a node's process can have got what it had.
void Chains::follow(Way& way, int at) const {
  const Node node = way.nodes[static_cast<std::size_t>(at)];
  const auto add = [&](const ProcessKey& process, std::int64_t until, const FileUse* given,
                       const FileUse* taken) {
    const bool known = std::any_of(way.nodes.begin(), way.nodes.end(),
                                   [&](const Node& each) { return each.process == process; });
    if (!known && way.nodes.size() < kNodes) way.nodes.push_back({process, until, at, given, taken});
  };
  if (const auto taken = taken_.find(node.process); taken != taken_.end()) {
    for (const FileUse* use : taken->second) {
      if (use->at_ns > node.until_ns + kSlackNs) continue;
      if (const auto written = written_.find(use->file); written != written_.end())
        for (const FileUse* given : written->second)
          if (given->at_ns <= use->at_ns + kSlackNs) add(given->process, use->at_ns, given, use);
      if (const auto copied = copied_to_.find(use->path); copied != copied_to_.end())
        for (const FileUse* given : copied->second)
          if (given->at_ns <= use->at_ns + kSlackNs) add(given->process, use->at_ns, given, use);
    }
  }
  const auto process = activity_.processes.find(node.process);
  if (process != activity_.processes.end() && activity_.processes.contains(process->second.parent))
    add(process->second.parent, node.until_ns, nullptr, nullptr);
}

Chains::Way Chains::search(const model::Document& document, const std::vector<ProcessKey>& owners,
                           std::int64_t until) const {
  Way way;
  for (const ProcessKey& owner : owners) way.nodes.push_back({.process = owner, .until_ns = until});
  for (std::size_t at = 0; at < way.nodes.size(); ++at) {
    way.taken = taking(way.nodes[at].process, document, way.nodes[at].until_ns);
    if (way.taken) {
      way.end = static_cast<int>(at);
      break;
    }
    follow(way, static_cast<int>(at));
  }
  return way;
}

void Chains::tell_way(const Way& way, model::Chain& chain) const {
  const auto tell = [&](const FileUse& use) {
    chain.links.push_back(link(done(use.act), use.process,
                               use.act == FileAct::copy ? use.path + " to " + use.to : use.path, use.at_ns,
                               use.error_ns));
  };
  tell(*way.taken);
  const FileUse* last = way.taken;
  for (int at = way.end; at >= 0;) {
    const Node& node = way.nodes[static_cast<std::size_t>(at)];
    if (node.from < 0) break;
    const Node& next = way.nodes[static_cast<std::size_t>(node.from)];
    if (node.given) {
      if (node.given != last) tell(*node.given);
      tell(*node.taken);
      last = node.taken;
    } else {
      const auto child = activity_.processes.find(next.process);
      const std::int64_t started = child == activity_.processes.end() ? 0 : child->second.started_ns;
      if (started != 0)
        chain.links.push_back(
            link("started", node.process, program_at(next.process, INT64_MAX - kSlackNs), started, 0));
      if (started == 0 || last->at_ns > started + kSlackNs)
        chain.missing.push_back("no probe saw how it came from " + name_of(node.process, last->at_ns) +
                                " to " + name_of(next.process, INT64_MAX - kSlackNs));
    }
    at = node.from;
  }
}

/// Where no way is known: who else took the document, as something to begin with.
void Chains::tell_readers(const model::Document& document, std::int64_t until, const std::string& owner,
                          model::Chain& chain) const {
  std::set<ProcessKey> told;
  for (const FileUse& use : activity_.files) {
    if (!takes(use.act) || use.at_ns > until || !is_document(use, document)) continue;
    if (told.size() == kReaders || !told.insert(use.process).second) continue;
    chain.links.push_back(link(done(use.act), use.process, use.path, use.at_ns, use.error_ns));
  }
  if (told.empty())
    chain.missing.push_back("no probe saw a process read the document");
  else if (!owner.empty())
    chain.missing.push_back("no probe saw how it came from those who read it to " + owner);
}

/// Everybody once, by the first that is known of it.
std::vector<Chains::End> Chains::ends_of(const Carrier& carrier, std::int64_t until) const {
  std::vector<End> ends;
  if (carrier.process) ends.push_back({.process = *carrier.process});
  if (!carrier.transport.empty())
    for (const SocketUse* use : owners(carrier, until))
      ends.push_back({use->process, use->act, carrier.shown, use->at_ns, use->error_ns});
  if (!carrier.file.empty())
    for (const FileUse& use : activity_.files) {
      const bool wrote = use.act == FileAct::write && use.path == carrier.file;
      const bool brought = (use.act == FileAct::copy || use.act == FileAct::rename) && use.to == carrier.file;
      if (wrote || brought)
        ends.push_back({use.process, done(use.act), carrier.file, use.at_ns, use.error_ns});
    }
  std::set<ProcessKey> known;
  std::erase_if(ends, [&](const End& end) { return !known.insert(end.process).second; });
  return ends;
}

model::Chain Chains::of(const model::Document& document, const Carrier& carrier) const {
  model::Chain chain;
  const bool nothing = carrier.transport.empty() && carrier.file.empty() && !carrier.process;
  if (activity_.empty() || nothing) return chain;
  const std::int64_t until =
      carrier.until_wall_ns == 0
          ? INT64_MAX - kSlackNs
          : carrier.until_wall_ns - evidence_.run.started_wall_ns + evidence_.run.started_mono_ns;
  const std::vector<End> ends = ends_of(carrier, until);
  std::vector<ProcessKey> processes;
  for (const End& end : ends) processes.push_back(end.process);

  const Way way = search(document, processes, until);
  if (way.end >= 0) {
    tell_way(way, chain);
  } else {
    const std::string owner = processes.empty() ? "" : name_of(processes.front(), until);
    tell_readers(document, until, owner, chain);
  }
  for (const End& end : ends)
    if (!end.act.empty())
      chain.links.push_back(link(end.act, end.process, end.object, end.at_ns, end.error_ns));
  if (ends.empty())
    chain.missing.emplace_back(carrier.file.empty() ? "no probe saw which process sent it"
                                                    : "no probe saw which process wrote it there");
  return chain;
}

}  // namespace candor::judge
