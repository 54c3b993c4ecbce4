// SPDX-License-Identifier: Apache-2.0
// candor image build|list|show|remove.
#include <fmt/format.h>

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/json.h"
#include "base/paths.h"
#include "cli/commands.h"
#include "cli/terminal.h"
#include "image/adapter.h"
#include "image/store.h"

namespace candor::cli {

namespace {

image::Store store() { return {data_dir() / "images", share_dir()}; }

std::string summary(const image::Image& image) {
  return fmt::format("{:<20} {}  {:>6} MB  {:>4} packages  {}\n", image.name, image.id.substr(0, 16),
                     image.size / 1'000'000, image.packages.size(), iso_time(image.built_wall_ns));
}

Json facts(const image::Image& image) {
  return {{"name", image.name},
          {"id", image.id},
          {"folder", image.folder.string()},
          {"recipe", image.recipe_hash},
          {"size", image.size},
          {"built", iso_time(image.built_wall_ns)},
          {"build_s", image.build_s},
          {"memory_mib", image.memory_mib},
          {"cpus", image.cpus},
          {"sha256",
           {{"kernel", image.kernel_sha256}, {"initrd", image.initrd_sha256}, {"disk", image.disk_sha256}}},
          {"packages", image.packages}};
}

std::string described(const image::Image& image) {
  std::string text = fmt::format(
      "{}\n  id       {}\n  folder   {}\n  built    {} in {:.0f} s\n  size     {} MB on disk\n  guest    {} "
      "MiB, {} cpu\n"
      "  kernel   sha256 {}\n  initrd   sha256 {}\n  disk     sha256 {}\n  recipe   sha256 {}\n  packages "
      "{}\n",
      image.name, image.id, image.folder.string(), iso_time(image.built_wall_ns), image.build_s,
      image.size / 1'000'000, image.memory_mib, image.cpus, image.kernel_sha256, image.initrd_sha256,
      image.disk_sha256, image.recipe_hash, image.packages.size());
  for (const std::string& package : image.packages) text += "    " + package + "\n";
  return text;
}

ExitCode build(const std::string& name, bool refresh, bool wait) {
  Terminal terminal;
  const model::Recipe recipe = image::load_recipe(share_dir(), name);
  const run::Progress progress = terminal.progress();
  const Stopwatch watch;
  const image::Image image = store().build(
      recipe, [&](std::string_view line) { progress.status(line); }, refresh,
      wait ? image::Store::Busy::wait : image::Store::Busy::fail);
  terminal.line(fmt::format("image {} ready after {:.1f} s", name, watch.seconds()));
  print(summary(image));
  return ExitCode::met;
}

void add_build(CLI::App& image, Action& action) {
  struct Options {
    std::string name;
    bool refresh = false;
    bool wait = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = image.add_subcommand("build", "Build the image of a recipe, if it is not there");
  command->add_option("name", options->name, "Recipe, as in images/")->required();
  command->add_flag("--refresh", options->refresh, "Build anew, with today's package versions");
  command->add_flag("--wait", options->wait, "Wait while somebody else builds it");
  command->callback([options, &action] {
    action = [options] { return build(options->name, options->refresh, options->wait); };
  });
}

}  // namespace

void add_image(CLI::App& program, Action& action) {
  CLI::App* command = program.add_subcommand("image", "Build, list, show and remove guest images");
  command->require_subcommand(1);
  add_build(*command, action);

  CLI::App* list = command->add_subcommand("list", "List the images there are");
  list->callback([&action] {
    action = [] {
      for (const image::Image& item : store().list()) print(summary(item));
      return ExitCode::met;
    };
  });

  auto json = std::make_shared<bool>(false);
  auto shown = std::make_shared<std::string>();
  CLI::App* show = command->add_subcommand("show", "Show an image's hashes and package versions");
  show->add_option("name", *shown, "Name or id")->required();
  show->add_flag("--json", *json, "Print JSON");
  show->callback([shown, json, &action] {
    action = [shown, json] {
      const image::Image item = store().show(*shown);
      print(*json ? pretty_json(facts(item)) : described(item));
      return ExitCode::met;
    };
  });

  auto removed = std::make_shared<std::string>();
  CLI::App* remove = command->add_subcommand("remove", "Remove an image by id, or all of a name");
  remove->add_option("name", *removed, "Name or id")->required();
  remove->callback([removed, &action] {
    action = [removed] {
      for (const image::Image& item : store().remove(*removed)) print("removed " + summary(item));
      return ExitCode::met;
    };
  });
}

}  // namespace candor::cli
