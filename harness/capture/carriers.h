// SPDX-License-Identifier: Apache-2.0
//
// Small carriers: each header field of the guest's frames is a stream of values in packet order, once for all
// places together and once for each place it sends to, and is searched in the ways of packing.h. So are the
// times between packets (short or long), the order in which names and places are used, and what a TLS client
// says before it encrypts. Says too how many bits all of that could have carried.
//
// Owned by one account; bounded in memory: long streams are searched piece by piece, with an overlap longer
// than any token takes in the thinnest packing. Beyond a thousand places values are followed in the stream
// of all places only, and beyond so many senders not at all, which complete() then denies.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "capture/account.h"
#include "capture/client_hello.h"
#include "capture/frame.h"
#include "capture/frame_search.h"
#include "capture/header_fields.h"
#include "capture/packing.h"
#include "capture/pcapng.h"

namespace candor::capture {

/// Whose frames they are: of a guest all, whatever its addresses; of a capture made elsewhere each sender's
/// by themselves.
enum class Senders { one, many };

class Carriers {
 public:
  /// `as_it_stands` may be empty: then bits are counted and nothing is searched.
  Carriers(const Recogniser& as_it_stands, const Recogniser& recognise, Senders senders = Senders::one);

  /// Takes a frame's fields; `begins` says that it is the first of a conversation. Returns how many bits its
  /// sender was free to choose.
  std::uint64_t add(const Packet& packet, const Dissection& frame, bool begins);

  /// Looks for a ClientHello in new bytes of a TCP connection. `pending` and `next` are the connection's: the
  /// part that came, and the sequence number that goes on with it. Returns free bits, as add().
  std::uint64_t segment(const Packet& packet, const Dissection& frame, Bytes& pending, std::uint32_t& next);

  /// Takes a ClientHello that came otherwise, as a TLS record, with ids its sender chose. Returns free bits.
  std::uint64_t client_hello(const Packet& packet, const Dissection& frame, ByteView record,
                             ByteView ids = {});

  [[nodiscard]] std::vector<model::FrameFinding> finish();
  /// By the names of fields; those never used are left out.
  [[nodiscard]] std::map<std::string, std::uint64_t> free_bits() const;
  /// Empty, or the first failure of a recogniser, or the first limit that left something unsearched.
  [[nodiscard]] std::string problem() const;
  /// Whether every sender could be followed.
  [[nodiscard]] bool complete() const { return complete_; }

 private:
  struct Value {
    std::uint64_t value = 0;
    std::uint64_t frame = 0;
    std::int64_t wall_ns = 0;
  };
  /// Values of one field. While all are equal they say nothing, and are only counted.
  struct Series {
    std::vector<Value> values;
    std::uint64_t equal = 0;
    Value last;
  };
  /// All fields of what goes to one place, or of a sender's to all.
  struct Fields {
    std::string place;
    std::array<Series, kFields> series;
    std::int64_t last_ns = 0;
  };
  /// Things used in turn: names under one domain, places.
  struct Order {
    std::string channel;
    std::string place;
    std::map<std::string, std::uint64_t> numbers;  // by first use
    Series series;
  };

  void tell(Fields& fields, Field field, const Value& value);
  void tell_both(const Dissection& frame, Field field, const Value& value);
  void add_order(const std::string& key, const std::string& channel, const std::string& place,
                 const std::string& thing, const Value& at);
  void hello(const Packet& packet, const Dissection& frame, ByteView record);
  double hello_bits(const ClientHello& hello);
  [[nodiscard]] Address sender_of(const Dissection& frame) const;
  [[nodiscard]] std::string named(const Dissection& frame, const std::string& place) const;
  [[nodiscard]] Fields* of(const Dissection& frame);
  [[nodiscard]] Fields* everywhere(const Dissection& frame);
  double free(Field field, double bits);

  void append(Series& series, const Value& value, const std::string& channel, const std::string& place,
              Field field);
  void shrink();
  void search(const Series& series, Field field, const std::string& channel, const std::string& place);
  void search_values(const std::vector<Value>& values, std::size_t every, std::size_t first, Field field,
                     const std::string& channel, const std::string& place, const std::string& how);
  void search_bytes(ByteView bytes, const Packing& packing, const std::vector<const Value*>& from,
                    const std::string& channel, const std::string& place, const std::string& how,
                    const std::string& field);

  /// A limit was reached: what lies beyond it is not searched, which is a problem of the account.
  void not_followed(const std::string& what);

  Recogniser as_it_stands_;
  Recogniser recognise_;
  FrameSearch plain_;  ///< Of hellos, and what stands in them joined.
  FrameSearch names_;  ///< Of server names joined.
  Senders senders_;
  bool complete_ = true;
  std::map<Address, Fields> everywhere_;                  ///< By sender.
  std::map<std::pair<Address, Address>, Fields> places_;  ///< By sender and place.
  std::map<std::string, Order> orders_;
  std::size_t held_ = 0;  ///< Values in all series.
  std::size_t most_held_;
  std::array<double, kFields> free_{};
  std::set<std::tuple<std::string, std::string, std::string>> seen_;  ///< Field, document, what.
  std::vector<model::FrameFinding> findings_;
  std::string problem_;
};

}  // namespace candor::capture
