// SPDX-License-Identifier: Apache-2.0
//
// Any file as a capture made elsewhere: what is searched lies in streams and packets, the limits hold, every
// hit stands where it is said to stand, and damage is never silent. Limits are small, so that what happens
// when they are passed happens often.
#include <algorithm>
#include <cstdlib>

#include "capture/capture_file.h"
#include "scan/capture_scan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace candor;
  const ByteView file(data, size);
  if (capture::capture_format(file) == capture::CaptureFormat::none) return 0;
  constexpr std::size_t kWindow = 4096;
  const scan::Recogniser recognise = [size](ByteView bytes) {
    // What is put together over requests and names is no longer than what they came in.
    if (bytes.empty() || bytes.size() > std::max(std::size_t{kWindow}, size)) std::abort();
    model::Recognition found;
    found.searched = bytes.size();
    found.opaque = bytes.size() / 2;
    model::Hit hit{.document = "a", .what = std::string(1, static_cast<char>(bytes[0]))};
    hit.length = 1;
    found.hits.push_back(hit);
    return found;
  };
  scan::FileFinding finding;
  std::vector<scan::Covered> coverage;
  scan::Surfaces surfaces(recognise, {.window = kWindow, .overlap = 64, .hits = 100, .not_looked_into = 50},
                          finding, coverage);
  scan::RequestHeads heads(surfaces, {});
  const scan::CaptureFinding found = scan::scan_capture(
      file, surfaces, finding, heads, {.pieces = 16, .flows = 8, .rebuilt = 4096, .tail = 32});
  heads.finish();
  if (finding.hits.size() > 100 || finding.not_looked_into.size() > 51) std::abort();
  if (!finding.problem.empty() && finding.complete()) std::abort();
  for (const scan::Found& hit : finding.hits)
    if (hit.frame > finding.packets) std::abort();
  for (const scan::TlsStream& stream : found.tls)
    if (stream.where.empty()) std::abort();
  // Nothing that holds bytes may be skipped: either they were searched, or there were none.
  capture::CaptureReader reader(file);
  bool payload = false;
  while (const auto packet = reader.next()) payload = payload || packet->bytes.size() > 256;
  if (payload && finding.searched == 0) std::abort();
  (void)scan::to_json(finding.read() ? scan::ScanFinding{{finding}, coverage} : scan::ScanFinding{});
  (void)scan::render_text({{finding}, coverage}, {}, true);
  return 0;
}
