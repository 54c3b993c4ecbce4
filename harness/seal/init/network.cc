// SPDX-License-Identifier: Apache-2.0
#include "network.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/process.h"
#include "seal/compartment.h"
#include "seal/network_plan.h"

namespace candor::seal::init {

namespace {

void apply_settings() {
  for (const auto& [name, value] : network_settings()) {
    const std::string path = "/proc/sys/net/" + name;
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    const bool without_ipv6 = !fd && errno == ENOENT && name.starts_with("ipv6/");
    if (without_ipv6)
      throw Error(path + " is missing: IPv6 is switched off in this kernel; boot it without ipv6.disable=1");
    if (!fd) throw errno_error("opening " + path);
    in_context("setting " + path, [&, &text = value] { write_all(fd.get(), as_bytes(text)); });
  }
}

UniqueFd make_tap() {
  UniqueFd tap(::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
  if (!tap && errno == ENOENT)
    throw Error("opening /dev/net/tun: the device is missing; mend it with: sudo modprobe tun");
  if (!tap && (errno == EACCES || errno == EPERM))
    throw Error("opening /dev/net/tun: this user may not; mend it with: sudo chmod 0666 /dev/net/tun");
  if (!tap) throw errno_error("opening /dev/net/tun");
  ifreq request{};
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  std::strncpy(request.ifr_name, kTapName, IFNAMSIZ - 1);
  if (::ioctl(tap.get(), TUNSETIFF, &request) != 0) throw errno_error("making the tap");
  return tap;
}

void command(std::vector<std::string> argv, const std::string& input, const char* package) {
  try {
    must_run({.name = argv[0], .argv = argv}, input);
  } catch (const Error& error) {
    throw Error(std::string(error.what()) + " (Debian package " + package + ")");
  }
}

std::vector<std::string> interfaces() {
  struct Free {
    void operator()(struct if_nameindex* list) const { ::if_freenameindex(list); }
  };
  const std::unique_ptr<struct if_nameindex[], Free> list(::if_nameindex());
  if (!list) throw errno_error("listing interfaces");
  std::vector<std::string> names;
  for (std::size_t i = 0; list[i].if_index != 0; ++i) names.emplace_back(list[i].if_name);
  return names;
}

void prove_sealed() {
  const std::string routes =
      must_run({.name = "ip", .argv = {"ip", "-json", "route", "show", "table", "all"}});
  if (const auto sentence = way_out(interfaces(), parse_json(routes))) throw Error(*sentence);
}

}  // namespace

UniqueFd make_network() {
  apply_settings();
  command({"nft", "-f", "-"}, firewall_rules(), "nftables");
  UniqueFd tap = make_tap();
  command({"ip", "-batch", "-"}, address_commands(), "iproute2");
  command({"ip", "-6", "-batch", "-"}, address_commands6(), "iproute2");
  prove_sealed();
  return tap;
}

void make_loopback() {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::strncpy(request.ifr_name, "lo", IFNAMSIZ - 1);
  request.ifr_flags = IFF_UP;
  if (!socket || ::ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) throw errno_error("starting loopback");
  for (const std::string& name : interfaces())
    if (name != "lo") throw Error("the compartment has a further interface, " + printable(name));
}

}  // namespace candor::seal::init
