// SPDX-License-Identifier: Apache-2.0
#include "kit/scaffold.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "kit/probe_file.h"

namespace candor::kit {

namespace fs = std::filesystem;

namespace {

std::string filled_in(std::string text, const std::string& name) {
  static const std::string kPlace = "@NAME@";
  for (std::size_t at = text.find(kPlace); at != std::string::npos; at = text.find(kPlace, at + name.size()))
    text.replace(at, kPlace.size(), name);
  return text;
}

std::vector<fs::path> files_of(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::vector<std::string> languages(const fs::path& templates) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(templates))
    if (entry.is_directory()) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<fs::path> make_probe(const fs::path& templates, const std::string& language,
                                 const std::string& name, const fs::path& into) {
  if (!is_probe_name(name))
    throw Error(
        "'" + printable(name, 60) +
            "' is no name for a probe: a letter, then letters, digits and '-' in lower case, at most 32, "
            "and none of Candor's own",
        Fault::input);
  const std::vector<std::string> known = languages(templates);
  if (std::find(known.begin(), known.end(), language) == known.end()) {
    std::string list;
    for (const std::string& each : known) list += (list.empty() ? "" : ", ") + each;
    throw Error("there is no template for '" + printable(language, 40) + "'; there are: " + list,
                Fault::input);
  }
  const fs::path folder = into / name;
  if (fs::exists(folder)) throw Error(folder.string() + " is there already", Fault::input);
  TempDir half_made(into, "." + name + "-");
  for (const fs::path& file : files_of(templates / language))
    write_file(half_made.path() / file.filename(), filled_in(read_text(file), name));
  fs::permissions(half_made.path(), fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec |
                                        fs::perms::others_read | fs::perms::others_exec);
  fs::rename(half_made.path(), folder);
  static_cast<void>(half_made.keep());
  return files_of(folder);
}

}  // namespace candor::kit
