// SPDX-License-Identifier: Apache-2.0
#include "image/mmdebstrap.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <fstream>
#include <map>
#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "base/process.h"
#include "image/adapter.h"

namespace candor::image {

namespace fs = std::filesystem;
using model::Recipe;
using model::RecipeFile;

namespace {

// Descriptors of the builder, fixed because the hooks name them. All but the first are opened again through
// /proc, and lie above 9: mmdebstrap's own shell commands can name no higher ones and need the low ones.
constexpr int kLifeFd = 3;  // ends with the harness
constexpr int kKernelFd = 20;
constexpr int kInitrdFd = 21;
constexpr int kDiskFd = 22;
constexpr int kPackagesFd = 23;
constexpr int kScriptFd = 24;  // customise_script()

/// Starts mmdebstrap under a watchdog: when descriptor 3 ends, the whole process group is killed. Root gets a
/// mount namespace whose mounts do not reach the host (mmdebstrap's own would be shared with it).
constexpr const char* kWatched = R"sh(
if [ "$(id -u)" = 0 ]; then set -- unshare --mount --propagation private -- "$@"; fi
( read -r _ <&3; kill -s KILL -- "-$$" ) &
watchdog=$!
"$@" 3<&- && code=0 || code=$?
kill "$watchdog" 2>/dev/null
exit "$code"
)sh";

/// The root folder becomes a tmpfs of mmdebstrap's own mount namespace: fast, and gone with it.
constexpr const char* kInMemory = R"sh(set -eu
kept=$(mktemp -d -p "${1%/*}")
cp -a "$1"/. "$kept"/
mount -t tmpfs -o "size=$CANDOR_ROOT_MIB"m,mode=755 candor-root "$1"
cp -a "$kept"/. "$1"/
rm -rf "$kept")sh";

/// usrmerge would bring Perl; the root folder is merged from its beginning (the merged-usr hooks).
constexpr const char* kNoUsrmerge = R"sh(set -eu
mkdir -p "$1"/etc/apt/preferences.d
printf 'Package: usrmerge\nPin: release *\nPin-Priority: -1\n' > "$1"/etc/apt/preferences.d/candor)sh";

/// Whether Debian supports a release no more. Of such, only what was there when it was last made is sure to
/// be whole: of its security updates mirrors lack single files.
bool has_ended(const std::string& release) { return release == "bullseye" || release == "buster"; }

/// Without its updates, before anything is fetched.
constexpr const char* kNoUpdates =
    "--setup-hook=find \"$1\"/etc/apt/sources.list \"$1\"/etc/apt/sources.list.d -type f "
    "-exec sed -i -e '/^deb.*-security/d' -e '/^deb.*-updates/d' {} +";

/// Of releases before bookworm no package says that the root folder is merged, which the hooks would ask for.
std::string merged_usr_hook(const std::string& release) {
  return has_ended(release) ? "--setup-hook=/usr/share/mmdebstrap/hooks/merged-usr/setup00.sh"
                            : "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr";
}

/// After the essential packages were extracted (given earlier, these would pipe each through a slow filter):
/// no manuals; and no CA certificates, whose package would handle each thrice with many processes apiece.
constexpr const char* kDpkgOptions = R"sh(set -eu
mkdir -p "$1"/etc/dpkg/dpkg.cfg.d
printf 'path-exclude=/usr/share/%s/*\n' man doc info locale lintian ca-certificates \
  > "$1"/etc/dpkg/dpkg.cfg.d/candor-build
echo force-unsafe-io >> "$1"/etc/dpkg/dpkg.cfg.d/candor-build)sh";

/// The initial RAM disk needs these and their dependencies in this order, nothing more.
constexpr const char* kInitrd = R"sh(set -eu
mkdir -p "$1"/etc/tiny-initramfs
printf 'AUTO_MODULES=no\nMICROCODE=no\nINCLUDE_MODULES=virtio_pci,virtio_blk,crc32c_generic,ext4\n' \
  > "$1"/etc/tiny-initramfs/tiny-initramfs.conf)sh";

/// Certificates at last, the recipe's own files and commands, then everything out through the descriptors.
constexpr const char* kFinish = R"sh(set -eu
root=$1
for deb in "$root"/var/cache/apt/archives/ca-certificates_*.deb; do
  [ -e "$deb" ] || continue
  echo 'candor: setting up CA certificates' >&2
  dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$root" ./usr/share/ca-certificates
  (cd "$root"/usr/share/ca-certificates && find . -name '*.crt' | sed 's,^\./,,' | sort) \
    > "$root"/etc/ca-certificates.conf
  chroot "$root" update-ca-certificates >&2
done
rm -f "$root"/etc/dpkg/dpkg.cfg.d/candor-build "$root"/etc/dpkg/dpkg.cfg.d/99mmdebstrap
rm -f "$root"/etc/apt/preferences.d/candor "$root"/etc/apt/apt.conf.d/99mmdebstrap
rm -f "$root"/etc/resolv.conf "$root"/etc/hostname
echo guest > "$root"/etc/hostname
tr -d - < /proc/sys/kernel/random/uuid > "$root"/etc/machine-id
cat /proc/self/fd/24 > "$root"/candor-customise
chroot "$root" /bin/sh -eu /candor-customise </dev/null >&2
rm "$root"/candor-customise
echo 'candor: writing the disk' >&2
chroot "$root" dpkg-query -W -f '${Package} ${Version}\n' > /proc/self/fd/23
cat "$root"/boot/vmlinuz-* > /proc/self/fd/20
cat "$root"/boot/initrd.img-* > /proc/self/fd/21
rm -rf "$root"/boot/* "$root"/vmlinuz* "$root"/initrd.img* "$root"/usr/share/doc/* "$root"/usr/share/man/* \
  "$root"/usr/share/locale/* "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* "$root"/var/cache/debconf/*-old \
  "$root"/var/lib/dpkg/*-old "$root"/var/log/apt "$root"/var/log/dpkg.log "$root"/var/log/bootstrap.log \
  "$root"/usr/sbin/policy-rc.d
[ ! -e "$root"/sbin/start-stop-daemon.REAL ] || mv "$root"/sbin/start-stop-daemon.REAL "$root"/sbin/start-stop-daemon
plain=$(mktemp -d -p "${root%/*}")
mount --bind "$root" "$plain"
mke2fs -q -F -t ext4 -O ^has_journal,^metadata_csum -m 0 -L candor -d "$plain" /proc/self/fd/22
umount "$plain"
rmdir "$plain")sh";

/// The hooks reach mmdebstrap by environment, so that it does not print them whole into its log.
constexpr std::array<std::pair<const char*, const char*>, 5> kHooks{{{"CANDOR_IN_MEMORY", kInMemory},
                                                                     {"CANDOR_NO_USRMERGE", kNoUsrmerge},
                                                                     {"CANDOR_DPKG_OPTIONS", kDpkgOptions},
                                                                     {"CANDOR_INITRD", kInitrd},
                                                                     {"CANDOR_FINISH", kFinish}}};

constexpr const char* kScratchNote = "scratch";

std::string shell_word(std::string_view text) {
  std::string result = "'";
  for (const char c : text) result += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return result + "'";
}

/// The files of all recipes; a later one replaces an earlier of the same path.
std::vector<RecipeFile> all_files(const std::vector<Recipe>& chain) {
  std::map<std::string, RecipeFile> files;
  for (const Recipe& recipe : chain) {
    for (const RecipeFile& file : recipe.files) files[file.path] = file;
  }
  std::vector<RecipeFile> result;
  for (auto& [path, file] : files) result.push_back(std::move(file));
  return result;
}

std::string base64_lines(std::string_view text) {
  const std::string encoded = to_base64(as_bytes(text));
  constexpr std::size_t kWidth = 76;
  std::string lines;
  for (std::size_t i = 0; i < encoded.size(); i += kWidth) lines += encoded.substr(i, kWidth) + "\n";
  return lines;
}

std::vector<std::string> all_packages(const std::vector<Recipe>& chain) {
  // What every guest needs: an init, a kernel, and the small initial RAM disk the kernel's package asks for.
  std::vector<std::string> packages = {"systemd-sysv", "linux-image-cloud-amd64", "tiny-initramfs"};
  const auto is_kernel = [](const std::string& name) { return name.starts_with("linux-image-"); };
  for (const Recipe& recipe : chain) {
    if (std::any_of(recipe.packages.begin(), recipe.packages.end(), is_kernel)) {
      std::erase_if(packages, is_kernel);
    }
    for (const std::string& package : recipe.without) std::erase(packages, package);
    for (const std::string& package : recipe.packages) {
      if (std::find(packages.begin(), packages.end(), package) == packages.end()) packages.push_back(package);
    }
  }
  return packages;
}

std::uint64_t available_memory_mib() {
  std::ifstream file("/proc/meminfo");
  for (std::string line; std::getline(file, line);) {
    std::uint64_t kib = 0;
    if (std::sscanf(line.c_str(), "MemAvailable: %lu kB", &kib) == 1) return kib / 1024;
  }
  return 0;
}

/// A new empty file that the namespace's users may open again through /proc; its folder is private.
UniqueFd output_file(const fs::path& path, std::uint64_t size = 0) {
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!fd) throw errno_error("making " + path.string());
  if (::fchmod(fd.get(), 0666) != 0 || ::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) {
    throw errno_error("preparing " + path.string());
  }
  return fd;
}

/// The folder mmdebstrap keeps its root in: open to the namespace's users as /tmp is, noted in `folder` so
/// that it can be swept.
TempDir scratch_for(const fs::path& folder) {
  const char* configured = std::getenv("TMPDIR");
  const fs::path parent =
      configured != nullptr && *configured != '\0' ? fs::path(configured) : fs::path("/var/tmp");
  TempDir scratch(parent, "candor-build-");
  write_file(folder / kScratchNote, scratch.path().string());
  if (::chmod(scratch.path().c_str(), 01777) != 0) throw errno_error("preparing " + scratch.path().string());
  return scratch;
}

/// Hands the new lines of a growing log to `progress`.
class LogReader {
 public:
  LogReader(fs::path path, const Progress& progress) : path_(std::move(path)), progress_(progress) {}
  void read() {
    std::ifstream file(path_);
    file.seekg(offset_);
    for (std::string line; std::getline(file, line) && !file.eof();) {
      offset_ = file.tellg();
      const std::string text = progress_of(line);
      if (!text.empty() && progress_) progress_(text);
    }
  }

 private:
  fs::path path_;
  const Progress& progress_;
  std::streamoff offset_ = 0;
};

asio::awaitable<void> follow(LogReader& reader, bool& ended) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  while (!ended) {
    timer.expires_after(std::chrono::milliseconds(100));
    co_await timer.async_wait(asio::use_awaitable);
    reader.read();
  }
}

asio::awaitable<ExitStatus> run_to_end(Process& process, bool& ended) {
  const ExitStatus status = co_await process.wait();
  ended = true;
  co_return status;
}

/// Runs the builder, telling its progress; returns how it ended.
ExitStatus run(ProcessSpec spec, const Progress& progress) {
  asio::io_context io;
  LogReader reader(spec.log, progress);
  Process process(io.get_executor(), std::move(spec));
  bool ended = false;
  ExitStatus status;
  std::exception_ptr problem;
  asio::co_spawn(io, run_to_end(process, ended), [&](std::exception_ptr error, ExitStatus result) {
    problem = error;
    ended = true;
    status = result;
  });
  asio::co_spawn(io, follow(reader, ended), [&](std::exception_ptr error) {
    if (!problem) problem = error;
  });
  io.run();
  if (problem) std::rethrow_exception(problem);
  return status;
}

/// The last lines of a log that are worth showing.
std::string tail_of(const fs::path& log) {
  std::vector<std::string> lines;
  const std::string text = tail(log, 6000);
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string line = printable(std::string_view(text).substr(start, end - start), 300);
    if (!line.empty()) lines.push_back(line);
    start = end + 1;
  }
  constexpr std::size_t kLines = 25;
  const std::size_t first = lines.size() > kLines ? lines.size() - kLines : 0;
  return fmt::format("  {}",
                     fmt::join(lines.begin() + static_cast<std::ptrdiff_t>(first), lines.end(), "\n  "));
}

/// Why a build failed, in one sentence where the log shows it, with the log's end.
Error failure(const BuildRequest& request, const ExitStatus& status) {
  const std::string end = tail(request.log, 6000);
  const auto says = [&](std::string_view words) { return end.find(words) != std::string::npos; };
  std::string why = "mmdebstrap ended with " + status.text();
  if (says("No space left on device") || says("Could not allocate block")) {
    why = fmt::format(
        "no space left: the recipe's disk of {} MiB is too small, or a folder of this host is full ({} has "
        "{} MiB "
        "free)",
        request.chain.back().disk_mib, request.folder.parent_path().string(),
        fs::space(request.folder).available >> 20);
  } else if (says("newuidmap") || says("/etc/subuid")) {
    why =
        "this user has no subordinate user ids; 'candor doctor' says how to give them (newuidmap, "
        "/etc/subuid)";
  } else if (says("Temporary failure resolving") || says("Could not connect")) {
    why = "the Debian mirror cannot be reached";
  }
  return Error(why + "; end of the build log:\n" + tail_of(request.log));
}

void check_outputs(const fs::path& folder) {
  for (const char* name : {"vmlinuz", "initrd", "packages"}) {
    if (fs::file_size(folder / name) == 0) throw Error(fmt::format("mmdebstrap gave no {}", name));
  }
  for (const char* name : {"vmlinuz", "initrd", "packages", "disk.img"}) {
    fs::permissions(folder / name, fs::perms::owner_read | fs::perms::owner_write);
  }
}

/// The script as an open file without a name.
UniqueFd script_file(const fs::path& folder, const std::string& script) {
  const fs::path path = folder / "customise";
  write_file(path, script);
  UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) throw errno_error("opening " + path.string());
  fs::remove(path);
  return fd;
}

}  // namespace

std::vector<std::string> watched(std::vector<std::string> command) {
  std::vector<std::string> argv = {"sh", "-c", kWatched, "candor-image-build"};
  argv.insert(argv.end(), std::make_move_iterator(command.begin()), std::make_move_iterator(command.end()));
  return argv;
}

std::vector<std::string> mmdebstrap_arguments(const std::vector<Recipe>& chain, bool in_memory) {
  std::vector<std::string> arguments = {"mmdebstrap",
                                        "--mode=unshare",
                                        "--variant=essential",
                                        "--verbose",
                                        "--format=null",
                                        "--aptopt=Apt::Install-Recommends \"false\"",
                                        "--aptopt=Acquire::Languages \"none\"",
                                        "--skip=cleanup/apt,cleanup/reproducible"};
  if (has_ended(release_of(chain))) arguments.emplace_back(kNoUpdates);
  if (in_memory) arguments.push_back("--setup-hook=eval \"$CANDOR_IN_MEMORY\"");
  arguments.insert(
      arguments.end(),
      {merged_usr_hook(release_of(chain)), "--setup-hook=eval \"$CANDOR_NO_USRMERGE\"",
       "--extract-hook=eval \"$CANDOR_DPKG_OPTIONS\"", "--essential-hook=eval \"$CANDOR_INITRD\"",
       "--customize-hook=eval \"$CANDOR_FINISH\"",
       fmt::format("--include={}", fmt::join(all_packages(chain), ",")), release_of(chain), "/dev/null"});
  return arguments;
}

std::string customise_script(const std::vector<Recipe>& chain) {
  const std::vector<RecipeFile> files = all_files(chain);
  std::vector<std::string> commands;
  for (const Recipe& recipe : chain) {
    commands.insert(commands.end(), recipe.commands.begin(), recipe.commands.end());
  }
  std::string script = "umask 022\nexport PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root\n";
  for (const RecipeFile& file : files) {
    script += fmt::format("mkdir -p {}\nbase64 -d > {} <<'END-OF-FILE'\n{}END-OF-FILE\n",
                          shell_word(fs::path(file.path).parent_path().string()), shell_word(file.path),
                          base64_lines(file_bytes(file)));
  }
  for (std::size_t i = 0; i < commands.size(); ++i) {
    script += fmt::format("echo 'candor: running command {} of {}' >&2\n", i + 1, commands.size());
    script +=
        fmt::format("sh -eu -c {0} || {{ printf 'candor: this command failed: %s\\n' {0} >&2; exit 1; }}\n",
                    shell_word(commands[i]));
  }
  for (const RecipeFile& file : files) {
    script += fmt::format("chown {0} {2}\nchmod {1:04o} {2}\n", shell_word(file.owner), file.mode,
                          shell_word(file.path));
  }
  return script;
}

std::string builder_fingerprint() {
  Recipe none;
  std::string text = kWatched;
  for (const std::string& argument : mmdebstrap_arguments({none}, false)) text += argument + "\n";
  for (const auto& [name, hook] : kHooks) text += hook;
  return text + customise_script({none});
}

std::string progress_of(std::string_view line) {
  constexpr std::string_view kOwn = "candor: ";
  if (line.starts_with(kOwn)) return printable(line.substr(kOwn.size()));
  if (line.starts_with("I: running apt-get update")) return "reading the package lists";
  if (line.starts_with("I: downloading packages")) return "downloading the base system";
  if (line.starts_with("I: extracting archives")) return "extracting the base system";
  if (line.starts_with("I: installing essential packages")) return "installing the base system";
  if (line.starts_with("I: installing remaining packages")) return "downloading the packages";
  unsigned upgraded = 0;
  unsigned fresh = 0;
  const std::string text(line.substr(0, 100));
  if (std::sscanf(text.c_str(), "%u upgraded, %u newly installed", &upgraded, &fresh) == 2 && fresh > 0) {
    return fmt::format("installing {} packages", fresh);
  }
  return {};
}

void sweep_scratch(const fs::path& folder) {
  std::error_code problem;
  if (!fs::exists(folder / kScratchNote, problem)) return;
  const fs::path scratch = read_text(folder / kScratchNote, 4096);
  if (!scratch.is_absolute() || !scratch.filename().string().starts_with("candor-build-")) return;
  fs::remove_all(scratch, problem);
  if (!fs::exists(scratch, problem)) return;
  // What the namespace's users own, only they may remove.
  ProcessSpec spec;
  spec.name = "mmdebstrap";
  spec.argv = {"mmdebstrap", "--unshare-helper", "find", scratch.string(), "-mindepth", "1", "-delete"};
  static_cast<void>(run_command(std::move(spec), {}, std::chrono::minutes(1)));
  fs::remove_all(scratch, problem);
}

void build_with_mmdebstrap(const BuildRequest& request) {
  const int disk_mib = request.chain.back().disk_mib;
  const bool in_memory = available_memory_mib() > static_cast<std::uint64_t>(disk_mib) + 1024;
  const TempDir scratch = scratch_for(request.folder);
  auto [life_here, life_there] = make_pipe();
  const UniqueFd kernel = output_file(request.folder / "vmlinuz");
  const UniqueFd initrd = output_file(request.folder / "initrd");
  const UniqueFd packages = output_file(request.folder / "packages");
  const UniqueFd disk = output_file(request.folder / "disk.img", static_cast<std::uint64_t>(disk_mib) << 20);
  const UniqueFd script = script_file(request.folder, customise_script(request.chain));

  ProcessSpec spec;
  spec.name = "mmdebstrap";
  spec.argv = watched(mmdebstrap_arguments(request.chain, in_memory));
  spec.fds = {{life_here.get(), kLifeFd}, {kernel.get(), kKernelFd},     {initrd.get(), kInitrdFd},
              {disk.get(), kDiskFd},      {packages.get(), kPackagesFd}, {script.get(), kScriptFd}};
  spec.log = request.log;
  spec.env = {{"TMPDIR", scratch.path().string()}, {"CANDOR_ROOT_MIB", std::to_string(disk_mib)}};
  for (const auto& [name, text] : kHooks) spec.env.emplace_back(name, text);
  const ExitStatus status = run(std::move(spec), request.progress);
  sweep_scratch(request.folder);
  fs::remove(request.folder / kScratchNote);
  if (!status.ok()) throw failure(request, status);
  check_outputs(request.folder);
}

}  // namespace candor::image
