// SPDX-License-Identifier: Apache-2.0
#include "internet/websocket_frames.h"

#include <algorithm>
#include <utility>

namespace candor::internet {

std::size_t WebSocketFrames::header_wanted() const {
  if (header_size_ < 2) return 2;
  const std::uint8_t length = header_[1] & 0x7f;
  return 2U + (length == 126 ? 2U : length == 127 ? 8U : 0U) + ((header_[1] & 0x80) != 0 ? 4U : 0U);
}

void WebSocketFrames::begin_frame() {
  frame_ = {.opcode = static_cast<std::uint8_t>(header_[0] & 0x0f),
            .final = (header_[0] & 0x80) != 0,
            .reserved = (header_[0] & 0x70) != 0,
            .masked = (header_[1] & 0x80) != 0,
            .length = header_[1] & 0x7fU};
  const std::size_t more = frame_.length == 126 ? 2 : frame_.length == 127 ? 8 : 0;
  if (more > 0) frame_.length = 0;
  for (std::size_t i = 0; i < more; ++i) frame_.length = frame_.length << 8 | header_[2 + i];
  mask_ = {};
  if (frame_.masked) std::copy_n(header_.begin() + 2 + static_cast<std::ptrdiff_t>(more), 4, mask_.begin());
  in_payload_ = true;
  payload_done_ = 0;
}

void WebSocketFrames::receive(ByteView bytes, const OnHeader& on_header, const OnPayload& on_payload) {
  while (!bytes.empty()) {
    if (!in_payload_) {
      header_[header_size_++] = bytes.front();
      bytes = bytes.subspan(1);
      if (header_size_ < header_wanted()) continue;
      begin_frame();
      on_header(frame_, ByteView(header_).first(std::exchange(header_size_, 0)));
      if (frame_.length > 0) continue;
      in_payload_ = false;
      on_payload(frame_, {}, true);
      continue;
    }
    const std::uint64_t left = frame_.length - payload_done_;
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes.size()));
    Bytes plain(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    for (std::size_t i = 0; i < size; ++i) plain[i] ^= mask_[(payload_done_ + i) & 3];
    bytes = bytes.subspan(size);
    payload_done_ += size;
    in_payload_ = payload_done_ < frame_.length;
    on_payload(frame_, plain, !in_payload_);
  }
}

}  // namespace candor::internet
