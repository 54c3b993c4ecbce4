// SPDX-License-Identifier: Apache-2.0
//
// The planted documents of a run, as its folder holds them: manifest.json, and beside it documents/.
#pragma once

#include <deque>
#include <filesystem>
#include <vector>

#include "base/bytes.h"
#include "model/document.h"
#include "recognise/recogniser.h"

namespace candor::scan {

/// Owns what recognise::PlantedContent points to.
class Planted {
 public:
  /// `path` is a manifest or the run folder it lies in. Throws Error (Fault::input) naming what is wrong:
  /// a manifest that cannot be read, or a document of it that is missing or lies elsewhere.
  explicit Planted(const std::filesystem::path& path);
  Planted(const Planted&) = delete;
  Planted& operator=(const Planted&) = delete;

  [[nodiscard]] const model::Manifest& manifest() const { return manifest_; }
  [[nodiscard]] const std::vector<recognise::PlantedContent>& contents() const { return contents_; }

 private:
  ByteView read(const std::filesystem::path& root, const std::string& file);

  model::Manifest manifest_;
  std::deque<Bytes> files_;
  std::vector<recognise::PlantedContent> contents_;
};

}  // namespace candor::scan
