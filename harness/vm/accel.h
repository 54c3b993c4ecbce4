// SPDX-License-Identifier: Apache-2.0
//
// Which accelerator works here. /dev/kvm may open, and create a machine, and still never get a guest into
// long mode, so the only proof is a kernel that speaks; the answer holds until the host boots again.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <string>

#include "vm/arguments.h"

namespace candor::vm {

namespace asio = boost::asio;

struct AcceleratorChoice {
  Accelerator accelerator = Accelerator::tcg;
  std::string reason;       ///< Why, as a sentence: "KVM is not available: …; using plain emulation".
  bool remembered = false;  ///< Whether the answer is from an earlier try since the host booted.
};

/// "auto" tries KVM with `kernel`; "tcg" and "kvm" are taken at their word (an Error(Fault::input) for other
/// words). The answer of a try is kept in `cache`/accelerator.json.
[[nodiscard]] asio::awaitable<AcceleratorChoice> choose_accelerator(
    asio::any_io_executor executor, std::string wanted, std::filesystem::path kernel,
    std::filesystem::path cache, std::filesystem::path device = "/dev/kvm");

/// Whether a kernel started under `accelerator` says a word on its serial port in time; otherwise a sentence
/// why not. Empty: it does.
[[nodiscard]] asio::awaitable<std::string> why_no_boot(asio::any_io_executor executor,
                                                       Accelerator accelerator, std::filesystem::path kernel,
                                                       std::chrono::milliseconds timeout);

}  // namespace candor::vm
