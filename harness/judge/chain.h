// SPDX-License-Identifier: Apache-2.0
//
// By which way a document came to where it was found: from the processes that own what carried it back over
// what they read, who wrote that, and who started them, to one that took the document itself. A search by
// breadth, so the shortest way that the probes' events allow is told, and what they do not tell is said to be
// missing: a chain is an explanation, and no verdict hangs on it. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/evidence.h"
#include "model/verdict.h"

namespace candor::judge {

/// What carried something: a flow, what a process gave away, or a file; none of them says nothing.
struct Carrier {
  std::string transport;                  ///< Of a flow: "tcp", "udp", "icmp".
  std::optional<model::Endpoint> source;  ///< Without one, any that went there counts.
  model::Endpoint destination;
  std::optional<model::ProcessKey> process;  ///< Who gave it away.
  std::string file;                          ///< Path of the file it lies in.
  std::int64_t until_wall_ns = 0;            ///< Nothing later can have gone with it; 0: not known.
  std::string shown;                         ///< The destination, for people.
};

class Chains {
 public:
  explicit Chains(const model::Evidence& evidence);

  /// Empty if no probe in the guest told anything.
  [[nodiscard]] model::Chain of(const model::Document& document, const Carrier& carrier) const;

 private:
  /// A process on the way back, with how what it had came to the one it was reached from.
  struct Node {
    model::ProcessKey process;
    std::int64_t until_ns = 0;
    int from = -1;                          ///< The node it was reached from; -1 for owners.
    const model::FileUse* given = nullptr;  ///< What it wrote …
    const model::FileUse* taken = nullptr;  ///< … and how the other took it; null: it started the other.
  };
  /// Who had it last, and what it did with it.
  struct End {
    model::ProcessKey process;
    std::string act;  ///< Empty: nothing that is told.
    std::string object;
    std::int64_t at_ns = 0;
    std::int64_t error_ns = 0;
  };
  struct Way {
    std::vector<Node> nodes;
    int end = -1;                           ///< The node that took the document; -1 if none did.
    const model::FileUse* taken = nullptr;  ///< How.
  };

  [[nodiscard]] std::vector<const model::SocketUse*> owners(const Carrier& carrier, std::int64_t until) const;
  [[nodiscard]] std::vector<End> ends_of(const Carrier& carrier, std::int64_t until) const;
  [[nodiscard]] Way search(const model::Document& document, const std::vector<model::ProcessKey>& owners,
                           std::int64_t until) const;
  [[nodiscard]] const model::FileUse* taking(const model::ProcessKey& process,
                                             const model::Document& document, std::int64_t until) const;
  void follow(Way& way, int at) const;
  void tell_way(const Way& way, model::Chain& chain) const;
  void tell_readers(const model::Document& document, std::int64_t until, const std::string& owner,
                    model::Chain& chain) const;
  [[nodiscard]] bool is_document(const model::FileUse& use, const model::Document& document) const;
  [[nodiscard]] const model::ProgramRun* run_at(const model::ProcessKey& process, std::int64_t at_ns) const;
  [[nodiscard]] std::string program_at(const model::ProcessKey& process, std::int64_t at_ns) const;
  [[nodiscard]] std::string name_of(const model::ProcessKey& process, std::int64_t at_ns) const;
  [[nodiscard]] model::ChainLink link(std::string act, const model::ProcessKey& process, std::string object,
                                      std::int64_t at_ns, std::int64_t error_ns) const;

  const model::Evidence& evidence_;
  const model::Activity& activity_;
  std::map<model::ProcessKey, std::vector<const model::FileUse*>>
      taken_;  ///< What each read, mapped, copied.
  std::map<model::FileKey, std::vector<const model::FileUse*>> written_;
  std::map<std::string, std::vector<const model::FileUse*>> copied_to_;  ///< By the path of the copy.
  std::map<model::FileKey, std::map<std::string, std::int64_t>> names_;  ///< Of files, since when.
};

}  // namespace candor::judge
