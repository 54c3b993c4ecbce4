// SPDX-License-Identifier: Apache-2.0
#include "ports/guest_port.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/json.h"

namespace candor::ports {

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kPingEvery = 2 * kSecond;
constexpr int kFirstExchanges = 5;
constexpr int kBadLinesMost = 100;
constexpr int kBadLinesTold = 3;
constexpr const char* kClockEvent = "guest.clock/1";
constexpr const char* kStartEvent = "guest.start/1";

}  // namespace

GuestPort::GuestPort(PortSettings settings, UniqueFd fd)
    : settings_(std::move(settings)), fd_(std::move(fd)) {
  if (fcntl(fd_.get(), F_SETFL, O_NONBLOCK) != 0) throw errno_error("preparing a port");
}

GuestPort::~GuestPort() = default;

void GuestPort::run() {
  heard_ns_ = monotonic_ns();
  while (!over_) {
    wait();
    read_port();
    if (probe_) take_command();
    keep_time();
    end_if_done();
  }
}

void GuestPort::wait() {
  std::array<pollfd, 2> fds{};
  nfds_t count = 0;
  if (open_) fds.at(count++) = {fd_.get(), POLLIN, 0};
  if (probe_) fds.at(count++) = {probe_->command_fd(), POLLIN, 0};
  if (poll(fds.data(), count, 250) < 0 && errno != EINTR) throw errno_error("waiting for a port");
  if (probe_ && probe_->lost()) throw Error("the collector is lost");
}

void GuestPort::read_port() {
  std::array<char, 65536> buffer{};
  if (!open_) return;
  const ssize_t got = read(fd_.get(), buffer.data(), buffer.size());
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    open_ = false;
    return;
  }
  heard_ns_ = monotonic_ns();
  lines_.add({buffer.data(), static_cast<std::size_t>(got)});
  while (const auto line = lines_.next()) take(*line);
  if (lines_.dropped() > 0) note("it said " + std::to_string(lines_.dropped()) + " lines that are too long");
}

void GuestPort::take(const std::string& text) {
  if (bad_lines_ > kBadLinesMost) return;
  try {
    std::visit([this](auto&& line) { take(std::move(line)); }, read_guest_line(text));
  } catch (const Error& error) {
    if (bad_lines_ < kBadLinesTold)
      note("it said what is not in the protocol: " + printable(error.what(), 200));
    if (++bad_lines_ > kBadLinesMost) note("it is not listened to any more");
  }
}

void GuestPort::take(const GuestHello& hello) {
  if (hello.name != settings_.name)
    throw Error("it calls itself '" + printable(hello.name, 40) + "', not '" + settings_.name + "'");
  started_ = ended_ = false;
  exchanges_ = 0;
  events_ = missed_told_ = 0;
  clock_.reset();
  told_.reset();
  ping();
}

void GuestPort::take(const GuestPong& pong) {
  clock_.add(pong.ping, pong.mono_ns, monotonic_ns());
  ++exchanges_;
  if (started_) count_missed(pong.missed);
  if (exchanges_ < kFirstExchanges) return ping();
  if (exchanges_ == kFirstExchanges) return say({{"start", settings_.wishes}});
  tell_clock();
}

void GuestPort::take(const GuestStarted& started) {
  started_ = true;
  if (!probe_)
    probe_ = std::make_unique<probe::Probe>(probe::Settings{.collector = settings_.collector,
                                                            .name = settings_.name,
                                                            .version = "1",
                                                            .event_types = {kClockEvent, kStartEvent}});
  probe_->report(kStartEvent, {{"absent", started.absent}});
  tell_clock();
}

void GuestPort::take(GuestEvent event) {
  if (!started_ || !probe_) throw Error("an event came before it was asked for");
  ++events_;
  if (++all_events_ > settings_.events_most) {
    note("it reported more than " + std::to_string(settings_.events_most) + " events");
    return probe_->count_dropped(1);
  }
  if (const auto clock = clock_.best()) {
    event.data["host_ns"] = event.mono_ns + clock->offset_ns;
    event.data["error_ns"] = clock->error_ns;
  }
  if (!event.blob) return probe_->report(event.type, std::move(event.data));
  probe_->report_blob(event.type, event.data, event.blob->id, as_text(event.blob->bytes), event.blob->about,
                      event.blob->last);
}

void GuestPort::take(const GuestFin& fin) {
  if (!started_) throw Error("an end came before the start");
  ended_ = true;
  count_missed(fin.missed);
  if (fin.events != events_)
    note("it reported " + std::to_string(fin.events) + " events, and " + std::to_string(events_) + " came");
}

void GuestPort::count_missed(std::int64_t missed) {
  if (missed <= missed_told_ || !probe_) return;
  probe_->count_dropped(static_cast<std::uint64_t>(missed - missed_told_));
  missed_told_ = missed;
}

void GuestPort::tell_clock() {
  if (!probe_ || clock_.best() == told_) return;
  told_ = clock_.best();
  probe_->report(kClockEvent, {{"offset_ns", told_->offset_ns}, {"error_ns", told_->error_ns}});
}

void GuestPort::take_command() {
  while (const auto command = probe_->take_command()) {
    if (command->name != "finish") {
      probe_->done(*command, "it knows no command but 'finish'");
      continue;
    }
    finish_ = *command;
    finish_ns_ = monotonic_ns();
    if (!ended_ && open_) say({{"finish", true}});
  }
}

void GuestPort::keep_time() {
  const std::int64_t now = monotonic_ns();
  if (!open_ || exchanges_ < kFirstExchanges || now - pinged_ns_ < kPingEvery) return;
  if (!ended_ && now - heard_ns_ > settings_.silence.count())
    note("the guest's probe was silent for more than " + std::to_string(settings_.silence.count() / kSecond) +
         " s");
  ping();
}

void GuestPort::ping() {
  pinged_ns_ = monotonic_ns();
  say({{"ping", pinged_ns_}});
}

void GuestPort::say(const Json& line) {
  const std::string text = dump_json(line) + "\n";
  // A guest that does not read is no reason to wait: it will be silent, and that is noted.
  const ssize_t put = write(fd_.get(), text.data(), text.size());
  if (put < 0 && errno != EAGAIN && errno != EPIPE) throw errno_error("writing to a port");
  if (put >= 0 && static_cast<std::size_t>(put) < text.size()) note("it does not read what it is told");
}

void GuestPort::note(const std::string& problem) {
  if (problem_.find(problem) != std::string::npos || problem_.size() > 2000) return;
  problem_ += (problem_.empty() ? "" : "; ") + problem;
  std::fprintf(stderr, "%s: %s\n", settings_.name.c_str(), problem.c_str());
}

void GuestPort::end_if_done() {
  if (!finish_) {
    if (!open_ && !probe_) over_ = true;  // it never said hello, and never will
    return;
  }
  const bool late = monotonic_ns() - finish_ns_ > settings_.finish_within.count();
  const bool deaf = bad_lines_ > kBadLinesMost;
  if (!ended_ && open_ && !late && !deaf) return;
  if (!ended_ && !deaf)
    note(open_ ? "the guest's probe does not end when it is asked to"
               : "the guest's probe ended without a word");
  if (!problem_.empty())
    probe_->done(*finish_, problem_);
  else if (!probe_->finish())
    throw Error("the collector does not take its end");
  over_ = true;
}

}  // namespace candor::ports
