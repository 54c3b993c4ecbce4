// SPDX-License-Identifier: Apache-2.0
//
// What a scan says of files: plain data, its JSON form and its text for people.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "model/document.h"
#include "model/hit.h"

namespace candor::scan {

/// One thing of a planted document in a file.
struct Found {
  std::string where;  ///< "the file", "tcp 10.0.0.1:40000 > 10.0.0.2:80", "dns example.com" …
  std::uint64_t frame =
      0;           ///< Number of the packet it begins in, from 1, as in Wireshark; 0 outside captures.
  model::Hit hit;  ///< Offsets count from the begin of what `where` names.
};

/// Something that could not be looked into.
struct Unsearched {
  std::string where;
  std::string reason;
  std::uint64_t bytes = 0;               ///< Hidden by it; 0 if nobody can know.
  std::uint64_t times = 1;               ///< So often the same was to be said.
  std::vector<model::DecodeStep> chain;  ///< Of the first time.
};

/// Something worth knowing that hides nothing: a contradiction both sides of which were searched.
struct Note {
  std::string where;
  std::string sentence;
};

struct FileFinding {
  std::string file;         ///< As named or walked to.
  std::string format;       ///< "file", "pcap", "pcapng", "pcapng in gzip"; "" if it could not be read.
  std::string problem;      ///< Why it could not be read, or not to its end; or "".
  std::uint64_t bytes = 0;  ///< Of the file, unpacked.
  std::uint64_t packets = 0;
  std::uint64_t searched = 0;  ///< Bytes of all layers of everything searched.
  std::uint64_t opaque = 0;    ///< Bytes no decoder explains: encrypted, or of unknown formats.
  std::vector<Found> hits;
  std::uint64_t more_hits = 0;  ///< Found and not listed.
  std::vector<Unsearched> not_looked_into;
  std::vector<Note> notes;
  [[nodiscard]] bool read() const { return !format.empty(); }
  [[nodiscard]] bool complete() const { return read() && problem.empty() && not_looked_into.empty(); }
};

/// How much of a document's text was found as fragments, in all files together.
struct Covered {
  std::string document;
  std::uint64_t of = 0;
  std::vector<model::Coverage::Part> parts;  ///< Disjoint, ascending.
  [[nodiscard]] std::uint64_t found() const;
};

enum class Answer {
  nothing,  ///< Everything was looked into and nothing found.
  found,
  inconclusive,  ///< Nothing was found where one could look.
  unreadable,    ///< Nothing could be read.
};
[[nodiscard]] const char* text(Answer answer);

struct ScanFinding {
  std::vector<FileFinding> files;
  std::vector<Covered> coverage;
  [[nodiscard]] Answer answer() const;
};

/// Adds what one search says to the documents' coverage.
void add_coverage(std::vector<Covered>& coverage, const std::vector<model::Coverage>& more);

/// The form documented in ARCHITECTURE.md.
[[nodiscard]] Json to_json(const ScanFinding& finding);
/// For people; nothing in it can act on a terminal. `manifest` names the documents' paths.
[[nodiscard]] std::string render_text(const ScanFinding& finding, const model::Manifest& manifest,
                                      bool color);

}  // namespace candor::scan
