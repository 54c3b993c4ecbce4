// SPDX-License-Identifier: Apache-2.0
//
// An FTP server (RFC 959) that takes every file: passive and active (also RFC 2428), TLS by AUTH TLS and PROT
// (RFC 4217), MLSD and SIZE (RFC 3659). Its folders hold what this connection uploaded; contents are not
// given back. In active mode it calls nobody but the client itself.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "internet/ftp_channel.h"
#include "internet/line_conversation.h"
#include "internet/protocols.h"

namespace candor::internet {

class FtpConversation : public LineConversation {
 public:
  /// `greets` is false after AUTH TLS.
  explicit FtpConversation(Start start, bool greets = true);
  ~FtpConversation() override;
  [[nodiscard]] std::string greeting() override;
  [[nodiscard]] std::optional<std::int64_t> due() const override;
  [[nodiscard]] Reply speak() override;
  [[nodiscard]] Json more() const override;

 protected:
  bool obey(std::string_view line, Reply& reply) override;
  void refuse(std::string_view line, Reply& reply) override;

 private:
  bool obey_session(const std::string& word, std::string_view argument, Reply& reply);
  bool obey_channel(const std::string& word, std::string_view argument, Reply& reply);
  bool obey_files(const std::string& word, std::string_view argument, Reply& reply);
  void secure(std::string_view argument, Reply& reply);
  void listen(bool extended, Reply& reply);
  void call_back(const Endpoint& client, Reply& reply);
  void drop_channel();
  void transfer(FtpChannel::Way way, const std::string& command, std::string_view file, std::string download,
                Reply& reply);
  void end_transfer(Reply& reply);
  [[nodiscard]] std::string absolute(std::string_view path) const;
  [[nodiscard]] std::string listing(const std::string& command) const;

  Start start_;
  bool greets_;
  bool private_data_ = false;  // PROT P
  std::string folder_ = "/";
  std::map<std::string, std::uint64_t> files_;  // uploaded here, and their sizes
  std::uint64_t uploads_ = 0;

  std::shared_ptr<FtpChannel> channel_;  // announced, or in use
  std::uint16_t listening_on_ = 0;       // its port; 0: it is none, or the client's
  Endpoint client_;                      // whom to call; port 0: nobody
  bool transferring_ = false;
};

/// The client's endpoint in the argument of PORT or EPRT; port 0 if it is none.
[[nodiscard]] Endpoint ftp_port(std::string_view argument);
[[nodiscard]] Endpoint ftp_extended_port(std::string_view argument);

/// Whether bytes begin FTP: a command that no other protocol begins with.
[[nodiscard]] Begins begins_ftp(std::string_view first);

}  // namespace candor::internet
