// SPDX-License-Identifier: Apache-2.0
//
// candor-wire: the probe in line between QEMU's network card and the compartment's tap.
#include <signal.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "base/bytes.h"
#include "wire/service.h"

int main(int argc, char** argv) {
  candor::wire::ServiceSettings settings;
  CLI::App app{"Records each frame between a guest and a tap before it passes it on.", "candor-wire"};
  app.add_option("--collector", settings.collector, "ZeroMQ endpoint of the collector")->required();
  app.add_option("--capture", settings.capture, "pcapng file to make")->required();
  app.add_option("--guest-fd", settings.guest_fd, "descriptor of QEMU's stream socket")->required();
  app.add_option("--tap-fd", settings.tap_fd, "descriptor of the tap")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 4;
  }
  ::signal(SIGXFSZ, SIG_IGN);  // a limit on file sizes shall be an error with a sentence, as a full disk is
  try {
    candor::wire::serve(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "candor-wire: %s\n", candor::printable(error.what(), 2000).c_str());
    return 2;
  }
  return 0;
}
