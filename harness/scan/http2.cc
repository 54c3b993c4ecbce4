// SPDX-License-Identifier: Apache-2.0
#include "scan/http2.h"

namespace candor::scan {

namespace {

constexpr std::size_t kHeader = 9;
constexpr unsigned kPadded = 0x08;

enum FrameType : std::uint8_t { kData = 0, kHeaders = 1, kSettings = 4, kPushPromise = 5, kContinuation = 9 };

struct Frame {
  std::uint8_t type = 0;
  unsigned flags = 0;
  std::uint32_t stream = 0;
  ByteView payload;
};

/// The frame the bytes begin with; nothing if they end before it does.
std::optional<Frame> first_frame(ByteView bytes) {
  if (bytes.size() < kHeader) return std::nullopt;
  const std::size_t length = bytes[0] * std::size_t{65536} + bytes[1] * std::size_t{256} + bytes[2];
  if (length > bytes.size() - kHeader) return std::nullopt;
  const std::uint32_t stream =
      (bytes[5] & 0x7fU) << 24U | std::uint32_t{bytes[6]} << 16U | std::uint32_t{bytes[7]} << 8U | bytes[8];
  return Frame{bytes[3], bytes[4], stream, bytes.subspan(kHeader, length)};
}

bool is_settings(const Frame& frame) {
  return frame.type == kSettings && frame.stream == 0 && frame.payload.size() % 6 == 0;
}

ByteView without_padding(const Frame& frame) {
  if ((frame.flags & kPadded) == 0 || frame.payload.empty()) return frame.payload;
  const std::size_t padding = frame.payload[0];
  const ByteView rest = frame.payload.subspan(1);
  return padding > rest.size() ? rest : rest.first(rest.size() - padding);
}

}  // namespace

std::optional<Http2> read_http2(ByteView direction) {
  ByteView rest = direction;
  if (as_text(rest).starts_with(kHttp2Preface)) rest = rest.subspan(kHttp2Preface.size());
  std::optional<Frame> frame = first_frame(rest);
  if (!frame || !is_settings(*frame)) return std::nullopt;
  Http2 found;
  for (; frame; frame = first_frame(rest)) {
    if (frame->type == kData) {
      const ByteView content = without_padding(*frame);
      Bytes& data = found.data[frame->stream];
      data.insert(data.end(), content.begin(), content.end());
    } else if (frame->type == kHeaders || frame->type == kPushPromise || frame->type == kContinuation) {
      found.headers += frame->payload.size();
    } else if (frame->type > kContinuation) {
      found.other += frame->payload.size();
    }
    rest = rest.subspan(kHeader + frame->payload.size());
  }
  found.other += rest.size();
  return found;
}

}  // namespace candor::scan
