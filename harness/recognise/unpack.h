// SPDX-License-Identifier: Apache-2.0
//
// What decoders of compressed streams share: how a stream ended, an output that grows up to a bound, and
// streams that follow each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "recognise/decoder.h"

namespace candor::recognise {

enum class StreamEnd { complete, cut_off, corrupt, budget };

/// "cut off", "corrupt", "output budget", or "" for a complete one.
[[nodiscard]] const char* reason(StreamEnd end);

/// Bytes whose number is not known before: room is made by doubling, never beyond the bound. A thread's
/// outputs use the same memory one after the other, since fresh pages cost more than what is written there.
class Output {
 public:
  explicit Output(std::size_t max_output);
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  ~Output();
  [[nodiscard]] bool full() const { return size_ == max_; }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::size_t max() const { return max_; }
  [[nodiscard]] ByteView written() const { return {memory_.get(), size_}; }
  /// Where to write next; empty only if the bound is reached. Ends the validity of what it gave before.
  [[nodiscard]] std::span<std::uint8_t> room();
  /// So many bytes of the room were written.
  void advance(std::size_t count) { size_ += count; }
  /// As much as there is room for; false if that is not all.
  bool append(ByteView bytes);
  /// Takes back what was written after `size`.
  void drop_beyond(std::size_t size) { size_ = size; }
  [[nodiscard]] Bytes copy() const { return {memory_.get(), memory_.get() + size_}; }

 private:
  struct Free {
    void operator()(std::uint8_t* memory) const { std::free(memory); }
  };
  struct Spare;
  static Spare& spare();

  std::unique_ptr<std::uint8_t, Free> memory_;
  std::size_t capacity_ = 0;
  std::size_t size_ = 0;
  std::size_t max_;
};

struct Unpacked {
  std::size_t consumed = 0;
  StreamEnd end = StreamEnd::cut_off;
};

/// Appends to `output` what the stream at the begin of `input` holds.
using Unpack = Unpacked (*)(ByteView input, Output& output);

/// Decodes the stream at the begin of `region`, and those that follow it as long as `begins` says so, as one.
[[nodiscard]] Decoded unpack_streams(ByteView region, std::size_t max_output, bool (*begins)(ByteView),
                                     Unpack unpack);

/// For formats without a magic worth the name: a stream that fails at once was none.
[[nodiscard]] Decoded unless_foreign(Decoded decoded);

}  // namespace candor::recognise
