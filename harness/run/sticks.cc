// SPDX-License-Identifier: Apache-2.0
#include "run/sticks.h"

#include <cctype>

#include "base/process.h"

namespace candor::run {

namespace fs = std::filesystem;

namespace {

constexpr const char* kKibibytes = "32768";

std::string mount_point(const std::string& name) { return "/media/" + name; }

/// The same bytes for the same name. mkfs.fat(8)
void make_stick(const fs::path& image, const std::string& name) {
  std::string label = name;
  for (char& letter : label) letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
  must_run({.name = "mkfs.fat",
            .argv = {"/usr/sbin/mkfs.fat", "--invariant", "-F", "16", "-n", label, "-C", image.string(),
                     kKibibytes}});
}

asio::awaitable<CommandOutcome> mount(guest::Agent& agent, std::string name, std::string user) {
  // The kernel tells the stick to udev, which makes the link; nothing in the guest tells the harness.
  static constexpr const char* kScript = R"sh(
waited=0
until device=$(ls /dev/disk/by-id/usb-*_"$1"-0:0 2>/dev/null); do
  waited=$((waited + 1))
  if [ $waited -gt 300 ]; then
    echo "no USB stick appears in the guest; its kernel must know them, as Debian's linux-image-amd64 does" >&2
    exit 1
  fi
  sleep 0.1
done
mkdir -p "$3"
mount -t vfat -o "flush,utf8,uid=$(id -u "$2"),gid=$(id -g "$2")" "$device" "$3"
)sh";
  std::string to = mount_point(name);
  std::vector<std::string> arguments = {std::move(name), std::move(user), std::move(to)};
  co_return co_await run_script(agent, kScript, std::move(arguments));
}

}  // namespace

fs::path Sticks::image(const std::string& name) const { return folder_ / (name + ".img"); }
fs::path Sticks::image_when_new(const std::string& name) const { return folder_ / (name + ".new.img"); }

asio::awaitable<CommandOutcome> Sticks::plug(vm::Machine& machine, guest::Agent& agent, std::string name,
                                             std::string user) {
  if (!plugged_.contains(name)) {
    fs::create_directories(folder_);
    make_stick(image(name), name);
    fs::copy_file(image(name), image_when_new(name));
  }
  plugged_[name] = true;
  co_await machine.plug_stick(name, image(name));
  co_return co_await mount(agent, name, std::move(user));
}

asio::awaitable<CommandOutcome> Sticks::unplug(vm::Machine& machine, guest::Agent& agent, std::string name) {
  std::vector<std::string> arguments = {mount_point(name)};
  const CommandOutcome unmounted =
      co_await run_script(agent, R"(umount -- "$1" && rmdir -- "$1")", std::move(arguments));
  if (!unmounted.done) co_return unmounted;
  co_await machine.pull_stick(name);
  plugged_[name] = false;
  co_return unmounted;
}

asio::awaitable<CommandOutcome> Sticks::mount_again(guest::Agent& agent, std::string user) {
  CommandOutcome outcome{.done = true, .detail = {}, .output = {}};
  for (const auto& [name, plugged] : plugged_) {
    if (!plugged || !outcome.done) continue;
    outcome = co_await mount(agent, name, user);
  }
  co_return outcome;
}

asio::awaitable<CommandOutcome> Sticks::write_back(guest::Agent& agent) {
  std::vector<std::string> points;
  for (const auto& [name, plugged] : plugged_)
    if (plugged) points.push_back(mount_point(name));
  if (points.empty()) co_return CommandOutcome{.done = true, .detail = {}, .output = {}};
  co_return co_await run_script(agent, R"(sync --file-system -- "$@")", std::move(points));
}

Json Sticks::described() const {
  Json list = Json::array();
  for (const auto& [name, plugged] : plugged_) {
    list.push_back({{"name", name},
                    {"mounted_at", mount_point(name)},
                    {"image", image(name).string()},
                    {"before", image_when_new(name).string()}});
  }
  return list;
}

}  // namespace candor::run
