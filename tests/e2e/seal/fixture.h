// SPDX-License-Identifier: Apache-2.0
//
// A run folder and an event loop for tests of real compartments.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/file.h"
#include "seal/compartment.h"

namespace candor::seal::test {

/// Whether a tap can be made here; without, tests of the network are skipped and say so.
[[nodiscard]] bool tap_allowed();

class SealTest : public ::testing::Test {
 protected:
  SealTest();

  [[nodiscard]] static Deadline soon() { return std::chrono::steady_clock::now() + std::chrono::seconds(20); }

  /// Runs one coroutine to its end and returns its value, or throws what it threw.
  template <typename T>
  T run(asio::awaitable<T> task) {
    std::optional<T> result;
    std::exception_ptr failure;
    asio::co_spawn(io_, std::move(task), [&](std::exception_ptr error, T value) {
      failure = std::move(error);
      if (!failure) result.emplace(std::move(value));
      io_.stop();
    });
    finish(failure);
    return std::move(*result);
  }
  void run(asio::awaitable<void> task);

  [[nodiscard]] CompartmentSpec spec(bool network) const;
  /// A child that runs a shell line and logs to NAME.log.
  [[nodiscard]] Child shell(const std::string& name, const std::string& line) const;
  [[nodiscard]] std::unique_ptr<Compartment> start(CompartmentSpec spec);
  /// Runs a shell line in a fresh compartment to its end and returns what it printed.
  [[nodiscard]] std::string output_of(const std::string& line, bool network,
                                      std::vector<Capability> capabilities = {});
  [[nodiscard]] std::filesystem::path folder() const { return folder_.path(); }

  asio::io_context io_{1};

 private:
  void finish(std::exception_ptr& failure);
  TempDir folder_;
};

/// Whether the process ends before the deadline.
[[nodiscard]] bool ends(int pid, std::chrono::milliseconds within);

}  // namespace candor::seal::test
