// SPDX-License-Identifier: Apache-2.0
#include "internet/http2_frames.h"

#include <algorithm>

namespace candor::internet {

namespace {

constexpr std::size_t kPriorityFields = 5;

bool carries(std::uint8_t type) {
  return type == kHttp2Data || type == kHttp2Headers || type == kHttp2Continuation;
}

ByteView take(ByteView& bytes, std::size_t most) {
  const ByteView taken = bytes.first(std::min(most, bytes.size()));
  bytes = bytes.subspan(taken.size());
  return taken;
}

}  // namespace

void Http2Frames::receive(ByteView bytes, const Sink& sink) {
  while (!bytes.empty()) {
    if (preface_left_ > 0) {
      const ByteView piece = take(bytes, preface_left_);
      preface_left_ -= piece.size();
      sink(Part::preface, frame_, piece, preface_left_ == 0);
    } else if (payload_left_ > 0) {
      take_payload(bytes, sink);
    } else {
      const ByteView piece = take(bytes, header_.size() - header_size_);
      std::copy(piece.begin(), piece.end(), header_.begin() + static_cast<std::ptrdiff_t>(header_size_));
      header_size_ += piece.size();
      if (header_size_ < header_.size()) return;
      header_size_ = 0;
      begin_payload();
      sink(Part::header, frame_, header_, payload_left_ == 0);
    }
  }
}

void Http2Frames::begin_payload() {
  frame_.length = static_cast<std::uint32_t>(header_[0] << 16 | header_[1] << 8 | header_[2]);
  frame_.type = header_[3];
  frame_.flags = header_[4];
  frame_.reserved = (header_[5] & 0x80) != 0;
  frame_.stream =
      static_cast<std::uint32_t>((header_[5] & 0x7f) << 24 | header_[6] << 16 | header_[7] << 8 | header_[8]);
  payload_left_ = frame_.length;
  const bool may_be_padded = frame_.type == kHttp2Data || frame_.type == kHttp2Headers;
  pad_length_wanted_ = may_be_padded && (frame_.flags & kHttp2Padded) != 0;
  const bool priority = frame_.type == kHttp2Headers && (frame_.flags & kHttp2Priority) != 0;
  before_left_ = (pad_length_wanted_ ? 1 : 0) + (priority ? kPriorityFields : 0);
  padding_ = 0;
}

void Http2Frames::take_payload(ByteView& bytes, const Sink& sink) {
  if (!carries(frame_.type)) {
    const ByteView piece = take(bytes, payload_left_);
    payload_left_ -= piece.size();
    sink(Part::other, frame_, piece, payload_left_ == 0);
    return;
  }
  ByteView piece;
  Part part = Part::padding;
  if (before_left_ > 0) {
    piece = take(bytes, std::min(before_left_, payload_left_));
    if (pad_length_wanted_) padding_ = piece[0];
    pad_length_wanted_ = false;
    before_left_ -= piece.size();
  } else if (payload_left_ > padding_) {
    piece = take(bytes, payload_left_ - padding_);
    part = frame_.type == kHttp2Data ? Part::data : Part::fields;
  } else {
    piece = take(bytes, payload_left_);
  }
  payload_left_ -= piece.size();
  sink(part, frame_, piece, payload_left_ == 0);
}

}  // namespace candor::internet
