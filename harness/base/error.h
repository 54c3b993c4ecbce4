// SPDX-License-Identifier: Apache-2.0
//
// The one exception type of Candor: a sentence with a chain of contexts, outermost first, as in
// "running 'classified-documents': forking 'clamav': connecting QMP: timed out after 30 s".
// Thrown only for what ends a unit of work; expected outcomes are values.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace candor {

/// Whose mistake it was; decides the exit code (see cli/exit_code.h).
enum class Fault {
  harness,  ///< The harness or its host could not do its work: exit code 2.
  input,    ///< What the user gave is wrong: exit code 4.
};

class Error : public std::runtime_error {
 public:
  explicit Error(const std::string& sentence, Fault fault = Fault::harness)
      : std::runtime_error(sentence), fault_(fault) {}

  /// The same error seen from one level further out: "context: sentence".
  [[nodiscard]] Error within(std::string_view context) const {
    return Error(std::string(context) + ": " + what(), fault_);
  }

  [[nodiscard]] Fault fault() const { return fault_; }

 private:
  Fault fault_;
};

/// An error with the text of `errno` (or `number`): "opening /x: Permission denied".
[[nodiscard]] Error errno_error(std::string_view doing);
[[nodiscard]] Error errno_error(std::string_view doing, int number);

/// Runs `work`; any exception that leaves it is rethrown as an Error within `context`.
template <typename Work>
decltype(auto) in_context(std::string_view context, Work&& work) {
  try {
    return std::forward<Work>(work)();
  } catch (const Error& error) {
    throw error.within(context);
  } catch (const std::exception& error) {
    throw Error(error.what()).within(context);
  }
}

}  // namespace candor
