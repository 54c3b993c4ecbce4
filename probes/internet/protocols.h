// SPDX-License-Identifier: Apache-2.0
//
// The protocols the simulated internet speaks: one table (protocols.cc), one line for each. A protocol is
// told by what the peer says first, whatever the port. Only where a peer says nothing does the port tell
// which server is expected to speak first. Pure functions over hostile bytes.
#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "internet/conversation.h"

namespace candor::internet {

/// Whether bytes begin something; `perhaps` where too few are there to tell.
enum class Begins { no, perhaps, yes };

/// A port whose server speaks first.
struct SpeaksFirst {
  std::uint16_t port = 0;
  bool within_tls = false;  ///< After the handshake; in the clear only if no handshake comes for long.
};

/// Whether bytes begin with one of `words`, whatever the case.
[[nodiscard]] Begins begins_with_any(std::string_view first, std::initializer_list<std::string_view> words);

struct Protocol {
  std::string_view name;
  /// What a connection's first bytes, after TLS if there is any, say.
  Begins (*begins)(std::string_view first);
  std::unique_ptr<Conversation> (*start)(const Start& start);
  std::vector<SpeaksFirst> speaks_first;
  std::vector<std::string_view> alpn;  ///< Names in TLS (RFC 7301), best first.
};

/// In the order they are asked in.
[[nodiscard]] std::span<const Protocol> protocols();

/// The one the bytes begin; null while that cannot be told. Past `kFirstBytes`, or if the bytes begin nothing
/// in the table, `hopeless` becomes true.
inline constexpr std::size_t kFirstBytes = 64U << 10;
[[nodiscard]] const Protocol* recognise(std::string_view first, bool& hopeless);

/// The protocol whose server speaks first on a port, or null.
[[nodiscard]] const Protocol* speaks_first_on(std::uint16_t port, bool within_tls);
/// The protocol a name in TLS stands for, or null.
[[nodiscard]] const Protocol* with_alpn(std::string_view name);
/// All names the table has for TLS, in its order, each behind its length: as OpenSSL takes them.
[[nodiscard]] const std::string& alpn_offer();

/// What is kept and not answered, and why.
[[nodiscard]] std::unique_ptr<Conversation> silence(std::string why);

}  // namespace candor::internet
