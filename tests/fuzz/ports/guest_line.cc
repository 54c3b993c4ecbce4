// SPDX-License-Identifier: Apache-2.0
//
// Any bytes from a guest's port: cut into lines in two ways that must agree, and each line read.
#include <cstdlib>

#include "base/error.h"
#include "ports/guest_line.h"

namespace {

using namespace candor;
using namespace candor::ports;

std::vector<std::string> lines_of(std::string_view bytes, std::size_t piece) {
  LineCutter cutter;
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    cutter.add(bytes.substr(at, piece));
    while (auto line = cutter.next()) lines.push_back(std::move(*line));
  }
  return lines;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::vector<std::string> lines = lines_of(bytes, 7);
  if (lines != lines_of(bytes, 65536)) std::abort();
  for (const std::string& line : lines) {
    try {
      const GuestLine read = read_guest_line(line);
      if (const auto* event = std::get_if<GuestEvent>(&read))
        if (event->mono_ns < 0 || !event->data.is_object() || event->type.empty()) std::abort();
    } catch (const Error&) {
      continue;  // a sentence for the probe's account
    }
  }
  return 0;
}
