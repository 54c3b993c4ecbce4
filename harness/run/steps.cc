// SPDX-License-Identifier: Apache-2.0
#include "run/steps.h"

#include <algorithm>
#include <set>

#include "base/clock.h"
#include "base/error.h"
#include "document/identity.h"
#include "model/event.h"

namespace candor::run {

using model::Step;
using model::Verb;
using std::chrono::steady_clock;

namespace {

constexpr std::int64_t kDefaultWait = 60'000'000'000;
constexpr std::chrono::milliseconds kAskAgain{200};

CommandOutcome done() { return {.done = true, .detail = {}, .output = {}}; }
CommandOutcome failed(std::string detail) {
  return {.done = false, .detail = std::move(detail), .output = {}};
}

collect::Deadline after_ns(std::int64_t ns) { return steady_clock::now() + std::chrono::nanoseconds(ns); }

std::string folder_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

/// What may be added to the end of a document so that it stays readable: a line's end, in its charset.
std::string harmless_end(const document::Planted& file) {
  static const std::set<std::string> kTakesALine = {"txt", "csv", "html", "rtf", "eml"};
  if (!kTakesALine.contains(file.document.format)) return "";
  const bool utf16 = as_text(file.content).starts_with("\xff\xfe");
  return utf16 ? std::string("\n\0", 2) : "\n";
}

}  // namespace

StepRunner::StepRunner(Session& session, const model::Scenario& scenario, const model::Product& product,
                       const Documents& documents, const Progress& progress)
    : session_(session), scenario_(scenario), product_(product), documents_(documents), progress_(progress) {}

int StepRunner::controls_needed(const model::Scenario& scenario) {
  const auto written = std::count_if(scenario.steps.begin(), scenario.steps.end(),
                                     [](const Step& step) { return step.verb == Verb::control; });
  return 2 + static_cast<int>(written);
}

asio::awaitable<void> StepRunner::run_all() {
  for (std::size_t index = 0; index < scenario_.steps.size(); ++index) {
    const Step& step = scenario_.steps[index];
    if (!session_.broken().empty()) co_return;
    progress_.status("step " + std::to_string(index + 1) + "/" + std::to_string(scenario_.steps.size()) +
                     "  " + step.text);
    const std::int64_t started = monotonic_ns();
    const Outcome outcome = co_await attempt(step);
    report(index, step, outcome, started);
  }
}

void StepRunner::report(std::size_t index, const Step& step, const Outcome& outcome,
                        std::int64_t started_ns) {
  const std::int64_t ended_ns = monotonic_ns();
  session_.collector().record(model::event::kStep, {{"index", index},
                                                    {"verb", model::text(step.verb)},
                                                    {"text", step.text},
                                                    {"line", step.line},
                                                    {"outcome", outcome.done ? "done" : "failed"},
                                                    {"detail", outcome.detail},
                                                    {"output", printable(outcome.output, 4000)},
                                                    {"started_ns", started_ns},
                                                    {"ended_ns", ended_ns}});
  const double seconds = static_cast<double>(ended_ns - started_ns) / 1e9;
  std::string time = std::to_string(static_cast<int>(seconds * 10 + 0.5));
  time.insert(time.size() - 1, time.size() == 1 ? "0." : ".");
  progress_.line("step " + std::to_string(index + 1) + "/" + std::to_string(scenario_.steps.size()) + "  " +
                 step.text + "  " + (outcome.done ? "done" : "FAILED") + " " + time + " s" +
                 (outcome.done ? "" : ": " + outcome.detail));
}

asio::awaitable<CommandOutcome> StepRunner::attempt(const Step& step) {
  std::string problem;
  try {
    Outcome outcome = co_await perform(step);
    if (session_.broken().empty()) co_return outcome;
  } catch (const Error& error) {
    problem = error.what();
  }
  // A guest that was killed with its session answers nothing; the session's own reason says more.
  if (!session_.broken().empty()) problem = session_.broken();
  co_return failed(problem);
}

asio::awaitable<CommandOutcome> StepRunner::perform(const Step& step) {
  switch (step.verb) {
    case Verb::plant:
      co_return co_await plant(step);
    case Verb::open:
      co_return co_await open(step);
    case Verb::edit:
      co_return co_await edit(step);
    case Verb::copy:
      co_return co_await copy(step);
    case Verb::archive:
      co_return co_await archive(step);
    case Verb::erase:
      co_return co_await erase(step);
    case Verb::offline:
      co_return co_await offline(step);
    case Verb::online: {
      co_await session_.set_link(true);
      co_return done();
    }
    case Verb::link: {
      co_await session_.set_condition(step.link);
      co_return done();
    }
    case Verb::idle:
      co_return co_await idle(step);
    case Verb::reboot:
      co_return co_await reboot();
    case Verb::exec:
      co_return co_await exec(step);
    case Verb::wait_for:
      co_return co_await wait_for(step);
    case Verb::control:
      co_return co_await send_control();
    case Verb::cloud: {
      co_await session_.set_cloud(step.values);
      co_return done();
    }
    case Verb::plug:
      co_return co_await plug(step);
    case Verb::unplug:
      co_return co_await session_.sticks().unplug(session_.machine(), session_.agent(), step.stick);
    case Verb::scan: {
      Placeholders values;
      values["path"] = {step.path};
      co_return co_await run_verb(session_.agent(), product_, "scan", std::move(values));
    }
    case Verb::update:
    case Verb::enable:
    case Verb::disable:
      co_return co_await run_verb(session_.agent(), product_, model::text(step.verb));
  }
  co_return failed("this verb is not known");
}

std::vector<const document::Planted*> StepRunner::files_of(const Step& step) const {
  std::vector<const document::Planted*> files;
  for (const std::string& id : step.documents)
    for (const document::Planted& file : documents_.planted)
      if (file.document.spec == id) files.push_back(&file);
  return files;
}

std::vector<std::string> StepRunner::paths_of(const Step& step) const {
  std::vector<std::string> paths;
  for (const document::Planted* file : files_of(step)) paths.push_back(file->document.path);
  return paths;
}

asio::awaitable<CommandOutcome> StepRunner::plant(const Step& step) {
  std::vector<std::pair<std::string, Bytes>> files;
  for (const document::Planted* file : files_of(step)) files.emplace_back(file->document.path, file->content);
  Outcome outcome = co_await put_files(session_.agent(), std::move(files));
  if (!outcome.done) co_return outcome;
  // A guest or file system without extended attributes is no failure: their canaries just stand nowhere.
  const Outcome attributes = co_await set_attributes(step);
  if (!attributes.done) outcome.detail = "the extended attributes could not be set: " + attributes.detail;
  co_return outcome;
}

asio::awaitable<CommandOutcome> StepRunner::set_attributes(const Step& step) {
  std::vector<std::string> arguments;
  for (const document::Planted* file : files_of(step))
    for (const auto& [name, value] : file->document.attributes)
      arguments.insert(arguments.end(), {name, value, file->document.path});
  if (arguments.empty()) co_return done();
  co_return co_await run_script(session_.agent(),
                                R"(while [ $# -gt 0 ]; do setfattr -n "$1" -v "$2" -- "$3"; shift 3; done)",
                                std::move(arguments));
}

asio::awaitable<CommandOutcome> StepRunner::open(const Step& step) {
  for (const std::string& path : paths_of(step)) {
    Placeholders values;
    values["path"] = {path};
    values["user"] = {document::identity_of(documents_.manifest, document::kUser)};
    Outcome outcome = co_await run_verb(session_.agent(), product_, "open", std::move(values));
    if (!outcome.done) co_return outcome;
  }
  co_return done();
}

asio::awaitable<CommandOutcome> StepRunner::edit(const Step& step) {
  std::vector<std::pair<std::string, Bytes>> files;
  for (const document::Planted* file : files_of(step)) {
    Bytes content = file->content;
    for (const char byte : harmless_end(*file)) content.push_back(static_cast<std::uint8_t>(byte));
    files.emplace_back(file->document.path, std::move(content));
  }
  co_return co_await put_files(session_.agent(), std::move(files));
}

asio::awaitable<CommandOutcome> StepRunner::copy(const Step& step) {
  std::vector<std::string> arguments = paths_of(step);
  arguments.insert(arguments.begin(), step.path);
  co_return co_await run_script(session_.agent(), R"(to=$1; shift; mkdir -p "$to"; cp -p "$@" "$to/")",
                                std::move(arguments));
}

asio::awaitable<CommandOutcome> StepRunner::archive(const Step& step) {
  std::vector<std::string> folder = {folder_of(step.path)};
  const Outcome made = co_await run_script(session_.agent(), R"(mkdir -p "$1")", std::move(folder));
  if (!made.done) co_return made;
  Placeholders values;
  values["file"] = {step.path};
  values["paths"] = paths_of(step);
  values["user"] = {document::identity_of(documents_.manifest, document::kUser)};
  co_return co_await run_verb(session_.agent(), product_, "archive", std::move(values));
}

asio::awaitable<CommandOutcome> StepRunner::erase(const Step& step) {
  co_return co_await run_script(session_.agent(), R"(rm -- "$@")", paths_of(step));
}

asio::awaitable<CommandOutcome> StepRunner::offline(const Step& step) {
  co_await session_.set_link(false);
  if (step.duration_ns == 0) co_return done();
  const std::chrono::nanoseconds time(step.duration_ns);
  const bool whole = co_await session_.pause(time);
  if (!whole) co_return failed(session_.broken());
  co_await session_.set_link(true);
  co_return done();
}

asio::awaitable<CommandOutcome> StepRunner::idle(const Step& step) {
  const std::chrono::nanoseconds time(step.duration_ns);
  const bool whole = co_await session_.pause(time);
  co_return whole ? done() : failed(session_.broken());
}

asio::awaitable<CommandOutcome> StepRunner::plug(const Step& step) {
  const std::string user = document::identity_of(documents_.manifest, document::kUser);
  co_return co_await session_.sticks().plug(session_.machine(), session_.agent(), step.stick, user);
}

asio::awaitable<CommandOutcome> StepRunner::reboot() {
  vm::Qmp::Events events = session_.machine().events();
  co_await session_.agent().reboot();
  std::vector<std::string> names = {"RESET"};
  const auto reset = co_await events.next_of(std::move(names), std::chrono::minutes(3));
  if (!reset) co_return failed("the guest did not restart within 3 minutes");
  co_await session_.agent().wait_until_answers(std::chrono::minutes(4));
  co_await session_.restart_guest_probes();
  const std::string user = document::identity_of(documents_.manifest, document::kUser);
  const Outcome mounted = co_await session_.sticks().mount_again(session_.agent(), user);
  if (!mounted.done) co_return mounted;
  co_return co_await wait_ready(session_.agent(), product_);
}

asio::awaitable<CommandOutcome> StepRunner::exec(const Step& step) {
  guest::ExecRequest request;
  request.argv = step.command;
  const std::int64_t limit = step.duration_ns > 0 ? step.duration_ns : kDefaultWait;
  request.timeout = std::chrono::milliseconds(limit / 1'000'000);
  const guest::ExecResult result = co_await session_.agent().exec(std::move(request));
  Outcome outcome{.done = result.ok() || (step.may_fail && !result.timed_out),
                  .detail = result.text(),
                  .output = result.output};
  if (!result.error.empty()) outcome.detail += ": " + printable(result.error, 600);
  co_return outcome;
}

asio::awaitable<CommandOutcome> StepRunner::wait_for(const Step& step) {
  const std::int64_t limit = step.duration_ns > 0 ? step.duration_ns : kDefaultWait;
  if (!step.host.empty()) {
    const std::string host = step.host;
    const auto to_host = [host](const model::Event& event) {
      if (event.data.value("name", std::string()) == host) return true;
      const auto tls = event.data.find("tls");
      return tls != event.data.end() && tls->is_object() && tls->value("server_name", std::string()) == host;
    };
    const auto seen =
        co_await session_.collector().wait_event(model::event::kStream, to_host, after_ns(limit));
    co_return seen ? done() : failed("nothing was sent to " + host + " in time");
  }
  std::vector<std::string> argv = step.command;
  if (argv.empty()) argv = {"/usr/bin/test", "-e", step.path};
  co_return co_await repeat_until(std::move(argv), monotonic_ns() + limit);
}

asio::awaitable<CommandOutcome> StepRunner::repeat_until(std::vector<std::string> argv,
                                                         std::int64_t deadline_ns) {
  for (;;) {
    guest::ExecRequest request;
    request.argv = argv;
    const guest::ExecResult result = co_await session_.agent().exec(std::move(request));
    if (result.ok()) co_return done();
    if (monotonic_ns() > deadline_ns) co_return failed("not so within its time; last: " + result.text());
    // A condition inside the guest raises no event on the host.
    const bool whole = co_await session_.pause(kAskAgain);
    if (!whole) co_return failed(session_.broken());
  }
}

asio::awaitable<CommandOutcome> StepRunner::send_control() {
  if (next_control_ >= documents_.controls.size()) co_return failed("no control document is left");
  const document::Planted& control = documents_.controls[next_control_++];
  const std::string host = "control-" + std::to_string(next_control_) + ".candor-control.example";
  const std::string url = "https://" + host + "/control";
  std::vector<std::pair<std::string, Bytes>> files;
  files.emplace_back(control.document.path, control.content);
  // Before anything is sent: a control whose run broke off half-way must not look like a leak.
  report_control(control, host, failed("the sender in the guest did not come to its end"));
  Outcome outcome = co_await put_files(session_.agent(), std::move(files));
  if (outcome.done) {
    Placeholders values;
    values["file"] = {control.document.path};
    values["host"] = {host};
    values["url"] = {url};
    outcome = co_await run_verb(session_.agent(), product_, "control", std::move(values));
  }
  report_control(control, host, outcome);
  co_return outcome;
}

void StepRunner::report_control(const document::Planted& control, const std::string& host,
                                const Outcome& outcome) {
  session_.collector().record(
      model::event::kControl,
      {{"document", control.document.id}, {"host", host}, {"ok", outcome.done}, {"detail", outcome.detail}});
}

}  // namespace candor::run
