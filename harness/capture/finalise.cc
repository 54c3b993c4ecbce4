// SPDX-License-Identifier: Apache-2.0
#include "capture/finalise.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "capture/keylog.h"
#include "capture/pcapng.h"

namespace candor::capture {

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kTlsKeyLog = 0x544c534b;  // secrets type "TLSK"
constexpr std::size_t kLargestKeylog = 256U << 20;

void append_u32(Bytes& to, std::uint32_t value, bool big_endian) {
  for (unsigned i = 0; i < 4; ++i)
    to.push_back(static_cast<std::uint8_t>(value >> (big_endian ? 24 - 8 * i : 8 * i)));
}

Bytes secrets_block(const std::string& text, bool big_endian) {
  const std::size_t padded = (text.size() + 3) / 4 * 4;
  const auto length = static_cast<std::uint32_t>(20 + padded);
  Bytes made;
  append_u32(made, block::kSecrets, big_endian);
  append_u32(made, length, big_endian);
  append_u32(made, kTlsKeyLog, big_endian);
  append_u32(made, static_cast<std::uint32_t>(text.size()), big_endian);
  made.insert(made.end(), text.begin(), text.end());
  made.resize(16 + padded);
  append_u32(made, length, big_endian);
  return made;
}

bool is_packet(const Block& found) {
  return found.type == block::kEnhancedPacket || found.type == block::kSimplePacket;
}

/// Copies block after block, with the secrets in front of the first packet and without any from before, then
/// whatever can no longer be read as blocks. Behind the interface: Wireshark's editcap refuses files that
/// have secrets before it.
void write_with_secrets(int fd, ByteView capture, const Keylog& keylog) {
  BlockReader blocks(capture);
  bool put = false;
  std::size_t copied = 0;  // of the capture: up to here it is written or left out
  const auto copy_to = [&](std::size_t end) {
    write_all(fd, capture.subspan(copied, end - copied));
    copied = end;
  };
  const auto put_secrets = [&] {
    for (const std::string& text : keylog.texts) write_all(fd, secrets_block(text, blocks.big_endian()));
    put = true;
  };
  while (const std::optional<Block> found = blocks.next()) {
    const std::size_t start = blocks.offset() - found->whole.size();
    if (!put && is_packet(*found)) {
      copy_to(start);
      put_secrets();
    } else if (found->type == block::kSecrets) {
      copy_to(start);
      copied = blocks.offset();
    }
  }
  if (blocks.offset() == 0) throw Error("not a pcapng file: " + blocks.problem());
  if (!put) {
    copy_to(blocks.offset());
    put_secrets();
  }
  copy_to(capture.size());
}

/// A file beside `target`, removed unless it takes its place.
class Replacement {
 public:
  explicit Replacement(const fs::path& target) : target_(target), path_(target.string() + ".new") {
    constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW;
    fd_ = UniqueFd(::open(path_.c_str(), kFlags, 0600));
    if (!fd_) throw errno_error("making " + path_.string());
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;
  ~Replacement() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  [[nodiscard]] int fd() const { return fd_.get(); }
  void take_place() {
    struct stat old {};
    if (::stat(target_.c_str(), &old) == 0 && ::fchmod(fd_.get(), old.st_mode & 07777U) != 0)
      throw errno_error("setting the mode of " + path_.string());
    if (::fsync(fd_.get()) != 0) throw errno_error("writing " + path_.string());
    if (std::rename(path_.c_str(), target_.c_str()) != 0) throw errno_error("replacing " + target_.string());
    path_.clear();
  }

 private:
  fs::path target_;
  fs::path path_;
  UniqueFd fd_;
};

}  // namespace

Finalised finalise_capture(const fs::path& capture, const fs::path& keylog) {
  return in_context("putting the TLS secrets into " + capture.string(), [&] {
    Keylog log;
    if (fs::exists(keylog)) log = read_keylog(read_text(keylog, kLargestKeylog));
    if (log.secrets > 0) {
      const MappedFile file(capture);
      Replacement replacement(capture);
      write_with_secrets(replacement.fd(), file.bytes(), log);
      replacement.take_place();
    }
    return Finalised{log.secrets, log.rejected};
  });
}

}  // namespace candor::capture
