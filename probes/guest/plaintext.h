// SPDX-License-Identifier: Apache-2.0
//
// The probe `plaintext`: finds the TLS libraries of the guest, shared and linked into programs, and tells
// what is given to them as blobs, one for each connection. Bytes of OpenSSL and GnuTLS count as having left.
// NSPR's functions also write to files, so what is given to them is told and means nothing by itself.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "guest/programs.h"

namespace candor::guest_probe {

class Plaintext {
 public:
  /// Attaches to all libraries there are. `say` takes the line of an event.
  Plaintext(Programs& programs, std::function<void(std::string)> say);

  /// Looks for libraries that came since, and into `programs`, which may have one built in; begins to count.
  void begin(const std::vector<std::string>& programs);
  void take(const record& head, std::string_view bytes);
  /// Ends all blobs.
  void end();
  /// Bytes and programs that should have been told of and were not.
  [[nodiscard]] std::uint64_t missed() const { return missed_; }

 private:
  /// A process, when it started, and the library's session.
  using Key = std::tuple<std::uint32_t, std::uint64_t, std::uint64_t>;
  struct Stream {
    std::string id;
    std::uint32_t library = 0;
  };

  void attach_libraries();
  void attach_program(const std::string& path);
  bool attach(const std::string& path, const char* function, const char* symbol, bool returning);
  void piece(const record& head, std::string_view bytes);
  void finish(const Key& key, const record& head);
  [[nodiscard]] std::string program_of(const record& head) const;

  Programs& programs_;
  std::function<void(std::string)> say_;
  std::set<std::string> looked_at_;
  std::map<Key, Stream> streams_;
  std::map<std::pair<std::uint32_t, std::uint64_t>, std::string> programs_of_;  ///< By process and its start.
  std::uint64_t number_ = 0;
  std::uint64_t missed_ = 0;
};

}  // namespace candor::guest_probe
