// SPDX-License-Identifier: Apache-2.0
#include "image/adapter.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/yaml.h"
#include "image/placeholder.h"

namespace candor::image {

namespace fs = std::filesystem;
using model::GuestCommand;
using model::Product;
using model::Recipe;
using model::RecipeFile;
using yaml::Diagnostics;
using yaml::MapReader;
using yaml::Node;

namespace {

constexpr std::size_t kFileLimit = 16U << 20;
constexpr std::int64_t kLongestTimeout = 24LL * 3600 * 1'000'000'000;

constexpr std::string_view kLower = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kNameLetters = "abcdefghijklmnopqrstuvwxyz0123456789-";
constexpr std::string_view kPackageLetters = "abcdefghijklmnopqrstuvwxyz0123456789+.-";
constexpr std::string_view kUserLetters = "abcdefghijklmnopqrstuvwxyz0123456789_-";

bool made_of(std::string_view text, std::string_view letters, std::size_t longest = 100) {
  return !text.empty() && text.size() <= longest && text.find_first_not_of(letters) == std::string_view::npos;
}

bool is_name(std::string_view text) {
  return made_of(text, kNameLetters, 40) && text.front() != '-' && text.back() != '-';
}

/// Absolute, in its shortest form, of printable text, and not the root.
bool is_guest_path(std::string_view path) {
  if (path.size() < 2 || path.size() > 1024 || path.front() != '/' || !is_utf8_text(as_bytes(path)))
    return false;
  const bool control =
      std::any_of(path.begin(), path.end(), [](char c) { return c >= 0 && (c < ' ' || c == 127); });
  return !control && fs::path(path).lexically_normal() == fs::path(path) && path.back() != '/' &&
         path.find("//") == std::string_view::npos && !path.ends_with("/..") && !path.starts_with("/../");
}

bool is_owner(std::string_view owner) {
  const std::size_t colon = owner.find(':');
  return colon != std::string_view::npos && made_of(owner.substr(0, colon), kUserLetters, 32) &&
         made_of(owner.substr(colon + 1), kUserLetters, 32);
}

std::optional<int> mode_from(std::string_view text) {
  const bool octal = made_of(text, "01234567", 4) && text.size() >= 3;
  return octal ? std::optional<int>(std::stoi(std::string(text), nullptr, 8)) : std::nullopt;
}

/// Reports a scalar that does not fit.
void wrong(const Node& node, Diagnostics& diagnostics, std::string_view expected) {
  diagnostics.error(node.mark, fmt::format("'{}' does not fit here", printable(node.scalar, 60)),
                    fmt::format("expected {}", expected));
}

std::string checked_string(MapReader& map, std::string_view key, std::string fallback,
                           bool (*fits)(std::string_view), std::string_view expected) {
  const Node* node = map.optional(key);
  if (node == nullptr) return fallback;
  const std::optional<std::string> text = yaml::as_string(*node, map.diagnostics(), expected);
  if (!text) return fallback;
  if (!fits(*text)) wrong(*node, map.diagnostics(), expected);
  return *text;
}

std::vector<std::string> checked_strings(MapReader& map, std::string_view key, bool (*fits)(std::string_view),
                                         std::string_view expected) {
  const std::vector<std::string> texts = map.strings_or(key, {});
  const Node* node = map.optional(key);
  if (node == nullptr) return texts;
  const auto check = [&](const Node& each) {
    if (each.kind == yaml::Kind::scalar && !fits(each.scalar)) wrong(each, map.diagnostics(), expected);
  };
  check(*node);
  for (const Node& item : node->items) check(item);
  return texts;
}

bool any_text(std::string_view text) { return !text.empty() && text.find('\0') == std::string_view::npos; }

/// `files/x` beside the recipe; the file must be there and stay inside the folder, also through links.
fs::path source_file(const Node& node, const fs::path& folder, Diagnostics& diagnostics) {
  const std::optional<std::string> text = yaml::as_string(node, diagnostics, "a file beside this one");
  if (!text) return {};
  std::error_code problem;
  const fs::path path = fs::weakly_canonical(folder / *text, problem);
  const fs::path inside = path.lexically_relative(fs::weakly_canonical(folder));
  if (problem || fs::path(*text).is_absolute() || inside.empty() || *inside.begin() == "..") {
    wrong(node, diagnostics, "the relative path of a file in this file's folder");
  } else if (!fs::is_regular_file(path, problem)) {
    diagnostics.error(node.mark, fmt::format("there is no file '{}'", printable(*text, 100)),
                      "expected a file in this file's folder");
  } else if (fs::file_size(path, problem) > kFileLimit) {
    diagnostics.error(node.mark, fmt::format("'{}' has more than 16 MiB", printable(*text, 100)));
  }
  return path;
}

RecipeFile read_file_entry(const yaml::Entry& entry, const fs::path& folder, Diagnostics& diagnostics) {
  RecipeFile file;
  file.path = entry.key;
  if (!is_guest_path(file.path)) {
    diagnostics.error(entry.key_mark, fmt::format("'{}' is no path for a file", printable(file.path, 100)),
                      "expected an absolute path in the guest, without '.', '..' or '//'");
  }
  if (entry.value.kind == yaml::Kind::scalar) {  // the short form: its content
    file.content = entry.value.scalar;
    return file;
  }
  MapReader map(entry.value, diagnostics, "a file");
  if (const Node* source = map.optional("source")) file.source = source_file(*source, folder, diagnostics);
  file.content = map.string_or("content", "");
  if (entry.value.kind == yaml::Kind::map && map.has("source") == map.has("content")) {
    diagnostics.error(entry.value.mark, "a file needs either a source or a content");
  }
  if (const Node* mode = map.optional("mode")) {
    const auto number = mode_from(yaml::as_string(*mode, diagnostics, "a mode").value_or(""));
    if (!number && mode->kind == yaml::Kind::scalar) wrong(*mode, diagnostics, "an octal mode such as 0644");
    file.mode = number.value_or(file.mode);
  }
  file.owner = checked_string(map, "owner", file.owner, is_owner, "an owner such as root:root");
  map.finish();
  return file;
}

std::vector<RecipeFile> read_files(MapReader& map, const fs::path& folder) {
  std::vector<RecipeFile> files;
  const Node* node = map.optional("files");
  if (node == nullptr) return files;
  if (node->kind != yaml::Kind::map) {
    map.diagnostics().error(node->mark, "the files must be a map",
                            "expected PATH: {source: …} or PATH: CONTENT");
  }
  for (const yaml::Entry& entry : node->entries) {
    files.push_back(read_file_entry(entry, folder, map.diagnostics()));
  }
  return files;
}

std::string release_or(MapReader& map, std::string fallback) {
  return checked_string(
      map, "release", std::move(fallback), [](std::string_view t) { return made_of(t, kLower, 30); },
      "a release's name such as bookworm");
}

Recipe read_recipe(const Node& root, const fs::path& folder, Diagnostics& diagnostics) {
  Recipe recipe;
  recipe.name = folder.filename();
  recipe.folder = folder;
  MapReader map(root, diagnostics, "a recipe");
  recipe.about = map.string("about", "what the image is, in a sentence");
  recipe.from = checked_string(map, "from", "", is_name, "the name of another recipe");
  recipe.release = release_or(map, recipe.release);
  recipe.packages = checked_strings(
      map, "packages", [](std::string_view t) { return made_of(t, kPackageLetters) && t.size() > 1; },
      "the name of a Debian package");
  recipe.without = checked_strings(
      map, "without", [](std::string_view t) { return made_of(t, kPackageLetters) && t.size() > 1; },
      "the name of a Debian package");
  recipe.files = read_files(map, folder);
  recipe.commands = checked_strings(map, "commands", any_text, "a shell command");
  recipe.disk_mib = static_cast<int>(map.integer_or("disk-mib", recipe.disk_mib, 64, 1 << 20));
  recipe.memory_mib = static_cast<int>(map.integer_or("memory-mib", recipe.memory_mib, 64, 1 << 20));
  recipe.cpus = static_cast<int>(map.integer_or("cpus", recipe.cpus, 1, 64));
  map.finish();
  return recipe;
}

GuestCommand read_command(const Node& node, Diagnostics& diagnostics) {
  GuestCommand command;
  MapReader map(node, diagnostics, "a command");
  const Node* run = map.required("run", "[PROGRAM, ARGUMENT, …]");
  if (run != nullptr && run->kind == yaml::Kind::sequence && !run->items.empty()) {
    command.argv = map.strings_or("run", {});
  } else if (run != nullptr) {
    diagnostics.error(run->mark, "'run' must be a list", "expected run: [PROGRAM, ARGUMENT, …]");
  }
  command.timeout_ns = map.duration_or("timeout", command.timeout_ns);
  if (const Node* timeout = map.optional("timeout");
      timeout != nullptr && (command.timeout_ns <= 0 || command.timeout_ns > kLongestTimeout)) {
    wrong(*timeout, diagnostics, "a duration of at most 24h");
  }
  if (const Node* ok = map.optional("ok")) {
    command.ok_codes.clear();
    const auto add = [&](const Node& each) {
      if (const auto code = yaml::as_integer(each, diagnostics, 0, 255))
        command.ok_codes.push_back(static_cast<int>(*code));
    };
    if (ok->kind != yaml::Kind::sequence) add(*ok);
    for (const Node& item : ok->items) add(item);
  }
  map.finish();
  return command;
}

/// Every {name} of the verb's commands must be known to it, and those it is about must stand there.
void check_placeholders(const VerbRule& rule, const yaml::Entry& verb,
                        const std::vector<const Node*>& commands, Diagnostics& diagnostics) {
  std::vector<std::string> known = rule.required;
  known.insert(known.end(), rule.allowed.begin(), rule.allowed.end());
  std::set<std::string> used;
  const auto check = [&](const Node& argument) {
    const std::vector<Piece> parts = pieces(argument.scalar);
    for (const Piece& piece : parts) {
      if (!piece.placeholder) continue;
      used.insert(piece.text);
      if (std::find(known.begin(), known.end(), piece.text) == known.end()) {
        diagnostics.error(argument.mark,
                          fmt::format("'{}' has no {{{}}}", rule.name, printable(piece.text, 40)),
                          known.empty() ? "expected no placeholder here"
                                        : fmt::format("expected one of: {{{}}}", fmt::join(known, "}, {")));
      } else if (piece.text == "paths" && parts.size() != 1) {
        diagnostics.error(argument.mark, "{paths} must be an argument of its own", "expected \"{paths}\"");
      }
    }
  };
  for (const Node* command : commands) {
    for (const yaml::Entry& entry : command->entries) {
      if (entry.key != "run") continue;
      for (const Node& argument : entry.value.items) check(argument);
    }
  }
  for (const std::string& needed : rule.required) {
    if (used.contains(needed)) continue;
    diagnostics.error(verb.key_mark, fmt::format("no command of '{}' refers to {{{}}}", rule.name, needed),
                      fmt::format("expected {{{}}} in an argument", needed));
  }
}

void read_verb(const VerbRule& rule, const yaml::Entry& entry, Product& product, Diagnostics& diagnostics) {
  std::vector<const Node*> nodes;
  if (entry.value.kind == yaml::Kind::sequence) {
    for (const Node& item : entry.value.items) nodes.push_back(&item);
  } else {
    nodes.push_back(&entry.value);
  }
  if (nodes.empty()) diagnostics.error(entry.value.mark, fmt::format("'{}' has no command", rule.name));
  std::vector<GuestCommand>& commands = product.verbs[std::string(rule.name)];
  for (const Node* node : nodes) commands.push_back(read_command(*node, diagnostics));
  check_placeholders(rule, entry, nodes, diagnostics);
}

void read_verbs(MapReader& map, Product& product) {
  const Node* node =
      product.from.empty() ? map.required("verbs", "{ready: {run: […]}, …}") : map.optional("verbs");
  if (node == nullptr) return;
  MapReader verbs(*node, map.diagnostics(), "the verbs");
  for (const VerbRule& rule : verb_rules()) {
    const Node* value = rule.always && product.from.empty()
                            ? verbs.required(rule.name, "{run: [PROGRAM, ARGUMENT, …]}")
                            : verbs.optional(rule.name);
    if (value == nullptr) continue;
    const auto entry = std::find_if(node->entries.begin(), node->entries.end(),
                                    [&](const yaml::Entry& each) { return each.key == rule.name; });
    read_verb(rule, *entry, product, map.diagnostics());
  }
  verbs.finish();
}

/// "content", "derived/hash" …: a class of finding, or all of a kind.
bool is_data_class(std::string_view text) {
  static constexpr std::string_view kKinds[] = {"content",  "derived",     "metadata",   "activity",
                                                "identity", "environment", "operational"};
  const std::size_t slash = std::min(text.find('/'), text.size());
  const bool known =
      std::find(std::begin(kKinds), std::end(kKinds), text.substr(0, slash)) != std::end(kKinds);
  return known && (slash == text.size() || made_of(text.substr(slash + 1), kNameLetters));
}

/// "probes: {files: {required: false, deadline: 5s}}".
std::vector<model::ProbeUse> read_probes(MapReader& map) {
  std::vector<model::ProbeUse> probes;
  const Node* node = map.optional("probes");
  if (node == nullptr) return probes;
  if (node->kind != yaml::Kind::map)
    map.diagnostics().error(node->mark, "the probes must be a map",
                            "expected NAME: {required: true, deadline: 10s}");
  for (const yaml::Entry& entry : node->entries) {
    model::ProbeUse use{.name = entry.key, .line = entry.key_mark.line};
    if (!is_name(entry.key))
      map.diagnostics().error(entry.key_mark,
                              fmt::format("'{}' is no name for a probe", printable(entry.key, 60)));
    if (entry.value.kind != yaml::Kind::null) {
      MapReader one(entry.value, map.diagnostics(), "how a probe is used");
      use.required = one.boolean_or("required", use.required);
      use.deadline_ns = one.duration_or("deadline", use.deadline_ns);
      one.finish();
    }
    probes.push_back(std::move(use));
  }
  return probes;
}

Product read_product(const Node& root, const fs::path& folder, Diagnostics& diagnostics) {
  Product product;
  product.name = folder.filename();
  product.folder = folder;
  MapReader map(root, diagnostics, "a product adapter");
  product.sources = {folder / "product.yaml"};
  product.about = map.string("about", "what the product is, in a sentence");
  product.from = checked_string(map, "from", "", is_name, "the name of another product");
  product.image = checked_string(map, "image", "", is_name, "the name of a recipe");
  product.files = read_files(map, folder);
  product.processes = checked_strings(map, "processes", is_guest_path, "the absolute path of an executable");
  product.declared =
      checked_strings(map, "declared", is_data_class, "a class of findings such as derived/hash");
  product.probes = read_probes(map);
  product.ready_timeout_ns = map.duration_or("ready-timeout", 0);
  read_verbs(map, product);
  map.finish();
  return product;
}

std::vector<std::string> names_with(const fs::path& share, const char* file) {
  std::vector<std::string> names;
  std::error_code problem;
  for (const fs::directory_entry& entry : fs::directory_iterator(share / "images", problem)) {
    if (is_name(entry.path().filename().string()) && fs::is_regular_file(entry.path() / file, problem)) {
      names.push_back(entry.path().filename());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

/// "there is no product 'clamv'; did you mean 'clamav'? Known: clamav, clamav-sender".
std::string unknown(std::string_view what, const std::string& name, const std::vector<std::string>& known) {
  const std::optional<std::string> near = yaml::nearest(name, known);
  return fmt::format("there is no {} '{}'{}{}", what, printable(name, 60),
                     near ? fmt::format("; did you mean '{}'?", *near) : ";",
                     known.empty() ? fmt::format(" no {} is known", what)
                                   : fmt::format(" Known: {}", fmt::join(known, ", ")));
}

/// Reads one file of images/NAME with `read`, which returns a Recipe or a Product, and `check`s what it says
/// of others; every mistake ends up in one Error.
template <typename Read, typename Check>
auto load(const fs::path& share, const std::string& name, std::string_view what, const char* file, Read read,
          Check check) {
  const std::vector<std::string> known = names_with(share, file);
  if (std::find(known.begin(), known.end(), name) == known.end()) {
    throw Error(unknown(what, name, known), Fault::input);
  }
  const fs::path folder = share / "images" / name;
  const std::string text = read_text(folder / file, yaml::Limits{}.bytes * 2);
  Diagnostics diagnostics((folder / file).string(), text);
  const std::optional<Node> root = yaml::parse(text, diagnostics);
  diagnostics.check();
  auto result = read(*root, folder, diagnostics);
  check(result, *root, diagnostics);
  diagnostics.check();
  return result;
}

/// Where a top-level key's value stands.
yaml::Mark mark_of(const Node& root, std::string_view key) {
  for (const yaml::Entry& entry : root.entries) {
    if (entry.key == key) return entry.value.mark;
  }
  return root.mark;
}

}  // namespace

std::vector<std::string> recipe_names(const fs::path& share) { return names_with(share, "recipe.yaml"); }
std::vector<std::string> product_names(const fs::path& share) { return names_with(share, "product.yaml"); }

Recipe load_recipe(const fs::path& share, const std::string& name) {
  const auto check = [&](const Recipe& recipe, const Node& root, Diagnostics& diagnostics) {
    const std::vector<std::string> known = recipe_names(share);
    if (recipe.from.empty() || !is_name(recipe.from)) return;
    if (std::find(known.begin(), known.end(), recipe.from) != known.end()) return;
    diagnostics.error(mark_of(root, "from"), unknown("recipe", recipe.from, known));
  };
  Recipe recipe = load(share, name, "recipe", "recipe.yaml", read_recipe, check);
  if (!recipe.from.empty()) static_cast<void>(recipe_chain(share, recipe));
  return recipe;
}

namespace {

/// What stands in `below`, where `product`, which is built upon it, says nothing itself.
void stand_upon(Product below, Product& product) {
  product.sources.insert(product.sources.end(), below.sources.begin(), below.sources.end());
  if (product.image.empty()) product.image = below.image;
  const auto own = [&](const RecipeFile& file) {
    return std::any_of(product.files.begin(), product.files.end(),
                       [&](const RecipeFile& each) { return each.path == file.path; });
  };
  std::erase_if(below.files, own);
  product.files.insert(product.files.begin(), below.files.begin(), below.files.end());
  product.processes.insert(product.processes.begin(), below.processes.begin(), below.processes.end());
  if (product.declared.empty()) product.declared = below.declared;
  if (product.probes.empty()) product.probes = below.probes;
  if (product.ready_timeout_ns == 0) product.ready_timeout_ns = below.ready_timeout_ns;
  for (auto& [verb, commands] : below.verbs) {
    std::vector<GuestCommand>& mine = product.verbs[verb];
    if (mine.empty() || verb == "prepare") mine.insert(mine.begin(), commands.begin(), commands.end());
  }
}

Product load_product_upon(const fs::path& share, const std::string& name, std::vector<std::string> above) {
  const std::vector<std::string> recipes = recipe_names(share);
  const auto is_recipe = [&](const std::string& text) {
    return std::find(recipes.begin(), recipes.end(), text) != recipes.end();
  };
  const auto check = [&](const Product& product, const Node& root, Diagnostics& diagnostics) {
    if (is_name(product.image) && !is_recipe(product.image))
      diagnostics.error(mark_of(root, "image"), unknown("recipe", product.image, recipes));
    if (product.image.empty() && product.from.empty() && !is_recipe(product.name))
      diagnostics.error(root.mark, unknown("recipe", product.name, recipes));
    const std::vector<std::string> products = product_names(share);
    if (is_name(product.from) && std::find(products.begin(), products.end(), product.from) == products.end())
      diagnostics.error(mark_of(root, "from"), unknown("product", product.from, products));
  };
  Product product = load(share, name, "product", "product.yaml", read_product, check);
  above.push_back(name);
  if (product.image.empty() && is_recipe(name)) product.image = name;
  if (product.from.empty()) {
    if (product.ready_timeout_ns == 0) product.ready_timeout_ns = Product{}.ready_timeout_ns;
    return product;
  }
  if (std::find(above.begin(), above.end(), product.from) != above.end())
    throw Error(fmt::format("products are built upon each other in a circle: {} → {}",
                            fmt::join(above, " → "), product.from),
                Fault::input);
  stand_upon(load_product_upon(share, product.from, std::move(above)), product);
  return product;
}

}  // namespace

Product load_product(const fs::path& share, const std::string& name) {
  return load_product_upon(share, name, {});
}

std::string adapter_text(const Product& product) {
  std::string text;
  for (const fs::path& source : product.sources)
    text += (text.empty() ? "" : "---\n") + read_text(source, yaml::Limits{}.bytes * 2);
  return text;
}

std::vector<Recipe> recipe_chain(const fs::path& share, const Recipe& recipe) {
  std::vector<Recipe> chain = {recipe};
  std::string path = recipe.name;
  while (!chain.front().from.empty()) {
    const std::string from = chain.front().from;
    path += " → " + from;
    const bool seen =
        std::any_of(chain.begin(), chain.end(), [&](const Recipe& each) { return each.name == from; });
    if (seen) throw Error("recipes are built upon each other in a circle: " + path, Fault::input);
    chain.insert(chain.begin(), load(share, from, "recipe", "recipe.yaml", read_recipe,
                                     [](const Recipe&, const Node&, Diagnostics&) {}));
  }
  return chain;
}

std::string release_of(const std::vector<Recipe>& chain) {
  std::string release = "bookworm";
  for (const Recipe& recipe : chain)
    if (!recipe.release.empty()) release = recipe.release;
  return release;
}

fs::path cloud_folder(const Product& product) {
  std::vector<fs::path> owners;
  for (const fs::path& source : product.sources) owners.push_back(source.parent_path());
  owners.push_back(product.folder.parent_path() / product.image);
  for (const fs::path& owner : owners)
    if (fs::is_directory(owner / "cloud")) return owner / "cloud";
  return {};
}

std::string file_bytes(const RecipeFile& file) {
  return file.source.empty() ? file.content : read_text(file.source, kFileLimit);
}

}  // namespace candor::image
