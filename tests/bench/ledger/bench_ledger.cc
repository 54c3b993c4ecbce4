// SPDX-License-Identifier: Apache-2.0
//
// What the ledger understands: of every run folder that is named, or of the suite's clients, each of which
// delivers a document to the simulated internet. For each: bytes sent, the share of them understood, why the
// rest is not; and whether the entries add up to what tshark counts in the same capture. Exits with 1 if any
// do not.
//
// usage: bench_ledger [RUN-FOLDER…]
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "client_runs.h"
#include "judge/ledger.h"
#include "run/evidence.h"
#include "run/folder.h"
#include "world.h"

namespace candor::bench {

namespace {

struct Sums {
  std::uint64_t sent = 0;
  std::uint64_t understood = 0;
  std::uint64_t tshark = 0;
  double seconds = 0;
  bool equal = true;
};

/// Bytes of all frames that the guest sent.
std::uint64_t tshark_sum(const std::filesystem::path& capture) {
  const std::string said =
      must_run({.name = "tshark",
                .argv = {"sh", "-c",
                         "tshark -n -r \"$1\" -Y 'frame.packet_flags_direction == 2' -T fields "
                         "-e frame.len | awk '{sum += $1} END {print sum + 0}'",
                         "sh", capture.string()}},
               {}, std::chrono::seconds(300));
  return std::stoull(said);
}

std::string reasons(const model::LedgerTotals& totals) {
  std::string text;
  for (std::size_t i = 0; i < totals.opaque_by.size(); ++i)
    if (totals.opaque_by[i] > 0)
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", totals.opaque_by[i],
                          model::text(static_cast<model::OpaqueReason>(i)));
  return text;
}

void add(const std::string& name, const std::filesystem::path& folder, Sums& sums) {
  const run::FolderPaths paths{folder};
  const Stopwatch watch;
  const model::Evidence evidence = run::load_evidence(paths);
  const judge::Ledger ledger = judge::account(evidence);
  sums.seconds += watch.seconds();
  const model::LedgerTotals& totals = ledger.totals;
  const std::uint64_t entries =
      totals.headers + totals.retransmitted + totals.framing + totals.content +
      std::accumulate(totals.opaque_by.begin(), totals.opaque_by.end(), std::uint64_t{0});
  const std::uint64_t counted = tshark_sum(paths.frames());
  const bool equal =
      entries == counted && totals.sent == counted && ledger.problems.empty() && evidence.frames.complete;
  const bool found = std::any_of(evidence.streams.begin(), evidence.streams.end(),
                                 [](const model::Stream& stream) { return !stream.found.hits.empty(); });
  fmt::print("{:<20} {:>9} {:>7.1f} % {:>9} {:>9} {:>9}  {:<5}  {:<8}  {}\n", name, totals.sent,
             totals.sent > 0
                 ? 100.0 * static_cast<double>(totals.understood) / static_cast<double>(totals.sent)
                 : 100.0,
             totals.headers + totals.retransmitted, totals.framing, totals.content, equal ? "equal" : "NOT",
             found ? "found" : "", reasons(totals));
  for (const std::string& problem : ledger.problems) fmt::print("    {}\n", problem);
  if (!evidence.frames.complete) fmt::print("    {}\n", evidence.frames.problem);
  std::fflush(stdout);
  sums.sent += totals.sent;
  sums.understood += totals.understood;
  sums.tshark += counted;
  sums.equal = sums.equal && equal;
}

int measure(const std::vector<std::string>& folders) {
  Sums sums;
  fmt::print("{:<20} {:>9} {:>9} {:>9} {:>9} {:>9}  {:<5}  {:<8}  {}\n", "client", "sent", "understood",
             "headers", "framing", "content", "sums", "document", "opaque");
  for (const std::string& folder : folders)
    add(std::filesystem::path(folder).filename().string(), folder, sums);
  if (folders.empty()) {
    internet_e2e::enter_world();
    for (const Client& client : clients()) {
      const TempDir folder(std::filesystem::temp_directory_path(), "candor-bench-ledger-");
      run_client(client, folder.path());
      add(client.name, folder.path(), sums);
    }
  }
  fmt::print("{:.2f} % understood of all, read and accounted for in {:.1f} s\n",
             100.0 * static_cast<double>(sums.understood) /
                 static_cast<double>(std::max<std::uint64_t>(sums.sent, 1)),
             sums.seconds);
  fmt::print("ledger: {} bytes (tshark {} bytes, ratio {:.3f})\n", sums.sent, sums.tshark,
             static_cast<double>(sums.sent) / static_cast<double>(std::max<std::uint64_t>(sums.tshark, 1)));
  return sums.equal && !testing::Test::HasFailure() ? 0 : 1;
}

}  // namespace

}  // namespace candor::bench

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  try {
    return candor::bench::measure({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    fmt::print(stderr, "bench_ledger: {}\n", candor::printable(error.what(), 2000));
    return 1;
  }
}
