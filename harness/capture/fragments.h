// SPDX-License-Identifier: Apache-2.0
//
// Puts IP datagrams together from their fragments. Of bytes that come twice the first count, and a datagram
// whose fragments contradict each other says so. Views given must outlive the store.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "capture/frame.h"
#include "capture/layers.h"

namespace candor::capture {

class FragmentStore {
 public:
  struct Part {
    ByteView bytes;
    std::uint64_t frame = 0;
  };
  /// A datagram that is given up or complete.
  struct Datagram {
    Fragment first;              ///< Addresses, protocol; of the fragment at offset 0 if there was one.
    std::vector<Part> parts;     ///< All fragments, in the order they came.
    std::optional<Bytes> whole;  ///< Their payloads put together; nothing if some are missing.
    bool contradictory = false;  ///< Bytes that came twice differ: each part must be searched by itself.
  };

  /// What is finished by this fragment: its own datagram, or the oldest if there are too many. `cut` says
  /// that bytes at the fragment's end were not captured.
  [[nodiscard]] std::vector<Datagram> add(const Fragment& fragment, bool cut, std::uint64_t frame);
  /// All that are left.
  [[nodiscard]] std::vector<Datagram> finish();

 private:
  struct Key {
    Address source;
    Address destination;
    std::uint32_t id = 0;
    std::uint8_t protocol = 0;
    auto operator<=>(const Key&) const = default;
  };
  struct Pending {
    Datagram datagram;
    Bytes bytes;
    std::map<std::uint32_t, std::uint32_t> covered;  // begin to end, neither touching nor overlapping
    std::optional<std::uint32_t> size;
    std::uint64_t order = 0;
    bool hopeless = false;
  };
  static void place(Pending& pending, const Fragment& fragment);
  [[nodiscard]] Datagram take(std::map<Key, Pending>::iterator pending);

  std::map<Key, Pending> pending_;
  std::map<std::uint64_t, Key> by_age_;
  std::uint64_t count_ = 0;
};

}  // namespace candor::capture
