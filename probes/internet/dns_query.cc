// SPDX-License-Identifier: Apache-2.0
#include "internet/dns_query.h"

// ldns.h turns bool, true and false into macros unless it finds this.
#include <stdbool.h>

#include <ldns/ldns.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

#include "base/error.h"

namespace candor::internet {

namespace {

constexpr std::size_t kHeader = 12;
constexpr std::uint16_t kEdnsSize = 1232;
constexpr std::uint32_t kTtl = 300;

struct FreeRecord {
  void operator()(ldns_rr* record) const { ldns_rr_free(record); }
};
struct FreePacket {
  void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
};
struct FreeMemory {
  void operator()(void* memory) const { std::free(memory); }
};
using Record = std::unique_ptr<ldns_rr, FreeRecord>;
using Packet = std::unique_ptr<ldns_pkt, FreePacket>;

// The header's words, from the wire.
struct Header {
  explicit Header(ByteView message) : bytes(message) {}
  [[nodiscard]] unsigned word(std::size_t offset) const {
    return static_cast<unsigned>(bytes[offset] << 8 | bytes[offset + 1]);
  }
  [[nodiscard]] unsigned id() const { return word(0); }
  [[nodiscard]] bool response() const { return (word(2) & 0x8000) != 0; }
  [[nodiscard]] unsigned opcode() const { return word(2) >> 11 & 15; }
  [[nodiscard]] bool recursion_desired() const { return (word(2) & 0x0100) != 0; }
  // None but those a resolver has reason to set: RD, AD, CD.
  [[nodiscard]] bool usual_flags() const { return (word(2) & 0x06cf) == 0; }
  [[nodiscard]] unsigned questions() const { return word(4); }
  [[nodiscard]] unsigned answers() const { return word(6); }
  [[nodiscard]] unsigned authorities() const { return word(8); }
  [[nodiscard]] unsigned additionals() const { return word(10); }
  ByteView bytes;
};

// The record at `position`, which is moved past it; nothing if it is malformed.
Record read_record(ByteView message, std::size_t& position, ldns_pkt_section section) {
  ldns_rr* record = nullptr;
  if (ldns_wire2rr(&record, message.data(), message.size(), &position, section) != LDNS_STATUS_OK) return {};
  return Record(record);
}

// The labels of a domain name in wire form, joined by dots.
std::string joined_labels(const ldns_rdf* name) {
  const auto* data = ldns_rdf_data(name);
  const std::size_t size = ldns_rdf_size(name);
  std::string joined;
  for (std::size_t i = 0; i < size && data[i] != 0; i += 1U + data[i]) {
    if (i + 1 + data[i] > size) break;
    if (!joined.empty()) joined += '.';
    joined.append(reinterpret_cast<const char*>(data) + i + 1, data[i]);
  }
  return joined;
}

std::string type_text(ldns_rr_type type) {
  const std::unique_ptr<char, FreeMemory> text(ldns_rr_type2str(type));
  return text ? text.get() : "TYPE" + std::to_string(static_cast<unsigned>(type));
}

bool is_empty_edns(ByteView message, std::size_t position) {
  constexpr std::size_t kEmptyOpt = 11;  // root name, type, class, ttl, rdlength
  return message.size() - position == kEmptyOpt && message[position] == 0 && message[position + 1] == 0 &&
         message[position + 2] == LDNS_RR_TYPE_OPT && message[position + 9] == 0 &&
         message[position + 10] == 0;
}

bool has_edns(ByteView message, std::size_t position) {
  const Header header(message);
  for (unsigned i = 0; i < header.answers() + header.authorities() + header.additionals(); ++i) {
    const Record record = read_record(message, position, LDNS_SECTION_ADDITIONAL);
    if (!record) return false;
    if (ldns_rr_get_type(record.get()) == LDNS_RR_TYPE_OPT) return true;
  }
  return false;
}

DnsQuery query_from(ByteView message, const ldns_rr* question, std::size_t position) {
  const Header header(message);
  const ldns_rr_type type = ldns_rr_get_type(question);
  DnsQuery query;
  query.name = joined_labels(ldns_rr_owner(question));
  query.type = type_text(type);
  query.standard = header.opcode() == 0 && ldns_rr_get_class(question) == LDNS_RR_CLASS_IN;
  query.wants_v4 = query.standard && type == LDNS_RR_TYPE_A;
  query.wants_v6 = query.standard && type == LDNS_RR_TYPE_AAAA;
  const bool nothing_else = header.answers() == 0 && header.authorities() == 0;
  const bool whole = header.additionals() == 0
                         ? position == message.size()
                         : header.additionals() == 1 && is_empty_edns(message, position);
  query.plain = query.standard && header.usual_flags() && nothing_else && whole;
  return query;
}

Record address_record(const ldns_rr* question, const asio::ip::address& address) {
  Record record(ldns_rr_new());
  ldns_rr_set_owner(record.get(), ldns_rdf_clone(ldns_rr_owner(question)));
  ldns_rr_set_class(record.get(), LDNS_RR_CLASS_IN);
  ldns_rr_set_ttl(record.get(), kTtl);
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    ldns_rr_set_type(record.get(), LDNS_RR_TYPE_A);
    ldns_rr_push_rdf(record.get(), ldns_rdf_new_frm_data(LDNS_RDF_TYPE_A, bytes.size(), bytes.data()));
  } else {
    const auto bytes = address.to_v6().to_bytes();
    ldns_rr_set_type(record.get(), LDNS_RR_TYPE_AAAA);
    ldns_rr_push_rdf(record.get(), ldns_rdf_new_frm_data(LDNS_RDF_TYPE_AAAA, bytes.size(), bytes.data()));
  }
  return record;
}

}  // namespace

std::variant<DnsQuery, NotDns> parse_dns_query(ByteView message) {
  if (message.size() < kHeader) return NotDns{"cut short in its header"};
  const Header header(message);
  if (header.response()) return NotDns{"a response, not a query"};
  if (header.questions() != 1) return NotDns{std::to_string(header.questions()) + " questions"};
  std::size_t position = kHeader;
  const Record question = read_record(message, position, LDNS_SECTION_QUESTION);
  if (!question) return NotDns{"a malformed question"};
  return query_from(message, question.get(), position);
}

namespace {

/// An answer without records yet; `question` is the query's.
Packet begin_answer(ByteView query, Record& question, ldns_pkt_rcode code) {
  const Header header(query);
  std::size_t position = kHeader;
  question = read_record(query, position, LDNS_SECTION_QUESTION);
  if (!question) throw Error("answering a DNS query that is none");
  Packet packet(ldns_pkt_new());
  ldns_pkt_set_id(packet.get(), static_cast<std::uint16_t>(header.id()));
  ldns_pkt_set_qr(packet.get(), true);
  ldns_pkt_set_opcode(packet.get(), static_cast<ldns_pkt_opcode>(header.opcode()));
  ldns_pkt_set_rd(packet.get(), header.recursion_desired());
  ldns_pkt_set_ra(packet.get(), true);
  ldns_pkt_set_rcode(packet.get(), header.opcode() == 0 ? code : LDNS_RCODE_NOTIMPL);
  if (has_edns(query, position)) ldns_pkt_set_edns_udp_size(packet.get(), kEdnsSize);
  return packet;
}

Bytes end_answer(const Packet& packet, Record question) {
  ldns_pkt_push_rr(packet.get(), LDNS_SECTION_QUESTION, question.release());
  std::uint8_t* wire = nullptr;
  std::size_t size = 0;
  const ldns_status status = ldns_pkt2wire(&wire, packet.get(), &size);
  const std::unique_ptr<std::uint8_t, FreeMemory> owner(wire);
  if (status != LDNS_STATUS_OK)
    throw Error("encoding a DNS answer: " + std::string(ldns_get_errorstr_by_id(status)));
  return {wire, wire + size};
}

/// Character strings of at most 255 bytes (RFC 1035, section 3.3.14), as a zone file writes them.
std::string character_strings(std::string_view text) {
  constexpr std::size_t kLongest = 255;
  std::string made;
  do {
    made += made.empty() ? "\"" : " \"";
    for (const char c : text.substr(0, kLongest)) {
      if (c == '"' || c == '\\') made += '\\';
      made += c;
    }
    made += '"';
    text.remove_prefix(std::min(text.size(), kLongest));
  } while (!text.empty());
  return made;
}

/// Of the question's name, with data in the form of zone files; none if they are no data of that type.
Record text_record(const ldns_rr* question, std::uint32_t ttl, const std::string& type,
                   const std::string& data) {
  ldns_rr* read = nullptr;
  const std::string line = ". " + std::to_string(ttl) + " IN " + type + ' ' + data;
  if (ldns_rr_new_frm_str(&read, line.c_str(), ttl, nullptr, nullptr) != LDNS_STATUS_OK) return {};
  Record record(read);
  ldns_rdf_deep_free(ldns_rr_owner(read));
  ldns_rr_set_owner(read, ldns_rdf_clone(ldns_rr_owner(question)));
  return record;
}

}  // namespace

Bytes dns_answer(ByteView query, const std::vector<asio::ip::address>& addresses,
                 const std::vector<std::string>& data) {
  Record question;
  const Packet packet = begin_answer(query, question, LDNS_RCODE_NOERROR);
  for (const auto& address : addresses) {
    ldns_pkt_push_rr(packet.get(), LDNS_SECTION_ANSWER, address_record(question.get(), address).release());
  }
  const std::string type = type_text(ldns_rr_get_type(question.get()));
  for (const std::string& each : data)
    if (Record record = text_record(question.get(), kTtl, type, each))
      ldns_pkt_push_rr(packet.get(), LDNS_SECTION_ANSWER, record.release());
  return end_answer(packet, std::move(question));
}

Bytes dns_answer(ByteView query, const DnsTexts& texts, std::vector<std::string>& wrong) {
  Record question;
  const ldns_pkt_rcode code = texts.code == "NXDOMAIN"   ? LDNS_RCODE_NXDOMAIN
                              : texts.code == "SERVFAIL" ? LDNS_RCODE_SERVFAIL
                              : texts.code == "REFUSED"  ? LDNS_RCODE_REFUSED
                                                         : LDNS_RCODE_NOERROR;
  const Packet packet = begin_answer(query, question, code);
  for (const std::string& data : texts.data) {
    Record record = text_record(question.get(), texts.ttl, texts.type,
                                texts.type == "TXT" ? character_strings(data) : data);
    if (record) {
      ldns_pkt_push_rr(packet.get(), LDNS_SECTION_ANSWER, record.release());
    } else {
      wrong.push_back(data);
    }
  }
  return end_answer(packet, std::move(question));
}

}  // namespace candor::internet
