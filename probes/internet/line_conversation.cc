// SPDX-License-Identifier: Apache-2.0
#include "internet/line_conversation.h"

#include <algorithm>
#include <utility>

#include "internet/letters.h"

namespace candor::internet {

namespace {

constexpr int kNonsenseTaken = 50;  // lines in a row

}  // namespace

std::string command_word(std::string_view line, std::string_view& rest) {
  const std::size_t end = std::min(line.find(' '), line.size());
  std::string word(line.substr(0, end));
  std::transform(word.begin(), word.end(), word.begin(), capital);
  rest = line.substr(std::min(line.find_first_not_of(' ', end), line.size()));
  return word;
}

bool begins_with_word(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  const bool same = std::equal(word.begin(), word.end(), text.begin(),
                               [](char a, char b) { return capital(a) == capital(b); });
  return same && (text.size() == word.size() || text[word.size()] == ' ' || text[word.size()] == '\r' ||
                  text[word.size()] == '\n');
}

Conversation::Reply LineConversation::receive(ByteView bytes) {
  Reply reply;
  ByteView rest = bytes;
  while (!rest.empty() && !over_) {
    if (!within_block()) {
      take_line(rest, reply);
    } else {
      const std::size_t before = rest.size();
      const bool whole = take_block(rest, reply);
      block_ += before - rest.size();
      if (whole) {
        framing_.framed += std::exchange(block_, 0);
        framing_.content += std::exchange(block_content_, 0);
      }
    }
    over_ = reply.close || reply.start_tls || reply.next || reply.tunnel;
  }
  if (!reply.close && over_) reply.taken = bytes.size() - rest.size();
  if (reply.taken == Reply::kAll) behind_ += rest.size();
  return reply;
}

void LineConversation::take_line(ByteView& rest, Reply& reply) {
  const auto line = reader_.take(rest);
  if (!line) return;
  if (!reader_.cut() && obey(*line, reply)) {
    framing_.framed += reader_.size();
    ++commands_;
    nonsense_ = 0;
    return;
  }
  refuse(*line, reply);
  if (++nonsense_ < kNonsenseTaken) return;
  shown_out_ = true;
  reply.close = true;
}

bool LineConversation::take_block(ByteView& rest, Reply&) {
  rest = {};
  return true;
}

std::string LineConversation::protocol() const {
  return commands_ > 0 && !shown_out_ ? std::string(protocol_) : std::string();
}

std::string LineConversation::detail() const {
  const std::string name(protocol_);
  if (shown_out_) return name + ": " + std::to_string(nonsense_) + " lines in a row that are no commands";
  if (within_block()) return name + ": ended within a block of data";
  if (reader_.within_line()) return name + ": ended within a line";
  if (behind_ > 0) return name + ": " + std::to_string(behind_) + " bytes behind its end";
  return {};
}

Json LineConversation::more() const {
  Json json = framing_.json();
  json["commands"] = commands_;
  return json;
}

}  // namespace candor::internet
