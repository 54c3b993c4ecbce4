// SPDX-License-Identifier: Apache-2.0
// Any bytes may be searched: no crash, every hit proves itself, and no more bytes are opaque than there are.
#include <cstdlib>
#include <map>

#include "document/generate.h"
#include "recognise/recogniser.h"

namespace {

struct World {
  std::vector<candor::document::Planted> planted;
  candor::model::Manifest manifest;
  std::vector<candor::recognise::PlantedContent> files;

  World() {
    std::map<std::string, candor::model::DocumentSpec> specs;
    for (const std::string_view format : candor::document::formats())
      specs[std::string(format)] = {
          .id = std::string(format), .format = std::string(format), .folder = "/home/alex"};
    planted = candor::document::generate(specs, candor::Seed(1));
    for (const auto& file : planted) {
      manifest.documents.push_back(file.document);
      files.push_back({file.document.id, file.content});
    }
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const World world;
  static const candor::recognise::Recogniser recogniser(world.manifest, world.files,
                                                        {.region_output = 1U << 20,
                                                         .total_output = 4U << 20,
                                                         .decodes = 1U << 12,
                                                         .guessed_output = 64U << 10});
  const candor::ByteView surface(data, size);
  const candor::model::Recognition found = recogniser.search(surface);
  if (found.opaque > size) std::abort();
  for (const candor::model::Hit& hit : found.hits)
    if (!recogniser.verify(surface, hit)) std::abort();
  return 0;
}
