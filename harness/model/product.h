// SPDX-License-Identifier: Apache-2.0
//
// An image recipe and a product adapter, as read from images/NAME/recipe.yaml and product.yaml.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/scenario.h"

namespace candor::model {

/// A file put into an image.
struct RecipeFile {
  std::string path;              ///< Absolute, in the guest.
  std::filesystem::path source;  ///< Beside the recipe; or empty, then `content` counts.
  std::string content;
  int mode = 0644;
  std::string owner = "root:root";
};

/// How a guest image is built (Debian guests, first version).
struct Recipe {
  std::string name;  ///< Folder name under images/.
  std::filesystem::path folder;
  std::string about;
  std::string from;     ///< Another recipe to build upon; empty: from scratch.
  std::string release;  ///< Debian's; empty: that of `from`, and without one bookworm.
  std::vector<std::string> packages;
  std::vector<std::string> without;  ///< Packages of those below that are left out.
  std::vector<RecipeFile> files;
  std::vector<std::string> commands;  ///< Shell lines run as root inside, after packages and files.
  int disk_mib = 2048;
  int memory_mib = 512;  ///< Of the guest.
  int cpus = 1;
};

/// A command in the guest: argv with placeholders such as {path}, {file}, {url}; run as `user`.
struct GuestCommand {
  std::vector<std::string> argv;
  std::int64_t timeout_ns = 120'000'000'000;
  std::vector<int> ok_codes = {
      0};  ///< Exit codes that mean it did its work ("1" is "found something" for scanners).
};

/// What one product needs for each product-neutral verb. A verb without commands is one it cannot do.
struct Product {
  std::string name;  ///< Folder name under images/.
  std::filesystem::path folder;
  std::string about;
  std::string from;  ///< Another product whose parts it has but for its own; empty: none.
  /// The product.yaml files it was read from: its own, then that of `from`, and so on.
  std::vector<std::filesystem::path> sources;
  std::string image;  ///< Recipe it runs on; default: the one of the same name.
  std::map<std::string, std::vector<GuestCommand>> verbs;
  ///< "prepare" (once, before the template is frozen), "ready" (repeated until ok), "install", "update",
  ///< "scan" ({path}), "enable", "disable", "version" (its first output line), "identify" ({user}, {host},
  ///< {machine}: give the guest these names), "trust" ({file}: install the run's CA), "control" ({file},
  ///< {host}, {url}), "open" ({path}, {user}), "archive" ({file}, {paths}, {user}).
  std::vector<RecipeFile> files;       ///< Pushed before "prepare".
  std::vector<std::string> processes;  ///< Executables of the product, for later blame.
  std::vector<ProbeUse> probes;        ///< That its runs need besides Candor's own.
  std::vector<std::string> declared;   ///< Classes of findings its vendor discloses.
  std::int64_t ready_timeout_ns = 120'000'000'000;
};

/// Verbs a scenario step needs of the adapter; nothing for steps the harness does itself.
[[nodiscard]] std::optional<std::string> adapter_verb(Verb verb);

}  // namespace candor::model
