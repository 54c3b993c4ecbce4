// SPDX-License-Identifier: Apache-2.0
#include "guest/programs.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/fd.h"

// What clang made of NAME.bpf.c (objects.S).
extern "C" {
extern const char files_begin[], files_end[], processes_begin[], processes_end[], sockets_begin[],
    sockets_end[], plaintext_begin[], plaintext_end[];
}

namespace candor::guest_probe {

namespace {

struct Embedded {
  const char* name;
  const char* begin;
  const char* end;
};
constexpr std::array kObjects{
    Embedded{"files", files_begin, files_end}, Embedded{"processes", processes_begin, processes_end},
    Embedded{"sockets", sockets_begin, sockets_end}, Embedded{"plaintext", plaintext_begin, plaintext_end}};

/// What libbpf says is kept for the Error that follows; a terminal nobody looks at would swallow it.
constexpr std::size_t kWordsKept = 3000;
std::string words;
int keep_words(libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG) return 0;
  va_list again;
  va_copy(again, arguments);
  const int length = std::vsnprintf(nullptr, 0, format, again);
  va_end(again);
  std::string line(static_cast<std::size_t>(std::max(length, 0)) + 1, '\0');
  std::vsnprintf(line.data(), line.size(), format, arguments);
  line.pop_back();
  words += line;
  // What the kernel's verifier says last is why.
  if (words.size() > kWordsKept) words.erase(0, words.size() - kWordsKept);
  return length;
}

[[noreturn]] void fail(const std::string& doing, int code) {
  throw Error(doing + ": " + std::strerror(std::abs(code)) + (words.empty() ? "" : "\n" + words));
}

/// The kernel's function a program is attached to, for the kinds that need one.
std::string function_of(const bpf_program* program) {
  const std::string section = bpf_program__section_name(program);
  for (const char* kind : {"fentry/", "fexit/"})
    if (section.starts_with(kind)) return section.substr(std::strlen(kind));
  return {};
}

}  // namespace

std::vector<std::string> program_names() {
  std::vector<std::string> names;
  for (const Embedded& object : kObjects) names.emplace_back(object.name);
  return names;
}

Programs::Programs(const std::string& name, OnRecord on_record) : on_record_(std::move(on_record)) {
  libbpf_set_print(keep_words);
  for (const Embedded& object : kObjects) {
    if (name != object.name) continue;
    load({object.begin, static_cast<std::size_t>(object.end - object.begin)});
    attach();
    return;
  }
  throw Error("there are no programs for '" + name + "'");
}

Programs::~Programs() {
  ring_buffer__free(ring_);
  for (bpf_link* link : links_) bpf_link__destroy(link);
  bpf_link__destroy(iterator_);
  bpf_object__close(object_);
}

void Programs::load(std::string_view bytes) {
  object_ = bpf_object__open_mem(bytes.data(), bytes.size(), nullptr);
  if (object_ == nullptr) fail("reading the programs", errno);
  btf* const kernel = btf__load_vmlinux_btf();
  if (kernel == nullptr) fail("reading the kernel's type information (/sys/kernel/btf/vmlinux)", errno);
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object_) {
    const std::string function = function_of(program);
    if (function.empty() || btf__find_by_name_kind(kernel, function.c_str(), BTF_KIND_FUNC) >= 0) continue;
    absent_.push_back(function);
    bpf_program__set_autoload(program, false);
  }
  btf__free(kernel);
  if (bpf_map* constants = bpf_object__find_map_by_name(object_, ".rodata")) {
    const auto own = static_cast<std::uint32_t>(getpid());
    std::vector<std::uint8_t> value(bpf_map__value_size(constants));
    if (value.size() < sizeof own) throw Error("the programs have no constants");
    std::memcpy(value.data(), &own, sizeof own);
    if (const int code = bpf_map__set_initial_value(constants, value.data(), value.size()))
      fail("telling the programs who they work for", code);
  }
  if (const int code = bpf_object__load(object_)) fail("loading the programs", code);
}

void Programs::attach() {
  bpf_program* program = nullptr;
  bpf_object__for_each_program(program, object_) {
    if (!bpf_program__autoload(program)) continue;
    const std::string section = bpf_program__section_name(program);
    if (section.starts_with("uprobe") || section.starts_with("uretprobe"))
      continue;  // where to is found out later
    bpf_link* const link = bpf_program__attach(program);
    if (link == nullptr) fail(std::string("attaching ") + bpf_program__name(program), errno);
    if (section.starts_with("iter/"))
      iterator_ = link;
    else
      links_.push_back(link);
  }
  ring_ = ring_buffer__new(map_fd("ring"), &Programs::take, this, nullptr);
  if (ring_ == nullptr) fail("mapping the ring buffer", errno);
}

int Programs::map_fd(const char* name) const { return bpf_object__find_map_fd_by_name(object_, name); }

int Programs::take(void* self, void* data, std::size_t size) {
  record head{};
  if (size < sizeof head) return 0;
  std::memcpy(&head, data, sizeof head);
  static_cast<Programs*>(self)->on_record_(head, {static_cast<const char*>(data), size});
  return 0;
}

int Programs::fd() const { return ring_buffer__epoll_fd(ring_); }

void Programs::consume() {
  if (const int code = ring_buffer__consume(ring_); code < 0) fail("reading the ring buffer", code);
}

void Programs::listen(bool on) {
  bpf_map* const state = bpf_object__find_map_by_name(object_, ".bss");
  const int fd = state == nullptr ? -1 : bpf_map__fd(state);
  const std::uint32_t key = 0;
  std::vector<std::uint8_t> value(state == nullptr ? 0 : bpf_map__value_size(state));
  const std::uint32_t listening = on ? 1 : 0;
  if (value.size() < sizeof listening) throw Error("the programs have no state");
  std::memcpy(value.data(), &listening, sizeof listening);
  if (const int code = bpf_map_update_elem(fd, &key, value.data(), BPF_ANY))
    fail("telling the programs to begin", code);
}

std::uint64_t Programs::missed() const {
  const std::uint32_t key = 0;
  std::vector<std::uint64_t> counts(static_cast<std::size_t>(std::max(libbpf_num_possible_cpus(), 1)));
  if (bpf_map_lookup_elem(map_fd("missed"), &key, counts.data()) != 0) return 0;
  std::uint64_t sum = 0;
  for (const std::uint64_t count : counts) sum += count;
  return sum;
}

void Programs::dump() {
  if (iterator_ == nullptr) return;
  const UniqueFd source(bpf_iter_create(bpf_link__fd(iterator_)));
  if (!source) fail("asking for the processes there are", errno);
  std::string all;
  std::array<char, 65536> buffer{};
  for (ssize_t got = 0; (got = read(source.get(), buffer.data(), buffer.size())) != 0;) {
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail("reading the processes there are", errno);
    all.append(buffer.data(), static_cast<std::size_t>(got));
  }
  record head{};
  for (std::string_view rest = all; rest.size() >= sizeof head; rest.remove_prefix(head.size)) {
    std::memcpy(&head, rest.data(), sizeof head);
    if (head.size < sizeof head || head.size > rest.size()) throw Error("the list of processes is cut");
    on_record_(head, rest.substr(0, head.size));
  }
}

}  // namespace candor::guest_probe
