// SPDX-License-Identifier: Apache-2.0
//
// Two network namespaces joined by a cable, in a user namespace of their own: the compartment's side with the
// rules the sealed compartment uses, where the simulated internet runs, and a guest's side, where the tests
// run real clients. Needs no privileges beyond user namespaces.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/file.h"
#include "base/process.h"
#include "collect/collector.h"
#include "collect/store.h"
#include "model/event.h"

namespace candor::internet_e2e {

using model::Event;

/// Enters the namespaces; once per process, before it has threads. Throws Error if this host does not allow
/// it.
void enter_world();

/// Runs `work` on the compartment's side.
void on_far_side(const std::function<void()>& work);

/// A network namespace of its own, in which nothing is but a loopback that is down.
class Namespace {
 public:
  Namespace();
  void run(const std::function<void()>& work) const;

 private:
  UniqueFd fd_;
};

/// A connected TCP socket, or an unconnected UDP one; on the guest's side. IPv6 if the address has a colon.
[[nodiscard]] UniqueFd connect_tcp(const std::string& address, std::uint16_t port);
void send_udp(const std::string& address, std::uint16_t port, std::string_view bytes, int socket = -1);
void send_all(int socket, std::string_view bytes);
/// What arrives until the peer's end or the deadline.
[[nodiscard]] std::string receive_all(int socket, std::chrono::milliseconds limit = std::chrono::seconds(10));
/// A shell command on the guest's side; its standard output. Fails the test unless it exits as expected.
std::string shell(const std::string& command, int expected_code = 0,
                  std::chrono::seconds limit = std::chrono::seconds(60));

struct LabSettings {
  std::vector<std::string> arguments;  ///< Further ones for candor-internet.
  std::vector<std::string> passed;     ///< Real hosts, for both programs: then candor-relay runs too …
  std::vector<std::string> trust;      ///< … believes these authorities …
  std::vector<std::string> relay_arguments;  ///< … has these arguments …
  const Namespace* outside = nullptr;        ///< … and runs here.
  int streams_mib = 0;                       ///< Size of a file system of its own for the streams; 0: none.
};

/// A running candor-internet with a real collector.
class Lab {
 public:
  explicit Lab(LabSettings settings = {});
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;
  ~Lab();

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
  [[nodiscard]] std::filesystem::path streams() const { return folder_.path() / "streams"; }
  [[nodiscard]] std::string ca() const { return (folder_.path() / "ca.pem").string(); }
  [[nodiscard]] int pid() const { return probe_->pid(); }
  [[nodiscard]] Process& relay() { return *relay_; }
  /// Resident memory of the probe, in KiB.
  [[nodiscard]] long resident_kib() const;

  /// The first event of a type that matches; fails the test after ten seconds.
  Event event(
      const std::string& type, std::function<bool(const Json&)> matches = [](const Json&) { return true; });
  /// The end event of the one TCP or UDP stream to a port.
  Json stream_to(std::uint16_t port);
  /// What is kept of a stream.
  [[nodiscard]] std::string content(const Json& stream) const;
  Json command(const std::string& name, Json arguments = Json::object());
  /// Whether the probe finished in good order; all events are stored then.
  bool finish();
  void kill(int signal);
  /// How the probe ended.
  ExitStatus wait_exit();
  /// All events of a type, after finish() or a death.
  [[nodiscard]] std::vector<Json> all(const std::string& type);
  [[nodiscard]] model::ProbeAccount account(const std::string& probe = "internet");

 private:
  template <typename T>
  T await(asio::awaitable<T> work) {
    auto result = asio::co_spawn(io_, std::move(work), asio::use_future);
    while (result.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
      io_.restart();
      io_.run_one_for(std::chrono::milliseconds(50));
    }
    return result.get();
  }

  /// Starts candor-relay, and adds to the probe's spec what leads there; the end of its socket is to be kept
  /// until then.
  [[nodiscard]] UniqueFd start_relay(const LabSettings& settings, ProcessSpec& probe);

  asio::io_context io_{1};
  TempDir folder_;
  std::unique_ptr<collect::Collector> collector_;
  std::unique_ptr<Process> probe_;
  std::unique_ptr<Process> relay_;
  bool mounted_ = false;
  bool closed_ = false;
};

}  // namespace candor::internet_e2e
