// SPDX-License-Identifier: Apache-2.0
//
// A second compartment that plays the real world: a network namespace with a name server and a vendor's cloud
// (tests/support/real_world.py), nowhere connected to the others. What leads there is candor-relay alone,
// which runs in it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "world.h"

namespace candor::internet_e2e {

class RealWorld {
 public:
  /// Returns once its servers listen; throws Error if they do not.
  RealWorld();
  RealWorld(const RealWorld&) = delete;
  RealWorld& operator=(const RealWorld&) = delete;

  [[nodiscard]] const Namespace& outside() const { return namespace_; }
  [[nodiscard]] std::string ca() const { return (folder() / "ca.pem").string(); }
  /// Settings of a lab from which these hosts are reached.
  [[nodiscard]] LabSettings lab(std::vector<std::string> passed) const;
  /// The ports of all connections that were accepted, and what was asked for over HTTP, in order.
  [[nodiscard]] std::string connections() const { return read_text(folder() / "connections"); }
  [[nodiscard]] std::vector<Json> requests() const;
  /// The name server's log.
  [[nodiscard]] std::string queries() const { return read_text(folder() / "queries"); }
  [[nodiscard]] std::string body(const std::string& sha256) const {
    return read_text(folder() / "bodies" / sha256);
  }

 private:
  [[nodiscard]] std::filesystem::path folder() const { return scratch_.path() / "world"; }

  TempDir scratch_;
  Namespace namespace_;
  asio::io_context io_{1};
  std::unique_ptr<Process> servers_;
};

}  // namespace candor::internet_e2e
