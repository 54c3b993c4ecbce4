// SPDX-License-Identifier: Apache-2.0
//
// Where Candor keeps things, after the XDG Base Directory Specification 0.8.
#pragma once

#include <filesystem>

namespace candor {

/// Images and templates: $CANDOR_DATA, or $XDG_DATA_HOME/candor, or ~/.local/share/candor.
[[nodiscard]] std::filesystem::path data_dir();
/// What may be lost, such as the accelerator's remembered answer: $XDG_CACHE_HOME/candor or ~/.cache/candor.
[[nodiscard]] std::filesystem::path cache_dir();
/// Sockets and locks of living runs, private to the user: $XDG_RUNTIME_DIR/candor or /tmp/candor-UID.
/// Made (0700) if missing; an Error if it belongs to somebody else.
[[nodiscard]] std::filesystem::path runtime_dir();
/// A helper executable of Candor's ("candor-wire"): beside the running program or in ../libexec/candor; an
/// Error naming the places looked at.
[[nodiscard]] std::filesystem::path helper_program(const char* name);
/// The folder that holds `images/` and `scenarios/`: $CANDOR_SHARE, the folder above the running program's
/// (a build folder in the source tree), or ../share/candor.
[[nodiscard]] std::filesystem::path share_dir();

}  // namespace candor
