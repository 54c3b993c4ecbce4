// SPDX-License-Identifier: Apache-2.0
//
// In the store's folder: NAME-ID (finished images), .build-NAME-XXXXXX (being built, or left by the dead) and
// .NAME.lock (held while NAME is built or removed). Only who holds NAME's lock touches NAME's folders.
#include "image/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <sstream>
#include <thread>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/json.h"
#include "image/adapter.h"
#include "image/mmdebstrap.h"

namespace candor::image {

namespace fs = std::filesystem;
using model::Recipe;

namespace {

constexpr const char* kRecord = "image.json";
constexpr std::string_view kBuilding = ".build-";
constexpr std::size_t kShortId = 16;
constexpr std::size_t kShortestPrefix = 6;

/// Fields with their lengths, so that no two sequences of fields hash alike.
class FieldHasher {
 public:
  void add(std::string_view field) {
    hasher_.update(std::to_string(field.size()) + ":");
    hasher_.update(field);
  }
  void add(const std::vector<std::string>& fields) {
    add(std::to_string(fields.size()));
    for (const std::string& field : fields) add(field);
  }
  [[nodiscard]] std::string finish() { return to_hex(hasher_.finish()); }

 private:
  Hasher hasher_;
};

std::string file_sha256(const fs::path& path) {
  const MappedFile file(path);
  return to_hex(digest("sha256", file.bytes()));
}

/// Bytes a folder takes on disk, holes not counted.
std::uint64_t disk_usage(const fs::path& folder) {
  std::uint64_t bytes = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    struct stat status {};
    if (::stat(entry.path().c_str(), &status) == 0)
      bytes += static_cast<std::uint64_t>(status.st_blocks) * 512;
  }
  return bytes;
}

std::vector<std::string> sorted_lines(const fs::path& path) {
  std::istringstream text(read_text(path));
  std::vector<std::string> lines;
  for (std::string line; std::getline(text, line);) {
    if (!line.empty()) lines.push_back(printable(line));
  }
  std::sort(lines.begin(), lines.end());
  return lines;
}

Json to_json(const Image& image) {
  return {{"name", image.name},
          {"id", image.id},
          {"recipe", image.recipe_hash},
          {"packages", image.packages},
          {"kernel_sha256", image.kernel_sha256},
          {"initrd_sha256", image.initrd_sha256},
          {"disk_sha256", image.disk_sha256},
          {"disk_bytes", fs::file_size(image.disk)},
          {"built_wall_ns", image.built_wall_ns},
          {"build_ms", static_cast<std::int64_t>(image.build_s * 1000)},
          {"memory_mib", image.memory_mib},
          {"cpus", image.cpus}};
}

void place(Image& image, const fs::path& folder) {
  image.folder = folder;
  image.kernel = folder / "vmlinuz";
  image.initrd = folder / "initrd";
  image.disk = folder / "disk.img";
}

/// The image of a folder; nothing if its record or one of its files is missing or of another size.
std::optional<Image> read_image(const fs::path& folder) {
  try {
    const Json json = parse_json(read_text(folder / kRecord));
    Image image;
    place(image, folder);
    image.name = string_member(json, "name");
    image.id = string_member(json, "id");
    image.recipe_hash = string_member(json, "recipe");
    image.packages = member(json, "packages").get<std::vector<std::string>>();
    image.kernel_sha256 = string_member(json, "kernel_sha256");
    image.initrd_sha256 = string_member(json, "initrd_sha256");
    image.disk_sha256 = string_member(json, "disk_sha256");
    image.built_wall_ns = int_member(json, "built_wall_ns");
    image.build_s = static_cast<double>(int_member(json, "build_ms")) / 1000;
    image.memory_mib = static_cast<int>(int_member(json, "memory_mib"));
    image.cpus = static_cast<int>(int_member(json, "cpus"));
    if (fs::file_size(image.disk) != static_cast<std::uintmax_t>(int_member(json, "disk_bytes")))
      return std::nullopt;
    if (fs::file_size(image.kernel) == 0 || fs::file_size(image.initrd) == 0) return std::nullopt;
    image.size = disk_usage(folder);
    return image;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

void sync_to_disk(const fs::path& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd || ::fsync(fd.get()) != 0) throw errno_error("writing " + path.string());
}

/// Readable by all of this host's users as the folder's own mode allows, writable by nobody: a template's
/// disk is an overlay above it.
void seal(const fs::path& path) { fs::permissions(path, fs::perms(0444)); }

/// ".build-clamav-sender-x7Yz01" is "clamav-sender"'s.
std::string owner_of_leftover(const std::string& folder) {
  const std::size_t dash = folder.rfind('-');
  return dash > kBuilding.size() ? folder.substr(kBuilding.size(), dash - kBuilding.size()) : "";
}

FileLock take_lock(const fs::path& path, const std::string& name, Store::Busy busy,
                   const Progress& progress) {
  bool told = false;
  for (;;) {
    if (std::optional<FileLock> lock = FileLock::try_acquire(path)) {
      lock->describe(
          fmt::format("process {}, building the image '{}' since {}", ::getpid(), name, iso_time(wall_ns())));
      return std::move(*lock);
    }
    const std::string holder = FileLock::holder(path);
    if (busy == Store::Busy::fail) {
      throw Error(
          fmt::format("the image '{}' is being built or removed by somebody else ({})", name, holder));
    }
    if (!told && progress) progress(fmt::format("waiting for another builder ({})", holder));
    told = true;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // a flock's release is no event
  }
}

}  // namespace

std::string recipe_hash(const std::vector<Recipe>& chain) {
  FieldHasher hasher;
  hasher.add(builder_fingerprint());
  for (const Recipe& recipe : chain) {
    hasher.add(recipe.release);
    hasher.add(recipe.packages);
    hasher.add(recipe.without);
    hasher.add(recipe.commands);
    hasher.add(
        {std::to_string(recipe.disk_mib), std::to_string(recipe.memory_mib), std::to_string(recipe.cpus)});
    for (const model::RecipeFile& file : recipe.files) {
      hasher.add({file.path, file_bytes(file), std::to_string(file.mode), file.owner});
    }
  }
  return hasher.finish();
}

Store::Store(fs::path folder, fs::path share)
    : Store(std::move(folder), std::move(share), build_with_mmdebstrap) {}

Store::Store(fs::path folder, fs::path share, Builder builder)
    : folder_(std::move(folder)), share_(std::move(share)), builder_(std::move(builder)) {
  in_context("making the image store", [&] { fs::create_directories(folder_); });
}

fs::path Store::lock_path(const std::string& name) const { return folder_ / ("." + name + ".lock"); }

std::vector<Image> Store::list() const {
  std::vector<Image> images;
  std::error_code problem;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, problem)) {
    if (entry.path().filename().string().starts_with('.')) continue;
    if (std::optional<Image> image = read_image(entry.path())) images.push_back(std::move(*image));
  }
  std::sort(images.begin(), images.end(), [](const Image& left, const Image& right) {
    return left.name != right.name ? left.name < right.name : left.built_wall_ns > right.built_wall_ns;
  });
  return images;
}

std::optional<Image> Store::newest_of(const std::string& hash) const {
  std::optional<Image> newest;
  for (Image& image : list()) {
    if (image.recipe_hash != hash) continue;
    if (!newest || image.built_wall_ns > newest->built_wall_ns) newest = std::move(image);
  }
  return newest;
}

std::optional<Image> Store::find(const Recipe& recipe) const {
  return newest_of(recipe_hash(recipe_chain(share_, recipe)));
}

std::optional<Image> Store::image_of_recipe(const std::string& name) const {
  const std::vector<std::string> known = recipe_names(share_);
  if (std::find(known.begin(), known.end(), name) == known.end()) return std::nullopt;
  try {
    return find(load_recipe(share_, name));
  } catch (const Error&) {
    return std::nullopt;  // a recipe being edited hides none of the images there are
  }
}

Image Store::show(const std::string& name) const {
  if (std::optional<Image> current = image_of_recipe(name)) return std::move(*current);
  const std::vector<Image> images = list();
  std::vector<Image> matching;
  for (const Image& image : images) {
    if (image.name == name) return image;  // the newest comes first
    if (name.size() >= kShortestPrefix && image.id.starts_with(name)) matching.push_back(image);
  }
  if (matching.size() == 1) return matching.front();
  const std::string shown = printable(name, 80);
  if (!matching.empty()) throw Error(fmt::format("'{}' begins several images' ids", shown), Fault::input);
  throw Error(fmt::format("there is no image '{}'; 'candor image list' shows those there are", shown),
              Fault::input);
}

std::vector<Image> Store::remove(const std::string& name) {
  std::vector<Image> chosen;
  for (Image& image : list()) {
    if (image.name == name) chosen.push_back(std::move(image));
  }
  if (chosen.empty()) chosen.push_back(show(name));
  const std::string& owner = chosen.front().name;
  const FileLock lock = take_lock(lock_path(owner), owner, Busy::fail, {});
  for (const Image& image : chosen) {
    // By way of a rename, so that no half-removed image is ever found under its name.
    const TempDir grave(folder_, fmt::format("{}{}-", kBuilding, owner));
    fs::rename(image.folder, grave.path() / "removed");
  }
  return chosen;
}

void Store::sweep(const std::string& mine) const {
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
    const std::string name = entry.path().filename();
    const std::string owner = name.starts_with(kBuilding) ? owner_of_leftover(name) : "";
    if (owner.empty()) continue;
    const std::optional<FileLock> lock =
        owner == mine ? std::nullopt : FileLock::try_acquire(lock_path(owner));
    if (owner != mine && !lock) continue;  // its builder lives
    sweep_scratch(entry.path());
    std::error_code ignored;
    fs::remove_all(entry.path(), ignored);
  }
}

Image Store::build(const Recipe& recipe, const Progress& progress, bool refresh, Busy busy) {
  return in_context(fmt::format("building the image '{}'", recipe.name), [&] {
    const std::vector<Recipe> chain = recipe_chain(share_, recipe);
    const std::string hash = recipe_hash(chain);
    if (!refresh) {
      if (std::optional<Image> there = newest_of(hash)) return std::move(*there);
    }
    const FileLock lock = take_lock(lock_path(recipe.name), recipe.name, busy, progress);
    sweep(recipe.name);
    if (!refresh) {  // somebody else may have built it since
      if (std::optional<Image> there = newest_of(hash)) return std::move(*there);
    }
    return build_now(chain, hash, progress);
  });
}

Image Store::build_now(const std::vector<Recipe>& chain, const std::string& hash, const Progress& progress) {
  const Stopwatch stopwatch;
  const TempDir building(folder_, fmt::format("{}{}-", kBuilding, chain.back().name));
  const fs::path& folder = building.path();
  builder_({chain, folder, folder / "build.log", progress});

  Image image;
  place(image, folder);
  image.name = chain.back().name;
  image.recipe_hash = hash;
  image.memory_mib = chain.back().memory_mib;
  image.cpus = chain.back().cpus;
  image.packages = sorted_lines(folder / "packages");
  if (progress) progress("computing the image's hashes");
  image.kernel_sha256 = file_sha256(image.kernel);
  image.initrd_sha256 = file_sha256(image.initrd);
  image.disk_sha256 = file_sha256(image.disk);
  FieldHasher id;
  id.add(hash);
  id.add(image.packages);
  image.id = id.finish();
  image.built_wall_ns = wall_ns();
  image.build_s = stopwatch.seconds();
  return keep(std::move(image), folder);
}

Image Store::keep(Image image, const fs::path& building) {
  const fs::path place_to_be = folder_ / fmt::format("{}-{}", image.name, image.id.substr(0, kShortId));
  if (std::optional<Image> there = read_image(place_to_be)) return std::move(*there);
  write_file(building / kRecord, pretty_json(to_json(image)));
  fs::remove(building / "packages");
  for (const fs::directory_entry& entry : fs::directory_iterator(building)) {
    seal(entry.path());
    sync_to_disk(entry.path());
  }
  fs::remove_all(place_to_be);  // a damaged one
  fs::rename(building, place_to_be);
  sync_to_disk(folder_);
  place(image, place_to_be);
  image.size = disk_usage(place_to_be);
  return image;
}

}  // namespace candor::image
