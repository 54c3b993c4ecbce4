// SPDX-License-Identifier: Apache-2.0
//
// The sealed compartment: own user, network, mount, pid, ipc and uts namespaces, whose only way out of the
// network is a tap that a child holds. Children see the folders the spec names, the system's programs, and
// nothing else of this host. candor-compartment (init/) is the process in it; this is the harness's handle.
// Whoever dies first, harness, outer process or the compartment's init, the kernel kills all the rest. One
// thread; everything that waits has a deadline or ends with the compartment.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/process.h"

namespace candor::seal {

using Deadline = std::chrono::steady_clock::time_point;

/// What every guest may take for granted: forks keep their template's neighbour cache, twins must be alike.
inline constexpr const char* kTapName = "candor0";
inline constexpr const char* kGatewayMac = "52:54:00:77:00:01";
inline constexpr const char* kGateway4 = "10.77.0.1";  ///< /24
inline constexpr const char* kGateway6 = "fd77::1";    ///< /64
/// Every TCP connection and UDP datagram from the guest, whatever its destination, arrives at this port of a
/// socket with IP_TRANSPARENT; the true destination is getsockname() or IP_RECVORIGDSTADDR.
inline constexpr int kSinkPort = 61000;

enum class Capability { net_admin, net_raw, net_bind_service };

/// A program to run in the compartment. It gets no_new_privs, only the capabilities and descriptors named,
/// and an environment of PATH and LC_ALL besides `env`.
struct Child {
  std::string name;  ///< Unique among the living: "qemu", "wire".
  std::vector<std::string> argv;
  std::vector<std::pair<std::string, std::string>> env;
  std::vector<std::pair<int, int>>
      fds;                    ///< (descriptor here, number in the child ≥ 3); duplicated, not taken.
  std::filesystem::path log;  ///< In a writable folder of the spec; empty: output is discarded.
  std::vector<Capability> capabilities;
  std::optional<int>
      wants_tap_at;  ///< Number in the child of the tap's descriptor (non-blocking, no headers).
};

struct CompartmentSpec {
  bool network = true;  ///< Tap, addresses and firewall; without: loopback alone.
  std::vector<std::filesystem::path>
      writable;  ///< Folders or files: run folder, runtime folder (collector's socket).
  std::vector<std::filesystem::path>
      readable;                 ///< Image store, programs outside /usr. Missing ones are an Error.
  std::vector<Child> children;  ///< Started in this order; more by start_child().
};

/// How a child ended. The end of the compartment itself is one more, named kCompartment, after its
/// children's.
struct ChildEnd {
  std::string name;
  ExitStatus status;
  std::string account;  ///< Name, how it ended, its command line, the last lines of its log.
};
inline constexpr const char* kCompartment = "compartment";

class Compartment {
 public:
  /// Throws Error saying what could not be set up and how to mend it.
  [[nodiscard]] static asio::awaitable<std::unique_ptr<Compartment>> start(asio::any_io_executor executor,
                                                                           CompartmentSpec spec,
                                                                           Deadline deadline);
  Compartment(const Compartment&) = delete;
  Compartment& operator=(const Compartment&) = delete;
  /// kill().
  ~Compartment();

  /// Throws Error if the program cannot be started or the compartment is gone.
  [[nodiscard]] asio::awaitable<void> start_child(Child child, Deadline deadline);
  /// The next end not yet returned; throws Error once there can be no more. One caller at a time.
  [[nodiscard]] asio::awaitable<ChildEnd> next_end();
  /// False if no such child lives.
  bool signal(const std::string& name, int number);
  /// Host pid of a living child, of "init" (the compartment's PID 1) or "outer"; nothing otherwise.
  [[nodiscard]] std::optional<int> pid(const std::string& name) const;
  /// Kills everything and returns when the last process is gone. May be called again.
  void kill() noexcept;

 private:
  struct State;
  explicit Compartment(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;  ///< Shared with the coroutine that reads the compartment's messages.
};

}  // namespace candor::seal
