// SPDX-License-Identifier: Apache-2.0
#include "base/error.h"

#include <cerrno>
#include <system_error>

namespace candor {

Error errno_error(std::string_view doing, int number) {
  return Error(std::string(doing) + ": " + std::generic_category().message(number));
}

Error errno_error(std::string_view doing) { return errno_error(doing, errno); }

}  // namespace candor
