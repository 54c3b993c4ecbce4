// SPDX-License-Identifier: Apache-2.0
#include "scan/planted.h"

#include "base/error.h"
#include "base/file.h"
#include "base/json.h"

namespace candor::scan {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kLargestManifest = 16U << 20;

/// Whose mistake it is if a run folder cannot be read: the user named it.
template <typename Work>
auto as_input(Work&& work) {
  try {
    return work();
  } catch (const std::exception& error) {
    throw Error(error.what(), Fault::input);
  }
}

}  // namespace

Planted::Planted(const fs::path& path) {
  as_input([&] {
    const fs::path file = fs::is_directory(path) ? path / "manifest.json" : path;
    manifest_ = in_context(printable(file.string(), 1000), [&] {
      return model::manifest_from_json(
          parse_json(read_text(file, kLargestManifest), {.bytes = kLargestManifest, .depth = 32}));
    });
    if (manifest_.documents.empty())
      throw Error(printable(file.string(), 1000) + " names no documents to look for");
    for (const model::Document& document : manifest_.documents) {
      recognise::PlantedContent content{.document = document.id,
                                        .content = read(file.parent_path(), document.file)};
      if (!document.text_file.empty()) content.text = read(file.parent_path(), document.text_file);
      contents_.push_back(content);
    }
    return true;
  });
}

ByteView Planted::read(const fs::path& root, const std::string& file) {
  const fs::path path(file);
  if (path.parent_path() != "documents" || path.filename() == "..")
    throw Error("the manifest names a file outside documents/: " + printable(file));
  return files_.emplace_back(read_file(root / path));
}

}  // namespace candor::scan
