// SPDX-License-Identifier: Apache-2.0
//
// The images kept below DATA/images, one folder each. An image appears by one rename of a finished folder,
// so a killed build leaves nothing that counts; its leftovers go when the next build starts. One builder per
// recipe at a time, by a lock the kernel frees. Blocking: a build takes up to minutes and belongs in no event
// loop. Throws Error; a failed build's error ends in the tail of its log.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/product.h"

namespace candor::image {

/// A finished image.
struct Image {
  std::string name;  ///< Of its recipe.
  std::string id;    ///< SHA-256 over recipe_hash and the installed package versions.
  std::filesystem::path folder;
  std::filesystem::path kernel;
  std::filesystem::path initrd;
  std::filesystem::path disk;  ///< Raw ext4, no partition table; sparse.
  std::string kernel_sha256;
  std::string initrd_sha256;
  std::string disk_sha256;
  std::string recipe_hash;            ///< See recipe_hash().
  std::vector<std::string> packages;  ///< "NAME VERSION", sorted.
  std::uint64_t size = 0;             ///< Bytes it takes on disk.
  std::int64_t built_wall_ns = 0;
  double build_s = 0;
  int memory_mib = 512;
  int cpus = 1;
};

/// One line of progress for people: "installing 120 packages".
using Progress = std::function<void(std::string_view line)>;

/// What a builder is asked for: four files in `folder` (see Builder).
struct BuildRequest {
  std::vector<model::Recipe> chain;  ///< The base first; the image's own recipe last.
  std::filesystem::path folder;      ///< Empty, private, on the store's file system.
  std::filesystem::path log;         ///< Where all output of the tools goes.
  Progress progress;
};

/// Makes "vmlinuz", "initrd", "disk.img" and "packages" ("NAME VERSION" lines) in request.folder; throws
/// Error if it cannot. The real one is build_with_mmdebstrap (image/mmdebstrap.h).
using Builder = std::function<void(const BuildRequest& request)>;

/// SHA-256 over everything that decides what is built: the builder itself, and every recipe of the chain with
/// each field and the bytes of each file. (Names, comments and layout do not count.)
[[nodiscard]] std::string recipe_hash(const std::vector<model::Recipe>& chain);

class Store {
 public:
  /// What to do when somebody else builds the same recipe now.
  enum class Busy { fail, wait };

  /// `share` holds images/NAME/recipe.yaml; images are kept in `folder` (DATA/images), made if missing.
  Store(std::filesystem::path folder, std::filesystem::path share);
  Store(std::filesystem::path folder, std::filesystem::path share, Builder builder);

  /// The newest image of exactly this recipe, as its files are now; nothing if it was not built, or if the
  /// image's files are no longer whole.
  [[nodiscard]] std::optional<Image> find(const model::Recipe& recipe) const;
  /// That image, built first if it is missing or `refresh` asks for new package versions. A refresh that
  /// gives the same versions keeps the image there is.
  Image build(const model::Recipe& recipe, const Progress& progress, bool refresh = false,
              Busy busy = Busy::fail);
  /// All images, by name, the newest first.
  [[nodiscard]] std::vector<Image> list() const;
  /// The image with this name (the one its recipe as it stands gives, which a run would use; without one the
  /// newest), id, or unambiguous beginning of an id (at least 6 digits).
  [[nodiscard]] Image show(const std::string& name) const;
  /// Removes one image by id, or all images of a name; returns what was removed. An Error(Fault::input) if
  /// there is none, an Error if one is being built.
  std::vector<Image> remove(const std::string& name);

 private:
  [[nodiscard]] std::filesystem::path lock_path(const std::string& name) const;
  [[nodiscard]] std::optional<Image> image_of_recipe(const std::string& name) const;
  [[nodiscard]] std::optional<Image> newest_of(const std::string& hash) const;
  Image build_now(const std::vector<model::Recipe>& chain, const std::string& hash, const Progress& progress);
  Image keep(Image image, const std::filesystem::path& building);
  void sweep(const std::string& mine) const;

  std::filesystem::path folder_;
  std::filesystem::path share_;
  Builder builder_;
};

}  // namespace candor::image
