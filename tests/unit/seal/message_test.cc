// SPDX-License-Identifier: Apache-2.0
#include "seal/message.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

namespace candor::seal {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(Message, ArrivesWithItsDescriptors) {
  auto [ours, theirs] = message_pair();
  auto [reading, writing] = make_pipe();
  send_message(ours.get(), {{"hello", 1}}, {writing.get()});
  const std::optional<Message> message = receive_message(theirs.get());
  ASSERT_TRUE(message);
  EXPECT_EQ(message->body.at("hello"), 1);
  ASSERT_EQ(message->fds.size(), 1U);
  EXPECT_NE(message->fds[0].get(), writing.get());
  write_all(message->fds[0].get(), as_bytes("x"));
  char byte = 0;
  EXPECT_EQ(::read(reading.get(), &byte, 1), 1);
}

TEST(Message, TellsEmptyFromEnded) {
  auto [ours, theirs] = message_pair();
  bool empty = false;
  EXPECT_FALSE(receive_message(theirs.get(), false, &empty));
  EXPECT_TRUE(empty);
  ours.reset();
  EXPECT_FALSE(receive_message(theirs.get(), false, &empty));
  EXPECT_FALSE(empty);
}

TEST(Message, RefusesWhatIsNoJson) {
  auto [ours, theirs] = message_pair();
  ASSERT_EQ(::send(ours.get(), "{", 1, 0), 1);
  EXPECT_THROW(static_cast<void>(receive_message(theirs.get())), Error);
}

TEST(Message, RefusesOneTooLarge) {
  auto [ours, theirs] = message_pair();
  EXPECT_THROW(send_message(ours.get(), {{"text", std::string(200'000, 'x')}}), Error);
  const std::string large(150'000, ' ');
  ASSERT_EQ(::send(ours.get(), large.data(), large.size(), 0), static_cast<ssize_t>(large.size()));
  EXPECT_THROW(static_cast<void>(receive_message(theirs.get())), Error);
}

TEST(Message, CarriesAWholeChild) {
  Child child;
  child.name = "internet";
  child.argv = {"candor-internet", "--x", "a b"};
  child.env = {{"KEY", "value"}};
  child.fds = {{100, 4}, {101, 9}};
  child.log = "/run/log";
  child.capabilities = {Capability::net_admin, Capability::net_raw, Capability::net_bind_service};
  child.wants_tap_at = 5;
  const Child same = child_from_json(to_json(child));
  EXPECT_EQ(same.name, child.name);
  EXPECT_EQ(same.argv, child.argv);
  EXPECT_EQ(same.env, child.env);
  EXPECT_THAT(same.fds, ElementsAre(Pair(0, 4), Pair(1, 9)));
  EXPECT_EQ(same.log, child.log);
  EXPECT_EQ(same.capabilities, child.capabilities);
  EXPECT_EQ(same.wants_tap_at, child.wants_tap_at);
}

TEST(Message, RefusesAChildWithWrongMembers) {
  Child child;
  child.name = "one";
  child.argv = {"true"};
  for (const auto& [key, value] : std::vector<std::pair<std::string, Json>>{{"capabilities", {"sys_admin"}},
                                                                            {"fds", {2}},
                                                                            {"fds", {64}},
                                                                            {"tap", 1},
                                                                            {"argv", {1}},
                                                                            {"env", {{"A"}}}}) {
    Json json = to_json(child);
    json[key] = value;
    EXPECT_THROW(static_cast<void>(child_from_json(json)), Error) << key << " " << value;
  }
}

TEST(Message, CarriesASetUp) {
  const seal::SetUp same = set_up_from_json(to_json(seal::SetUp{false, {"/a"}, {"/b", "/c"}}));
  EXPECT_FALSE(same.network);
  EXPECT_THAT(same.writable, ElementsAre("/a"));
  EXPECT_THAT(same.readable, ElementsAre("/b", "/c"));
}

}  // namespace
}  // namespace candor::seal
