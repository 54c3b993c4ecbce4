// SPDX-License-Identifier: Apache-2.0
#include "capture/dns_message.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>

namespace candor::capture {

namespace {

constexpr std::size_t kLongestLabel = 63;
constexpr std::size_t kLongestName = 255;
constexpr std::size_t kEncodedName = 32;
constexpr std::uint16_t kInternet = 1;

enum Type : std::uint16_t {
  kA = 1,
  kNs = 2,
  kCname = 5,
  kPtr = 12,
  kHinfo = 13,
  kTxt = 16,
  kAaaa = 28,
  kNetbios = 32,
  kSrvOrStatus = 33,  // SRV; in NetBIOS NBSTAT
  kOpt = 41,
  kNsec = 47,
};

bool all_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

/// The types hosts have records of, and so say in NSEC that they do (RFC 6762, section 6.1).
bool usual_type(unsigned type) {
  return type == kA || type == kPtr || type == kHinfo || type == kTxt || type == kAaaa ||
         type == kSrvOrStatus;
}

class MessageReader {
 public:
  MessageReader(ByteView message, const DnsDialect& dialect) : reader_(message), dialect_(dialect) {
    content_.protocol = dialect.protocol;
  }

  std::optional<DatagramContent> read(std::size_t size) {
    tell(FreeNumber::id, reader_.u16());
    const std::uint16_t flags = reader_.u16();
    if ((flags & ~dialect_.free_flags) != 0) return std::nullopt;
    tell(FreeNumber::number, flags);
    std::array<std::uint16_t, 4> counts{};
    for (std::uint16_t& count : counts) count = reader_.u16();
    for (std::uint16_t i = 0; i < counts[0]; ++i)
      if (!question()) return std::nullopt;
    for (const std::uint16_t records : {counts[1], counts[2], counts[3]})
      for (std::uint16_t i = 0; i < records; ++i)
        if (!record()) return std::nullopt;
    if (!reader_.at_end()) return std::nullopt;
    content_.framing = size - content_.content - content_.other;
    return std::move(content_);
  }

 private:
  void tell(FreeNumber kind, std::uint64_t value) { content_.numbers.emplace_back(kind, value); }
  void other(ByteView bytes) { content_.other += bytes.size(); }

  /// Labels up to a root or to a pointer to labels told before.
  bool name() {
    const std::size_t at = reader_.position();
    std::string joined;
    std::string dotted;
    std::size_t length = 1;
    while (true) {
      const std::size_t here = reader_.position();
      if (dialect_.netbios && joined.empty() && !reader_.rest().empty() &&
          reader_.rest()[0] == kEncodedName) {
        labels_.insert(here);
        if (!read_netbios_name(reader_, content_)) return false;
        length += kEncodedName + 1;
        continue;
      }
      const std::size_t size = reader_.u8();
      if (!reader_.good()) return false;
      if (size == 0) break;
      if ((size & 0xc0U) == 0xc0U) {
        if (!labels_.contains((size & 0x3fU) << 8U | reader_.u8())) return false;
        break;
      }
      length += size + 1;
      if (size > kLongestLabel || length > kLongestName) return false;
      const ByteView label = reader_.take(size);
      if (!reader_.good()) return false;
      labels_.insert(here);
      joined += as_text(label);
      dotted += (dotted.empty() ? "" : ".") + std::string(as_text(label));
    }
    if (joined.empty()) return reader_.good();
    content_.content += joined.size();
    const bool several = joined.size() != dotted.size();
    content_.texts.push_back({"labels joined", at, joined.size(), std::move(joined)});
    if (several) content_.texts.push_back({"name", at, 0, std::move(dotted)});
    return reader_.good();
  }

  bool question() {
    if (!name()) return false;
    tell(FreeNumber::type, reader_.u16());
    return (reader_.u16() & ~dialect_.class_flag) == kInternet && reader_.good();
  }

  bool record() {
    if (!name()) return false;
    const std::uint16_t type = reader_.u16();
    if (type == kOpt) return options();
    if ((reader_.u16() & ~dialect_.class_flag) != kInternet) return false;
    tell(FreeNumber::type, type);
    tell(FreeNumber::lifetime, reader_.u32());
    const std::size_t size = reader_.u16();
    if (!reader_.good() || size > reader_.rest().size()) return false;
    const std::size_t end = reader_.position() + size;
    return data(type, size) && reader_.position() == end;
  }

  /// RFC 6891: what it takes at most, flags, options.
  bool options() {
    tell(FreeNumber::number, reader_.u16());
    if ((reader_.u32() & ~0x8000U) != 0) return false;
    const ByteView data = reader_.take(reader_.u16());
    FieldReader options(data);
    while (reader_.good() && !options.at_end()) {
      (void)options.u16();
      const ByteView value = options.take(options.u16());
      if (!options.good()) return false;
      if (!all_zero(value)) other(value);
    }
    return reader_.good();
  }

  bool data(std::uint16_t type, std::size_t size) {
    if (dialect_.netbios) return netbios_data(type, size);
    switch (type) {
      case kA:
      case kAaaa:
        if (size != (type == kA ? 4 : 16)) return false;
        address(size);
        return true;
      case kNs:
      case kCname:
      case kPtr:
        return name();
      case kSrvOrStatus:
        for (int i = 0; i < 3; ++i) tell(FreeNumber::number, reader_.u16());  // priority, weight, port
        return name();
      case kHinfo:
      case kTxt:
        return strings(size);
      case kNsec:
        return name() && type_map();
      default:
        other(reader_.take(size));
        return true;
    }
  }

  /// RFC 1002, 4.2.1.3 and 4.2.13: flags and an address for each; a status is a server's to say.
  bool netbios_data(std::uint16_t type, std::size_t size) {
    constexpr std::size_t kEach = 6;
    if (type != kNetbios || size % kEach != 0) {
      other(reader_.take(size));
      return true;
    }
    for (std::size_t i = 0; i < size; i += kEach) {
      tell(FreeNumber::number, reader_.u16());
      address(4);
    }
    return true;
  }

  void address(std::size_t size) {
    content_.addresses.push_back(reader_.take(size));
    content_.content += size;
  }

  bool strings(std::size_t size) {
    const std::size_t at = reader_.position();
    FieldReader each(reader_.take(size));
    std::string joined;
    while (!each.at_end()) {
      joined += as_text(each.take(each.u8()));
      if (!each.good()) return false;
    }
    content_.content += joined.size();
    if (!joined.empty()) content_.texts.push_back({"strings joined", at, joined.size(), std::move(joined)});
    return true;
  }

  /// RFC 4034, 4.1.2: one window of usual types.
  bool type_map() {
    const std::uint8_t window = reader_.u8();
    const ByteView bits = reader_.take(reader_.u8());
    if (!reader_.good()) return false;
    bool usual = window == 0 && bits.size() <= 32;
    for (unsigned type = 0; type < bits.size() * 8; ++type)
      usual = usual && ((bits[type / 8] & 0x80U >> type % 8) == 0 || usual_type(type));
    if (!usual) other(bits);
    return true;
  }

  FieldReader reader_;
  DnsDialect dialect_;
  DatagramContent content_;
  std::set<std::size_t> labels_;  // where they begin
};

}  // namespace

std::optional<DatagramContent> read_dns_message(ByteView message, const DnsDialect& dialect) {
  return MessageReader(message, dialect).read(message.size());
}

bool read_netbios_name(FieldReader& reader, DatagramContent& content) {
  if (reader.u8() != kEncodedName) return false;
  const std::size_t at = reader.position();
  const ByteView letters = reader.take(kEncodedName);
  std::string name;
  for (std::size_t i = 0; i < letters.size(); i += 2) {
    const unsigned high = letters[i] - unsigned{'A'};
    const unsigned low = letters[i + 1] - unsigned{'A'};
    if (high > 15 || low > 15) return false;
    name.push_back(static_cast<char>(high << 4U | low));
  }
  if (!reader.good()) return false;
  // The last byte is what kind of name it is; those before are filled up with spaces, or with zeros.
  content.numbers.emplace_back(FreeNumber::type, static_cast<std::uint8_t>(name.back()));
  name.pop_back();
  const char padding = name.back() == '\0' ? '\0' : ' ';
  while (!name.empty() && name.back() == padding) name.pop_back();
  content.content += kEncodedName;
  content.texts.push_back({"netbios name", at, kEncodedName, std::move(name)});
  return true;
}

std::optional<DatagramContent> read_mdns(ByteView payload) {
  // QR, AA, TC; all else must be zero (RFC 6762, section 18).
  return read_dns_message(payload, {.protocol = "mdns", .free_flags = 0x8600, .class_flag = 0x8000});
}

std::optional<DatagramContent> read_llmnr(ByteView payload) {
  // QR, C, TC, T (RFC 4795, section 2.1.1).
  return read_dns_message(payload, {.protocol = "llmnr", .free_flags = 0x8700});
}

std::optional<DatagramContent> read_netbios_names(ByteView payload) {
  // R, the operation, AA, TC, RD, RA, B and the result (RFC 1002, section 4.2.1.1).
  return read_dns_message(payload, {.protocol = "netbios-ns", .free_flags = 0xff9f, .netbios = true});
}

std::optional<DatagramContent> read_netbios_datagram(ByteView payload) {
  constexpr std::uint8_t kDirect = 0x10;
  constexpr std::uint8_t kBroadcast = 0x12;
  constexpr std::uint8_t kLastQuery = 0x16;
  constexpr std::uint8_t kFirstQuery = 0x14;
  DatagramContent content{.protocol = "netbios-dgm"};
  FieldReader reader(payload);
  const std::uint8_t type = reader.u8();
  const bool carries = type >= kDirect && type <= kBroadcast;
  if (!carries && (type < kFirstQuery || type > kLastQuery)) return std::nullopt;
  content.numbers.emplace_back(FreeNumber::number, reader.u8());  // flags
  content.numbers.emplace_back(FreeNumber::id, reader.u16());
  content.addresses.push_back(reader.take(4));
  content.content += 4;
  content.numbers.emplace_back(FreeNumber::number, reader.u16());  // port
  if (carries) {
    const std::size_t length = reader.u16();
    content.numbers.emplace_back(FreeNumber::number, reader.u16());  // offset in a larger message
    if (length != reader.rest().size()) return std::nullopt;
  }
  for (int names = carries ? 2 : 1; names > 0; --names)
    if (!read_netbios_name(reader, content) || reader.u8() != 0) return std::nullopt;
  if (!reader.good() || (!carries && !reader.at_end())) return std::nullopt;
  const ByteView data = reader.rest();
  if (!data.empty())
    content.texts.push_back({"netbios datagram", reader.position(), data.size(), std::string(as_text(data))});
  content.content += data.size();
  content.framing = payload.size() - content.content;
  return content;
}

}  // namespace candor::capture
