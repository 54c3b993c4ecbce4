// SPDX-License-Identifier: Apache-2.0
//
// One request of an HTTP/2 connection: its stream record, what its answer needs to know, and the answer.
// Owned by its conversation.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "internet/conversation.h"
#include "internet/http_service.h"

namespace candor::internet {

class Http2Stream {
 public:
  /// Of decoded fields; who sends more is not answered, and what is beyond is counted as not decoded.
  static constexpr std::size_t kFieldsBound = 256U << 10;

  /// A request that was received before the connection became HTTP/2 has no record.
  Http2Stream(const Start& start, std::int32_t id, bool recorded);

  /// A decoded field, of the head or of trailers; false once the bound is passed.
  bool add_field(std::string_view name, std::string_view value);
  /// The head is whole, or the trailers are.
  void end_fields();
  /// What DATA frames carry; false if it could not be kept.
  bool add_data(ByteView bytes);
  void add_wire(std::size_t bytes);
  /// Ends the record: how, as in StreamEnd.
  void end(const std::string& how, const std::string& detail = {});
  [[nodiscard]] bool recorded() const { return record_ != nullptr; }

  /// Whether its fields passed the bound, so that not all of them are in the record.
  [[nodiscard]] bool too_many() const { return too_many_; }

  [[nodiscard]] std::int32_t id() const { return id_; }
  [[nodiscard]] std::int64_t record_number() const { return number_; }
  /// The request, once whole; once.
  [[nodiscard]] HttpRequest take_request();

  HttpAnswer answer;
  std::size_t sent = 0;  ///< Of the answer's body.
  std::int64_t due = 0;  ///< When the answer is to be given (CLOCK_MONOTONIC); 0: at once, or it was.
  bool head_only = false;
  bool answered = false;
  bool grpc = false;

 private:
  void write_head();

  const Start& start_;
  std::int32_t id_;
  std::int64_t number_ = 0;
  std::unique_ptr<StreamRecord> record_;
  HttpBody body_;
  std::string method_;
  std::string scheme_;
  std::string authority_;
  std::string path_;
  HttpFields fields_;
  std::string trailers_;
  std::size_t fields_size_ = 0;
  std::uint64_t data_ = 0;
  bool head_whole_ = false;
  bool too_many_ = false;
};

/// The name or address a peer means to talk to, for requests that name none.
[[nodiscard]] std::string server_name(const Start& start);

}  // namespace candor::internet
