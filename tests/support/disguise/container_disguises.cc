// SPDX-License-Identifier: Apache-2.0
//
// Containers: archives, compressed streams, documents.
#include "support/disguise/disguise.h"

namespace candor::recognise::test {

std::vector<Disguise> container_disguises() { return {}; }

}  // namespace candor::recognise::test
