// SPDX-License-Identifier: Apache-2.0
#include "sdk/probe.h"

#include "sdk/session.h"

namespace candor::probe {

struct Probe::State : Session {
  using Session::Session;
};

Probe::Probe(Settings settings, std::chrono::milliseconds timeout)
    : state_(std::make_unique<State>(std::move(settings), timeout)) {}

Probe::~Probe() = default;

void Probe::report(const std::string& type, Json data) { state_->report(type, data); }

void Probe::count_dropped(std::uint64_t events) { state_->count_dropped(events); }

int Probe::command_fd() const { return state_->command_fd(); }

std::optional<Command> Probe::take_command() { return state_->take_command(); }

void Probe::done(const Command& command, const std::string& error, Json result) {
  state_->done(command.id, error, result);
}

bool Probe::finish(std::chrono::milliseconds timeout) { return state_->finish(timeout); }

bool Probe::lost() const { return state_->lost(); }

}  // namespace candor::probe
