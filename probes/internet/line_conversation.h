// SPDX-License-Identifier: Apache-2.0
//
// What the protocols of lines share (SMTP, IMAP, POP3, FTP): commands one a line, now and then a block of
// bytes that are no lines. Bounded like LineReader; who sends only nonsense is shown out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "internet/conversation.h"
#include "internet/framing.h"
#include "internet/line_reader.h"

namespace candor::internet {

class LineConversation : public Conversation {
 public:
  [[nodiscard]] Reply receive(ByteView bytes) final;
  [[nodiscard]] std::string protocol() const final;
  [[nodiscard]] std::string detail() const final;
  [[nodiscard]] Json more() const override;

 protected:
  explicit LineConversation(std::string_view protocol) : protocol_(protocol) {}

  /// Obeys one command; false if it is none of the protocol's. Adds to the reply.
  virtual bool obey(std::string_view line, Reply& reply) = 0;
  /// What is said to a line that is no command.
  virtual void refuse(std::string_view line, Reply& reply) = 0;
  /// Takes bytes of a block, `true` once it is whole; called while within_block().
  virtual bool take_block(ByteView& rest, Reply& reply);
  [[nodiscard]] virtual bool within_block() const { return false; }

  void count_content(std::uint64_t bytes) { block_content_ += bytes; }
  [[nodiscard]] std::uint64_t commands() const { return commands_; }
  /// Of the line being obeyed.
  [[nodiscard]] bool line_was_cut() const { return reader_.cut(); }

 private:
  void take_line(ByteView& rest, Reply& reply);

  std::string_view protocol_;
  LineReader reader_;
  Framing framing_;
  std::uint64_t commands_ = 0;
  std::uint64_t block_ = 0;          // bytes of the block so far
  std::uint64_t block_content_ = 0;  // of those
  std::uint64_t behind_ = 0;         // bytes after the conversation's end
  int nonsense_ = 0;                 // lines in a row that were no commands
  bool shown_out_ = false;
  bool over_ = false;
};

/// The first word of `line` in capitals; `rest` becomes what follows it and its spaces.
[[nodiscard]] std::string command_word(std::string_view line, std::string_view& rest);
/// Whether `text` begins with `word`, whatever the case, and then a space or its end follows.
[[nodiscard]] bool begins_with_word(std::string_view text, std::string_view word);

}  // namespace candor::internet
