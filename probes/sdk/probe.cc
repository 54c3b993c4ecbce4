// SPDX-License-Identifier: Apache-2.0
#include "candor/probe.h"

#include <cstdlib>

#include "base/error.h"
#include "sdk/session.h"

namespace candor::probe {

std::string collector_from_environment() {
  const char* const endpoint = std::getenv(kCollectorVariable);
  if (endpoint == nullptr || *endpoint == '\0')
    throw Error(std::string("no collector: ") + kCollectorVariable +
                " is not set; Candor sets it for probes it starts");
  return endpoint;
}

struct Probe::State : Session {
  using Session::Session;
};

Probe::Probe(Settings settings, std::chrono::milliseconds timeout)
    : state_(std::make_unique<State>(std::move(settings), timeout)) {}

Probe::~Probe() = default;

void Probe::report(const std::string& type, Json data) { state_->report(type, data, {}); }

void Probe::report_blob(const std::string& type, const Json& data, const std::string& id,
                        std::string_view bytes, About about, bool last) {
  state_->report_blob(type, data, id, bytes, about, last);
}

void Probe::count_dropped(std::uint64_t events) { state_->count_dropped(events); }

int Probe::command_fd() const { return state_->command_fd(); }

std::optional<Command> Probe::take_command() { return state_->take_command(); }

std::optional<Command> Probe::wait_command(std::chrono::milliseconds timeout) {
  return state_->wait_command(timeout);
}

void Probe::done(const Command& command, const std::string& error, Json result) {
  state_->done(command.id, error, result);
}

bool Probe::finish(std::chrono::milliseconds timeout) { return state_->finish(timeout); }

std::string Probe::work_and_finish(const std::function<void()>& work) {
  std::string problem;
  try {
    work();
  } catch (const std::exception& error) {
    problem = *error.what() == '\0' ? "it failed without saying why" : error.what();
  }
  for (;;) {
    const auto command = wait_command(std::chrono::seconds(60));
    if (!command) throw std::runtime_error("nobody asked it to finish");
    if (command->name == "finish") {
      if (problem.empty() && !finish()) throw std::runtime_error("the collector does not take its end");
      if (!problem.empty()) done(*command, problem);
      return problem;
    }
    done(*command, "it knows no command but 'finish'");
  }
}

bool Probe::lost() const { return state_->lost(); }

}  // namespace candor::probe
