// SPDX-License-Identifier: Apache-2.0
#include "recognise/unpack.h"

#include <algorithm>
#include <new>
#include <utility>

namespace candor::recognise {

namespace {

constexpr std::size_t kFirstRoom = 16384;
/// Of memory that a thread keeps for its next output.
constexpr std::size_t kMostKept = 64U << 20;

}  // namespace

const char* reason(StreamEnd end) {
  switch (end) {
    case StreamEnd::complete:
      return "";
    case StreamEnd::cut_off:
      return "cut off";
    case StreamEnd::corrupt:
      return "corrupt";
    case StreamEnd::budget:
      return "output budget";
  }
  return "";
}

/// A thread's memory between two outputs.
struct Output::Spare {
  std::unique_ptr<std::uint8_t, Free> memory;
  std::size_t capacity = 0;
};

Output::Spare& Output::spare() {
  static thread_local Spare spare;
  return spare;
}

Output::Output(std::size_t max_output)
    : memory_(std::move(spare().memory)), capacity_(std::exchange(spare().capacity, 0)), max_(max_output) {}

Output::~Output() {
  if (capacity_ > kMostKept || capacity_ <= spare().capacity) return;
  spare().memory = std::move(memory_);
  spare().capacity = capacity_;
}

std::span<std::uint8_t> Output::room() {
  if (size_ == capacity_ && size_ < max_) {
    const std::size_t wanted = std::max(kFirstRoom, 2 * capacity_);
    auto* grown = static_cast<std::uint8_t*>(std::realloc(memory_.get(), wanted));
    if (grown == nullptr) throw std::bad_alloc();
    static_cast<void>(memory_.release());
    memory_.reset(grown);
    capacity_ = wanted;
  }
  return {memory_.get() + size_, std::min(capacity_, max_) - size_};
}

bool Output::append(ByteView bytes) {
  while (!bytes.empty()) {
    const std::span<std::uint8_t> free = room();
    if (free.empty()) return false;
    const std::size_t part = std::min(free.size(), bytes.size());
    std::copy_n(bytes.begin(), part, free.begin());
    advance(part);
    bytes = bytes.subspan(part);
  }
  return true;
}

Decoded unpack_streams(ByteView region, std::size_t max_output, bool (*begins)(ByteView), Unpack unpack) {
  Decoded result;
  Output output(max_output);
  do {
    const Unpacked part = unpack(region.subspan(result.consumed), output);
    result.consumed += part.consumed;
    result.complete = part.end == StreamEnd::complete;
    result.reason = reason(part.end);
  } while (result.complete && begins(region.subspan(result.consumed)));
  result.bytes = output.copy();
  return result;
}

Decoded unless_foreign(Decoded decoded) {
  if (!decoded.complete && decoded.bytes.empty() && decoded.reason == reason(StreamEnd::corrupt)) return {};
  return decoded;
}

}  // namespace candor::recognise
