// SPDX-License-Identifier: Apache-2.0
#include "internet/protocols.h"

#include <algorithm>
#include <array>
#include <utility>

#include "internet/dns_conversation.h"
#include "internet/ftp_conversation.h"
#include "internet/http2_conversation.h"
#include "internet/http_conversation.h"
#include "internet/imap_conversation.h"
#include "internet/letters.h"
#include "internet/mqtt_conversation.h"
#include "internet/pop3_conversation.h"
#include "internet/smb_conversation.h"
#include "internet/smtp_conversation.h"
#include "internet/socks_conversation.h"
#include "internet/ssh_conversation.h"

namespace candor::internet {

namespace {

Begins begins_http(std::string_view first) {
  switch (request_line(first)) {
    case RequestLine::yes:
      return Begins::yes;
    case RequestLine::perhaps:
      return Begins::perhaps;
    case RequestLine::no:
      return Begins::no;
  }
  return Begins::no;
}

std::unique_ptr<Conversation> start_http(const Start& start) {
  return std::make_unique<HttpConversation>(start);
}

Begins begins_http2(std::string_view first) {
  const std::string_view preface = Http2Frames::kPreface;
  if (first.size() >= preface.size()) return first.starts_with(preface) ? Begins::yes : Begins::no;
  return preface.starts_with(first) ? Begins::perhaps : Begins::no;
}

std::unique_ptr<Conversation> start_http2(const Start& start) {
  return std::make_unique<Http2Conversation>(start);
}

std::unique_ptr<Conversation> start_dns(const Start& start) {
  return std::make_unique<DnsConversation>(start.services, start.route);
}

template <typename Spoken>
std::unique_ptr<Conversation> start_with(const Start& start) {
  return std::make_unique<Spoken>(start);
}

template <typename Spoken>
std::unique_ptr<Conversation> start_alone(const Start&) {
  return std::make_unique<Spoken>();
}

constexpr bool kWithinTls = true;

class Silence : public Conversation {
 public:
  explicit Silence(std::string why) : why_(std::move(why)) {}
  Reply receive(ByteView) override { return {}; }
  [[nodiscard]] std::string protocol() const override { return {}; }
  [[nodiscard]] std::string detail() const override { return why_; }
  [[nodiscard]] Json more() const override { return Json::object(); }

 private:
  std::string why_;
};

}  // namespace

std::span<const Protocol> protocols() {
  static const std::array kTable = {
      Protocol{"h2", begins_http2, start_http2, {}, {"h2"}},
      Protocol{"http/1.1", begins_http, start_http, {}, {"http/1.1"}},
      Protocol{
          "smtp", begins_smtp, start_with<SmtpConversation>, {{25}, {587}, {2525}, {465, kWithinTls}}, {}},
      Protocol{"imap", begins_imap, start_with<ImapConversation>, {{143}, {993, kWithinTls}}, {"imap"}},
      Protocol{"pop3", begins_pop3, start_with<Pop3Conversation>, {{110}, {995, kWithinTls}}, {"pop3"}},
      Protocol{"ftp", begins_ftp, start_with<FtpConversation>, {{21}, {990, kWithinTls}}, {"ftp"}},
      Protocol{"ssh", begins_ssh, start_alone<SshConversation>, {{22}}, {}},
      Protocol{"mqtt", begins_mqtt, start_alone<MqttConversation>, {}, {"mqtt"}},
      Protocol{"socks", begins_socks, start_with<SocksConversation>, {}, {}},
      Protocol{"smb", begins_smb, start_alone<SmbConversation>, {}, {}},
      Protocol{"dns", begins_dns, start_dns, {}, {"dot"}},
  };
  return kTable;
}

Begins begins_with_any(std::string_view first, std::initializer_list<std::string_view> words) {
  bool perhaps = false;
  for (const std::string_view word : words) {
    const std::string_view begin = first.substr(0, word.size());
    const bool same = std::equal(begin.begin(), begin.end(), word.begin(),
                                 [](char a, char b) { return capital(a) == capital(b); });
    if (same && begin.size() == word.size()) return Begins::yes;
    perhaps = perhaps || same;
  }
  return perhaps ? Begins::perhaps : Begins::no;
}

// A clear yes counts more than a perhaps, wherever they stand.
const Protocol* recognise(std::string_view first, bool& hopeless) {
  bool perhaps = false;
  for (const Protocol& protocol : protocols()) {
    const Begins answer = protocol.begins(first);
    if (answer == Begins::yes) return &protocol;
    perhaps = perhaps || answer == Begins::perhaps;
  }
  hopeless = !perhaps || first.size() > kFirstBytes;
  return nullptr;
}

const Protocol* speaks_first_on(std::uint16_t port, bool within_tls) {
  for (const Protocol& protocol : protocols()) {
    for (const SpeaksFirst& each : protocol.speaks_first) {
      if (each.port == port && each.within_tls == within_tls) return &protocol;
    }
  }
  return nullptr;
}

const Protocol* with_alpn(std::string_view name) {
  for (const Protocol& protocol : protocols()) {
    for (const std::string_view each : protocol.alpn) {
      if (each == name) return &protocol;
    }
  }
  return nullptr;
}

const std::string& alpn_offer() {
  static const std::string kOffer = [] {
    std::string offer;
    for (const Protocol& protocol : protocols()) {
      for (const std::string_view name : protocol.alpn) {
        offer += static_cast<char>(name.size());
        offer += name;
      }
    }
    return offer;
  }();
  return kOffer;
}

std::unique_ptr<Conversation> silence(std::string why) { return std::make_unique<Silence>(std::move(why)); }

}  // namespace candor::internet
