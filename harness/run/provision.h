// SPDX-License-Identifier: Apache-2.0
//
// Everything a run starts from: the product's image and its template, made if missing. A template is made by
// booting the image in a compartment where nobody answers but the address service, so that every fork has an
// address from the start; preparing the product, waiting until it is ready, and freezing it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <filesystem>
#include <string>

#include "image/store.h"
#include "model/probe.h"
#include "model/product.h"
#include "run/progress.h"
#include "vm/template.h"

namespace candor::run {

namespace asio = boost::asio;

struct Provision {
  model::Product product;
  image::Image image;
  vm::Template frozen;
  std::string product_version;  ///< As the product says itself when the template is made.
};

struct ProvisionRequest {
  std::filesystem::path share;  ///< Holds images/.
  std::filesystem::path data;   ///< Images and templates.
  std::string product;
  std::string accelerator = "auto";
  std::vector<model::RunProbe> probes;  ///< Inside the guest, in the order of their ports.
};

/// Builds or finds image and template. Waits while somebody else makes the same.
[[nodiscard]] asio::awaitable<Provision> provide(asio::any_io_executor executor, ProvisionRequest request,
                                                 const Progress& progress);

}  // namespace candor::run
