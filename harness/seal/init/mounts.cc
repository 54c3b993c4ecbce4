// SPDX-License-Identifier: Apache-2.0
//
// Trees of the old root are taken as detached clones first (open_tree), then attached below a tmpfs, which
// becomes the root; so no path has to be free in either, and /tmp or /run may hold what must stay visible.
#include "mounts.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <map>
#include <string>

#include "base/error.h"
#include "base/fd.h"

namespace candor::seal::init {

namespace fs = std::filesystem;

namespace {

/// Where the new root is put together. The clones are taken before, so nothing of /tmp is lost.
const fs::path kNewRoot = "/tmp";

enum class Access { read, write, device };

/// A tree of the old root on its way into the new one.
struct Tree {
  UniqueFd clone;
  Access access = Access::read;
};

Tree take(const fs::path& path, Access access) {
  constexpr unsigned kClone = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE;
  Tree tree{UniqueFd(::open_tree(AT_FDCWD, path.c_str(), kClone)), access};
  if (!tree.clone) throw errno_error("making " + path.string() + " visible in the compartment");
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_NOSUID;
  if (access != Access::device) attributes.attr_set |= MOUNT_ATTR_NODEV;
  if (access == Access::read) attributes.attr_set |= MOUNT_ATTR_RDONLY;
  if (::mount_setattr(tree.clone.get(), "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes) !=
      0)
    throw errno_error("restricting " + path.string() + " in the compartment");
  return tree;
}

void mount_new(const char* type, const fs::path& at, unsigned long flags, const char* options) {
  if (::mount(type, at.c_str(), type, flags, options) != 0)
    throw errno_error(std::string("mounting ") + type + " at " + at.string());
}

void make_folders(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) throw Error("making " + folder.string() + " in the compartment: " + error.message());
}

void attach(const Tree& tree, const fs::path& path) {
  const fs::path target = kNewRoot / path.relative_path();
  make_folders(target.parent_path());
  struct stat status {};
  if (::fstat(tree.clone.get(), &status) != 0) throw errno_error("looking at " + path.string());
  if (S_ISDIR(status.st_mode)) {
    make_folders(target);
  } else if (const UniqueFd file(::open(target.c_str(), O_CREAT | O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0600));
             !file) {
    if (errno != EROFS && errno != EACCES && errno != ENXIO) throw errno_error("making " + target.string());
  }
  if (::move_mount(tree.clone.get(), "", AT_FDCWD, target.c_str(), MOVE_MOUNT_F_EMPTY_PATH) != 0)
    throw errno_error("attaching " + path.string() + " in the compartment");
}

/// Ordered, so that a folder is attached before what lies in it.
using Trees = std::map<fs::path, Tree>;

void take_if_there(Trees& trees, const fs::path& path, Access access) {
  std::error_code error;
  if (fs::exists(path, error)) trees.insert_or_assign(path, take(path, access));
}

void take_system(Trees& trees) {
  take_if_there(trees, "/usr", Access::read);
  for (const char* folder : {"/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"})
    if (!fs::is_symlink(folder)) take_if_there(trees, folder, Access::read);
  // Of /etc only what programs need to start; it holds passwords and keys.
  for (const char* file : {"alternatives", "ld.so.cache", "localtime", "ssl/openssl.cnf"})
    take_if_there(trees, fs::path("/etc") / file, Access::read);
  for (const char* device : {"null", "zero", "full", "random", "urandom", "kvm"})
    take_if_there(trees, fs::path("/dev") / device, Access::device);
  take_if_there(trees, "/dev/net/tun", Access::device);
}

void take_named(Trees& trees, const std::vector<std::string>& paths, Access access) {
  for (const std::string& path : paths) {
    // Under its own name, and under the one without symbolic links, which programs may find out.
    std::error_code error;
    const fs::path plain = fs::path(path).lexically_normal();
    const fs::path real = fs::canonical(plain, error);
    if (error || !plain.is_absolute())
      throw Error("making " + path +
                  " visible in the compartment: " + (error ? error.message() : "not absolute"));
    for (const fs::path& name : {plain, real}) trees.insert_or_assign(name, take(real, access));
  }
}

void make_links() {
  for (const char* name : {"bin", "sbin", "lib", "lib32", "lib64", "libx32"}) {
    std::error_code error;
    const fs::path link = fs::path("/") / name;
    if (fs::is_symlink(link, error)) fs::create_symlink(fs::read_symlink(link), kNewRoot / name);
  }
}

/// A fresh /proc shows only the compartment's processes. Where the host hides parts of its own (as containers
/// do), the kernel refuses one, and the host's is taken: other processes of it stay out of reach all the
/// same.
void mount_proc() {
  make_folders(kNewRoot / "proc");
  const fs::path at = kNewRoot / "proc";
  if (::mount("proc", at.c_str(), "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) == 0) return;
  if (::mount("/proc", at.c_str(), nullptr, MS_BIND | MS_REC, nullptr) != 0)
    throw errno_error("mounting /proc");
}

void make_root(const Trees& trees) {
  mount_new("tmpfs", kNewRoot, MS_NOSUID | MS_NODEV, "mode=755,size=4m");
  make_links();
  for (const char* folder : {"tmp", "run", "var"}) make_folders(kNewRoot / folder);
  fs::create_symlink("/tmp", kNewRoot / "var/tmp");
  mount_new("tmpfs", kNewRoot / "tmp", MS_NOSUID | MS_NODEV, "mode=1777,size=64m");
  for (const auto& [path, tree] : trees) attach(tree, path);
  mount_proc();
}

void pivot() {
  // Both arguments the same: the old root ends up on top of the new one and is detached from there.
  if (::chdir(kNewRoot.c_str()) != 0 || ::syscall(SYS_pivot_root, ".", ".") != 0)
    throw errno_error("changing to the compartment's root");
  if (::umount2(".", MNT_DETACH) != 0) throw errno_error("leaving the host's root");
  if (::chdir("/") != 0) throw errno_error("entering the compartment's root");
  if (::mount(nullptr, "/", nullptr, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV, nullptr) != 0)
    throw errno_error("making the compartment's root read-only");
}

}  // namespace

void enter_new_root(const SetUp& set_up) {
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    throw errno_error("parting the compartment's mounts from the host's");
  Trees trees;
  take_system(trees);
  take_named(trees, set_up.readable, Access::read);
  take_named(trees, set_up.writable, Access::write);
  make_root(trees);
  pivot();
}

void freeze_settings() {
  const Tree settings = take("/proc/sys", Access::read);
  if (::move_mount(settings.clone.get(), "", AT_FDCWD, "/proc/sys", MOVE_MOUNT_F_EMPTY_PATH) != 0)
    throw errno_error("making the kernel's settings read-only");
}

}  // namespace candor::seal::init
