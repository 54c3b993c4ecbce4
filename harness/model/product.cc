// SPDX-License-Identifier: Apache-2.0
#include "model/product.h"

namespace candor::model {

std::optional<std::string> adapter_verb(Verb verb) {
  switch (verb) {
    case Verb::scan:
    case Verb::update:
    case Verb::enable:
    case Verb::disable:
    case Verb::open:
    case Verb::archive:
    case Verb::control:
      return text(verb);
    default:
      return std::nullopt;
  }
}

}  // namespace candor::model
