// SPDX-License-Identifier: Apache-2.0
//
// One stream of bytes from its first to its last, without I/O: tells TLS from plaintext, recognises what is
// spoken, lets the conversation answer, and hands over to the next one (STARTTLS, Upgrade, a tunnel, in which
// another session runs). What each conversation received is kept as one stream, and every byte of the wire is
// counted to exactly one of them. A handshake that fails keeps the raw bytes as the stream, and bytes behind
// the end of TLS become a stream of their own. Owned by the connection, or by the session around it; one
// thread. Throws only what ends the probe.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "internet/conversation.h"
#include "internet/protocols.h"
#include "internet/services.h"
#include "internet/stream_record.h"
#include "internet/tls_session.h"

namespace candor::internet {

class Session {
 public:
  /// The conversation may be known beforehand. `depth` counts the tunnels around it.
  explicit Session(const Start& start, Expected expected = {}, int depth = 0);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// What came from the peer.
  void receive(ByteView bytes);
  /// The peer will send no more, and said so in good order.
  void ended();
  /// When it has something to say though nothing was received (CLOCK_MONOTONIC), and that time has come.
  [[nodiscard]] std::optional<std::int64_t> due() const;
  void speak(std::int64_t now);

  /// What is to be sent; and whether that is the last of it.
  [[nodiscard]] std::string take_output();
  [[nodiscard]] bool closing() const { return closing_; }
  /// Says good-bye, if the peer can understand it.
  void close();
  /// Nothing can be sent any more.
  void mute();

  /// Whether nothing more should be received for now, and whether something may still be said after the
  /// peer's end; when that changes, `wake` is called.
  [[nodiscard]] bool full() const;
  [[nodiscard]] bool answering() const;

  /// Whether something received could not be kept: the connection is to end.
  [[nodiscard]] bool failed() const { return failed_; }
  /// Ends all streams: "eof", "reset", "idle", "stopped", "error"; once.
  void finish(const std::string& how, const std::string& detail);

 private:
  enum class Phase {
    first_bytes,  ///< Too few yet to tell TLS from anything else.
    plain,
    tls,
    raw,  ///< Kept and not answered: after a failed handshake, or behind the end of TLS.
  };

  // Receiving.
  void receive_first(ByteView bytes);
  void receive_tls(ByteView bytes);
  void receive_raw(ByteView bytes);
  void handshake_ended();
  void receive_content(ByteView bytes);
  void recognise_first(ByteView bytes);
  void begin_with(std::unique_ptr<Conversation> conversation, ByteView bytes);
  void pass_on(ByteView bytes);
  void keep(ByteView bytes);

  // Answering.
  [[nodiscard]] Start start() const;
  void begin(std::unique_ptr<Conversation> conversation);
  void act(Conversation::Reply reply, ByteView bytes, std::size_t kept = 0);
  void say(const std::string& bytes);
  void hand_over(Conversation::Reply& reply, ByteView rest);
  /// The real host this leads to, by the name the guest gave it; none if that is not passed through.
  [[nodiscard]] std::optional<NamedHost> passed_host() const;
  void begin_tunnel(const Conversation::Target& target);
  void take_from_tunnel();
  [[nodiscard]] const Protocol* speaks_first() const;

  // Ending.
  void refuse_handshake(const std::string& why);
  void end_tls(ByteView behind);
  void report_refusal(const std::string& alert);
  void keep_client_certificates();
  void end_streams(const std::string& how, const std::string& detail);
  void end_record(const std::string& how, const std::string& detail, std::int64_t goes_on_in = 0);
  [[nodiscard]] Json tls_json() const;
  [[nodiscard]] StreamRecord& record();

  Services& services_;
  Route route_;
  Endpoint server_;
  std::function<void()> wake_;
  int depth_;
  Phase phase_ = Phase::first_bytes;
  std::unique_ptr<StreamRecord> record_;  // none between the end of TLS and a byte behind it

  std::string first_;  // raw bytes until it is clear what this is, and of a TLS handshake until its end
  std::unique_ptr<TlsSession> tls_;
  bool shaken_ = false;     // the handshake's end was acted upon
  bool heard_tls_ = false;  // a byte of plaintext
  std::string raw_detail_;  // why the rest is kept raw

  Expected expected_;
  std::unique_ptr<Conversation> ready_;         // goes on within TLS
  std::unique_ptr<Conversation> conversation_;  // none until it is recognised
  std::string unrecognised_;                    // the first bytes of content meanwhile
  bool hopeless_ = false;                       // it will not be recognised
  std::unique_ptr<Session> inner_;              // in a tunnel
  int handovers_ = 0;

  std::string output_;
  std::optional<std::int64_t> greeting_at_;
  bool answering_ = true;
  bool closing_ = false;
  bool said_goodbye_ = false;
  bool failed_ = false;
  bool finished_ = false;
};

}  // namespace candor::internet
