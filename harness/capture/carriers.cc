// SPDX-License-Identifier: Apache-2.0
#include "capture/carriers.h"

#include <algorithm>
#include <cmath>
#include <exception>
#include <utility>

#include "capture/dns_query.h"

namespace candor::capture {

namespace {

constexpr std::size_t kMostPlaces = 1000;
constexpr std::size_t kMostOrders = 1000;
constexpr std::size_t kMostThings = 256;     // told apart in one order
constexpr std::size_t kWindow = 8192;        // values of one series searched together
constexpr std::size_t kOverlap = 256;        // 26 characters in single bits take 208 values
constexpr std::size_t kMostHeld = 4U << 20;  // values of all series
constexpr std::size_t kFewest = 2;           // 16 bytes in values of eight
constexpr std::size_t kReadable = 24;        // characters in a row that may be an encoding of something

const char* const kEverywhere = "all places";

bool printable_run(ByteView bytes) {
  std::size_t run = 0;
  for (const std::uint8_t byte : bytes) {
    run = byte > 0x20 && byte < 0x7f ? run + 1 : 0;
    if (run == kReadable) return true;
  }
  return false;
}

/// log2(n!): the ways to put n things in order.
double bits_of_order(std::size_t things) {
  return std::lgamma(static_cast<double>(things) + 1) / std::log(2);
}

/// Where short intervals end and long ones begin: the middle, and the widest gap between neighbours by ratio.
std::array<std::uint64_t, 2> thresholds(std::vector<std::uint64_t> intervals) {
  std::sort(intervals.begin(), intervals.end());
  const std::uint64_t middle = intervals[intervals.size() / 2];
  std::uint64_t gap = middle;
  double widest = 0;
  for (std::size_t i = 1; i < intervals.size(); ++i) {
    const double ratio = static_cast<double>(intervals[i] + 1) / static_cast<double>(intervals[i - 1] + 1);
    if (ratio <= widest) continue;
    widest = ratio;
    gap = intervals[i];
  }
  return {middle, gap};
}

}  // namespace

Carriers::Carriers(const Recogniser& as_it_stands, const Recogniser& recognise, Senders senders)
    : as_it_stands_(as_it_stands),
      recognise_(recognise),
      plain_(as_it_stands_),
      names_(recognise_),
      senders_(senders),
      most_held_(kMostHeld) {}

double Carriers::free(Field field, double bits) {
  free_[static_cast<std::size_t>(field)] += bits;
  return bits;
}

Address Carriers::sender_of(const Dissection& frame) const {
  Address sender = frame.source;
  sender.port = 0;
  return senders_ == Senders::one ? Address{} : sender;
}

std::string Carriers::named(const Dissection& frame, const std::string& place) const {
  return senders_ == Senders::one ? place : to_endpoint(sender_of(frame)).address + " > " + place;
}

Carriers::Fields* Carriers::of(const Dissection& frame) {
  Address place = frame.destination;
  place.port = 0;
  const std::pair key(sender_of(frame), place);
  const auto known = places_.find(key);
  if (known != places_.end()) return &known->second;
  if (places_.size() == kMostPlaces) {
    not_followed("fields of frames to more than " + std::to_string(kMostPlaces) + " places");
    return nullptr;
  }
  Fields& made = places_[key];
  made.place = named(frame, frame.place);
  return &made;
}

Carriers::Fields* Carriers::everywhere(const Dissection& frame) {
  const Address sender = sender_of(frame);
  const auto known = everywhere_.find(sender);
  if (known != everywhere_.end()) return &known->second;
  if (everywhere_.size() == kMostPlaces) {
    complete_ = false;
    return nullptr;
  }
  Fields& made = everywhere_[sender];
  made.place = named(frame, kEverywhere);
  return &made;
}

void Carriers::tell(Fields& fields, Field field, const Value& value) {
  append(fields.series[static_cast<std::size_t>(field)], value, info(field).name, fields.place, field);
}

void Carriers::tell_both(const Dissection& frame, Field field, const Value& value) {
  for (Fields* const fields : {of(frame), everywhere(frame)})
    if (fields != nullptr) tell(*fields, field, value);
}

std::uint64_t Carriers::add(const Packet& packet, const Dissection& frame, bool begins) {
  double bits = 0;
  const auto at = [&](std::uint64_t value) { return Value{value, packet.number, packet.wall_ns}; };
  for_each_field(frame, begins, [&](Field field, std::uint64_t value) {
    bits += free(field, info(field).free_bits);
    if (as_it_stands_) tell_both(frame, field, at(value));
  });
  bits += free(Field::interval, info(Field::interval).free_bits);
  bits += free(Field::order, info(Field::order).free_bits);
  if (!as_it_stands_) return static_cast<std::uint64_t>(bits);
  for (Fields* const fields : {of(frame), everywhere(frame)}) {
    if (fields == nullptr) continue;
    const std::int64_t since = packet.wall_ns - std::exchange(fields->last_ns, packet.wall_ns);
    if (since != packet.wall_ns)
      tell(*fields, Field::interval, at(static_cast<std::uint64_t>(std::max<std::int64_t>(0, since))));
  }
  const std::string all = named(frame, kEverywhere);
  if (begins || frame.datagram) add_order("place " + all, "order of places", all, frame.place, at(0));
  if (frame.query) {
    const std::string domain = base_domain(*frame.query);
    const ByteView type = frame.datagram->subspan(kNameOffset + frame.query->name_length, 2);
    add_order("name " + to_hex(type) + all + domain, "order of names", printable(domain),
              lower_case(joined_labels(*frame.query, ".")), at(0));
  }
  return static_cast<std::uint64_t>(bits);
}

void Carriers::add_order(const std::string& key, const std::string& channel, const std::string& place,
                         const std::string& thing, const Value& at) {
  if (orders_.size() >= kMostOrders && !orders_.contains(key))
    return not_followed("the order of names under more than " + std::to_string(kMostOrders) + " domains");
  Order& order = orders_[key];
  order.channel = channel;
  order.place = place;
  if (order.numbers.size() >= kMostThings && !order.numbers.contains(thing))
    return not_followed("the " + channel + " where there are more than " + std::to_string(kMostThings));
  const std::uint64_t number = order.numbers.try_emplace(thing, order.numbers.size()).first->second;
  append(order.series, {number, at.frame, at.wall_ns}, channel, place, Field::order);
}

std::uint64_t Carriers::segment(const Packet& packet, const Dissection& frame, Bytes& pending,
                                std::uint32_t& next) {
  const TcpSegment& segment = *frame.tcp;
  if (!pending.empty() && segment.sequence == next) {
    pending.insert(pending.end(), segment.payload.begin(), segment.payload.end());
  } else if (client_hello_size(segment.payload) > 0) {
    pending.assign(segment.payload.begin(), segment.payload.end());
  } else {
    return 0;
  }
  next = segment.sequence + static_cast<std::uint32_t>(segment.payload.size());
  const std::size_t size = client_hello_size(pending);
  if (pending.size() < size) return 0;
  const Bytes whole = std::exchange(pending, {});
  return client_hello(packet, frame, ByteView(whole).first(size));
}

std::uint64_t Carriers::client_hello(const Packet& packet, const Dissection& frame, ByteView record,
                                     ByteView ids) {
  if (as_it_stands_) hello(packet, frame, record);
  const std::string to = to_endpoint(frame.destination).text();
  if (as_it_stands_ && !ids.empty())
    (void)plain_.append({"tls hello", to, packet.wall_ns, packet.number}, "connection ids joined", ids);
  const double bits = free(Field::quic_id, static_cast<double>(ids.size()) * 8);
  return static_cast<std::uint64_t>(bits + hello_bits(parse_client_hello(record)));
}

double Carriers::hello_bits(const ClientHello& hello) {
  double bits = free(Field::tls_random, static_cast<double>(hello.random.size()) * 8);
  bits += free(Field::tls_session_id, static_cast<double>(hello.session_id.size()) * 8);
  for (const ByteView key : hello.key_shares)
    bits += free(Field::tls_key_share, static_cast<double>(key.size()) * 8);
  bits += free(Field::tls_cipher, bits_of_order(hello.ciphers.size()));
  bits += free(Field::tls_extension, bits_of_order(hello.extensions.size()));
  for (std::size_t i = 0; i < hello.grease.size(); ++i)
    bits += free(Field::tls_grease, info(Field::tls_grease).free_bits);
  return bits;
}

void Carriers::hello(const Packet& packet, const Dissection& frame, ByteView record) {
  const ClientHello hello = parse_client_hello(record);
  const Place place{"tls hello", to_endpoint(frame.destination).text(), packet.wall_ns, packet.number};
  (void)plain_.payload(place, record);
  const auto join = [&](const char* kind, ByteView bytes) {
    for (const std::string& to : {place.destination, named(frame, kEverywhere)})
      (void)plain_.append({place.channel, to, place.wall_ns, place.frame}, kind, bytes);
  };
  join("randoms joined", hello.random);
  join("session ids joined", hello.session_id);
  for (const ByteView key : hello.key_shares) join("key shares joined", key);
  if (const auto name = as_bytes(hello.server_name); !name.empty()) {
    const std::size_t dot = hello.server_name.rfind('.', hello.server_name.rfind('.') - 1);
    const std::string domain =
        dot == std::string::npos ? hello.server_name : hello.server_name.substr(dot + 1);
    const Place at{"tls server name", printable(lower_case(domain)), packet.wall_ns, packet.number};
    (void)names_.payload(at, name);
    // Who takes a domain for each piece has nothing in front of it.
    const Place all{at.channel, named(frame, kEverywhere), at.wall_ns, at.frame};
    const bool nothing = dot == std::string::npos;
    const ByteView front = name.first(std::min(name.size(), nothing ? domain.find('.') : dot));
    (void)names_.append(nothing ? all : at, "server names joined", front);
    add_order("sni " + named(frame, domain), "order of names", at.destination, hello.server_name,
              {0, packet.number, packet.wall_ns});
  }
  const auto tell_each = [&](Field field, const auto& values) {
    for (const auto value : values) tell_both(frame, field, {value, packet.number, packet.wall_ns});
  };
  const auto turns = [&](Field field, const std::vector<std::uint16_t>& list) {
    std::string thing;
    for (const std::uint16_t value : list) thing += std::to_string(value) + ",";
    const std::string all = named(frame, kEverywhere);
    add_order(info(field).name + all, info(field).name, all, thing, {0, packet.number, packet.wall_ns});
  };
  turns(Field::tls_cipher, hello.ciphers);
  turns(Field::tls_extension, hello.extensions);
  tell_each(Field::tls_cipher, hello.ciphers);
  tell_each(Field::tls_extension, hello.extensions);
  tell_each(Field::tls_grease, hello.grease);
}

/// Equal values at the begin are kept back: as long as nothing varies, nothing is said.
void Carriers::append(Series& series, const Value& value, const std::string& channel,
                      const std::string& place, Field field) {
  if (series.values.empty()) {
    if (series.equal == 0 || series.last.value == value.value) {
      series.last = value;
      ++series.equal;
      return;
    }
    series.values.assign(std::min<std::uint64_t>(series.equal, kOverlap), series.last);
    held_ += series.values.size();
  }
  series.values.push_back(value);
  if (++held_ > most_held_) shrink();
  if (series.values.size() < kWindow) return;
  search(series, field, channel, place);
  held_ -= series.values.size() - kOverlap;
  series.values.erase(series.values.begin(), series.values.end() - kOverlap);
}

/// Searches all series and keeps of each what the next piece must overlap.
void Carriers::shrink() {
  const auto cut = [&](Series& series, Field field, const std::string& channel, const std::string& place) {
    if (series.values.size() <= kOverlap) return;
    search(series, field, channel, place);
    held_ -= series.values.size() - kOverlap;
    series.values.erase(series.values.begin(), series.values.end() - kOverlap);
  };
  const auto cut_all = [&](Fields& fields) {
    for (std::size_t i = 0; i < kFields; ++i)
      cut(fields.series[i], static_cast<Field>(i), info(static_cast<Field>(i)).name, fields.place);
  };
  for (auto& [address, fields] : places_) cut_all(fields);
  for (auto& [address, fields] : everywhere_) cut_all(fields);
  for (auto& [key, order] : orders_) cut(order.series, Field::order, order.channel, order.place);
  // Where overlaps alone are near the limit, searching at each value would take for ever.
  most_held_ = std::max(kMostHeld, 2 * held_);
}

void Carriers::search(const Series& series, Field field, const std::string& channel,
                      const std::string& place) {
  const std::vector<Value>& values = series.values;
  if (field == Field::interval) {
    std::vector<std::uint64_t> intervals;
    for (const Value& value : values) intervals.push_back(value.value);
    if (intervals.size() < kFewest) return;
    for (const std::uint64_t threshold : thresholds(intervals)) {
      std::vector<Value> bits = values;
      for (Value& bit : bits) bit.value = bit.value >= threshold ? 1 : 0;
      search_values(bits, 1, 0, field, channel, place, "short or long: ");
    }
    return;
  }
  search_values(values, 1, 0, field, channel, place, "");
  if (field != Field::order) return;
  // Which of two comes first says one bit in two uses.
  search_values(values, 2, 0, field, channel, place, "first of each two: ");
  search_values(values, 2, 1, field, channel, place, "first of each two: ");
}

/// Of every `every`th value from `first` on.
void Carriers::search_values(const std::vector<Value>& values, std::size_t every, std::size_t first,
                             Field field, const std::string& channel, const std::string& place,
                             const std::string& how) {
  std::vector<const Value*> from;
  std::vector<std::uint64_t> numbers;
  for (std::size_t i = first; i < values.size(); i += every) {
    from.push_back(&values[i]);
    numbers.push_back(values[i].value);
  }
  if (numbers.size() < kFewest) return;
  const bool chance = field == Field::interval || field == Field::order;
  const unsigned width = field == Field::interval ? 1 : info(field).width;
  pack(numbers, width, chance, [&](const Packing& packing, ByteView bytes) {
    search_bytes(bytes, packing, from, channel, place, how, info(field).name);
  });
}

void Carriers::search_bytes(ByteView bytes, const Packing& packing, const std::vector<const Value*>& from,
                            const std::string& channel, const std::string& place, const std::string& how,
                            const std::string& field) {
  constexpr std::size_t kToken = 16;
  if (bytes.size() < kToken) return;
  model::Recognition found;
  try {
    found = printable_run(bytes) ? recognise_(bytes) : as_it_stands_(bytes);
  } catch (const std::exception& error) {
    if (problem_.empty()) problem_ = "searching " + channel + " failed: " + error.what();
  }
  for (const model::NotLookedInto& part : found.not_looked_into)
    if (model::cut_by_limit(part)) not_followed(channel + " to " + place + ": " + part.reason);
  for (model::Hit& hit : found.hits) {
    // What was found for a place need not be told again of all of them, nor of another packing.
    const bool all = place.ends_with(kEverywhere);
    if (!seen_.emplace(field + (all ? "" : place), hit.document, hit.what).second) continue;
    if (!all) seen_.emplace(field, hit.document, hit.what);
    const std::uint64_t at = hit.chain.empty() ? hit.offset : hit.chain.front().offset;
    const Value& value = *from[std::min(packing.value_at(at), from.size() - 1)];
    hit.chain.insert(hit.chain.begin(), {how + packing.text(), 0, from.size(), bytes.size()});
    model::Recognition one;
    one.hits.push_back(std::move(hit));
    one.searched = found.searched;
    findings_.push_back({channel, place, value.wall_ns, value.frame, std::move(one)});
  }
}

std::vector<model::FrameFinding> Carriers::finish() {
  const auto search_all = [&](const Fields& fields) {
    for (std::size_t i = 0; i < kFields; ++i)
      search(fields.series[i], static_cast<Field>(i), info(static_cast<Field>(i)).name, fields.place);
  };
  for (const auto& [address, fields] : places_) search_all(fields);
  for (const auto& [key, order] : orders_) search(order.series, Field::order, order.channel, order.place);
  for (const auto& [address, fields] : everywhere_) search_all(fields);
  for (FrameSearch* const search : {&plain_, &names_})
    for (model::FrameFinding& found : search->finish()) findings_.push_back(std::move(found));
  return std::move(findings_);
}

std::map<std::string, std::uint64_t> Carriers::free_bits() const {
  std::map<std::string, std::uint64_t> bits;
  for (std::size_t i = 0; i < kFields; ++i)
    if (free_[i] >= 1) bits[info(static_cast<Field>(i)).name] = static_cast<std::uint64_t>(free_[i]);
  return bits;
}

void Carriers::not_followed(const std::string& what) {
  if (problem_.empty()) problem_ = "not looked into: " + what;
}

std::string Carriers::problem() const {
  for (const std::string* const problem : {&problem_, &plain_.problem(), &names_.problem()})
    if (!problem->empty()) return *problem;
  return {};
}

}  // namespace candor::capture
