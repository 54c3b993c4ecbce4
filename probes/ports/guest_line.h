// SPDX-License-Identifier: Apache-2.0
//
// What a probe inside a guest says on its port, a line of JSON each (PROTOCOL.md, "Inside a guest"). Hostile:
// anything may come, and whatever is not in the protocol is an Error that says what is wrong with it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "candor/probe.h"

namespace candor::ports {

using probe::Json;

inline constexpr std::size_t kLongestLine = 128U << 10;

struct GuestHello {
  std::string name, version;
};
struct GuestStarted {
  std::vector<std::string> absent;  ///< What this kernel gives no sight of.
};
struct GuestPong {
  std::int64_t ping = 0, mono_ns = 0, events = 0, missed = 0;
};
struct GuestFin {
  std::int64_t events = 0, missed = 0;
};
struct GuestBlob {
  std::string id;
  bool last = false;
  probe::About about = probe::About::seen;
  Bytes bytes;
};
struct GuestEvent {
  std::string type;
  std::int64_t mono_ns = 0;
  Json data;
  std::optional<GuestBlob> blob;
};
using GuestLine = std::variant<GuestHello, GuestStarted, GuestPong, GuestFin, GuestEvent>;

[[nodiscard]] GuestLine read_guest_line(std::string_view line);

/// Cuts bytes into lines, bounded: what is longer than kLongestLine is dropped up to its end and counted.
class LineCutter {
 public:
  void add(std::string_view bytes);
  [[nodiscard]] std::optional<std::string> next();
  [[nodiscard]] std::int64_t dropped() const { return dropped_; }

 private:
  std::string bytes_;
  std::size_t begin_ = 0;     ///< Of what was not cut off yet.
  std::size_t searched_ = 0;  ///< Bytes before this, from begin_, are known to hold no newline.
  bool skipping_ = false;
  std::int64_t dropped_ = 0;
};

}  // namespace candor::ports
