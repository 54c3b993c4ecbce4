// SPDX-License-Identifier: Apache-2.0
#include "wire/service.h"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"
#include "candor/probe.h"
#include "wire/forwarder.h"
#include "wire/recorder.h"

namespace candor::wire {

namespace {

constexpr const char* kCapture = "wire.capture/1";
constexpr const char* kLink = "wire.link/1";
constexpr const char* kCondition = "wire.condition/1";
constexpr const char* kTotals = "wire.totals/1";
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kReportEvery = kSecond;
/// A guest that goes on sending must not keep the wire from finishing; what it sends later goes nowhere.
constexpr std::int64_t kDrainLimit = 2 * kSecond;
constexpr std::int64_t kLongestDelay = 60 * kSecond;
constexpr std::int64_t kFastest = 1'000'000'000'000;  // bits a second

Json to_json(const Totals& totals) {
  return {{"sent_frames", totals.sent_frames},
          {"sent_bytes", totals.sent_bytes},
          {"received_frames", totals.received_frames},
          {"received_bytes", totals.received_bytes},
          {"undelivered_frames", totals.undelivered_frames}};
}

class Service {
 public:
  explicit Service(const ServiceSettings& settings)
      : capture_(settings.capture, "candor-wire " CANDOR_VERSION),
        forwarder_(settings.guest_fd, settings.tap_fd, capture_),
        probe_({.collector = settings.collector,
                .name = "wire",
                .version = CANDOR_VERSION,
                .event_types = {kCapture, kLink, kCondition, kTotals}}) {
    probe_.report(kCapture, {{"file", settings.capture.filename().string()}});
    report_totals();
  }

  void run() {
    while (!finished_) {
      const bool drained = forward(deadline_ns());
      obey();
      answer_quiet(drained);
      if (forwarder_.totals() != reported_ && monotonic_ns() >= reported_at_ + kReportEvery) report_totals();
      if (probe_.lost()) throw Error("the collector has gone silent");
    }
  }

 private:
  /// A "quiet" that waits for its answer.
  struct Quiet {
    probe::Command command;
    std::int64_t quiet_ns;
    std::int64_t asked_at;
    std::int64_t give_up_at;
  };

  /// One turn of the forwarder; true if the guest had nothing more to be read.
  bool forward(std::int64_t until_ns) {
    const auto wanted = forwarder_.wanted();
    std::array<pollfd, 3> all = {wanted[0], wanted[1], pollfd{probe_.command_fd(), POLLIN, 0}};
    until_ns = std::min(until_ns, forwarder_.next_due_ns().value_or(until_ns));
    const std::int64_t rest = std::max<std::int64_t>(until_ns - monotonic_ns(), 0);
    const timespec limit{.tv_sec = rest / kSecond, .tv_nsec = rest % kSecond};
    if (::ppoll(all.data(), all.size(), &limit, nullptr) < 0 && errno != EINTR)
      throw errno_error("waiting for frames");
    const bool drained =
        forwarder_.from_guest_empty() && (all[0].revents & (POLLIN | POLLHUP | POLLERR)) == 0;
    forwarder_.work({all[0], all[1]});
    return drained;
  }

  /// When there is something to do even if nothing comes.
  [[nodiscard]] std::int64_t deadline_ns() const {
    std::int64_t until = monotonic_ns() + kReportEvery;
    if (forwarder_.totals() != reported_) until = std::min(until, reported_at_ + kReportEvery);
    for (const Quiet& quiet : quiet_)
      until = std::min({until, quiet.give_up_at, quiet_since(quiet) + quiet.quiet_ns});
    return until;
  }

  void obey() {
    while (const std::optional<probe::Command> command = probe_.take_command()) {
      try {
        obey(*command);
      } catch (const CommandError& error) {
        probe_.done(*command, error.what());
      }
      if (finished_) return;
    }
  }

  /// What the harness asked cannot be done; the wire goes on.
  struct CommandError : std::runtime_error {
    using std::runtime_error::runtime_error;
  };

  template <typename Read>
  static auto argument(Read read, const probe::Command& command, const char* key) {
    try {
      return read(command.arguments, key);
    } catch (const Error& error) {
      throw CommandError(command.name + ": " + error.what());
    }
  }

  void obey(const probe::Command& command) {
    if (command.name == "link") {
      set_link(command);
    } else if (command.name == "condition") {
      set_condition(command);
    } else if (command.name == "totals") {
      probe_.done(command, {}, totals_result());
    } else if (command.name == "quiet") {
      const std::int64_t now = monotonic_ns();
      quiet_.push_back({command, argument(int_member, command, "quiet_ns"), now,
                        now + argument(int_member, command, "limit_ns")});
    } else if (command.name == "finish") {
      finish(command);
    } else {
      throw CommandError("the wire knows no command '" + printable(command.name) + "'");
    }
  }

  void set_link(const probe::Command& command) {
    const bool up = argument(bool_member, command, "up");
    forwarder_.set_link(up);
    probe_.report(kLink, {{"up", up}});
    probe_.done(command);
  }

  static std::int64_t amount(const probe::Command& command, const char* key, std::int64_t most) {
    const std::int64_t value = argument(int_member, command, key);
    if (value < 0 || value > most) throw CommandError(command.name + ": '" + key + "' is out of range");
    return value;
  }

  void set_condition(const probe::Command& command) {
    const Condition condition{
        .delay_ns = amount(command, "delay_ns", kLongestDelay),
        .loss_ppm = static_cast<std::uint32_t>(amount(command, "loss_ppm", 1'000'000)),
        .rate_bit_s = static_cast<std::uint64_t>(amount(command, "rate_bit_s", kFastest)),
        .seed = static_cast<std::uint64_t>(argument(int_member, command, "seed"))};
    forwarder_.set_condition(condition);
    probe_.report(kCondition, {{"delay_ns", condition.delay_ns},
                               {"loss_ppm", condition.loss_ppm},
                               {"rate_bit_s", condition.rate_bit_s},
                               {"seed", static_cast<std::int64_t>(condition.seed)}});
    probe_.done(command);
  }

  [[nodiscard]] Json totals_result() const {
    Json result = to_json(forwarder_.totals());
    result["last_sent_mono_ns"] = forwarder_.totals().last_sent_mono_ns;
    result["last_active_mono_ns"] = forwarder_.totals().last_active_mono_ns;
    return result;
  }

  [[nodiscard]] std::int64_t quiet_since(const Quiet& quiet) const {
    return std::max({quiet.asked_at, forwarder_.totals().last_active_mono_ns, forwarder_.last_arrival_ns()});
  }

  /// Frames that wait to be read, or are on their way, are not silence.
  void answer_quiet(bool drained) {
    const std::int64_t now = monotonic_ns();
    std::erase_if(quiet_, [&](const Quiet& quiet) {
      const bool is_quiet =
          drained && forwarder_.on_the_way() == 0 && now - quiet_since(quiet) >= quiet.quiet_ns;
      if (!is_quiet && now < quiet.give_up_at) return false;
      probe_.done(quiet.command, {}, {{"quiet", is_quiet}});
      return true;
    });
  }

  void report_totals() {
    reported_ = forwarder_.totals();
    reported_at_ = monotonic_ns();
    probe_.report(kTotals, to_json(reported_));
  }

  void finish(const probe::Command& command) {
    const std::int64_t limit = monotonic_ns() + kDrainLimit;
    while (!forward(0) && monotonic_ns() < limit) continue;
    forwarder_.give_up();
    capture_.sync();
    report_totals();
    probe_.done(command, {}, totals_result());
    if (!probe_.finish()) throw Error("the collector did not confirm the end");
    finished_ = true;
  }

  CaptureFile capture_;
  Forwarder forwarder_;
  probe::Probe probe_;
  Totals reported_;
  std::int64_t reported_at_ = 0;
  std::vector<Quiet> quiet_;
  bool finished_ = false;
};

}  // namespace

void serve(const ServiceSettings& settings) {
  const int flags = ::fcntl(settings.tap_fd, F_GETFL);
  if (flags < 0 || ::fcntl(settings.tap_fd, F_SETFL, flags | O_NONBLOCK) != 0)
    throw errno_error("using the tap's descriptor");
  Service(settings).run();
}

}  // namespace candor::wire
