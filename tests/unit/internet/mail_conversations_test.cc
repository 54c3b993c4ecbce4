// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conversation_rig.h"
#include "internet/imap_conversation.h"
#include "internet/pop3_conversation.h"
#include "internet/smtp_conversation.h"

namespace candor::internet {
namespace {

using testing::HasSubstr;

const std::string kMail =
    "EHLO a\r\nAUTH LOGIN\r\ndQ==\r\ncA==\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\n"
    "Subject: x\r\n\r\n..stuffed\r\nend\r\n.\r\nQUIT\r\n";

TEST(Smtp, TakesAMailWhereverItIsCut) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{3}, kMail.size()}) {
    Rig rig;
    SmtpConversation smtp(start_at(rig, 25));
    EXPECT_THAT(smtp.greeting(), testing::StartsWith("220 server.example "));
    EXPECT_THAT(answers(smtp, kMail, piece), HasSubstr("250 2.0.0 OK: queued as 1\r\n221 "));
    EXPECT_EQ(smtp.protocol(), "smtp");
    EXPECT_EQ(smtp.detail(), "");
    EXPECT_EQ(smtp.more()["framed_bytes"], kMail.size());
    EXPECT_EQ(smtp.more()["content_bytes"], 30U) << "the dot's line is framing";
    EXPECT_EQ(smtp.more()["mails"], 1);
  }
}

TEST(Smtp, EndsAMailAtNothingButALineWithADot) {
  Rig rig;
  SmtpConversation smtp(start_at(rig, 25));
  const std::string answer = answers(smtp, "DATA\r\na.\r\n.b\r\n..\r\n .\r\n");
  EXPECT_THAT(answer, Not(HasSubstr("queued")));
  EXPECT_EQ(smtp.detail(), "smtp: ended within a block of data");
  EXPECT_THAT(answers(smtp, ".\n"), HasSubstr("queued"));
}

TEST(Smtp, TakesMailInChunks) {
  Rig rig;
  SmtpConversation smtp(start_at(rig, 25));
  const std::string said = "BDAT 5\r\nhelloBDAT 3 LAST\r\n\r\n.BDAT 0 LAST\r\n";
  EXPECT_THAT(answers(smtp, said, 2), testing::EndsWith("queued as 2\r\n"));
  EXPECT_EQ(smtp.more()["content_bytes"], 8);
  EXPECT_EQ(smtp.more()["framed_bytes"], said.size());
}

TEST(Smtp, ShowsOutWhoSpeaksNonsenseAndCountsWhatFollows) {
  Rig rig;
  SmtpConversation smtp(start_at(rig, 25));
  std::string nonsense;
  for (int i = 0; i < 60; ++i) nonsense += "what?\r\n";
  const auto reply = smtp.receive(as_bytes(nonsense));
  EXPECT_TRUE(reply.close);
  EXPECT_EQ(smtp.protocol(), "");
  EXPECT_EQ(smtp.more()["framed_bytes"], 0);
}

TEST(Smtp, KeepsNoLineWithoutEndInMemory) {
  Rig rig;
  SmtpConversation smtp(start_at(rig, 25));
  for (int i = 0; i < 100; ++i) (void)smtp.receive(as_bytes(std::string(100'000, 'x')));
  EXPECT_EQ(smtp.detail(), "smtp: ended within a line");
  EXPECT_THAT(answers(smtp, "\r\nNOOP\r\n"), testing::EndsWith("250 2.0.0 OK\r\n"));
}

TEST(Imap, TakesMessagesInLiteralsOfBothKinds) {
  const std::string said =
      "1 LOGIN {1}\r\nu {1}\r\np\r\n2 APPEND INBOX (\\Seen) {7}\r\nsecret!\r\n3 APPEND X {3+}\r\nabc\r\n4 "
      "LOGOUT\r\n";
  for (const std::size_t piece : {std::size_t{1}, said.size()}) {
    Rig rig;
    ImapConversation imap(start_at(rig, 143));
    const std::string answer = answers(imap, said, piece);
    EXPECT_THAT(answer, HasSubstr("+ Ready for literal data\r\n2 OK [APPENDUID 1 1]"));
    EXPECT_THAT(answer, HasSubstr("\r\n3 OK [APPENDUID 1 2]"));
    EXPECT_EQ(imap.more()["framed_bytes"], said.size());
    EXPECT_EQ(imap.more()["content_bytes"], 12);
    EXPECT_EQ(imap.detail(), "");
  }
}

TEST(Imap, LetsEverybodyInAndWaitsWhileIdling) {
  Rig rig;
  ImapConversation imap(start_at(rig, 143));
  EXPECT_EQ(answers(imap, "a AUTHENTICATE PLAIN\r\nAGEAYg==\r\nb IDLE\r\nDONE\r\n"),
            "+ \r\na OK done\r\n+ idling\r\nb OK done\r\n");
}

TEST(Pop3, HasNoMailForAnybody) {
  Rig rig;
  Pop3Conversation pop3(start_at(rig, 110));
  EXPECT_EQ(answers(pop3, "USER a\r\nPASS b\r\nSTAT\r\nLIST\r\nRETR 1\r\nQUIT\r\n"),
            "+OK\r\n+OK\r\n+OK 0 0\r\n+OK\r\n.\r\n-ERR no such message\r\n+OK bye\r\n");
}

}  // namespace
}  // namespace candor::internet
