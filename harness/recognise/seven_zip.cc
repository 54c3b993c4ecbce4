// SPDX-License-Identifier: Apache-2.0
#include "recognise/seven_zip.h"

#include <lzma.h>
#include <openssl/evp.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string_view>

#include "base/hash.h"
#include "recognise/archive.h"
#include "recognise/endian.h"
#include "recognise/inflate.h"
#include "recognise/lzma_stream.h"
#include "recognise/seven_zip_header.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kStartHeader = 32;
constexpr unsigned kMostCycles = 20;  ///< 7-Zip uses 2^19.
constexpr std::size_t kMostHeader = 16U << 20;

constexpr std::uint64_t kCopy = 0x00;
constexpr std::uint64_t kDelta = 0x03;
constexpr std::uint64_t kLzma2 = 0x21;
constexpr std::uint64_t kLzma = 0x030101;
constexpr std::uint64_t kDeflate = 0x040108;
constexpr std::uint64_t kAes = 0x06f10701;

using Key = std::array<std::uint8_t, 32>;

/// SHA-256 of 2^cycles times the password in UTF-16LE and a counter of eight bytes.
Key derive(std::string_view password, unsigned cycles) {
  Bytes round;
  for (const char c : password) round.insert(round.end(), {static_cast<std::uint8_t>(c), 0});
  const std::size_t counter = round.size();
  round.resize(counter + 8);
  Hasher hasher;
  for (std::uint64_t i = 0; i < std::uint64_t{1} << cycles; ++i) {
    for (std::size_t byte = 0; byte < 8; ++byte)
      round[counter + byte] = static_cast<std::uint8_t>(i >> (8 * byte));
    hasher.update(ByteView(round));
  }
  const Bytes digest = hasher.finish();
  Key key;
  std::copy_n(digest.begin(), key.size(), key.begin());
  return key;
}

/// Each is derived once: there are few.
const Key& key_of(const char* password, unsigned cycles) {
  static std::mutex mutex;
  static std::map<std::pair<std::string, unsigned>, Key> keys;
  const std::lock_guard lock(mutex);
  const auto [entry, is_new] = keys.try_emplace({password, cycles});
  if (is_new) entry->second = derive(password, cycles);
  return entry->second;
}

struct AesProperties {
  unsigned cycles = 0;
  std::array<std::uint8_t, 16> iv{};
};

/// Nothing if there is a salt, or too much work.
std::optional<AesProperties> aes_properties(ByteView properties) {
  if (properties.empty()) return std::nullopt;
  AesProperties aes{.cycles = properties[0] & 0x3fU};
  if (aes.cycles > kMostCycles || (properties[0] & 0x80) != 0) return std::nullopt;
  if ((properties[0] & 0x40) == 0) return aes;
  if (properties.size() < 2 || properties[1] >> 4 != 0) return std::nullopt;
  const std::size_t size = (properties[1] & 0x0fU) + 1;
  if (properties.size() < 2 + size) return std::nullopt;
  std::copy_n(properties.begin() + 2, size, aes.iv.begin());
  return aes;
}

struct FreeCipher {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

std::optional<Bytes> decrypt(const SevenZipCoder& coder, ByteView in, const char* password) {
  const std::optional<AesProperties> aes = aes_properties(coder.properties);
  if (!aes || in.size() % 16 != 0 || in.size() > 1U << 30) return std::nullopt;
  const std::unique_ptr<EVP_CIPHER_CTX, FreeCipher> context(EVP_CIPHER_CTX_new());
  Bytes out(in.size() + 16);
  int size = 0;
  if (context == nullptr ||
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_cbc(), nullptr, key_of(password, aes->cycles).data(),
                         aes->iv.data()) != 1 ||
      EVP_CIPHER_CTX_set_padding(context.get(), 0) != 1 ||
      EVP_DecryptUpdate(context.get(), out.data(), &size, in.data(), static_cast<int>(in.size())) != 1)
    return std::nullopt;
  out.resize(std::min<std::size_t>(static_cast<std::size_t>(size), coder.unpacked));
  return out;
}

std::optional<lzma_vli> lzma_filter_of(std::uint64_t method) {
  switch (method) {
    case kLzma:
      return LZMA_FILTER_LZMA1;
    case kLzma2:
      return LZMA_FILTER_LZMA2;
    case kDelta:
      return LZMA_FILTER_DELTA;
    case 0x04:
    case 0x03030103:
      return LZMA_FILTER_X86;
    case 0x05:
    case 0x03030205:
      return LZMA_FILTER_POWERPC;
    case 0x07:
    case 0x03030501:
      return LZMA_FILTER_ARM;
    case 0x08:
    case 0x03030701:
      return LZMA_FILTER_ARMTHUMB;
    case 0x09:
    case 0x03030805:
      return LZMA_FILTER_SPARC;
    default:
      return std::nullopt;
  }
}

/// The filters of liblzma for `coders`, which stand in the order of unpacking; those of liblzma in that of
/// packing. Frees their options.
class Filters {
 public:
  explicit Filters(std::span<const SevenZipCoder> coders) {
    for (auto coder = coders.rbegin(); coder != coders.rend(); ++coder) {
      const std::optional<lzma_vli> id = lzma_filter_of(coder->method);
      if (!id || used_ == LZMA_FILTERS_MAX) return;
      filters_[used_] = {*id, nullptr};
      if (lzma_properties_decode(&filters_[used_], nullptr, coder->properties.data(),
                                 coder->properties.size()) != LZMA_OK)
        return;
      ++used_;
    }
    filters_[used_] = {LZMA_VLI_UNKNOWN, nullptr};
    is_usable_ = true;
  }
  Filters(const Filters&) = delete;
  Filters& operator=(const Filters&) = delete;
  ~Filters() {
    for (std::size_t i = 0; i < used_; ++i) std::free(filters_[i].options);
  }
  [[nodiscard]] const lzma_filter* get() const { return is_usable_ ? filters_.data() : nullptr; }

 private:
  std::array<lzma_filter, LZMA_FILTERS_MAX + 1> filters_{};
  std::size_t used_ = 0;
  bool is_usable_ = false;
};

/// What `coders` make of `in`; they are LZMA and converters after it, or one other.
Bytes decompress(std::span<const SevenZipCoder> coders, ByteView in, std::size_t most) {
  Output output(most);
  if (coders.empty() || (coders.size() == 1 && coders[0].method == kCopy)) {
    output.append(in);
  } else if (coders.size() == 1 && coders[0].method == kDeflate) {
    static_cast<void>(inflate_into(in, Wrapper::raw, output));
  } else {
    const Filters filters(coders);
    LzmaStream stream;
    if (filters.get() != nullptr && lzma_raw_decoder_memusage(filters.get()) <= kMostMemory &&
        lzma_raw_decoder(stream.get(), filters.get()) == LZMA_OK)
      static_cast<void>(stream.run(in, output));
  }
  return output.copy();
}

bool is_encrypted(const SevenZipFolder& folder) {
  return !folder.coders.empty() && folder.coders.front().method == kAes;
}

std::uint32_t crc_of(ByteView bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, bytes.data(), bytes.size()));
}

/// Whether what a folder holds is all there, and at least one checksum says so.
bool is_right(const SevenZipFolder& folder, ByteView bytes) {
  if (bytes.size() != folder.unpacked) return false;
  bool checked = false;
  if (folder.crc) {
    if (crc_of(bytes) != *folder.crc) return false;
    checked = true;
  }
  for (std::size_t i = 0; i < folder.sizes.size(); ++i) {
    const auto size = static_cast<std::size_t>(folder.sizes[i]);
    if (folder.crcs[i] && crc_of(bytes.first(size)) != *folder.crcs[i]) return false;
    checked = checked || folder.crcs[i].has_value();
    bytes = bytes.subspan(size);
  }
  return checked;
}

class Archive {
 public:
  Archive(ByteView archive, std::size_t max_output) : archive_(archive), output_(max_output) {}

  Decoded run() {
    const std::optional<SevenZipHeader> header = read_header();
    if (!header) return was_encrypted_ ? Decoded{.reason = kLocked} : Decoded{};
    give(*header);
    return was_encrypted_ ? std::move(result_) : Decoded{};
  }

  /// Nothing if it cannot be read.
  std::optional<SevenZipHeader> read_header() {
    const auto offset = static_cast<std::size_t>(little(archive_, 12, 8));
    const ByteView packed_header =
        archive_.subspan(kStartHeader + offset, static_cast<std::size_t>(little(archive_, 20, 8)));
    if (packed_header.empty()) return SevenZipHeader{};
    std::optional<SevenZipHeader> header = read_7z_header(packed_header);
    for (int layers = 0; header && header->is_packed && layers < 4; ++layers) {
      if (header->folders.size() != 1) return std::nullopt;
      std::optional<Bytes> unpacked = unpack(header->folders[0], kMostHeader);
      if (!unpacked) return std::nullopt;
      plain_header_ = std::move(*unpacked);
      header = read_7z_header(plain_header_);
    }
    return header && !header->is_packed ? std::move(header) : std::nullopt;
  }

 private:
  void give(const SevenZipHeader& header) {
    result_.complete = true;
    std::size_t file = 0;
    for (const SevenZipFolder& folder : header.folders) {
      const std::optional<Bytes> bytes = unpack(folder, output_.max() - output_.size());
      if (!bytes) {
        result_.complete = false;
        result_.reason = folder.unpacked > output_.max() - output_.size() ? reason(StreamEnd::budget)
                         : is_encrypted(folder)                           ? kLocked
                                                                          : reason(StreamEnd::corrupt);
      }
      ByteView rest = bytes ? ByteView(*bytes) : ByteView();
      for (const std::uint64_t size : folder.sizes) {
        while (file < header.names.size() && !header.has_content[file]) ++file;
        const std::size_t held = std::min<std::size_t>(static_cast<std::size_t>(size), rest.size());
        add_member(file < header.names.size() ? header.names[file] : "", rest.first(held));
        rest = rest.subspan(held);
        ++file;
      }
    }
    std::string names;
    for (const std::string& name : header.names) names += name + "\n";
    add_member(kNamesMember, as_bytes(names));
    result_.bytes = output_.copy();
  }

  void add_member(const std::string& name, ByteView bytes) {
    const std::size_t begin = output_.size();
    if (!output_.append(bytes)) {
      result_.complete = false;
      result_.reason = reason(StreamEnd::budget);
    }
    if (output_.size() == begin) return;
    std::string unique = printable(name);
    if (const int others = seen_[unique]++; others > 0) unique += " (" + std::to_string(others + 1) + ")";
    result_.members.push_back({unique, begin, output_.size() - begin});
  }

  /// The folder's content, if all of it is right and no more than `most`.
  std::optional<Bytes> unpack(const SevenZipFolder& folder, std::size_t most) {
    was_encrypted_ = was_encrypted_ || is_encrypted(folder);
    if (folder.coders.empty() || folder.unpacked > most) return std::nullopt;
    const std::uint64_t room = archive_.size() - kStartHeader;
    if (folder.offset > room || folder.packed > room - folder.offset) return std::nullopt;
    const ByteView packed = archive_.subspan(kStartHeader + static_cast<std::size_t>(folder.offset),
                                             static_cast<std::size_t>(folder.packed));
    const auto size = static_cast<std::size_t>(folder.unpacked);
    if (!is_encrypted(folder)) {
      Bytes bytes = decompress(folder.coders, packed, size);
      return is_right(folder, bytes) ? std::optional(std::move(bytes)) : std::nullopt;
    }
    const std::span<const SevenZipCoder> others = std::span(folder.coders).subspan(1);
    for (const char* const password : kCustomaryPasswords) {
      const std::optional<Bytes> decrypted = decrypt(folder.coders.front(), packed, password);
      if (!decrypted) break;
      Bytes bytes = decompress(others, *decrypted, size);
      if (is_right(folder, bytes)) return bytes;
    }
    return std::nullopt;
  }

  static constexpr const char* kLocked = "encrypted 7z archive";

  ByteView archive_;
  Bytes plain_header_;  ///< What the header was packed as.
  Output output_;
  Decoded result_;
  std::map<std::string, int> seen_;
  bool was_encrypted_ = false;
};

}  // namespace

bool has_7z_header(ByteView archive) { return Archive(archive, 0).read_header().has_value(); }

Decoded read_encrypted_7z(ByteView archive, std::size_t max_output) {
  return Archive(archive, max_output).run();
}

}  // namespace candor::recognise
