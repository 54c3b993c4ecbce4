// SPDX-License-Identifier: Apache-2.0
#include "run/guest_commands.h"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/clock.h"
#include "base/error.h"
#include "base/process.h"
#include "image/adapter.h"

namespace candor::run {

namespace {

std::chrono::milliseconds to_ms(std::int64_t ns) { return std::chrono::milliseconds(ns / 1'000'000); }

std::string said(const guest::ExecResult& result) {
  std::string text = result.error.empty() ? result.output : result.error;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return printable(std::string_view(text).substr(text.size() - std::min<std::size_t>(text.size(), 600)), 800);
}

CommandOutcome outcome_of(const std::vector<std::string>& argv, const guest::ExecResult& result, bool ok) {
  CommandOutcome outcome{.done = ok, .detail = {}, .output = result.output};
  if (!ok) {
    outcome.detail = shell_quoted(argv) + ": " + result.text();
    if (const std::string words = said(result); !words.empty()) outcome.detail += ": " + words;
  }
  return outcome;
}

}  // namespace

asio::awaitable<CommandOutcome> run_verb(guest::Agent& agent, const model::Product& product, std::string verb,
                                         Placeholders values) {
  const auto commands = product.verbs.find(verb);
  if (commands == product.verbs.end())
    co_return CommandOutcome{
        .done = false, .detail = "the product adapter has no '" + verb + "'", .output = {}};
  CommandOutcome outcome{.done = true, .detail = {}, .output = {}};
  for (const model::GuestCommand& command : commands->second) {
    guest::ExecRequest request;
    request.argv = image::fill_in(command.argv, values);
    request.timeout = to_ms(command.timeout_ns);
    const std::vector<std::string> argv = request.argv;
    const guest::ExecResult result = co_await agent.exec(std::move(request));
    const bool ok =
        result.signal == 0 && !result.timed_out &&
        std::find(command.ok_codes.begin(), command.ok_codes.end(), result.code) != command.ok_codes.end();
    const std::string before = std::move(outcome.output);
    outcome = outcome_of(argv, result, ok);
    outcome.output = before + outcome.output;
    if (!ok) co_return outcome;
  }
  co_return outcome;
}

asio::awaitable<CommandOutcome> wait_ready(guest::Agent& agent, const model::Product& product) {
  const std::int64_t deadline = monotonic_ns() + product.ready_timeout_ns;
  asio::steady_timer pause(co_await asio::this_coro::executor);
  for (;;) {
    CommandOutcome outcome = co_await run_verb(agent, product, "ready");
    if (outcome.done) co_return outcome;
    if (monotonic_ns() > deadline) {
      outcome.detail = "not ready within " + std::to_string(product.ready_timeout_ns / 1'000'000'000) +
                       " s; last: " + outcome.detail;
      co_return outcome;
    }
    pause.expires_after(std::chrono::milliseconds(200));  // a guest's readiness raises no event on the host
    co_await pause.async_wait(asio::use_awaitable);
  }
}

asio::awaitable<CommandOutcome> run_script(guest::Agent& agent, std::string script,
                                           std::vector<std::string> arguments,
                                           std::chrono::milliseconds timeout) {
  guest::ExecRequest request;
  request.argv = {"/bin/sh", "-euc", std::move(script), "sh"};
  request.argv.insert(request.argv.end(), arguments.begin(), arguments.end());
  request.timeout = timeout;
  const guest::ExecResult result = co_await agent.exec(std::move(request));
  std::vector<std::string> shown = {"sh"};
  shown.insert(shown.end(), arguments.begin(), arguments.end());
  co_return outcome_of(shown, result, result.ok());
}

asio::awaitable<CommandOutcome> put_files(guest::Agent& agent,
                                          std::vector<std::pair<std::string, Bytes>> files) {
  // The agent writes beside the file system a product watches, and one cp makes each file appear as a program
  // that saves a document would: no product sees the agent's chunks. A folder that is missing belongs to the
  // owner of the nearest one that is there.
  static const std::string place = R"(
    n=0
    for f do
      n=$((n + 1)); d=${f%/*}; p=${d:-/}
      while [ ! -d "$p" ]; do p=${p%/*}; p=${p:-/}; done
      o=$(stat -c %u:%g "$p"); mkdir -p "$d"
      while [ "$d" != "$p" ] && [ -n "$d" ]; do chown "$o" "$d"; d=${d%/*}; done
      cp "/run/candor-stage-$n" "$f"; chown "$o" "$f"; chmod 644 "$f"; rm "/run/candor-stage-$n"
    done)";
  std::vector<std::string> paths;
  for (const auto& [path, content] : files) {
    paths.push_back(path);
    std::string stage = "/run/candor-stage-" + std::to_string(paths.size());
    co_await agent.write_file(std::move(stage), content);
  }
  co_return co_await run_script(agent, place, paths);
}

}  // namespace candor::run
