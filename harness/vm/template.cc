// SPDX-License-Identifier: Apache-2.0
#include "vm/template.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/process.h"

namespace candor::vm {

namespace fs = std::filesystem;

namespace {

constexpr int kFormat = 3;
constexpr const char* kStateName = "candor-state";
constexpr const char* kWorkPrefix = ".making-";
constexpr std::array kParts = {"ram", "state", "disk.qcow2", "overlay.qcow2"};
constexpr std::chrono::seconds kMigrationTimeout{60};

void check_key(const std::string& key) {
  const bool plain =
      !key.empty() && key.size() <= 200 && key[0] != '.' &&
      key.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
          std::string::npos;
  if (!plain) throw Error("'" + printable(key) + "' cannot be the key of a template");
}

// --- what a template depends upon

/// Path, size and time of a file: enough to notice that it was replaced.
Json identity(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) throw errno_error("looking at " + path.string());
  return {{"path", path.string()},
          {"size", status.st_size},
          {"changed", status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec}};
}

bool unchanged(const Json& then) {
  try {
    return identity(string_member(then, "path")) == then;
  } catch (const Error&) {
    return false;
  }
}

fs::path find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return name;
  const char* const variable = std::getenv("PATH");
  std::string_view rest = variable == nullptr ? "/usr/bin" : variable;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    const fs::path candidate = fs::path(rest.substr(0, end)) / name;
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  throw Error(name + " was not found in PATH; is its package installed?");
}

// --- template.json

/// Size and time of last change of each part. QEMU must open the memory for writing even to map it privately,
/// so a QEMU that was taken over could write into it; the kernel sets ctime, which no process can set back.
Json state_of_parts(const fs::path& folder) {
  Json parts = Json::object();
  for (const char* part : kParts) {
    struct stat status {};
    if (::stat((folder / part).c_str(), &status) != 0)
      throw errno_error("looking at " + (folder / part).string());
    parts[part] = {
        {"size", status.st_size},
        {"changed_ns", std::int64_t{status.st_ctim.tv_sec} * 1'000'000'000 + status.st_ctim.tv_nsec}};
  }
  return parts;
}

Json description(const MachineConfig& machine, const fs::path& image_disk, const std::string& qemu_version) {
  Json depends = Json::array();
  depends.push_back(identity(find_program(machine.emulator)));
  depends.push_back(identity(machine.kernel));
  if (!machine.initrd.empty()) depends.push_back(identity(machine.initrd));
  depends.push_back(identity(image_disk));
  return {{"format", kFormat},
          {"qemu_version", qemu_version},
          {"depends", std::move(depends)},
          {"machine",
           {{"emulator", machine.emulator},
            {"name", machine.name},
            {"accelerator", text(machine.accelerator)},
            {"cpus", machine.cpus},
            {"probe_ports", machine.probe_ports},
            {"memory_mib", machine.memory_mib},
            {"kernel", machine.kernel.string()},
            {"initrd", machine.initrd.string()},
            {"kernel_arguments", machine.kernel_arguments}}}};
}

MachineConfig machine_from(const Json& json, const fs::path& folder) {
  MachineConfig machine;
  machine.emulator = string_member(json, "emulator");
  machine.name = string_member(json, "name");
  machine.accelerator =
      string_member(json, "accelerator") == text(Accelerator::kvm) ? Accelerator::kvm : Accelerator::tcg;
  machine.cpus = static_cast<int>(int_member(json, "cpus"));
  machine.probe_ports = static_cast<int>(int_member(json, "probe_ports"));
  machine.memory_mib = static_cast<int>(int_member(json, "memory_mib"));
  machine.kernel = string_member(json, "kernel");
  machine.initrd = string_member(json, "initrd");
  machine.kernel_arguments = string_member(json, "kernel_arguments");
  machine.ram = folder / "ram";
  machine.disk = folder / "disk.qcow2";
  return machine;
}

std::optional<Template> read_template(const fs::path& folder) {
  const Json json = parse_json(read_text(folder / "template.json", 1U << 16));
  const Json& depends = member(json, "depends");
  const bool usable = int_member(json, "format") == kFormat &&
                      string_member(json, "folder") == folder.string() &&
                      member(json, "parts") == state_of_parts(folder) &&
                      std::all_of(depends.begin(), depends.end(), unchanged);
  if (!usable) return std::nullopt;
  return Template{folder, machine_from(member(json, "machine"), folder), string_member(json, "qemu_version")};
}

// --- files

void create_overlay(const fs::path& file, const fs::path& backing, const char* format, std::uintmax_t size) {
  // -u: the backing file may still be where it is made, not where it will be.
  must_run({.name = "qemu-img",
            .argv = {"qemu-img", "create", "-q", "-u", "-f", "qcow2", "-F", format, "-b", backing.string(),
                     file.string(), std::to_string(size)}});
}

UniqueFd open_file(const fs::path& path, int flags) {
  UniqueFd fd(::open(path.c_str(), flags | O_CLOEXEC, 0600));
  if (!fd) throw errno_error("opening " + path.string());
  return fd;
}

void sync_file(const fs::path& path) {
  const UniqueFd fd = open_file(path, O_RDONLY);
  if (::fsync(fd.get()) != 0) throw errno_error("syncing " + path.string());
}

/// Moves ROOT/KEY, if it is there, into a folder that goes with this function; forks that run keep their
/// files open.
void discard(const fs::path& root, const std::string& key) {
  if (!fs::exists(fs::symlink_status(root / key))) return;
  const TempDir bin(root, kWorkPrefix + key + ".");
  fs::rename(root / key, bin.path() / key);
}

/// The key in the name of a work folder; empty for other names.
std::string key_of_work(const std::string& name) {
  const std::string prefix = kWorkPrefix;
  const std::size_t dot = name.rfind('.');
  if (name.compare(0, prefix.size(), prefix) != 0 || dot == std::string::npos || dot <= prefix.size())
    return {};
  return name.substr(prefix.size(), dot - prefix.size());
}

std::vector<fs::path> work_folders(const fs::path& root) {
  std::vector<fs::path> found;
  std::error_code missing;
  for (const auto& entry : fs::directory_iterator(root, missing))
    if (!key_of_work(entry.path().filename().string()).empty()) found.push_back(entry.path());
  return found;
}

// --- migration

/// Waits for the end of a migration that was set to send events.
asio::awaitable<void> await_migration(Machine& machine, Qmp::Events& events, const char* what) {
  const auto deadline = std::chrono::steady_clock::now() + kMigrationTimeout;
  std::vector<std::string> names = {"MIGRATION"};
  while (std::chrono::steady_clock::now() < deadline) {
    const std::optional<Json> event = co_await events.next_of(names, kMigrationTimeout);
    const std::string status = event ? string_member(member(*event, "data"), "status") : "silent";
    if (status == "completed") co_return;
    if (status != "failed" && status != "cancelled") continue;
    const Json detail = co_await machine.qmp().execute("query-migrate");
    throw Error(std::string(what) + " " + status + ": " +
                printable(detail.value("error-desc", "no reason given"), 1000));
  }
  throw Error(std::string(what) + " took more than " + std::to_string(kMigrationTimeout.count()) + " s");
}

asio::awaitable<void> set_capabilities(Machine& machine) {
  Json capabilities = Json::array();
  for (const char* name : {"x-ignore-shared", "events"}) {
    Json capability = {{"capability", name}, {"state", true}};
    capabilities.push_back(std::move(capability));
  }
  Json arguments = {{"capabilities", std::move(capabilities)}};
  co_await machine.qmp().execute("migrate-set-capabilities", std::move(arguments));
}

/// `migrate` or `migrate-incoming` over a file.
asio::awaitable<void> migrate(Machine& machine, std::string command, UniqueFd file, const char* what) {
  co_await set_capabilities(machine);
  co_await machine.qmp().pass_fd(kStateName, file.get());
  Qmp::Events events = machine.events();
  Json arguments = {{"uri", std::string("fd:") + kStateName}};
  co_await machine.qmp().execute(std::move(command), std::move(arguments));
  co_await await_migration(machine, events, what);
}

}  // namespace

// --- finding, removing

std::optional<Template> find_template(const fs::path& root, const std::string& key) {
  check_key(key);
  const fs::path folder = fs::absolute(root) / key;
  std::error_code ignored;
  if (!fs::exists(folder / "template.json", ignored)) return std::nullopt;
  try {
    return read_template(folder);
  } catch (const std::exception&) {
    return std::nullopt;  // damaged: to be made anew
  }
}

fs::path TemplateMaker::lock_path(const fs::path& root, const std::string& key) {
  return root / ("." + key + ".lock");
}

void remove_template(const fs::path& root, const std::string& key) {
  check_key(key);
  const fs::path lock_file = TemplateMaker::lock_path(root, key);
  if (!fs::exists(root)) return;
  const auto lock = FileLock::try_acquire(lock_file);
  if (!lock) throw Error("template " + key + " is being made by " + FileLock::holder(lock_file));
  discard(root, key);
}

int sweep_templates(const fs::path& root) {
  int swept = 0;
  for (const fs::path& folder : work_folders(root)) {
    const auto lock =
        FileLock::try_acquire(TemplateMaker::lock_path(root, key_of_work(folder.filename().string())));
    if (lock && fs::remove_all(folder) > 0) ++swept;
  }
  return swept;
}

// --- making

TemplateMaker::TemplateMaker(fs::path root, std::string key, FileLock lock)
    : root_(std::move(root)),
      key_(std::move(key)),
      lock_(std::move(lock)),
      work_(root_, kWorkPrefix + key_ + ".") {}

std::optional<TemplateMaker> TemplateMaker::begin(const fs::path& root, const std::string& key) {
  check_key(key);
  const fs::path absolute = fs::absolute(root);
  fs::create_directories(absolute);
  auto lock = FileLock::try_acquire(lock_path(absolute, key));
  if (!lock) return std::nullopt;
  lock->describe("pid " + std::to_string(::getpid()) + ", making template " + key);
  for (const fs::path& folder : work_folders(absolute))
    if (key_of_work(folder.filename().string()) == key) fs::remove_all(folder);
  return TemplateMaker(absolute, key, std::move(*lock));
}

MachineConfig TemplateMaker::machine(const MachineConfig& base) {
  image_disk_ = fs::absolute(base.disk);
  machine_ = base;
  machine_.memory = Memory::fresh;
  machine_.kernel = fs::absolute(base.kernel);
  if (!base.initrd.empty()) machine_.initrd = fs::absolute(base.initrd);
  machine_.ram = work_.path() / "ram";
  machine_.disk = work_.path() / "disk.qcow2";
  machine_.serial = work_.path() / "serial.log";
  machine_.log = work_.path() / "qemu.log";
  create_overlay(machine_.disk, image_disk_, "raw", fs::file_size(image_disk_));
  return machine_;
}

asio::awaitable<void> TemplateMaker::freeze(Machine& machine) {
  qemu_version_ = machine.qemu_version();
  co_await machine.stop();
  co_await migrate(machine, "migrate", open_file(work_.path() / "state", O_WRONLY | O_CREAT | O_TRUNC),
                   "writing the template's state");
  co_await machine.quit();
}

Template TemplateMaker::publish() {
  const fs::path folder = root_ / key_;
  create_overlay(work_.path() / "overlay.qcow2", folder / "disk.qcow2", "qcow2", fs::file_size(image_disk_));
  Json json = description(machine_, image_disk_, qemu_version_);
  json["folder"] = folder.string();
  for (const char* part : kParts) sync_file(work_.path() / part);
  json["parts"] = state_of_parts(work_.path());
  write_file(work_.path() / "template.json", pretty_json(json));
  discard(root_, key_);
  fs::rename(work_.path(), folder);
  static_cast<void>(work_.keep());
  return Template{folder, machine_from(json["machine"], folder), qemu_version_};
}

// --- forking

MachineConfig fork_config(const Template& frozen, const fs::path& folder) {
  MachineConfig machine = frozen.machine;
  machine.memory = Memory::fork;
  machine.disk = folder / "overlay.qcow2";
  machine.serial = folder / "serial.log";
  machine.log = folder / "qemu.log";
  fs::copy_file(frozen.folder / "overlay.qcow2", machine.disk);
  return machine;
}

asio::awaitable<void> resume(Machine& machine, const Template& frozen) {
  if (machine.qemu_version() != frozen.qemu_version)
    throw Error("the template was frozen by QEMU " + frozen.qemu_version + ", but this is " +
                machine.qemu_version());
  co_await migrate(machine, "migrate-incoming", open_file(frozen.folder / "state", O_RDONLY),
                   "loading the template's state");
  co_await machine.cont();
}

}  // namespace candor::vm
