// SPDX-License-Identifier: Apache-2.0
//
// Probes inside the guest: put there and started before the template is frozen, so that a fork's first moment
// is seen; heard through ports of virtio-serial, never through the network card.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "guest/agent.h"
#include "model/probe.h"

namespace candor::run {

namespace asio = boost::asio;

/// Those of `probes` that work at `place`, in their order.
[[nodiscard]] std::vector<model::RunProbe> probes_at(const std::vector<model::RunProbe>& probes,
                                                     model::ProbePlace place);

/// The program of a probe: in its folder, or one of Candor's own. Throws Error if there is none.
[[nodiscard]] std::filesystem::path probe_program(const model::ProbeKind& kind);

/// Puts the programs of `probes` into the guest and starts them. Each is ready when its command returns; one
/// that cannot be started is an Error with its own words.
[[nodiscard]] asio::awaitable<void> install_guest_probes(guest::Agent& agent,
                                                         std::vector<model::RunProbe> probes);
/// Starts them again, after the guest was restarted.
[[nodiscard]] asio::awaitable<void> start_guest_probes(guest::Agent& agent,
                                                       std::vector<model::RunProbe> probes);

}  // namespace candor::run
