// SPDX-License-Identifier: Apache-2.0
#include "run/boilerplate.h"

#include <filesystem>
#include <utility>

#include "base/file.h"
#include "document/generate.h"

namespace candor::run {

namespace {

constexpr std::size_t kLargestText = 16U << 20;

}  // namespace

Boilerplate boilerplate_of(const FolderPaths& paths, const model::Manifest& manifest) {
  Boilerplate all;
  const auto add = [&all](Bytes bytes) { all.views.emplace_back(all.owned.emplace_back(std::move(bytes))); };
  for (const std::filesystem::path& path :
       {paths.scenario_source(), paths.scenario(), paths.product_source()})
    if (std::filesystem::exists(path)) add(read_file(path, kLargestText));
  for (document::Planted& form : document::forms(manifest)) {
    add(to_bytes(form.text));
    add(std::move(form.content));
  }
  return all;
}

}  // namespace candor::run
