// SPDX-License-Identifier: Apache-2.0
//
// Progress on standard error: one live line on a terminal, plain lines elsewhere; results on standard output.
#pragma once

#include <string>
#include <string_view>

#include "run/progress.h"

namespace candor::cli {

class Terminal {
 public:
  Terminal();
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() { clear(); }

  /// A line that stays.
  void line(std::string_view text);
  /// What is going on; replaced by the next call. Shown on a terminal only.
  void status(std::string_view text);
  /// Removes the live line.
  void clear();
  /// A Progress that writes here, each line behind `prefix`.
  [[nodiscard]] run::Progress progress(std::string prefix = {});

  /// Whether standard output may be coloured: it is a terminal and NO_COLOR (no-color.org) is not set.
  [[nodiscard]] static bool color_on_stdout();

 private:
  bool live_ = false;  ///< Standard error is a terminal that can take a line back.
  bool shown_ = false;
  std::string last_;
};

/// Writes all of `text` to standard output.
void print(std::string_view text);

}  // namespace candor::cli
