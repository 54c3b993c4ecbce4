// SPDX-License-Identifier: Apache-2.0
//
// Names for a run's guest: who uses it, what it is called, and its machine id. They look like those of an
// ordinary machine, but nobody else has them, so that each is a canary. Pure: the same seed gives the same
// names.
#pragma once

#include <string>
#include <vector>

#include "base/hash.h"
#include "model/document.h"

namespace candor::document {

/// The values of model::Identity::kind.
inline constexpr const char* kUser = "user";
inline constexpr const char* kHost = "host";
inline constexpr const char* kMachineId = "machine id";

/// One of each kind, of the same length for every seed. A user's name has 16 characters of [a-z.] and a
/// host's 15 of [a-z0-9-], which Linux, Windows and NetBIOS all take; a machine id is 32 lower-case digits
/// that are also a random UUID (RFC 4122, version 4). `twin` gives those of the run's twin.
[[nodiscard]] std::vector<model::Identity> identities(Seed seed, bool twin = false);

/// The value of the kind, or "" if there is none.
[[nodiscard]] std::string identity_of(const model::Manifest& manifest, const std::string& kind);

}  // namespace candor::document
