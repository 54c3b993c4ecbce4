// SPDX-License-Identifier: Apache-2.0
//
// Reads images/NAME/recipe.yaml and images/NAME/product.yaml below the share folder and checks them whole:
// every mistake of a file is reported at once, with its place, in one Error(Fault::input). What is returned
// can be used without further checks (paths absolute, sources present, placeholders known, no `from` cycle).
// images/FORMAT.md describes both files.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "model/product.h"

namespace candor::image {

/// Throws Error(Fault::input); for an unknown name it names the nearest known one.
[[nodiscard]] model::Recipe load_recipe(const std::filesystem::path& share, const std::string& name);
[[nodiscard]] model::Product load_product(const std::filesystem::path& share, const std::string& name);

/// Its product.yaml, and those of the products it is built upon behind it, as they stand. Throws Error.
[[nodiscard]] std::string adapter_text(const model::Product& product);

/// The folders of `share`/images that hold a recipe.yaml, or a product.yaml, sorted.
[[nodiscard]] std::vector<std::string> recipe_names(const std::filesystem::path& share);
[[nodiscard]] std::vector<std::string> product_names(const std::filesystem::path& share);

/// The recipe and those it is built upon, the base first. Throws Error(Fault::input) for a cycle.
[[nodiscard]] std::vector<model::Recipe> recipe_chain(const std::filesystem::path& share,
                                                      const model::Recipe& recipe);

/// The Debian release such a chain is built from: what the last that names one says.
[[nodiscard]] std::string release_of(const std::vector<model::Recipe>& chain);

/// Where what the vendor's servers answer is written (images/FORMAT.md, cloud/): the product's own folder,
/// that of a product it is built upon, or that of its image; empty if there is none.
[[nodiscard]] std::filesystem::path cloud_folder(const model::Product& product);

/// The bytes of a file an image or product brings: its source's, or its content. Throws Error.
[[nodiscard]] std::string file_bytes(const model::RecipeFile& file);

/// Values for placeholders, by name without braces. Only {paths} may have more than one.
using Values = std::map<std::string, std::vector<std::string>>;
/// The command line with its placeholders filled in. An argument that is just {paths} becomes as many
/// arguments as there are values. Values are never looked into again, nor is a "${name}" touched: that is a
/// shell's. A placeholder without a value is a mistake of the caller and throws Error.
[[nodiscard]] std::vector<std::string> fill_in(const std::vector<std::string>& argv, const Values& values);

}  // namespace candor::image
