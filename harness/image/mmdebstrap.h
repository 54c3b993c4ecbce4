// SPDX-License-Identifier: Apache-2.0
//
// Builds a Debian guest from recipes: mmdebstrap installs into a root folder inside a user namespace (so it
// works as root or not, and owners come out right), then mke2fs copies that folder into a file system. With
// enough memory the root folder is a tmpfs of that namespace and vanishes with it.
//
// Inside, only descriptors lead back to the host: the outputs are inherited open files, because the
// namespace's users may not enter the store's private folders. Nothing else of the host is written. If the
// harness dies, a watchdog at the other end of a pipe kills the whole process group.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "image/store.h"

namespace candor::image {

/// The real Builder.
void build_with_mmdebstrap(const BuildRequest& request);

/// mmdebstrap's arguments for a chain of recipes; pure. The disk's size is the last recipe's.
[[nodiscard]] std::vector<std::string> mmdebstrap_arguments(const std::vector<model::Recipe>& chain,
                                                            bool in_memory);

/// `command` under a watchdog: once descriptor 3, a pipe, ends, its whole process group is killed; otherwise
/// it ends with the command's exit code. For root, in a mount namespace of its own.
[[nodiscard]] std::vector<std::string> watched(std::vector<std::string> command);

/// The shell script run as root inside the guest's root folder once its packages are there: writes the
/// recipes' files, runs their commands, then sets the files' owners and modes (commands may have made the
/// users).
[[nodiscard]] std::string customise_script(const std::vector<model::Recipe>& chain);

/// Everything of the builder that decides what an image holds, for recipe_hash().
[[nodiscard]] std::string builder_fingerprint();

/// What a line of mmdebstrap's log says to people, or "" if nothing.
[[nodiscard]] std::string progress_of(std::string_view log_line);

/// Removes what a killed build left in the temporary folder it noted in `folder`, whoever owns it.
void sweep_scratch(const std::filesystem::path& folder);

}  // namespace candor::image
