// SPDX-License-Identifier: Apache-2.0
#include "internet/imap_conversation.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <utility>

namespace candor::internet {

namespace {

constexpr std::size_t kLongestTag = 32;

// Commands that are answered with their completion and nothing else.
const std::set<std::string, std::less<>> kPlain = {
    "NOOP",   "CHECK",  "CLOSE",    "UNSELECT",  "EXPUNGE",     "ENABLE",     "CREATE",
    "DELETE", "RENAME", "LOGIN",    "SUBSCRIBE", "UNSUBSCRIBE", "STORE",      "COPY",
    "MOVE",   "FETCH",  "SETQUOTA", "COMPRESS",  "SETACL",      "SETMETADATA"};

// The size in a line's final "{123}" or "{123+}"; false if there is none.
bool literal_at_end(std::string_view line, std::uint64_t& size, bool& waits) {
  if (line.empty() || line.back() != '}') return false;
  const std::size_t open = line.rfind('{');
  if (open == std::string_view::npos) return false;
  std::string_view digits = line.substr(open + 1, line.size() - open - 2);
  waits = digits.empty() || (digits.back() != '+' && digits.back() != '-');
  if (!waits) digits.remove_suffix(1);
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), size);
  return problem == std::errc() && end == digits.data() + digits.size();
}

}  // namespace

Begins begins_imap(std::string_view first) {
  const std::size_t tag = first.find(' ');
  const std::string_view word = first.substr(0, std::min(tag, first.size()));
  const bool sane = word.size() <= kLongestTag && !word.empty() &&
                    std::all_of(word.begin(), word.end(), [](char c) { return c > ' ' && c < '\x7f'; });
  if (!first.empty() && !sane) return Begins::no;
  if (tag == std::string_view::npos) return Begins::perhaps;
  const std::string_view behind = first.substr(tag + 1);
  return begins_with_any(behind, {"CAPABILITY\r", "LOGIN ", "AUTHENTICATE ", "STARTTLS\r", "ID ("});
}

std::string ImapConversation::capabilities() const {
  std::string text = "CAPABILITY IMAP4rev1 LITERAL+ SASL-IR ID ENABLE IDLE NAMESPACE UIDPLUS UNSELECT";
  if (!start_.secured) text += " STARTTLS";
  for (std::string_view left = Sasl::kMechanisms; !left.empty();) {
    const std::size_t end = std::min(left.find(' '), left.size());
    text += " AUTH=" + std::string(left.substr(0, end));
    left.remove_prefix(std::min(end + 1, left.size()));
  }
  return text;
}

std::string ImapConversation::greeting() { return greets_ ? "* OK [" + capabilities() + "] ready\r\n" : ""; }

bool ImapConversation::obey(std::string_view line, Reply& reply) {
  if (sasl_.running()) {
    authenticate(sasl_.answered(line), reply);
    return true;
  }
  if (idling_) {
    if (!begins_with_word(line, "DONE")) return false;
    idling_ = false;
    done(reply);
    return true;
  }
  if (command_.empty()) command_ = line;
  if (begin_literal(line, reply)) return true;
  return execute(std::exchange(command_, {}), reply);
}

void ImapConversation::refuse(std::string_view, Reply& reply) {
  command_.clear();
  reply.bytes += "* BAD not understood\r\n";
}

bool ImapConversation::begin_literal(std::string_view line, Reply& reply) {
  bool waits = false;
  if (!literal_at_end(line, literal_left_, waits)) return false;
  if (waits) reply.bytes += "+ Ready for literal data\r\n";
  return true;
}

bool ImapConversation::take_block(ByteView& rest, Reply&) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), literal_left_));
  rest = rest.subspan(size);
  literal_left_ -= size;
  count_content(size);
  return literal_left_ == 0;
}

void ImapConversation::done(Reply& reply, std::string_view text) {
  reply.bytes += tag_ + ' ' + std::string(text) + "\r\n";
}

bool ImapConversation::execute(const std::string& command, Reply& reply) {
  std::string_view behind_tag;
  std::string_view arguments;
  (void)command_word(command, behind_tag);
  tag_ = command.substr(0, std::min(command.find(' '), kLongestTag));
  std::string word = command_word(behind_tag, arguments);
  if (word == "UID") word = command_word(arguments, arguments);

  if (kPlain.contains(word)) {
    done(reply);
  } else if (word == "CAPABILITY") {
    reply.bytes += "* " + capabilities() + "\r\n";
    done(reply);
  } else if (word == "AUTHENTICATE") {
    authenticate(sasl_.begin(arguments), reply);
  } else if (word == "STARTTLS" && !start_.secured) {
    done(reply, "OK begin TLS now");
    reply.start_tls = true;
    Start within = start_;
    within.secured = true;
    reply.next = std::make_unique<ImapConversation>(std::move(within), false);
  } else if (word == "SELECT" || word == "EXAMINE") {
    reply.bytes +=
        "* 0 EXISTS\r\n* 0 RECENT\r\n* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n"
        "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] yours\r\n"
        "* OK [UIDVALIDITY 1] valid\r\n* OK [UIDNEXT 1] next\r\n";
    done(reply, word == "SELECT" ? "OK [READ-WRITE] selected" : "OK [READ-ONLY] selected");
  } else if (word == "APPEND") {
    ++messages_;
    done(reply, "OK [APPENDUID 1 " + std::to_string(messages_) + "] appended");
  } else if (word == "LIST" || word == "LSUB") {
    reply.bytes += "* " + word + " (\\HasNoChildren) \"/\" \"INBOX\"\r\n";
    done(reply);
  } else if (word == "STATUS") {
    const std::string mailbox(arguments.substr(0, std::min(arguments.rfind(" ("), arguments.size())));
    reply.bytes += "* STATUS " + mailbox + " (MESSAGES 0 RECENT 0 UIDNEXT 1 UIDVALIDITY 1 UNSEEN 0)\r\n";
    done(reply);
  } else if (word == "SEARCH") {
    reply.bytes += "* SEARCH\r\n";
    done(reply);
  } else if (word == "NAMESPACE") {
    reply.bytes += "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n";
    done(reply);
  } else if (word == "ID") {
    reply.bytes += "* ID NIL\r\n";
    done(reply);
  } else if (word == "IDLE") {
    idling_ = true;
    reply.bytes += "+ idling\r\n";
  } else if (word == "LOGOUT") {
    reply.bytes += "* BYE see you\r\n";
    done(reply);
    reply.close = true;
  } else {
    return false;
  }
  return true;
}

void ImapConversation::authenticate(Sasl::Step step, Reply& reply) {
  switch (step) {
    case Sasl::Step::challenge:
      reply.bytes += "+ " + sasl_.challenge() + "\r\n";
      return;
    case Sasl::Step::accepted:
      return done(reply);
    case Sasl::Step::cancelled:
      return done(reply, "BAD cancelled");
    case Sasl::Step::unknown:
      return done(reply, "NO no such mechanism");
  }
}

Json ImapConversation::more() const {
  Json json = LineConversation::more();
  json["messages"] = messages_;
  return json;
}

}  // namespace candor::internet
