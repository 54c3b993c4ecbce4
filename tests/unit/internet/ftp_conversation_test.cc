// SPDX-License-Identifier: Apache-2.0
#include "internet/ftp_conversation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conversation_rig.h"
#include "internet/session.h"

namespace candor::internet {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

struct Ftp : testing::Test {
  std::unique_ptr<Session> data_connection() {
    const std::uint16_t port = last_port();
    Expected expected = rig.services.expected.take({server, port}, client_route(21).source.address);
    EXPECT_TRUE(expected.start) << "port " << port;
    return std::make_unique<Session>(start_at(rig, port), std::move(expected));
  }
  std::uint16_t last_port() {
    const std::string answer = answers(ftp, "EPSV\r\n");
    return static_cast<std::uint16_t>(std::stoi(answer.substr(answer.find("|||") + 3)));
  }
  Rig rig;
  asio::ip::address server = asio::ip::make_address("198.18.0.1");
  FtpConversation ftp{start_at(rig, 21)};
};

TEST_F(Ftp, SaysThatAFileIsThereOnlyOnceItIs) {
  const auto data = data_connection();
  EXPECT_THAT(answers(ftp, "CWD in\r\nSTOR plan.txt\r\n"), EndsWith("150 Here it comes\r\n"));
  data->receive(as_bytes(std::string_view("the plan")));
  EXPECT_FALSE(ftp.due().has_value());
  data->ended();
  ASSERT_TRUE(ftp.due().has_value());
  EXPECT_EQ(ftp.speak().bytes, "226 Transfer complete\r\n");
  EXPECT_FALSE(ftp.due().has_value());
  EXPECT_EQ(answers(ftp, "SIZE plan.txt\r\n"), "213 8\r\n");
  data->finish("eof", {});
  const Json stream = rig.reporter.of(event::kStream).at(0);
  EXPECT_EQ(stream["protocol"], "ftp-data");
  EXPECT_EQ(stream["file"], "/in/plan.txt");
  EXPECT_EQ(stream["content_bytes"], 8);
}

TEST_F(Ftp, SendsAListingToWhoConnectedBeforeItWasAskedFor) {
  const auto data = data_connection();
  data->speak(monotonic_ns());
  EXPECT_THAT(answers(ftp, "MLSD\r\n"), EndsWith("150 Here it comes\r\n"));
  data->speak(monotonic_ns());
  EXPECT_TRUE(data->closing());
  EXPECT_EQ(ftp.speak().bytes, "226 Transfer complete\r\n");
}

TEST_F(Ftp, SaysThatATransferWasCut) {
  auto data = data_connection();
  (void)answers(ftp, "STOR plan.txt\r\n");
  data->receive(as_bytes(std::string_view("the")));
  data->finish("reset", {});
  data.reset();
  EXPECT_THAT(ftp.speak().bytes, HasSubstr("426 "));
  EXPECT_EQ(rig.reporter.of(event::kStream).at(0)["detail"], "ended within the transfer");
}

TEST_F(Ftp, CallsTheClientAndNobodyElse) {
  std::vector<Endpoint> called;
  rig.services.dial = [&called](const Endpoint&, const Endpoint& client, const Expected&) {
    called.push_back(client);
  };
  EXPECT_THAT(answers(ftp, "PORT 10,0,0,3,200,1\r\nSTOR a\r\n"), HasSubstr("504 "));
  EXPECT_THAT(called, testing::IsEmpty());
  EXPECT_THAT(answers(ftp, "EPRT |1|10.0.0.2|51201|\r\nSTOR a\r\n"), HasSubstr("150 Here it comes\r\n425 "))
      << "nobody took the call";
  ASSERT_EQ(called.size(), 1U);
  EXPECT_EQ(called[0].port, 51201);
}

TEST_F(Ftp, ExpectsNobodyOnceItIsGone) {
  {
    FtpConversation other(start_at(rig, 21));
    (void)answers(other, "PASV\r\nPASV\r\nEPSV\r\n");
    EXPECT_EQ(rig.services.expected.size(), 1U);
  }
  EXPECT_EQ(rig.services.expected.size(), 0U);
}

TEST_F(Ftp, ReadsAddressesOfClients) {
  EXPECT_EQ(ftp_port("10,0,0,2,200,1").port, 51201);
  for (const char* wrong : {"", "1,2,3,4,5", "1,2,3,4,5,256", "a,b,c,d,e,f"})
    EXPECT_EQ(ftp_port(wrong).port, 0) << wrong;
  EXPECT_EQ(ftp_extended_port("|2|fd77::2|99|").address.to_string(), "fd77::2");
  for (const char* wrong : {"", "|2|", "|3|x|1|", "|1|10.0.0.2|70000|", "|1|10.0.0.2|1"}) {
    EXPECT_EQ(ftp_extended_port(wrong).port, 0) << wrong;
  }
}

}  // namespace
}  // namespace candor::internet
