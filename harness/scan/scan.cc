// SPDX-License-Identifier: Apache-2.0
#include "scan/scan.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "capture/capture_file.h"
#include "capture/keylog.h"
#include "scan/tls_opener.h"

namespace candor::scan {

namespace fs = std::filesystem;

namespace {

constexpr const char* kStandardInput = "-";

class Scan {
 public:
  Scan(const ScanRequest& request, const Recogniser& recognise) : request_(request), recognise_(recognise) {}

  ScanFinding scan() {
    check();
    for (const std::string& name : request_.files) {
      std::error_code ignored;
      if (name != kStandardInput && fs::is_directory(name, ignored)) {
        walk(name);
      } else {
        file(name);
      }
    }
    return std::move(finding_);
  }

 private:
  void check() const {
    if (std::count(request_.files.begin(), request_.files.end(), kStandardInput) > 1)
      throw Error("standard input can be read only once", Fault::input);
    if (!request_.keylog) return;
    try {
      if (capture::read_keylog(read_text(*request_.keylog)).secrets == 0)
        throw Error(printable(request_.keylog->string(), 1000) +
                    " holds no TLS secrets: lines 'LABEL RANDOM SECRET' were expected");
    } catch (const Error& error) {
      throw Error(error.what(), Fault::input);
    }
  }

  void failed(const std::string& name, const std::string& problem) {
    finding_.files.push_back({.file = name, .problem = problem});
  }

  /// Files in the order of their names, so that equal folders give equal findings.
  void walk(const fs::path& folder) {
    std::vector<fs::path> entries;
    try {
      for (const fs::directory_entry& entry : fs::directory_iterator(folder)) entries.push_back(entry.path());
    } catch (const std::exception& error) {
      return failed(folder.string(), error.what());
    }
    std::sort(entries.begin(), entries.end());
    for (const fs::path& entry : entries) {
      std::error_code error;
      const bool link = fs::is_symlink(entry, error);
      const fs::file_status status = fs::status(entry, error);
      if (fs::is_regular_file(status)) {
        file(entry.string());
      } else if (fs::is_directory(status) && !link) {
        walk(entry);
      } else {
        failed(entry.string(), fs::is_directory(status) ? "a link to a folder, which is not followed"
                               : fs::exists(status)     ? "neither a file nor a folder"
                                                        : "a link to nothing");
      }
    }
  }

  void file(const std::string& name) {
    request_.on_file(name);
    try {
      const PrivateCopy copy =
          name == kStandardInput ? PrivateCopy::of_descriptor(STDIN_FILENO, "standard input", request_.copies)
                                 : PrivateCopy::of_file(name, request_.copies);
      content(name, copy.bytes());
    } catch (const std::exception& error) {
      failed(name, error.what());
    }
  }

  void content(const std::string& name, ByteView bytes) {
    FileFinding found{.file = name, .bytes = bytes.size()};
    Surfaces surfaces(recognise_, request_.surfaces, found, finding_.coverage);
    const capture::CaptureFormat format = capture::capture_format(bytes);
    if (format != capture::CaptureFormat::none) {
      capture(bytes, surfaces, found);
    } else if (const auto unpacked = unpack_capture(bytes, request_.unpacked, request_.copies)) {
      found.bytes = unpacked->copy.bytes().size();
      capture(unpacked->copy.bytes(), surfaces, found);
      found.format += " in gzip";
      if (!unpacked->problem.empty())
        found.problem = unpacked->problem + (found.problem.empty() ? "" : "; " + found.problem);
    } else {
      found.format = text(format);
      surfaces.search("the file", bytes);
    }
    finding_.files.push_back(std::move(found));
  }

  void capture(ByteView bytes, Surfaces& surfaces, FileFinding& found) {
    found.format = text(capture::capture_format(bytes));
    RequestHeads heads(surfaces, request_.as_it_stands);
    const CaptureFinding in_capture =
        scan_capture(bytes, surfaces, found, heads, request_.captures, request_.as_it_stands);
    open_tls(bytes, in_capture.tls, {.keylog = request_.keylog, .in_capture = in_capture.secrets}, surfaces,
             heads);
    heads.finish();
  }

  const ScanRequest& request_;
  const Recogniser& recognise_;
  ScanFinding finding_;
};

}  // namespace

ScanFinding scan(const ScanRequest& request, const Recogniser& recognise) {
  return Scan(request, recognise).scan();
}

}  // namespace candor::scan
