// SPDX-License-Identifier: Apache-2.0
#include "privileges.h"

#include <cap-ng.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>

#include "base/error.h"
#include "seal/message.h"

namespace candor::seal::init {

namespace {

constexpr std::array kAll = {Capability::net_admin, Capability::net_raw, Capability::net_bind_service};

unsigned number_of(Capability capability) {
  switch (capability) {
    case Capability::net_admin:
      return CAP_NET_ADMIN;
    case Capability::net_raw:
      return CAP_NET_RAW;
    case Capability::net_bind_service:
      return CAP_NET_BIND_SERVICE;
  }
  throw Error("unknown capability");
}

void forbid_core_dumps() {
  // A dump would hold a guest's memory, or keys, beyond the run.
  const rlimit none{0, 0};
  if (::setrlimit(RLIMIT_CORE, &none) != 0) throw errno_error("forbidding core dumps");
}

void execute(const std::vector<std::string>& argv) {
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  ::execvp(words[0], words.data());
  throw errno_error("executing " + argv[0]);
}

Capability capability_named(const std::string& name) {
  for (const Capability capability : kAll)
    if (name == text(capability)) return capability;
  throw Error("unknown capability " + name);
}

}  // namespace

std::vector<std::string> restricted_command(const std::string& self, const Child& child) {
  std::vector<std::string> words = {self, "exec"};
  for (const Capability capability : child.capabilities) {
    words.emplace_back("--keep");
    words.emplace_back(text(capability));
  }
  words.emplace_back("--");
  words.insert(words.end(), child.argv.begin(), child.argv.end());
  return words;
}

void keep_only(const std::vector<Capability>& keep) {
  capng_clear(CAPNG_SELECT_ALL);
  for (const Capability capability : keep)
    capng_update(CAPNG_ADD, static_cast<capng_type_t>(CAPNG_EFFECTIVE | CAPNG_PERMITTED | CAPNG_BOUNDING_SET),
                 number_of(capability));
  if (capng_apply(CAPNG_SELECT_ALL) != 0) throw Error("giving up capabilities was refused");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) throw errno_error("giving up new privileges");
}

int run_restricted(const std::vector<std::string>& words) {
  try {
    std::vector<Capability> keep;
    std::size_t i = 0;
    for (; i + 1 < words.size() && words[i] == "--keep"; i += 2)
      keep.push_back(capability_named(words[i + 1]));
    if (i + 1 >= words.size() || words[i] != "--") throw Error("wrong words after exec");
    forbid_core_dumps();
    keep_only(keep);
    execute({words.begin() + static_cast<std::ptrdiff_t>(i) + 1, words.end()});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "candor-compartment: %s\n", error.what());
  }
  return 127;
}

}  // namespace candor::seal::init
