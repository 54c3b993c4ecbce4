// SPDX-License-Identifier: Apache-2.0
#include "judge/share.h"

#include <algorithm>
#include <string_view>

namespace candor::judge {

namespace {

using model::OpaqueReason;

// What TLS adds to the bytes inside it: a handshake, and headers and tags of records, which small messages
// make larger than themselves. More than that is not overhead but something nobody has read.
constexpr std::uint64_t kTlsHandshake = 8192;
constexpr std::uint64_t kTlsOverheadPerByte = 2;

/// The sum, or the largest number there is.
std::uint64_t sum(std::uint64_t a, std::uint64_t b) { return a + b < a ? UINT64_MAX : a + b; }

std::uint64_t take(std::uint64_t& from, std::uint64_t most) {
  const std::uint64_t taken = std::min(from, most);
  from -= taken;
  return taken;
}

OpaqueReason reason_of(const model::NotLookedInto& part) {
  if (part.reason.find("encrypted") != std::string::npos) return OpaqueReason::encrypted;
  return model::cut_by_limit(part) ? OpaqueReason::budget : OpaqueReason::undecodable;
}

}  // namespace

Share& Share::operator+=(const Share& other) {
  content = sum(content, other.content);
  framing = sum(framing, other.framing);
  for (std::size_t i = 0; i < opaque.size(); ++i) opaque[i] = sum(opaque[i], other.opaque[i]);
  return *this;
}

bool encrypts(const std::string& protocol) {
  for (const std::string_view name : {"quic", "ssh", "smb", "tls", "dtls", "wireguard", "ipsec"})
    if (protocol == name || protocol.starts_with(std::string(name) + "/")) return true;
  return false;
}

Share share_of(const model::Stream& stream, bool refused) {
  Share share;
  std::uint64_t left = stream.wire_bytes;
  if (!stream.ended || !stream.understood || refused) {
    share.of(refused ? OpaqueReason::refused : OpaqueReason::unfinished) = left;
    return share;
  }
  std::uint64_t opaque = stream.found.opaque;
  std::uint64_t encrypted = 0;
  std::uint64_t budget = 0;
  for (const model::NotLookedInto& part : stream.found.not_looked_into) {
    opaque = std::max(opaque, part.bytes);
    const OpaqueReason reason = reason_of(part);
    if (reason == OpaqueReason::encrypted) encrypted = std::max(encrypted, part.bytes);
    if (reason == OpaqueReason::budget) budget = std::max(budget, part.bytes);
  }
  // A stream within another holds decoded fields that were smaller on the wire, so that nothing but what is
  // opaque can be told.
  const bool within = stream.within != 0;
  const std::uint64_t inner =
      within ? left - std::min(opaque, left) : stream.bytes - std::min(opaque, stream.bytes);
  const std::uint64_t carried = sum(stream.bytes, stream.apart_bytes);
  const std::uint64_t overhead =
      stream.tls && !within
          ? sum(kTlsHandshake, carried > UINT64_MAX / 4 ? UINT64_MAX : carried * kTlsOverheadPerByte)
          : 0;
  const std::uint64_t outside = left - std::min(stream.bytes, left);
  // What is carried, and what its protocol puts around it; all of it is searched alike.
  const std::uint64_t most = stream.bytes - std::min(stream.framing_bytes, stream.bytes);
  share.content = take(left, std::min(inner, most));
  share.framing = take(left, inner - share.content);
  share.framing += take(left, std::min(overhead, outside));
  share.of(OpaqueReason::encrypted) = take(left, encrypts(stream.protocol) ? left : encrypted);
  share.of(OpaqueReason::budget) = take(left, budget);
  share.of(OpaqueReason::undecodable) = left;
  return share;
}

Share share_of(std::uint64_t sent, const Share& received, OpaqueReason missing) {
  Share share;
  share.content = take(sent, received.content);
  share.framing = take(sent, received.framing);
  for (std::size_t i = 0; i < share.opaque.size(); ++i) share.opaque[i] = take(sent, received.opaque[i]);
  share.of(missing) += sent;
  return share;
}

}  // namespace candor::judge
