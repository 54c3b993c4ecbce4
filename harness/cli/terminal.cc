// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "base/bytes.h"

namespace candor::cli {

namespace {

bool environment_has(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && value[0] != '\0';
}

std::size_t columns() {
  winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace

Terminal::Terminal() {
  const char* kind = std::getenv("TERM");
  live_ = ::isatty(STDERR_FILENO) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

void Terminal::clear() {
  if (shown_) std::fputs("\r\033[K", stderr);
  shown_ = false;
}

void Terminal::line(std::string_view text) {
  clear();
  std::fprintf(stderr, "%.*s\n", static_cast<int>(text.size()), text.data());
  std::fflush(stderr);
}

void Terminal::status(std::string_view text) {
  if (text == last_) return;
  last_ = text;
  if (!live_) return;  // each step gives a line of its own when it is done; what is going on is for watchers
  clear();
  const std::string shown = printable(text, columns() - 1);
  std::fputs(shown.c_str(), stderr);
  std::fflush(stderr);
  shown_ = true;
}

run::Progress Terminal::progress(std::string prefix) {
  run::Progress progress;
  progress.line = [this, prefix](std::string_view text) { line(prefix + std::string(text)); };
  progress.status = [this, prefix](std::string_view text) { status(prefix + std::string(text)); };
  return progress;
}

bool Terminal::color_on_stdout() { return ::isatty(STDOUT_FILENO) == 1 && !environment_has("NO_COLOR"); }

void print(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

}  // namespace candor::cli
