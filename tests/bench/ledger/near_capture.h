// SPDX-License-Identifier: Apache-2.0
//
// Records what goes over a network card, as the wire probe records a guest's: what this side sends is the
// guest's. A thread of its own reads a packet socket; stop() takes what still waits, and throws Error if the
// kernel had no room for a packet or the file could not be written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <thread>

#include "base/fd.h"
#include "wire/recorder.h"

namespace candor::bench {

class NearCapture {
 public:
  NearCapture(const std::string& card, const std::filesystem::path& file);
  NearCapture(const NearCapture&) = delete;
  NearCapture& operator=(const NearCapture&) = delete;
  ~NearCapture();
  void stop();

 private:
  void read_all(const std::stop_token& stopped);
  bool read_one();

  wire::CaptureFile file_;
  UniqueFd socket_;
  std::string problem_;
  Bytes frame_;
  std::jthread thread_;
};

}  // namespace candor::bench
