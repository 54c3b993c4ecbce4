// SPDX-License-Identifier: Apache-2.0
//
// candor-disk-probe: what the run changed on the guest's disk. It is started when the guest is no more, and
// is told by $CANDOR_AFTER_RUN which images the disk is in and where the harness itself put documents
// (PROTOCOL.md, "After a run"). Everything it reads is the guest's.
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/json.h"
#include "candor/probe.h"
#include "disk/disk_layers.h"
#include "disk/ext_files.h"

namespace candor::disk {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kFileMost = 256U << 20;  // bytes handed over of one file …
constexpr std::uint64_t kAllMost = 1024U << 20;  // … and of all
constexpr const char* kFileEvent = "disk.file/1";
constexpr const char* kSummaryEvent = "disk.summary/1";
constexpr std::size_t kTaskLimit = 16U << 20;

struct Task {
  std::vector<fs::path> images;
  std::set<std::string> planted;
};

Task read_task() {
  const char* const file = std::getenv("CANDOR_AFTER_RUN");
  if (file == nullptr) throw Error("CANDOR_AFTER_RUN is not set");
  const Json json = parse_json(read_text(file, kTaskLimit), {.bytes = kTaskLimit, .depth = 8});
  Task task;
  for (const Json& image : member(json, "disk")) task.images.emplace_back(image.get<std::string>());
  for (const Json& path : member(json, "planted")) task.planted.insert(path.get<std::string>());
  return task;
}

const DiskLayers& below(const DiskLayers& layers) {
  if (layers.below() == nullptr)
    throw Error("the disk has one image alone: nothing tells what the run changed");
  return *layers.below();
}

class Reader {
 public:
  Reader(probe::Probe& probe, const Task& task)
      : probe_(probe),
        task_(task),
        layers_(task.images),
        files_(layers_),
        before_(below(layers_), AtRest::perhaps) {}

  void work() {
    std::vector<FileOnDisk> written;
    std::uint64_t seen = 0;
    files_.visit([&](const FileOnDisk& file) {
      ++seen;
      if (file.written) written.push_back(file);
    });
    for (const FileOnDisk& file : written) hand_over(file);
    probe_.count_dropped(files_.broken());
    probe_.report(
        kSummaryEvent,
        {{"files", seen}, {"changed_files", written.size()}, {"written_bytes", layers_.written_bytes()}});
  }

 private:
  void hand_over(const FileOnDisk& file) {
    const bool planted = task_.planted.contains(file.path);
    const std::uint64_t limit = std::min(kFileMost, left_);
    const Json data = {{"path", printable(file.path, 4096)},
                       {"inode", file.inode},
                       {"bytes", file.size},
                       {"user", file.user},
                       {"mode", file.mode},
                       {"modified_s", std::max<std::int64_t>(0, file.modified_s)},
                       {"fresh", !before_.has(file.path)},
                       {"planted", planted},
                       {"cut", file.size > limit}};
    if (file.size > limit) probe_.count_dropped(1);
    left_ -= std::min(limit, file.size);
    files_.read(file, limit, [&](ByteView bytes, bool last) {
      probe_.report_blob(kFileEvent, data, "inode-" + std::to_string(file.inode), as_text(bytes),
                         planted ? probe::About::seen : probe::About::at_rest, last);
    });
  }

  probe::Probe& probe_;
  const Task& task_;
  DiskLayers layers_;
  ExtFiles files_;
  ExtFiles before_;
  std::uint64_t left_ = kAllMost;
};

void serve() {
  probe::Probe probe({.collector = probe::collector_from_environment(),
                      .name = "disk",
                      .version = "1",
                      .event_types = {kFileEvent, kSummaryEvent}});
  const std::string problem = probe.work_and_finish([&] {
    const Task task = read_task();
    Reader(probe, task).work();
  });
  if (!problem.empty()) std::fprintf(stderr, "candor-disk-probe: %s\n", problem.c_str());
}

}  // namespace
}  // namespace candor::disk

int main() {
  try {
    candor::disk::serve();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "candor-disk-probe: %s\n", error.what());
    return 2;
  }
}
