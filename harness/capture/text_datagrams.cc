// SPDX-License-Identifier: Apache-2.0
//
// Announcements in text: SSDP's header fields, WS-Discovery's XML. Words of the format are framing, all else
// is said, and told twice: value for value one after the other, and with line ends between.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "capture/datagram_content.h"
#include "capture/dns_query.h"

namespace candor::capture {

namespace {

/// Texts of one datagram, and what of it they are.
class Said {
 public:
  Said(const char* protocol, std::string_view whole) : whole_(whole) { content_.protocol = protocol; }

  /// A piece of the datagram.
  void add(std::string_view piece) {
    if (piece.empty()) return;
    if (joined_.empty()) at_ = static_cast<std::size_t>(piece.data() - whole_.data());
    joined_ += piece;
    lines_ += (lines_.empty() ? "" : "\n") + std::string(piece);
  }

  DatagramContent done() {
    content_.content = joined_.size();
    content_.framing = whole_.size() - joined_.size();
    const bool several = joined_.size() != lines_.size();
    if (!joined_.empty())
      content_.texts.push_back({"values joined", at_, joined_.size(), std::move(joined_)});
    if (several) content_.texts.push_back({"values", at_, 0, std::move(lines_)});
    return std::move(content_);
  }

 private:
  std::string_view whole_;
  std::size_t at_ = 0;
  std::string joined_;
  std::string lines_;
  DatagramContent content_;
};

/// Fields of UPnP Device Architecture 2.0, sections 1.2 and 1.3.
bool ssdp_field(const std::string& name) {
  static constexpr std::array<std::string_view, 22> kNames = {"host",
                                                              "man",
                                                              "mx",
                                                              "st",
                                                              "usn",
                                                              "nt",
                                                              "nts",
                                                              "location",
                                                              "server",
                                                              "cache-control",
                                                              "user-agent",
                                                              "cpfn.upnp.org",
                                                              "cpuuid.upnp.org",
                                                              "bootid.upnp.org",
                                                              "configid.upnp.org",
                                                              "nextbootid.upnp.org",
                                                              "searchport.upnp.org",
                                                              "securelocation.upnp.org",
                                                              "tcpport.upnp.org",
                                                              "opt",
                                                              "date",
                                                              "ext"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

/// Elements of SOAP 1.2, WS-Addressing and WS-Discovery.
bool discovery_element(std::string_view name) {
  static constexpr std::array<std::string_view, 26> kNames = {"Envelope",
                                                              "Header",
                                                              "Body",
                                                              "To",
                                                              "Action",
                                                              "MessageID",
                                                              "RelatesTo",
                                                              "ReplyTo",
                                                              "Address",
                                                              "AppSequence",
                                                              "Hello",
                                                              "Bye",
                                                              "Probe",
                                                              "ProbeMatches",
                                                              "ProbeMatch",
                                                              "Resolve",
                                                              "ResolveMatches",
                                                              "ResolveMatch",
                                                              "EndpointReference",
                                                              "ReferenceParameters",
                                                              "ReferenceProperties",
                                                              "Types",
                                                              "Scopes",
                                                              "XAddrs",
                                                              "MetadataVersion",
                                                              "?xml"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

std::string_view take_until(std::string_view& rest, std::string_view end) {
  const std::size_t at = rest.find(end);
  const std::string_view taken = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + end.size());
  return taken;
}

/// White space is framing as far as it is what programs write: a space before a value, or a line's end with
/// indentation in one kind. Any other may say something.
std::string_view without_space(std::string_view text) {
  std::string_view indentation = text;
  if (indentation.starts_with('\r')) indentation.remove_prefix(1);
  if (indentation.starts_with('\n')) indentation.remove_prefix(1);
  const char kind = indentation.empty() ? ' ' : indentation.front();
  const bool plain =
      (kind == ' ' || kind == '\t') && indentation.find_first_not_of(kind) == std::string_view::npos;
  if (plain && indentation.size() <= 64) return {};
  if (text.starts_with(' ')) text.remove_prefix(1);
  return text;
}

/// Written in capitals, in small letters, or With-Capitals; in any other way its case may say something.
bool usual_case(std::string_view name) {
  bool upper = true;
  bool lower = true;
  bool words = true;
  bool begins = true;
  for (const char c : name) {
    const bool capital = c >= 'A' && c <= 'Z';
    const bool small = c >= 'a' && c <= 'z';
    upper = upper && !small;
    lower = lower && !capital;
    words = words && (begins ? !small : !capital);
    begins = c == '-' || c == '.';
  }
  return upper || lower || words;
}

/// What is between < and >: the element's name is framing, its prefix and attributes are not.
void read_tag(std::string_view tag, Said& said) {
  if (tag.starts_with('/')) tag.remove_prefix(1);
  if (tag.ends_with('/')) tag.remove_suffix(1);
  const std::size_t end = std::min(tag.find_first_of(" \t\r\n"), tag.size());
  const std::string_view qualified = tag.substr(0, end);
  const std::size_t colon = qualified.find(':');
  const std::string_view local = colon == std::string_view::npos ? qualified : qualified.substr(colon + 1);
  if (!discovery_element(local)) return said.add(tag);
  said.add(qualified.substr(0, qualified.size() - local.size()));
  said.add(without_space(tag.substr(end)));
}

}  // namespace

std::optional<DatagramContent> read_ssdp(ByteView payload) {
  std::string_view rest = as_text(payload);
  const std::string_view begin = rest.substr(0, rest.find("\r\n"));
  const bool known =
      begin == "M-SEARCH * HTTP/1.1" || begin == "NOTIFY * HTTP/1.1" || begin == "HTTP/1.1 200 OK";
  if (!known) return std::nullopt;
  Said said("ssdp", rest);
  (void)take_until(rest, "\r\n");
  while (!rest.empty()) {
    std::string_view line = take_until(rest, "\r\n");
    if (line.empty()) break;
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    const std::string_view name = line.substr(0, colon);
    if (!usual_case(name) || !ssdp_field(lower_case(std::string(name)))) {
      said.add(line);
      continue;
    }
    line.remove_prefix(colon + 1);
    said.add(without_space(line));
  }
  said.add(rest);
  return said.done();
}

std::optional<DatagramContent> read_ws_discovery(ByteView payload) {
  std::string_view rest = as_text(payload);
  const bool soap = rest.starts_with('<') && rest.find("Envelope") != std::string_view::npos &&
                    rest.find("/discovery") != std::string_view::npos;
  if (!soap) return std::nullopt;
  Said said("ws-discovery", rest);
  while (!rest.empty()) {
    said.add(without_space(take_until(rest, "<")));
    if (rest.empty()) break;
    read_tag(take_until(rest, ">"), said);
  }
  return said.done();
}

}  // namespace candor::capture
