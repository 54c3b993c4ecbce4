// SPDX-License-Identifier: Apache-2.0
#include "guest/plaintext.h"

#include <bpf/libbpf.h>
#include <sys/stat.h>

#include <array>
#include <cstring>
#include <filesystem>

#include "base/bytes.h"
#include "guest/lines.h"

namespace candor::guest_probe {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kBody = 64;  // RECORD_BODY of common.bpf.h
constexpr std::uint32_t kNspr = 2;
constexpr std::size_t kProgramsMost = 4096;
constexpr std::array kLibraries{"OpenSSL", "GnuTLS", "NSPR"};

/// What is watched, by the name its program in the kernel has; `wanted`: without it, none of its library is
/// there.
struct Watched {
  const char* library;  ///< Begin of the file's name.
  const char* symbol;
  bool returns;  ///< Has a program NAME_end for its return.
};
constexpr std::array kWatched{
    Watched{"libssl.so", "SSL_write", true},         Watched{"libssl.so", "SSL_write_ex", true},
    Watched{"libssl.so", "SSL_free", false},         Watched{"libgnutls.so", "gnutls_record_send", true},
    Watched{"libgnutls.so", "gnutls_deinit", false}, Watched{"libnspr4.so", "PR_Write", true},
    Watched{"libnspr4.so", "PR_Send", true}};
constexpr std::array kPlaces{"/usr/lib", "/lib", "/usr/lib64", "/usr/local/lib", "/opt"};

/// Which file this is, whatever it is called now; empty if it is gone.
std::string identity(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  return std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino) + ":" +
         std::to_string(status.st_mtim.tv_sec) + ":" + std::to_string(status.st_mtim.tv_nsec);
}

std::string program_path(std::string_view names) {
  std::string path;
  while (!names.empty()) {
    const std::string_view name = names.substr(0, names.find('\0'));
    if (name.empty()) break;
    path.insert(0, "/" + std::string(name));
    names.remove_prefix(std::min(names.size(), name.size() + 1));
  }
  return path;
}

}  // namespace

Plaintext::Plaintext(Programs& programs, std::function<void(std::string)> say)
    : programs_(programs), say_(std::move(say)) {
  attach_libraries();
}

void Plaintext::begin(const std::vector<std::string>& programs) {
  streams_.clear();
  missed_ = 0;
  attach_libraries();
  for (const std::string& program : programs) attach_program(program);
}

void Plaintext::attach_libraries() {
  for (const char* place : kPlaces) {
    std::error_code problem;
    for (fs::recursive_directory_iterator it(place, fs::directory_options::skip_permission_denied, problem),
         last;
         !problem && it != last; it.increment(problem)) {
      const std::string file = it->path().filename();
      for (const Watched& each : kWatched) {
        if (!file.starts_with(each.library) || !it->is_regular_file(problem)) continue;
        if (!looked_at_.insert(identity(it->path()) + each.symbol).second) continue;
        attach(it->path(), each.symbol, each.symbol, each.returns);
      }
    }
  }
}

void Plaintext::attach_program(const std::string& path) {
  const std::string which = identity(path);
  if (which.empty() || !looked_at_.insert(which).second) return;
  for (const Watched& each : kWatched)
    if (std::strcmp(each.library, "libnspr4.so") != 0) attach(path, each.symbol, each.symbol, each.returns);
}

bool Plaintext::attach(const std::string& path, const char* function, const char* symbol, bool returning) {
  const auto one = [&](const std::string& name, bool ret) {
    const bpf_program* const program = bpf_object__find_program_by_name(programs_.object(), name.c_str());
    if (program == nullptr) return false;
    LIBBPF_OPTS(bpf_uprobe_opts, options, .retprobe = ret, .func_name = symbol);
    bpf_link* const link = bpf_program__attach_uprobe_opts(program, -1, path.c_str(), 0, &options);
    if (link == nullptr) return false;
    programs_.keep(link);
    return true;
  };
  // The return first: an entry without it would be told as nothing.
  if (returning && !one(std::string(function) + "_end", true)) return false;
  return one(function, false);
}

void Plaintext::take(const record& head, std::string_view bytes) {
  if (bytes.size() < sizeof head + kBody) return;
  const std::string_view rest = bytes.substr(sizeof head);
  if (head.kind == RECORD_EXEC) {
    attach_program(program_path(rest.substr(kBody, head.exe_bytes)));
  } else if (head.kind == RECORD_THERE) {
    // Said before what the process gives, as a path is too long to stand with every piece.
    if (programs_of_.size() >= kProgramsMost) programs_of_.clear();
    programs_of_[{head.pid, head.start_ns}] = program_path(rest.substr(kBody, head.exe_bytes));
  } else if (head.kind == RECORD_PLAINTEXT) {
    piece(head, rest);
  } else if (head.kind == RECORD_PLAINTEXT_END) {
    text_body body{};
    std::memcpy(&body, rest.data(), sizeof body);
    const Key from{head.pid, head.start_ns, body.session};
    if (body.session != 0) return finish(from, head);
    for (auto stream = streams_.lower_bound(from);
         stream != streams_.end() && std::get<0>(stream->first) == head.pid &&
         std::get<1>(stream->first) == head.start_ns;
         stream = streams_.lower_bound(from))
      finish(Key(stream->first), head);
  }
}

namespace {

void add_process(JsonLine& line, const record& head, const std::string& program) {
  line.open("process").add("pid", std::uint64_t{head.pid}).add("start_ns", std::uint64_t{head.start_ns});
  line.add("user", std::uint64_t{head.uid});
  line.add("name", std::string_view(head.comm, strnlen(head.comm, sizeof head.comm)));
  if (!program.empty()) line.add("program", program);
  line.add("parent", std::uint64_t{head.parent})
      .add("parent_start_ns", std::uint64_t{head.parent_start_ns})
      .close();
}

void add_blob(JsonLine& line, const std::string& id, std::uint32_t library, bool last,
              std::string_view bytes) {
  line.open("blob")
      .add("id", id)
      .add("last", last)
      .add("about", std::string_view(library == kNspr ? "seen" : "left"));
  line.close().add("hex", to_hex(as_bytes(bytes)));
}

}  // namespace

std::string Plaintext::program_of(const record& head) const {
  const auto known = programs_of_.find({head.pid, head.start_ns});
  return known == programs_of_.end() ? std::string() : known->second;
}

void Plaintext::piece(const record& head, std::string_view rest) {
  text_body body{};
  std::memcpy(&body, rest.data(), sizeof body);
  const std::string_view texts = rest.substr(kBody);
  if (head.exe_bytes > texts.size() || body.bytes > texts.size() - head.exe_bytes ||
      body.library >= kLibraries.size())
    return;
  Stream& stream = streams_[{head.pid, head.start_ns, body.session}];
  if (stream.id.empty())
    stream = {"tls-" + std::to_string(head.pid) + "-" + std::to_string(++number_), body.library};
  missed_ += body.unread;
  JsonLine line;
  line.add("event", std::string_view("tls.plaintext/1"))
      .add("mono_ns", std::uint64_t{head.at_ns})
      .open("data");
  add_process(line, head, program_of(head));
  line.add("library", std::string_view(kLibraries.at(body.library))).add("bytes", std::uint64_t{body.bytes});
  line.add("unread", std::uint64_t{body.unread}).close();
  add_blob(line, stream.id, stream.library, false, texts.substr(head.exe_bytes, body.bytes));
  say_(line.take());
}

void Plaintext::finish(const Key& key, const record& head) {
  const auto found = streams_.find(key);
  if (found == streams_.end()) return;
  const Stream stream = std::move(found->second);
  streams_.erase(found);
  JsonLine line;
  line.add("event", std::string_view("tls.plaintext/1"))
      .add("mono_ns", std::uint64_t{head.at_ns})
      .open("data");
  add_process(line, head, program_of(head));
  line.add("library", std::string_view(kLibraries.at(stream.library))).add("bytes", std::uint64_t{0});
  line.add("unread", std::uint64_t{0}).close();
  add_blob(line, stream.id, stream.library, true, {});
  say_(line.take());
}

void Plaintext::end() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  record head{};
  head.at_ns =
      static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(now.tv_nsec);
  while (!streams_.empty()) {
    const Key key = streams_.begin()->first;
    std::tie(head.pid, head.start_ns, std::ignore) = key;
    finish(key, head);
  }
}

}  // namespace candor::guest_probe
