// SPDX-License-Identifier: Apache-2.0
//
// A compartment with the real wire, a real collector, a sink where the internet would be, and a test in the
// guest's place.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collect/collector.h"
#include "fixture.h"
#include "guest.h"

namespace candor::seal::test {

class WireTest : public SealTest {
 protected:
  void SetUp() override;

  /// Starts it all; `before` are words in front of the wire's command line.
  void start_wire(const std::vector<std::string>& before = {});
  Json command(const std::string& name, Json arguments = Json::object());
  /// Waits until the wire has taken all frames the guest sent.
  void wait_taken();
  /// The same with a collector elsewhere.
  void start_compartment(const std::string& endpoint, const std::vector<std::string>& before = {});
  [[nodiscard]] bool finish();
  [[nodiscard]] std::filesystem::path capture() const { return folder() / "frames.pcapng"; }
  /// The guest's frames in the capture, in order, as libpcap reads them.
  [[nodiscard]] std::vector<Bytes> captured_from_guest() const;
  /// Lines of the sink's log, each "ADDRESS PORT" of a datagram that arrived.
  [[nodiscard]] std::vector<std::string> arrived() const;
  /// Waits for such a line.
  [[nodiscard]] bool arrives(const std::string& line) const;

  std::unique_ptr<collect::Collector> collector_;
  std::unique_ptr<Compartment> compartment_;
  std::optional<Guest> guest_;
};

}  // namespace candor::seal::test
