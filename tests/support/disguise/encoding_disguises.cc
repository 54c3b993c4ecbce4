// SPDX-License-Identifier: Apache-2.0
//
// Encodings of bytes as text, and structured messages.
#include "support/disguise/disguise.h"

namespace candor::recognise::test {

std::vector<Disguise> encoding_disguises() { return {}; }

}  // namespace candor::recognise::test
