// SPDX-License-Identifier: Apache-2.0
#include "recognise/digests.h"

#include <fmt/format.h>
#include <sodium/crypto_generichash_blake2b.h>
#include <zlib.h>

#include <algorithm>
#include <bitset>
#include <boost/locale/encoding_utf.hpp>
#include <map>
#include <numeric>
#include <string_view>
#include <tuple>

#include "base/hash.h"
#include "recognise/machine_id.h"

namespace candor::recognise {

namespace {

constexpr std::size_t kSmallChunk = 4096;
constexpr std::size_t kLargeChunk = 65536;

struct Algorithm {
  const char* name;
  const char* openssl;  ///< nullptr: OpenSSL before 3.2 has no BLAKE2b shorter than 512 bits; libsodium has.
};
constexpr std::array<Algorithm, 11> kAlgorithms = {{
    {"md5", "md5"},
    {"sha1", "sha1"},
    {"sha224", "sha224"},
    {"sha256", "sha256"},
    {"sha384", "sha384"},
    {"sha512", "sha512"},
    {"sha3-256", "sha3-256"},
    {"sha3-512", "sha3-512"},
    {"blake2b-512", "blake2b512"},
    {"blake2b-256", nullptr},
    {"blake2s-256", "blake2s256"},
}};

Bytes blake2b_256(ByteView bytes) {
  Bytes result(32);
  crypto_generichash_blake2b(result.data(), result.size(), bytes.data(), bytes.size(), nullptr, 0);
  return result;
}

bool says_something(ByteView bytes) {
  if (bytes.size() < kShortestHashed) return false;
  std::bitset<256> seen;
  for (const std::uint8_t byte : bytes) {
    seen.set(byte);
    if (seen.count() >= kFewestDistinct) return true;
  }
  return false;
}

/// Members that are alike, or nearly so, in all packages an office program writes.
bool is_plumbing(std::string_view member) {
  static constexpr std::array kNames = {
      "[Content_Types].xml", "mimetype",      "manifest.rdf",  "fontTable.xml",   "webSettings.xml",
      "settings.xml",        "styles.xml",    "theme1.xml",    "numbering.xml",   "manifest.xml",
      "presProps.xml",       "viewProps.xml", "container.xml", "tableStyles.xml", "calcChain.xml"};
  const std::string_view last = member.substr(member.rfind('/') + 1);
  return last.ends_with(".rels") || std::find(kNames.begin(), kNames.end(), last) != kNames.end();
}

std::string without_extension(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string::npos || dot == 0 ? "" : name.substr(0, dot);
}

/// Of ASCII letters: what Windows folds besides depends on its version.
std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  return text;
}

std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - ('a' - 'A'));
  return text;
}

Bytes utf16le(const std::string& text) {
  Bytes result;
  for (const char16_t unit : boost::locale::conv::utf_to_utf<char16_t>(text)) {
    result.push_back(static_cast<std::uint8_t>(unit & 0xffU));
    result.push_back(static_cast<std::uint8_t>(unit >> 8U));
  }
  return result;
}

class Collector {
 public:
  void add(const DocumentParts& parts) {
    document_ = static_cast<std::uint32_t>(set_.documents.size());
    set_.documents.push_back(parts.document);
    set_.names.push_back(parts.name);
    add_sized("file", parts.content);
    for (const DocumentParts::Part& member : parts.members)
      if (!is_plumbing(member.name)) add_sized("member " + member.name, member.bytes);
    add_sized("text", parts.text);
    add_chunks("4 KiB", parts.content, kSmallChunk);
    add_chunks("64 KiB", parts.content, kLargeChunk);
    add_spellings("name", parts.name);
    add_spellings("name without extension", without_extension(parts.name));
    add_spellings("path", parts.path);
  }

  void add(const std::vector<model::Identity>& identities) {
    if (identities.empty()) return;
    document_ = static_cast<std::uint32_t>(set_.documents.size());
    set_.documents.emplace_back();
    set_.names.emplace_back();
    for (const model::Identity& identity : identities) {
      add_spellings(identity.kind, identity.value);
      const std::optional<Bytes> id = id_bytes(identity.value);
      if (!id) continue;
      add_spellings(identity.kind + " as a UUID", uuid_text(identity.value));
      add_digests(identity.kind + ", its 16 bytes", *id);
      add_digests(identity.kind + ", its 16 bytes as a GUID", guid_bytes(*id));
    }
  }

  DigestSet finish() {
    drop_repeated_digests();
    drop_shared_checksums();
    return std::move(set_);
  }

 private:
  void add_sized(const std::string& subject, ByteView bytes) {
    if (!add_digests(subject, bytes)) return;
    set_.checksums.push_back({.document = document_,
                              .subject = static_cast<std::uint32_t>(set_.subjects.size() - 1),
                              .crc = static_cast<std::uint32_t>(crc32_z(0, bytes.data(), bytes.size())),
                              .size = bytes.size()});
  }

  void add_chunks(const char* size_name, ByteView bytes, std::size_t size) {
    for (std::size_t at = 0; at < bytes.size(); at += size)
      add_digests(fmt::format("{} at {}", size_name, at),
                  bytes.subspan(at, std::min(size, bytes.size() - at)));
  }

  /// As names reach digests: as they are or folded, in UTF-8 or as Windows keeps them.
  void add_spellings(const std::string& subject, const std::string& name) {
    if (!says_something(as_bytes(name))) return;
    for (const auto& [how, spelt] : {std::pair{"", name}, std::pair{" in lower case", lower(name)},
                                     std::pair{" in upper case", upper(name)}}) {
      add_digests(subject + how, as_bytes(spelt));
      add_digests(subject + how + (*how == '\0' ? " in UTF-16LE" : ", UTF-16LE"), utf16le(spelt));
    }
  }

  /// False if the thing has none.
  bool add_digests(const std::string& subject, ByteView bytes) {
    if (!says_something(bytes)) return false;
    const auto number = static_cast<std::uint32_t>(set_.subjects.size());
    set_.subjects.push_back(subject);
    for (std::size_t i = 0; i < kAlgorithms.size(); ++i) {
      const char* openssl = kAlgorithms[i].openssl;
      const Bytes value = openssl == nullptr ? blake2b_256(bytes) : digest(openssl, bytes);
      Digest made{.document = document_, .subject = number, .algorithm = static_cast<std::uint8_t>(i)};
      made.size = static_cast<std::uint8_t>(value.size());
      std::copy(value.begin(), value.end(), made.value.begin());
      set_.digests.push_back(made);
    }
    return true;
  }

  /// Leaves of equal digests the first if they are one document's, and none otherwise.
  void drop_repeated_digests() {
    std::vector<Digest>& digests = set_.digests;
    const auto rank = [&](std::uint32_t i) { return std::tie(digests[i].algorithm, digests[i].value); };
    std::vector<std::uint32_t> order(digests.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return rank(a) != rank(b) ? rank(a) < rank(b) : a < b;
    });
    std::vector<bool> dropped(digests.size());
    for (std::size_t first = 0, i = 1; i < order.size(); ++i) {
      if (rank(order[i]) != rank(order[first])) {
        first = i;
        continue;
      }
      dropped[order[i]] = true;
      if (digests[order[i]].document != digests[order[first]].document) dropped[order[first]] = true;
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < digests.size(); ++i)
      if (!dropped[i]) digests[kept++] = digests[i];
    digests.resize(kept);
  }

  void drop_shared_checksums() {
    std::map<std::pair<std::uint32_t, std::uint64_t>, std::vector<Checksum>> by_value;
    for (const Checksum& sum : set_.checksums) by_value[{sum.crc, sum.size}].push_back(sum);
    std::erase_if(set_.checksums, [&](const Checksum& sum) {
      const std::vector<Checksum>& equal = by_value.at({sum.crc, sum.size});
      return equal.front().document != equal.back().document || equal.front().subject != sum.subject;
    });
  }

  DigestSet set_;
  std::uint32_t document_ = 0;
};

}  // namespace

const char* Digest::algorithm_name() const { return kAlgorithms.at(algorithm).name; }

DigestSet digests_of(const std::vector<DocumentParts>& documents,
                     const std::vector<model::Identity>& identities) {
  Collector collector;
  for (const DocumentParts& parts : documents) collector.add(parts);
  collector.add(identities);
  return collector.finish();
}

}  // namespace candor::recognise
