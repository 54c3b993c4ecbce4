// SPDX-License-Identifier: Apache-2.0
//
// The verbs of a product adapter, what their commands may and must refer to, and the {name} notation.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace candor::image {

struct VerbRule {
  std::string_view name;
  std::vector<std::string> required;  ///< Placeholders of which each must stand in one of its commands.
  std::vector<std::string> allowed;   ///< Further ones.
  bool always = false;                ///< Whether every product must have the verb: no run does without it.
};

/// In order of a product's life.
[[nodiscard]] const std::vector<VerbRule>& verb_rules();

/// A piece of an argument: text, or the name of a placeholder.
struct Piece {
  std::string text;
  bool placeholder = false;
};

/// "--in={path}" is {"--in=", false}, {"path", true}. A placeholder is '{', lower-case letters, '}' and not
/// preceded by '$'.
[[nodiscard]] std::vector<Piece> pieces(std::string_view argument);

}  // namespace candor::image
