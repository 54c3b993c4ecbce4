// SPDX-License-Identifier: Apache-2.0
//
// candor-usb-probe: what was written to the run's USB sticks. It is started when the guest is no more, and is
// told by $CANDOR_AFTER_RUN where the sticks' images lie and which files the harness itself put there
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
#include "usb/stick_files.h"

namespace candor::usb {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kAllMost = 256U << 20;  // bytes handed over of all sticks
constexpr const char* kFileEvent = "usb.file/1";
constexpr const char* kSpaceEvent = "usb.free-space/1";
constexpr const char* kNamesEvent = "usb.names/1";
constexpr const char* kSummaryEvent = "usb.summary/1";
constexpr std::size_t kTaskLimit = 16U << 20;

struct Stick {
  std::string name;
  std::string mounted_at;
  fs::path image;
  fs::path before;
  std::set<std::string> planted;  ///< Paths in the guest.
};

std::vector<Stick> read_task() {
  const char* const file = std::getenv("CANDOR_AFTER_RUN");
  if (file == nullptr) throw Error("CANDOR_AFTER_RUN is not set");
  const Json json = parse_json(read_text(file, kTaskLimit), {.bytes = kTaskLimit, .depth = 8});
  std::vector<Stick> sticks;
  for (const Json& each : member(json, "sticks")) {
    Stick stick{.name = string_member(each, "name"),
                .mounted_at = string_member(each, "mounted_at"),
                .image = string_member(each, "image"),
                .before = string_member(each, "before"),
                .planted = {}};
    for (const Json& path : member(json, "planted"))
      if (path.get<std::string>().starts_with(stick.mounted_at + "/"))
        stick.planted.insert(path.get<std::string>());
    sticks.push_back(std::move(stick));
  }
  return sticks;
}

class Reader {
 public:
  explicit Reader(probe::Probe& probe) : probe_(probe) {}

  void work(const Stick& stick) {
    StickFiles reader(stick.image, stick.before);
    const std::vector<StickFile> files = reader.files();
    for (std::size_t i = 0; i < files.size(); ++i)
      hand_over(stick, reader, files[i], stick.name + "-" + std::to_string(i));
    hand_over_names(stick, reader);
    const std::uint64_t free = hand_over_free_space(stick, reader);
    probe_.count_dropped(reader.broken());
    probe_.report(kSummaryEvent, {{"stick", stick.name},
                                  {"files", files.size()},
                                  {"changed_bytes", reader.changed_bytes()},
                                  {"free_space_bytes", free}});
  }

 private:
  void hand_over(const Stick& stick, StickFiles& reader, const StickFile& file, const std::string& id) {
    const std::string path = stick.mounted_at + file.path;
    const bool planted = stick.planted.contains(path);
    const std::uint64_t limit = take_of_budget(file.size);
    const Json data = {{"stick", stick.name},     {"path", printable(path, 4096)},
                       {"bytes", file.size},      {"modified_s", std::max<std::int64_t>(0, file.modified_s)},
                       {"deleted", file.deleted}, {"planted", planted}};
    reader.read(file, limit, [&](ByteView bytes, bool last) {
      probe_.report_blob(kFileEvent, data, id, as_text(bytes),
                         planted ? probe::About::seen : probe::About::kept, last);
    });
  }

  /// A name says something, whatever the file holds; where documents were put, their own stand there.
  void hand_over_names(const Stick& stick, const StickFiles& reader) {
    if (reader.names().empty()) return;
    probe_.report_blob(
        kNamesEvent,
        {{"stick", stick.name}, {"path", stick.mounted_at + " (names)"}, {"planted", !stick.planted.empty()}},
        stick.name + "-names", reader.names(),
        stick.planted.empty() ? probe::About::kept : probe::About::seen, true);
  }

  /// Where documents were put, what they left behind when they were changed or deleted lies in free space and
  /// tells nothing.
  std::uint64_t hand_over_free_space(const Stick& stick, StickFiles& reader) {
    const bool planted = !stick.planted.empty();
    const Json data = {
        {"stick", stick.name}, {"path", stick.mounted_at + " (where no file is)"}, {"planted", planted}};
    const std::uint64_t all = reader.read_free_space(left_, [&](ByteView bytes, bool last) {
      probe_.report_blob(kSpaceEvent, data, stick.name + "-free", as_text(bytes),
                         planted ? probe::About::seen : probe::About::kept, last);
    });
    take_of_budget(all);
    return all;
  }

  std::uint64_t take_of_budget(std::uint64_t bytes) {
    const std::uint64_t taken = std::min(bytes, left_);
    if (taken < bytes) probe_.count_dropped(1);
    left_ -= taken;
    return taken;
  }

  probe::Probe& probe_;
  std::uint64_t left_ = kAllMost;
};

void serve() {
  probe::Probe probe({.collector = probe::collector_from_environment(),
                      .name = "usb",
                      .version = "1",
                      .event_types = {kFileEvent, kSpaceEvent, kNamesEvent, kSummaryEvent}});
  const std::string problem = probe.work_and_finish([&] {
    Reader reader(probe);
    for (const Stick& stick : read_task()) reader.work(stick);
  });
  if (!problem.empty()) std::fprintf(stderr, "candor-usb-probe: %s\n", problem.c_str());
}

}  // namespace
}  // namespace candor::usb

int main() {
  try {
    candor::usb::serve();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "candor-usb-probe: %s\n", error.what());
    return 2;
  }
}
