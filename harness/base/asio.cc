// SPDX-License-Identifier: Apache-2.0
// The one translation unit that compiles Boost.Asio's and Boost.Process's bodies.

// These two first: Process v2 of Boost 1.81 needs them for std::filesystem.
#include <boost/optional.hpp>
#include <boost/type_traits.hpp>

#include <boost/asio/impl/src.hpp>
#include <boost/process/v2/src.hpp>
