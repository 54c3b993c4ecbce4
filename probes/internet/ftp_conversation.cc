// SPDX-License-Identifier: Apache-2.0
#include "internet/ftp_conversation.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

namespace candor::internet {

namespace {

constexpr std::uint16_t kDataPort = 20;
constexpr std::size_t kFilesRemembered = 1024;

bool number(std::string_view& text, char end, unsigned& value) {
  const auto [behind, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(behind - text.data()));
  if (end == '\0') return true;
  if (text.empty() || text.front() != end) return false;
  text.remove_prefix(1);
  return true;
}

const std::set<std::string, std::less<>>& accepted() {
  static const std::set<std::string, std::less<>> kWords = {"TYPE", "MODE", "STRU", "ALLO", "OPTS", "CLNT",
                                                            "SITE", "NOOP", "ACCT", "LANG", "HOST"};
  return kWords;
}

}  // namespace

Begins begins_ftp(std::string_view first) {
  return begins_with_any(first, {"AUTH TLS\r", "AUTH SSL\r", "USER anonymous\r", "FEAT\r", "SYST\r"});
}

Endpoint ftp_port(std::string_view argument) {
  std::array<unsigned, 6> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!number(argument, i + 1 < parts.size() ? ',' : '\0', parts[i]) || parts[i] > 255) return {};
  }
  const asio::ip::address_v4 address(parts[0] << 24 | parts[1] << 16 | parts[2] << 8 | parts[3]);
  return {address, static_cast<std::uint16_t>(parts[4] << 8 | parts[5])};
}

// "|2|fd77::2|50000|", with any delimiter.
Endpoint ftp_extended_port(std::string_view argument) {
  if (argument.size() < 4) return {};
  const char delimiter = argument.front();
  argument.remove_prefix(1);
  unsigned family = 0;
  if (!number(argument, delimiter, family) || family < 1 || family > 2) return {};
  const std::size_t end = argument.find(delimiter);
  if (end == std::string_view::npos) return {};
  boost::system::error_code problem;
  const auto address = asio::ip::make_address(std::string(argument.substr(0, end)), problem);
  argument.remove_prefix(end + 1);
  unsigned port = 0;
  if (problem || !number(argument, delimiter, port) || port > 65'535) return {};
  return {address, static_cast<std::uint16_t>(port)};
}

FtpConversation::FtpConversation(Start start, bool greets)
    : LineConversation("ftp"), start_(std::move(start)), greets_(greets) {}

FtpConversation::~FtpConversation() { drop_channel(); }

std::string FtpConversation::greeting() { return greets_ ? "220 FTP server ready\r\n" : ""; }

bool FtpConversation::obey(std::string_view line, Reply& reply) {
  // Clients send an interrupt of Telnet's before ABOR.
  while (!line.empty() && static_cast<unsigned char>(line.front()) >= 0xf0) line.remove_prefix(1);
  std::string_view argument;
  const std::string word = command_word(line, argument);
  return obey_session(word, argument, reply) || obey_channel(word, argument, reply) ||
         obey_files(word, argument, reply);
}

void FtpConversation::refuse(std::string_view, Reply& reply) { reply.bytes += "500 Not understood\r\n"; }

bool FtpConversation::obey_session(const std::string& word, std::string_view argument, Reply& reply) {
  if (accepted().contains(word)) {
    reply.bytes += "200 OK\r\n";
  } else if (word == "USER") {
    reply.bytes += "331 Password, please\r\n";
  } else if (word == "PASS") {
    reply.bytes += "230 Logged in\r\n";
  } else if (word == "AUTH") {
    secure(argument, reply);
  } else if (word == "PBSZ") {
    reply.bytes += "200 PBSZ=0\r\n";
  } else if (word == "PROT") {
    private_data_ = start_.secured && begins_with_word(argument, "P");
    reply.bytes += private_data_ || begins_with_word(argument, "C") ? "200 OK\r\n" : "536 Not that level\r\n";
  } else if (word == "SYST") {
    reply.bytes += "215 UNIX Type: L8\r\n";
  } else if (word == "FEAT") {
    reply.bytes +=
        "211-Features:\r\n AUTH TLS\r\n PBSZ\r\n PROT\r\n EPRT\r\n EPSV\r\n MDTM\r\n"
        " MLST type*;size*;\r\n REST STREAM\r\n SIZE\r\n TVFS\r\n UTF8\r\n211 End\r\n";
  } else if (word == "HELP") {
    reply.bytes += "214 See RFC 959\r\n";
  } else if (word == "REIN") {
    reply.bytes += "220 FTP server ready\r\n";
  } else if (word == "QUIT") {
    reply.bytes += "221 Bye\r\n";
    reply.close = true;
  } else {
    return false;
  }
  return true;
}

void FtpConversation::secure(std::string_view argument, Reply& reply) {
  const bool known = begins_with_word(argument, "TLS") || begins_with_word(argument, "TLS-C") ||
                     begins_with_word(argument, "SSL");
  if (!known || start_.secured) {
    reply.bytes += "504 Not that\r\n";
    return;
  }
  reply.bytes += "234 Begin TLS now\r\n";
  reply.start_tls = true;
  Start within = start_;
  within.secured = true;
  reply.next = std::make_unique<FtpConversation>(std::move(within), false);
}

bool FtpConversation::obey_channel(const std::string& word, std::string_view argument, Reply& reply) {
  if (word == "PASV" || word == "EPSV") {
    listen(word == "EPSV", reply);
  } else if (word == "PORT") {
    call_back(ftp_port(argument), reply);
  } else if (word == "EPRT") {
    call_back(ftp_extended_port(argument), reply);
  } else if (word == "ABOR") {
    if (std::exchange(transferring_, false)) reply.bytes += "426 Transfer aborted\r\n";
    drop_channel();
    reply.bytes += "226 Aborted\r\n";
  } else if (word == "STOR" || word == "APPE" || word == "STOU") {
    transfer(FtpChannel::Way::up, word, argument, {}, reply);
  } else if (word == "LIST" || word == "NLST" || word == "MLSD") {
    transfer(FtpChannel::Way::down, word, argument, listing(word), reply);
  } else if (word == "RETR") {
    reply.bytes += "550 No such file\r\n";
  } else {
    return false;
  }
  return true;
}

bool FtpConversation::obey_files(const std::string& word, std::string_view argument, Reply& reply) {
  const auto file = files_.find(absolute(argument));
  if (word == "PWD" || word == "XPWD") {
    reply.bytes += "257 \"" + folder_ + "\"\r\n";
  } else if (word == "CWD" || word == "XCWD") {
    folder_ = absolute(argument);
    reply.bytes += "250 OK\r\n";
  } else if (word == "CDUP" || word == "XCUP") {
    folder_ = absolute("..");
    reply.bytes += "250 OK\r\n";
  } else if (word == "MKD" || word == "XMKD") {
    reply.bytes += "257 \"" + absolute(argument) + "\" created\r\n";
  } else if (word == "RMD" || word == "XRMD" || word == "RNTO" || word == "DELE") {
    if (word == "DELE" && file != files_.end()) files_.erase(file);
    reply.bytes += "250 OK\r\n";
  } else if (word == "RNFR") {
    reply.bytes += "350 To what name?\r\n";
  } else if (word == "REST") {
    reply.bytes += "350 Restarting there\r\n";
  } else if (word == "SIZE") {
    reply.bytes +=
        file == files_.end() ? "550 No such file\r\n" : "213 " + std::to_string(file->second) + "\r\n";
  } else if (word == "MDTM" || word == "MFMT") {
    reply.bytes += file == files_.end() ? "550 No such file\r\n" : "213 20240101000000\r\n";
  } else if (word == "MLST") {
    reply.bytes += "550 No such file\r\n";
  } else if (word == "STAT") {
    reply.bytes += "211 FTP server ready\r\n";
  } else {
    return false;
  }
  return true;
}

// Where a relative path leads; bounded, since folders are only names here.
std::string FtpConversation::absolute(std::string_view path) const {
  constexpr std::size_t kLongest = 1024;
  std::string whole = !path.empty() && path.front() == '/' ? std::string("/") : folder_;
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    const std::string_view part = path.substr(0, end);
    path.remove_prefix(std::min(end + 1, path.size()));
    if (part.empty() || part == ".") continue;
    if (part == "..") {
      whole.erase(std::max<std::size_t>(whole.rfind('/'), 1));
    } else if (whole.size() + part.size() < kLongest) {
      if (whole.back() != '/') whole += '/';
      whole += part;
    }
  }
  return whole;
}

std::string FtpConversation::listing(const std::string& command) const {
  std::string text;
  for (const auto& [path, size] : files_) {
    const std::size_t slash = path.rfind('/');
    if (path.substr(0, std::max<std::size_t>(slash, 1)) != folder_) continue;
    const std::string name = path.substr(slash + 1);
    if (command == "NLST") {
      text += name + "\r\n";
    } else if (command == "MLSD") {
      text += "type=file;size=" + std::to_string(size) + "; " + name + "\r\n";
    } else {
      text += "-rw-r--r-- 1 ftp ftp " + std::to_string(size) + " Jan  1  2024 " + name + "\r\n";
    }
  }
  return text;
}

void FtpConversation::listen(bool extended, Reply& reply) {
  drop_channel();
  const asio::ip::address& server = start_.server.address;
  if (!extended && !server.is_v4()) {
    reply.bytes += "425 Use EPSV\r\n";
    return;
  }
  channel_ = std::make_shared<FtpChannel>();
  listening_on_ = start_.services.expected.expect(server, start_.route.source.address,
                                                  expected_for(channel_, private_data_));
  if (extended) {
    reply.bytes += "229 Extended passive mode (|||" + std::to_string(listening_on_) + "|)\r\n";
    return;
  }
  std::string parts;
  for (const unsigned byte : server.to_v4().to_bytes()) parts += std::to_string(byte) + ',';
  parts += std::to_string(listening_on_ >> 8) + ',' + std::to_string(listening_on_ & 255);
  reply.bytes += "227 Passive mode (" + parts + ")\r\n";
}

void FtpConversation::call_back(const Endpoint& client, Reply& reply) {
  drop_channel();
  if (client.port == 0) {
    reply.bytes += "501 No address and port\r\n";
  } else if (client.address != start_.route.source.address) {
    reply.bytes += "504 I call nobody but you\r\n";
  } else {
    client_ = client;
    reply.bytes += "200 OK\r\n";
  }
}

void FtpConversation::drop_channel() {
  if (channel_) channel_->wake_control = {};
  if (listening_on_ != 0) {
    start_.services.expected.cancel(start_.server.address, start_.route.source.address, listening_on_);
  }
  channel_.reset();
  listening_on_ = 0;
  client_ = {};
  transferring_ = false;
}

void FtpConversation::transfer(FtpChannel::Way way, const std::string& command, std::string_view file,
                               std::string download, Reply& reply) {
  const bool active = client_.port != 0;
  if (transferring_ || (!active && !channel_)) {
    reply.bytes += "425 PASV or PORT first\r\n";
    return;
  }
  if (active) channel_ = std::make_shared<FtpChannel>();
  channel_->way = way;
  channel_->command = command;
  channel_->file = way == FtpChannel::Way::up ? absolute(file) : std::string(file);
  channel_->download = std::move(download);
  channel_->wake_control = start_.wake;
  transferring_ = true;
  reply.bytes += "150 Here it comes\r\n";
  if (active)
    start_.services.dial({start_.server.address, kDataPort}, client_, expected_for(channel_, private_data_));
  client_ = {};
  if (channel_->wake_data) channel_->wake_data();
  if (channel_->over()) end_transfer(reply);
}

std::optional<std::int64_t> FtpConversation::due() const {
  if (!transferring_ || !channel_->over()) return {};
  return 0;
}

Conversation::Reply FtpConversation::speak() {
  Reply reply;
  if (due()) end_transfer(reply);
  return reply;
}

void FtpConversation::end_transfer(Reply& reply) {
  if (channel_->ended) {
    reply.bytes += "226 Transfer complete\r\n";
  } else {
    reply.bytes += channel_->received > 0 ? "426 Connection closed; transfer aborted\r\n"
                                          : "425 Can't open data connection\r\n";
  }
  if (channel_->ended && channel_->way == FtpChannel::Way::up) {
    ++uploads_;
    if (files_.size() < kFilesRemembered) files_[channel_->file] = channel_->received;
  }
  drop_channel();
}

Json FtpConversation::more() const {
  Json json = LineConversation::more();
  json["uploads"] = uploads_;
  return json;
}

}  // namespace candor::internet
