// SPDX-License-Identifier: Apache-2.0
#include "relay/privileges.h"

#include <cap-ng.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/error.h"

namespace candor::relay {

void drop_privileges() {
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) throw errno_error("forbidding core dumps");
  capng_clear(CAPNG_SELECT_BOTH);
  if (capng_apply(CAPNG_SELECT_CAPS) != 0) throw Error("giving up capabilities was refused");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) throw errno_error("giving up new privileges");
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) throw errno_error("forbidding to be traced");
}

}  // namespace candor::relay
