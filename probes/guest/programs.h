// SPDX-License-Identifier: Apache-2.0
//
// The programs of one probe in the kernel: loaded and attached when this is made, silent until somebody
// listens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "guest/record.h"

struct bpf_object;
struct bpf_link;
struct ring_buffer;

namespace candor::guest_probe {

/// A record and what follows it; checked to be as long as it says.
using OnRecord = std::function<void(const record& head, std::string_view bytes)>;

class Programs {
 public:
  /// Loads and attaches all that `name` consists of ("files"). What this kernel has no place for is in
  /// absent(); anything else that fails is an Error with the kernel's words.
  Programs(const std::string& name, OnRecord on_record);
  Programs(const Programs&) = delete;
  Programs& operator=(const Programs&) = delete;
  ~Programs();

  /// Functions of the kernel that could not be watched, such as "ping_v6_sendmsg".
  [[nodiscard]] const std::vector<std::string>& absent() const { return absent_; }
  /// Readable while there are records.
  [[nodiscard]] int fd() const;
  /// Hands on all records there are.
  void consume();
  void listen(bool on);
  /// What the kernel could not hand over since the programs were loaded.
  [[nodiscard]] std::uint64_t missed() const;
  /// The records of what was there before (processes).
  void dump();
  /// The map of that name, for what the probe tells its programs; -1 if there is none.
  [[nodiscard]] int map_fd(const char* name) const;
  [[nodiscard]] bpf_object* object() const { return object_; }
  /// Keeps a further attachment as long as this lives.
  void keep(bpf_link* link) { links_.push_back(link); }

 private:
  void load(std::string_view bytes);
  void attach();
  static int take(void* self, void* data, std::size_t size);

  OnRecord on_record_;
  bpf_object* object_ = nullptr;
  bpf_link* iterator_ = nullptr;
  std::vector<bpf_link*> links_;
  ring_buffer* ring_ = nullptr;
  std::vector<std::string> absent_;
};

/// The names there are programs for.
[[nodiscard]] std::vector<std::string> program_names();

}  // namespace candor::guest_probe
