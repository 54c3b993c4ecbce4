// SPDX-License-Identifier: Apache-2.0
//
// The run folder: all evidence of one run, and everything `candor rejudge` needs.
// - run.json: what was run: RunInfo, hashes, timing
// - scenario.yaml as it was read; scenario.json after reading; product.yaml, the adapter as it was read
// - manifest.json: documents, canaries and the names of the guest
// - documents/: the files as planted, and the text of each
// - events.sqlite: what the probes and the runner reported
// - frames.pcapng: every frame, with the TLS secrets of the run in front
// - tls-keys.log: those secrets as the internet probe wrote them (NSS key log format)
// - streams/: every received byte stream, by its SHA-256
// - blobs/: what further probes handed over, likewise; probes/: the probe.yaml of each of those
// - cloud/: the files of the vendor's simulated cloud, if the product has one
// - authorities.pem: whose certificates real hosts had to show, if the scenario passes any through
// - logs/: qemu, wire, internet, relay, further probes, serial console
// - account.txt: what the product itself says it did, if it can; no verdict is made of it
// - verdict.json, report.txt
//
// While a run lives it holds RUNTIME/ID.lock, and works in RUN/vm and a folder for sockets below RUNTIME; the
// next run sweeps what a killed one left there.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/file.h"

namespace candor::run {

struct FolderPaths {
  std::filesystem::path root;
  [[nodiscard]] std::filesystem::path run() const { return root / "run.json"; }
  [[nodiscard]] std::filesystem::path scenario() const { return root / "scenario.json"; }
  [[nodiscard]] std::filesystem::path scenario_source() const { return root / "scenario.yaml"; }
  [[nodiscard]] std::filesystem::path product_source() const { return root / "product.yaml"; }
  [[nodiscard]] std::filesystem::path manifest() const { return root / "manifest.json"; }
  [[nodiscard]] std::filesystem::path documents() const { return root / "documents"; }
  [[nodiscard]] std::filesystem::path events() const { return root / "events.sqlite"; }
  [[nodiscard]] std::filesystem::path frames() const { return root / "frames.pcapng"; }
  [[nodiscard]] std::filesystem::path keys() const { return root / "tls-keys.log"; }
  [[nodiscard]] std::filesystem::path streams() const { return root / "streams"; }
  [[nodiscard]] std::filesystem::path blobs() const { return root / "blobs"; }
  [[nodiscard]] std::filesystem::path probes() const { return root / "probes"; }
  [[nodiscard]] std::filesystem::path cloud() const { return root / "cloud"; }
  [[nodiscard]] std::filesystem::path authorities() const { return root / "authorities.pem"; }
  [[nodiscard]] std::filesystem::path logs() const { return root / "logs"; }
  [[nodiscard]] std::filesystem::path vm() const { return root / "vm"; }
  [[nodiscard]] std::filesystem::path account() const { return root / "account.txt"; }
  [[nodiscard]] std::filesystem::path verdict() const { return root / "verdict.json"; }
  [[nodiscard]] std::filesystem::path report() const { return root / "report.txt"; }
};

/// Where runs are kept by default: $XDG_STATE_HOME/candor/runs or ~/.local/state/candor/runs.
[[nodiscard]] std::filesystem::path default_runs_dir();

/// The folder of a living run, its lock and its socket folder. Going away, it removes the working folders,
/// and the run folder too unless keep_evidence() was called.
class LiveFolder {
 public:
  /// Sweeps what killed runs left, then makes `runs`/ID with its subfolders.
  LiveFolder(const std::filesystem::path& runs, const std::string& id);
  LiveFolder(const LiveFolder&) = delete;
  LiveFolder& operator=(const LiveFolder&) = delete;
  ~LiveFolder();

  [[nodiscard]] const FolderPaths& paths() const { return paths_; }
  /// A short, private folder for sockets.
  [[nodiscard]] const std::filesystem::path& sockets() const { return sockets_; }
  void keep_evidence() { keep_evidence_ = true; }
  void keep_vm() { keep_vm_ = true; }

 private:
  FolderPaths paths_;
  std::filesystem::path sockets_;
  std::filesystem::path lock_path_;
  std::optional<FileLock> lock_;
  bool keep_evidence_ = false;
  bool keep_vm_ = false;
};

/// Removes the working folders of runs whose process is gone; returns how many there were. What such a run
/// recorded stays, without a verdict.
int sweep_dead_runs();

}  // namespace candor::run
