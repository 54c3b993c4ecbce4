// SPDX-License-Identifier: Apache-2.0
#include "run/provision.h"

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/paths.h"
#include "guest/agent.h"
#include "image/adapter.h"
#include "run/guest_commands.h"
#include "run/guest_probes.h"
#include "seal/address_service.h"
#include "seal/compartment.h"
#include "vm/accel.h"
#include "vm/launch.h"

namespace candor::run {

namespace fs = std::filesystem;

namespace {

/// To be raised when templates are made in a way that older ones must not stand for.
constexpr const char* kTemplateRecipe = "4";
constexpr const char* kProductFile = "product.json";
constexpr const char* kKernelArguments = "root=/dev/vda rw quiet";

/// Everything a template depends upon, but QEMU itself, which find_template() compares.
std::string template_key(const model::Product& product, const image::Image& image,
                         vm::Accelerator accelerator, const std::vector<model::RunProbe>& probes) {
  Hasher hasher;
  const auto add = [&](std::string_view part) {
    hasher.update(std::to_string(part.size()) + ":").update(part);
  };
  for (const std::string& part : {std::string(kTemplateRecipe), std::string(kKernelArguments), image.id,
                                  std::string(vm::text(accelerator))})
    add(part);
  add(image::adapter_text(product));
  for (const model::RecipeFile& file : product.files) {
    add(file.path);
    add(image::file_bytes(file));
    add(file.owner + " " + std::to_string(file.mode));
  }
  for (const model::RunProbe& probe : probes) {
    for (const std::string& part : probe.kind.command) add(part);
    add(read_text(probe_program(probe.kind), 64U << 20));
  }
  return product.name + "-" + to_hex(hasher.finish()).substr(0, 16);
}

seal::Child qemu_on_tap(const ProcessSpec& process) {
  return {.name = process.name,
          .argv = process.argv,
          .env = process.env,
          .fds = process.fds,
          .log = process.log,
          .capabilities = {},
          .wants_tap_at = vm::kNicFd};
}

std::string octal(int mode) {
  std::string digits;
  for (int rest = mode; rest != 0; rest /= 8)
    digits.insert(digits.begin(), static_cast<char>('0' + rest % 8));
  return digits.empty() ? "0" : digits;
}

seal::Deadline setup_deadline() { return std::chrono::steady_clock::now() + std::chrono::seconds(20); }

asio::awaitable<void> install_product(guest::Agent& agent, const model::Product& product) {
  std::vector<std::pair<std::string, Bytes>> files;
  std::vector<std::string> owned;
  for (const model::RecipeFile& file : product.files) {
    files.emplace_back(file.path, to_bytes(image::file_bytes(file)));
    owned.insert(owned.end(), {file.owner, octal(file.mode), file.path});
  }
  if (!files.empty()) {
    const CommandOutcome put = co_await put_files(agent, std::move(files));
    if (!put.done) throw Error("putting the product's files: " + put.detail);
    const CommandOutcome own = co_await run_script(
        agent, "while [ $# -gt 0 ]; do chown \"$1\" \"$3\"; chmod \"$2\" \"$3\"; shift 3; done",
        std::move(owned));
    if (!own.done) throw Error("giving the product's files their owners: " + own.detail);
  }
  if (product.verbs.contains("prepare")) {
    const CommandOutcome prepared = co_await run_verb(agent, product, "prepare");
    if (!prepared.done) throw Error("preparing the product: " + prepared.detail);
  }
}

std::string first_line(const std::string& text) {
  return printable(std::string_view(text).substr(0, text.find('\n')));
}

asio::awaitable<std::string> product_version(guest::Agent& agent, const model::Product& product) {
  const CommandOutcome version = co_await run_verb(agent, product, "version");
  if (!version.done) throw Error("asking the product's version: " + version.detail);
  co_return first_line(version.output);
}

struct TemplateParts {
  const model::Product& product;
  const image::Image& image;
  const vm::AcceleratorChoice& choice;
  const std::vector<model::RunProbe>& probes;
};

asio::awaitable<vm::Template> make_template(asio::any_io_executor executor, vm::TemplateMaker& maker,
                                            TemplateParts parts, const Progress& progress) {
  vm::MachineConfig base;
  base.name = parts.product.name;
  base.accelerator = parts.choice.accelerator;
  base.cable = vm::Cable::tap;
  base.cpus = parts.image.cpus;
  base.memory_mib = parts.image.memory_mib;
  base.disk = parts.image.disk;
  base.kernel = parts.image.kernel;
  base.initrd = parts.image.initrd;
  base.kernel_arguments = kKernelArguments;
  base.probe_ports = static_cast<int>(parts.probes.size());

  const vm::MachineConfig config = maker.machine(base);
  vm::Prepared prepared = vm::prepare(config);
  seal::CompartmentSpec spec;
  spec.writable = {maker.folder()};
  spec.readable = {parts.image.folder};
  spec.children = {seal::address_service(maker.folder() / "leases", maker.folder() / "dhcp.log"),
                   qemu_on_tap(prepared.process)};
  auto compartment = co_await seal::Compartment::start(executor, std::move(spec), setup_deadline());
  // Nobody listens to them before a fork does, and they shall know.
  prepared.probe_ports.clear();

  progress.status("booting " + parts.product.name);
  vm::Machine machine = co_await vm::Machine::attach(std::move(prepared), executor);
  guest::Agent agent(executor, machine.take_agent());
  co_await machine.cont();
  co_await agent.wait_until_answers(std::chrono::minutes(4));
  co_await agent.set_time(wall_ns());
  progress.status("preparing " + parts.product.name);
  co_await install_product(agent, parts.product);
  const CommandOutcome ready = co_await wait_ready(agent, parts.product);
  if (!ready.done) throw Error("the product did not become ready: " + ready.detail);
  const std::string version = co_await product_version(agent, parts.product);
  if (!parts.probes.empty()) {
    progress.status("starting probes in " + parts.product.name);
    co_await install_guest_probes(agent, parts.probes);
  }
  // What the guest has not written yet would be lost to nobody, but every fork would write it again.
  static_cast<void>(co_await run_script(agent, "sync", {}));
  progress.status("freezing " + parts.product.name);
  co_await maker.freeze(machine);
  compartment->kill();
  write_file(maker.folder() / kProductFile, pretty_json({{"version", version}}));
  co_return maker.publish();
}

/// The last words of a machine that did not come up.
std::string boot_account(const fs::path& folder) {
  std::string text;
  for (const char* log : {"serial.log", "qemu.log"}) {
    const std::string last = tail(folder / log, 1500);
    if (!last.empty()) text += std::string("\n  last lines of ") + log + ":\n    " + printable(last, 3000);
  }
  return text;
}

asio::awaitable<vm::Template> ensure_template(asio::any_io_executor executor, const fs::path& root,
                                              const std::string& key, TemplateParts parts,
                                              const Progress& progress) {
  asio::steady_timer pause(executor);
  const std::int64_t deadline = monotonic_ns() + 15LL * 60 * 1'000'000'000;
  for (;;) {
    if (auto found = vm::find_template(root, key)) co_return std::move(*found);
    if (auto maker = vm::TemplateMaker::begin(root, key)) {
      if (auto found = vm::find_template(root, key))
        co_return std::move(*found);  // made while we took the lock
      progress.line(parts.choice.reason);
      const Stopwatch watch;
      std::string failure;
      Fault fault = Fault::harness;
      std::optional<vm::Template> made;
      try {
        made = co_await make_template(executor, *maker, parts, progress);
      } catch (const Error& error) {
        fault = error.fault();
        failure = error.what() + boot_account(maker->folder());
      }
      if (!made) throw Error(failure, fault).within("making the template of '" + parts.product.name + "'");
      progress.line("template of " + parts.product.name + " made in " +
                    std::to_string(static_cast<int>(watch.seconds() + 0.5)) + " s");
      co_return std::move(*made);
    }
    const std::string holder = FileLock::holder(vm::TemplateMaker::lock_path(root, key));
    if (monotonic_ns() > deadline)
      throw Error("the template '" + key + "' is being made by somebody else: " + holder);
    progress.status("waiting for the template of " + parts.product.name + ", which is being made by " +
                    holder);
    pause.expires_after(std::chrono::milliseconds(250));  // a lock that is freed raises no event
    co_await pause.async_wait(asio::use_awaitable);
  }
}

}  // namespace

asio::awaitable<Provision> provide(asio::any_io_executor executor, ProvisionRequest request,
                                   const Progress& progress) {
  Provision provision;
  provision.product = image::load_product(request.share, request.product);
  const model::Recipe recipe = image::load_recipe(request.share, provision.product.image);
  image::Store store(request.data / "images", request.share);
  const auto told = [&](std::string_view line) { progress.status(line); };
  provision.image = store.build(recipe, told, false, image::Store::Busy::wait);

  const vm::AcceleratorChoice choice =
      co_await vm::choose_accelerator(executor, request.accelerator, provision.image.kernel, cache_dir());
  const TemplateParts parts{provision.product, provision.image, choice, request.probes};
  const std::string key =
      template_key(provision.product, provision.image, choice.accelerator, request.probes);
  provision.frozen = co_await ensure_template(executor, request.data / "templates", key, parts, progress);
  const Json facts = parse_json(read_text(provision.frozen.folder / kProductFile, 1U << 16));
  provision.product_version = string_member(facts, "version");
  co_return provision;
}

}  // namespace candor::run
