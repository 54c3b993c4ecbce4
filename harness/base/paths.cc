// SPDX-License-Identifier: Apache-2.0
#include "base/paths.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "base/error.h"

namespace candor {

namespace fs = std::filesystem;

namespace {

/// An environment variable that holds an absolute path; the specification tells to ignore others.
fs::path absolute_from(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr || value[0] != '/') return {};
  return value;
}

fs::path home() {
  const fs::path folder = absolute_from("HOME");
  if (folder.empty()) throw Error("HOME is not set to an absolute path", Fault::input);
  return folder;
}

fs::path program_dir() {
  std::error_code error;
  const fs::path program = fs::read_symlink("/proc/self/exe", error);
  if (error) throw Error("reading /proc/self/exe: " + error.message());
  return program.parent_path();
}

std::string listed(const std::vector<fs::path>& places) {
  std::string text;
  for (const fs::path& place : places) text += (text.empty() ? "" : ", ") + place.string();
  return text;
}

}  // namespace

fs::path data_dir() {
  if (const fs::path own = absolute_from("CANDOR_DATA"); !own.empty()) return own;
  const fs::path base = absolute_from("XDG_DATA_HOME");
  return (base.empty() ? home() / ".local/share" : base) / "candor";
}

fs::path cache_dir() {
  const fs::path base = absolute_from("XDG_CACHE_HOME");
  return (base.empty() ? home() / ".cache" : base) / "candor";
}

fs::path runtime_dir() {
  const fs::path base = absolute_from("XDG_RUNTIME_DIR");
  const fs::path folder =
      base.empty() ? fs::path("/tmp/candor-" + std::to_string(::geteuid())) : base / "candor";
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) throw errno_error("making " + folder.string());
  struct stat status {};
  if (::lstat(folder.c_str(), &status) != 0) throw errno_error("looking at " + folder.string());
  if (!S_ISDIR(status.st_mode) || status.st_uid != ::geteuid() || (status.st_mode & 0077U) != 0)
    throw Error(folder.string() + " must be a folder of this user alone (mode 0700); somebody else made it");
  return folder;
}

fs::path helper_program(const char* name) {
  const fs::path here = program_dir();
  const std::vector<fs::path> places = {here / name, here.parent_path() / "libexec/candor" / name};
  for (const fs::path& place : places)
    if (::access(place.c_str(), X_OK) == 0) return place;
  throw Error(std::string("the helper program ") + name + " is not installed; looked at " + listed(places));
}

fs::path share_dir() {
  const fs::path here = program_dir();
  std::vector<fs::path> places;
  if (const fs::path own = absolute_from("CANDOR_SHARE"); !own.empty()) places.push_back(own);
  places.push_back(here.parent_path());  // a build folder inside the source tree
  places.push_back(here.parent_path() / "share/candor");
  for (const fs::path& place : places)
    if (fs::is_directory(place / "images")) return place;
  throw Error("no folder with images/ was found; looked at " + listed(places));
}

}  // namespace candor
