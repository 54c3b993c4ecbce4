// SPDX-License-Identifier: Apache-2.0
#include "run/folder.h"

#include <unistd.h>

#include <cstdlib>

#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/paths.h"

namespace candor::run {

namespace fs = std::filesystem;

namespace {

constexpr const char* kLockSuffix = ".lock";

void remove_quietly(const fs::path& path) {
  std::error_code ignored;
  fs::remove_all(path, ignored);
}

/// Working folders of a run, from the text in its lock file; nothing if that is not ours.
struct WorkingFolders {
  fs::path vm;
  fs::path sockets;
};

std::optional<WorkingFolders> described(const fs::path& lock) {
  try {
    const Json json = parse_json(read_text(lock, 1U << 16));
    return WorkingFolders{string_member(json, "vm"), string_member(json, "sockets")};
  } catch (const Error&) {
    return std::nullopt;  // its run died before it described itself, and had made nothing yet
  }
}

bool sweep_one(const fs::path& lock_path) {
  const std::optional<FileLock> lock = FileLock::try_acquire(lock_path);
  if (!lock) return false;
  if (const auto folders = described(lock_path)) {
    // Only what a run makes itself is removed, whatever the lock file says.
    if (folders->vm.filename() == "vm") remove_quietly(folders->vm);
    if (folders->sockets.parent_path() == lock_path.parent_path()) remove_quietly(folders->sockets);
  }
  fs::remove(lock_path);
  return true;
}

}  // namespace

fs::path default_runs_dir() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && state[0] == '/') return fs::path(state) / "candor/runs";
  const char* home = std::getenv("HOME");
  if (home == nullptr || home[0] != '/') throw Error("HOME is not set to an absolute path", Fault::input);
  return fs::path(home) / ".local/state/candor/runs";
}

int sweep_dead_runs() {
  int swept = 0;
  for (const auto& entry : fs::directory_iterator(runtime_dir()))
    if (entry.path().extension() == kLockSuffix && sweep_one(entry.path())) ++swept;
  return swept;
}

LiveFolder::LiveFolder(const fs::path& runs, const std::string& id) {
  sweep_dead_runs();
  const fs::path runtime = runtime_dir();
  lock_path_ = runtime / (id + kLockSuffix);
  lock_ = FileLock::try_acquire(lock_path_);
  if (!lock_) throw Error("a run with the id " + id + " is alive already");
  paths_.root = fs::absolute(runs) / id;
  // Short, because the path of a socket holds 107 bytes.
  sockets_ = runtime / sha256_hex(as_bytes(id)).substr(0, 12);
  lock_->describe(
      dump_json({{"pid", ::getpid()}, {"vm", paths_.vm().string()}, {"sockets", sockets_.string()}}));
  if (fs::exists(paths_.root)) throw Error("the run folder " + paths_.root.string() + " exists already");
  in_context("making the run folder", [&] {
    for (const fs::path& folder :
         {paths_.documents(), paths_.streams(), paths_.logs(), paths_.vm(), sockets_})
      fs::create_directories(folder);
    fs::permissions(sockets_, fs::perms::owner_all);
  });
}

LiveFolder::~LiveFolder() {
  remove_quietly(sockets_);
  if (!keep_vm_) remove_quietly(paths_.vm());
  if (!keep_evidence_) remove_quietly(paths_.root);
  std::error_code ignored;
  fs::remove(lock_path_, ignored);
}

}  // namespace candor::run
