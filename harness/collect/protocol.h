// SPDX-License-Identifier: Apache-2.0
//
// The collector's reading of probes/PROTOCOL.md, version 1: names, limits, and what a probe may say. Decoding
// trusts nothing; what does not follow the specification is a Violation, which costs the probe its good name
// and nobody else anything. (Probes have their own reading in probes/sdk; a test holds the two together.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/json.h"

namespace candor::collect {

inline constexpr std::int64_t kProtocol = 1;
inline constexpr std::size_t kMaxBody = 256 * 1024;       ///< Bytes of one body, hence of one event's data.
inline constexpr std::size_t kMaxBlobPiece = 256 * 1024;  ///< Bytes an event may carry beside its body.
inline constexpr std::size_t kMaxBlobId = 64;
inline constexpr std::size_t kMaxName = 32;
inline constexpr std::size_t kMaxType = 64;
inline constexpr std::size_t kMaxVersion = 64;
inline constexpr std::size_t kMaxEventTypes = 256;
inline constexpr std::size_t kMaxInstances = 256;      ///< Per run; further ones are refused.
inline constexpr std::int64_t kMaxNumber = 1LL << 53;  ///< Numbers stay exact in languages with doubles only.
inline constexpr std::int64_t kControlBurst = 200;     ///< Messages other than EVENT: so many at once …
inline constexpr std::int64_t kControlPerSecond = 100;  ///< … and so many a second.
inline constexpr int kMaxGaps = 8;                      ///< Resumptions in a row without a new event.

/// Why a probe was rejected; the words of PROTOCOL.md.
namespace reject {
inline constexpr const char* kNoHello = "no-hello";  // say HELLO (again)
inline constexpr const char* kGap = "gap";           // say HELLO again and replay
inline constexpr const char* kProtocol = "protocol";
inline constexpr const char* kMalformed = "malformed";
inline constexpr const char* kTooLarge = "too-large";
inline constexpr const char* kName = "name";
inline constexpr const char* kNameTaken = "name-taken";
inline constexpr const char* kIdentity = "identity";
inline constexpr const char* kSequence = "sequence";
inline constexpr const char* kCredit = "credit";
inline constexpr const char* kRate = "rate";
inline constexpr const char* kAfterFin = "after-fin";
inline constexpr const char* kBroken = "broken";
inline constexpr const char* kFull = "full";
inline constexpr const char* kBlob = "blob";
inline constexpr const char* kStore = "store";
}  // namespace reject

class Violation : public Error {
 public:
  Violation(const char* code, const std::string& sentence) : Error(sentence), code_(code) {}
  [[nodiscard]] const char* code() const { return code_; }

 private:
  const char* code_;
};

struct Hello {
  std::string name;
  std::string version;
  std::string instance;
  std::int64_t proto_min = 0;
  std::int64_t proto_max = 0;
  bool json = false;  ///< Whether it speaks the one encoding of this version.
  std::string body;   ///< As it came, for the record.
};

/// Bytes of a blob that came with an event.
struct BlobPiece {
  std::string id;  ///< The probe's name for the blob.
  std::int64_t offset = 0;
  bool last = false;
  std::string about;       ///< "left", "kept", "seen" or "at-rest": what the probe says of the bytes.
  std::string_view bytes;  ///< Of the message; valid while that is handled.
};

struct EventReport {
  std::int64_t seq = 0;
  std::string type;
  std::int64_t wall_ns = 0;
  std::int64_t mono_ns = 0;
  std::string data;  ///< JSON text, normalised.
  std::optional<BlobPiece> blob = {};
};

struct Ping {
  std::int64_t sent_ns = 0;
  std::int64_t last_seq = 0;  ///< Highest number given to an event so far.
  std::int64_t queued = 0;
  std::int64_t dropped = 0;
};

struct Done {
  std::int64_t id = 0;
  std::string error;
  Json result;
};

struct Fin {
  std::int64_t last_seq = 0;
  std::int64_t dropped = 0;
};

using Message = std::variant<Hello, EventReport, Ping, Done, Fin>;

/// Reads one message: its type and body frames, without the routing frame. Throws Violation.
[[nodiscard]] Message decode(std::span<const std::string_view> frames);

/// Throws Violation unless these follow the specification's syntax.
void check_name(std::string_view name);
void check_type(std::string_view type);
void check_instance(std::string_view instance);

/// A random UUID (RFC 9562, version 4) in lower case.
[[nodiscard]] std::string make_instance();

}  // namespace candor::collect
