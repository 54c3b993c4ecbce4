// SPDX-License-Identifier: Apache-2.0
//
// What a decoder is. Each stands in a file of its own, decode_NAME.cc, and has one line in the table in
// decoders.cc. Decoders are pure functions of the bytes they are given: a hit is proved by running them
// again.
//
// A decoder is found by a trigger, a short regular expression that is searched together with all others in
// one pass; by `runs`, which looks through what is known of the layer; or, where a format has no mark of its
// own, it is tried at the begin of each layer. It never throws for what bytes hold, and is bounded in output
// and in time: linear in what it consumes and makes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "recognise/layer_map.h"

namespace candor::recognise {

enum class Nature {
  container,  ///< Has a structure of its own, begins at its trigger and ends where it says.
  encoding,   ///< A run of an alphabet that stands for other bytes: base64, hex, UTF-16.
  escape,     ///< Text in which some characters are written otherwise: percent, quoted-printable.
};

/// A place where a decoder may find something.
struct Region {
  std::size_t offset = 0;
  std::size_t length = 0;     ///< Containers: to the end of the layer.
  bool suspicious = false;    ///< Looks like binary data in text's clothing: opaque unless it is understood.
  std::uint8_t readings = 1;  ///< From so many first letters on it is to be read, until one makes sense.
  bool if_unexplained = false;  ///< Only if the same region, read as it is or further, was not opened.
};

/// An escape that was undone: `out_size` bytes made of `in_size`. What stands between is unchanged.
struct Edit {
  std::uint32_t out = 0;
  std::uint32_t in = 0;
  std::uint8_t out_size = 0;
  std::uint8_t in_size = 0;
};

/// One of several things a container holds.
struct Member {
  std::string name;  ///< Unique in its container; any bytes.
  std::size_t begin = 0;
  std::size_t size = 0;
};

struct Decoded {
  Bytes bytes;
  /// If not empty: parts of `bytes`, disjoint and ascending, each of which is searched by itself, and what
  /// lies between them is not.
  std::vector<Member> members;
  /// The members stand in the region as they are, at their offsets in it, and `bytes` is empty: they are
  /// looked at by the decoders that are tried at the begin of a layer only, since all others have seen them
  /// there.
  bool in_place = false;
  std::size_t consumed = 0;     ///< Of the region.
  bool complete = false;        ///< Ended as its format says, and its checksums hold.
  std::size_t unexplained = 0;  ///< Consumed bytes that no output and no known field accounts for.
  std::string detail;           ///< A member's name.
  std::string reason;       ///< Why something was left unsearched; empty if nothing was, or if this was no
                            ///< region of the decoder's after all.
  std::vector<Edit> edits;  ///< Of escapes, ascending.
};

struct Decoder {
  const char* name;
  const char* about;
  Nature nature;
  /// Containers and escapes: a Vectorscan regular expression without leading NUL, at most 64 bytes of match.
  const char* trigger = nullptr;
  /// Containers: where a region begins, given the end of a match of the trigger; nothing if it is
  /// implausible.
  std::optional<std::size_t> (*start)(ByteView layer, std::size_t trigger_end) = nullptr;
  /// Encodings: appends all regions, at most `limit`; false if there were more.
  bool (*runs)(const LayerMap& layer, std::size_t limit, std::vector<Region>& regions) = nullptr;
  /// Containers: tried at the begin of each layer (of a message's body, a member, a decoded run). It must
  /// refuse nearly all foreign bytes, at little cost.
  bool at_begin = false;
  /// Containers: nothing but fields, without a checksum, so that other containers may begin in them.
  bool transparent = false;
  /// At most `max_output` bytes of what `region` holds; sets `reason` if there would be more.
  Decoded (*decode)(ByteView region, std::size_t max_output) = nullptr;
};

/// All decoders, in the order in which they are tried at one place.
[[nodiscard]] const std::vector<Decoder>& decoders();

}  // namespace candor::recognise
