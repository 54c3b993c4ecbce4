// SPDX-License-Identifier: Apache-2.0
//
// The sorts of values only scenarios have; the building blocks are base/grammar.h's.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/grammar.h"
#include "base/named_host.h"

namespace candor::scenario {

using grammar::boolean;
using grammar::choice;
using grammar::duration;
using grammar::field;
using grammar::Field;
using grammar::integer;
using grammar::Kind;
using grammar::kOptional;
using grammar::kRequired;
using grammar::map_of;
using grammar::map_schema;
using grammar::phrase;
using grammar::read_fields;
using grammar::text;
using grammar::word;

/// A text and where it stands.
struct Placed {
  std::string text;
  yaml::Mark mark;
};

/// A share such as "5%" or "0.25%", in millionths.
[[nodiscard]] Kind<std::int64_t> share();
/// A rate such as "128kbit", in bits a second.
[[nodiscard]] Kind<std::int64_t> rate();
/// An absolute path in the guest, of any system, without "..".
[[nodiscard]] Kind<std::string> guest_path();
/// The same, of an archive to make.
[[nodiscard]] Kind<std::string> archive_path();
/// A host name or an address.
[[nodiscard]] Kind<std::string> host();
/// Real hosts, each named once.
[[nodiscard]] Kind<std::vector<NamedHost>> real_hosts();
/// The name of a USB stick: its label, its serial number, and where it is mounted.
[[nodiscard]] Kind<std::string> stick_name();
/// A shell line, or a program and its arguments.
[[nodiscard]] Kind<std::vector<std::string>> command();
/// A map of whatever form, as JSON.
[[nodiscard]] Kind<Json> any_map();
/// Values of the vendor's cloud by name; at least one.
[[nodiscard]] Kind<std::vector<std::pair<std::string, std::string>>> cloud_values();
/// One document's name or a list of them.
[[nodiscard]] Kind<std::vector<Placed>> documents();

/// What a document's name looks like.
inline constexpr const char* kDocumentName = "^[a-z][a-z0-9-]*$";
inline constexpr std::size_t kLongestDocumentName = 40;

}  // namespace candor::scenario
