// SPDX-License-Identifier: Apache-2.0
#include "vm/qmp.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <boost/asio/detached.hpp>
#include <functional>
#include <thread>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "support/line_peer.h"
#include "support/loop.h"
#include "vm/machine.h"

namespace candor::vm {
namespace {

using std::chrono::milliseconds;
using test::LinePeer;
using test::Loop;
using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr const char* kGreeting =
    R"({"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": ""}, "capabilities": ["oob"]}})";

std::string answer(const std::string& request, const std::string& rest) {
  return R"({"id": )" + std::to_string(int_member(parse_json(request), "id")) + ", " + rest + "}\n";
}

/// A QEMU that greets, enters command mode, and goes on with a script of the test's.
class FakeQemu {
 public:
  explicit FakeQemu(std::function<void(LinePeer&)> script) {
    auto [here, there] = socket_pair();
    client_ = std::move(here);
    thread_ = std::jthread([peer = LinePeer(std::move(there)), script = std::move(script)]() mutable {
      peer.send(std::string(kGreeting) + "\r\n");
      peer.send(answer(peer.line(), R"("return": {})"));
      script(peer);
    });
  }
  UniqueFd take() { return std::move(client_); }

 private:
  UniqueFd client_;
  std::jthread thread_;
};

template <typename Work>
std::string error_of(Work&& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

struct Connected {
  explicit Connected(std::function<void(LinePeer&)> script, std::filesystem::path log = {})
      : fake(std::move(script)), qmp(loop.executor(), fake.take(), std::move(log)) {
    loop.run(qmp.connect());
  }
  Json execute(const std::string& command, milliseconds timeout = std::chrono::seconds(5)) {
    return loop.run(qmp.execute(command, Json::object(), timeout));
  }
  FakeQemu fake;
  Loop loop;
  Qmp qmp;
};

TEST(Qmp, ReturnsTheGreetingAndEntersCommandMode) {
  FakeQemu fake([](LinePeer&) {});
  Loop loop;
  Qmp qmp(loop.executor(), fake.take());
  const Json greeting = loop.run(qmp.connect());
  EXPECT_EQ(greeting["version"]["qemu"]["major"], 7);
}

TEST(Qmp, MatchesAnswersToCommandsThatRunSideBySide) {
  Connected c([](LinePeer& peer) {
    const std::string first = peer.line();
    const std::string second = peer.line();
    peer.send(answer(second, R"("return": ")" + string_member(parse_json(second), "execute") + "\""));
    peer.send(answer(first, R"("return": ")" + string_member(parse_json(first), "execute") + "\""));
  });
  std::string one;
  auto background = [&]() -> asio::awaitable<void> {
    const Json result = co_await c.qmp.execute("query-one");
    one = result.get<std::string>();
  };
  asio::co_spawn(c.loop.executor(), background(), asio::detached);
  EXPECT_EQ(c.execute("query-two"), "query-two");
  c.loop.io().restart();
  while (one.empty()) c.loop.io().run_one();
  EXPECT_EQ(one, "query-one");
}

TEST(Qmp, NamesTheCommandInARefusal) {
  Connected c([](LinePeer& peer) {
    peer.send(
        answer(peer.line(), R"("error": {"class": "GenericError", "desc": "no \u001b[31m such file"})"));
  });
  EXPECT_EQ(error_of([&] { c.execute("migrate-incoming"); }),
            "QMP migrate-incoming: GenericError: no \\x1b[31m such file");
}

TEST(Qmp, GivesUpAtTheDeadlineAndDropsTheLateAnswer) {
  Connected c([](LinePeer& peer) {
    const std::string slow = peer.line();
    const std::string quick = peer.line();
    peer.send(answer(slow, R"("return": "late")"));
    peer.send(answer(quick, R"("return": "in time")"));
  });
  const Stopwatch watch;
  EXPECT_EQ(error_of([&] { c.execute("stop", milliseconds(50)); }), "QMP stop: no answer within 50 ms");
  EXPECT_LT(watch.seconds(), 1.0);
  EXPECT_EQ(c.execute("cont"), "in time");
}

TEST(Qmp, GivesEachSubscriberAllEventsInOrder) {
  Connected c([](LinePeer& peer) {
    const std::string request = peer.line();
    peer.send("{\"event\": \"STOP\", \"timestamp\": {}}\n{\"event\": \"RESUME\", \"timestamp\": {}}\n");
    peer.send(answer(request, R"("return": {})"));
    peer.line();
  });
  Qmp::Events one = c.qmp.subscribe();
  Qmp::Events two = c.qmp.subscribe();
  c.execute("stop");
  EXPECT_EQ((*c.loop.run(one.next(milliseconds(100))))["event"], "STOP");
  EXPECT_EQ((*c.loop.run(one.next(milliseconds(100))))["event"], "RESUME");
  EXPECT_FALSE(c.loop.run(one.next(milliseconds(20))));
  EXPECT_EQ((*c.loop.run(two.next_of({"RESUME"}, milliseconds(100))))["event"], "RESUME");
}

TEST(Qmp, DeliversTheLossAfterTheEventsBeforeIt) {
  Connected c([](LinePeer& peer) {
    peer.line();
    peer.send("{\"event\": \"SHUTDOWN\", \"timestamp\": {}}\n");
  });
  Qmp::Events events = c.qmp.subscribe();
  EXPECT_NE(error_of([&] { c.execute("quit"); }), "no error");
  EXPECT_TRUE(c.loop.run(c.qmp.wait_lost(std::chrono::seconds(5))));
  EXPECT_TRUE(c.loop.run(events.next(milliseconds(100))));
  EXPECT_EQ(error_of([&] { c.loop.run(events.next(milliseconds(100))); }),
            "QMP events: QEMU closed the connection");
  EXPECT_FALSE(c.qmp.connected());
}

TEST(Qmp, QuotesTheLogWhenTheConnectionIsLostDuringACommand) {
  const TempDir folder(std::filesystem::temp_directory_path(), "qmp.");
  const auto log = folder.path() / "qemu.log";
  write_file(log, std::string_view("qemu: terribly sorry\n"));
  Connected c([](LinePeer& peer) { peer.line(); }, log);
  EXPECT_THAT(error_of([&] { c.execute("query-status"); }),
              AllOf(HasSubstr("QMP query-status: QEMU closed the connection"), HasSubstr("terribly sorry")));
  EXPECT_THAT(error_of([&] { c.execute("cont"); }), HasSubstr("QMP cont: QEMU closed the connection"));
}

TEST(Qmp, EndsAPeerThatSpeaksNoJson) {
  Connected c([](LinePeer& peer) {
    peer.line();
    peer.send("Segmentation fault\n");
    peer.line();
  });
  EXPECT_THAT(error_of([&] { c.execute("stop"); }), HasSubstr("QMP stop: QEMU sent what is no QMP: "));
}

TEST(Qmp, EndsAPeerThatSendsAnEndlessLine) {
  Connected c([](LinePeer& peer) {
    peer.line();
    const std::string much(1U << 16, 'x');
    while (peer.send(much)) {
    }
  });
  EXPECT_THAT(error_of([&] { c.execute("stop"); }), HasSubstr("QEMU sent a line of more than 1048576 bytes"));
}

TEST(Qmp, TellsASubscriberWhoFetchesNothingThatEventsWereLost) {
  Connected c([](LinePeer& peer) {
    const std::string request = peer.line();
    const std::string event = R"({"event": "NOISE", "data": ")" + std::string(500'000, 'n') + "\"}\n";
    for (int i = 0; i < 12; ++i) peer.send(event);
    peer.send(answer(request, R"("return": {})"));
    peer.line();
  });
  Qmp::Events events = c.qmp.subscribe();
  c.execute("stop", std::chrono::seconds(10));
  int kept = 0;
  const std::string error = error_of([&] {
    while (c.loop.run(events.next(milliseconds(100)))) ++kept;
  });
  EXPECT_EQ(kept, 8);
  EXPECT_THAT(error, HasSubstr("some were lost"));
}

/// The descriptor that came with the next bytes on a socket, or -1.
int received_fd(int socket) {
  std::array<char, 4096> text{};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  iovec part{text.data(), text.size()};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (::recvmsg(socket, &message, 0) <= 0) return -1;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  int fd = -1;
  if (header != nullptr && header->cmsg_type == SCM_RIGHTS) std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
  return fd;
}

TEST(Qmp, PassesADescriptorWithItsCommand) {
  std::string got;
  auto [read_end, write_end] = make_pipe();
  Connected c([&got, reader = read_end.get()](LinePeer& peer) {
    const UniqueFd fd(received_fd(peer.fd()));
    if (fd && ::write(fd.get(), "through", 7) == 7) {
      std::array<char, 16> text{};
      got.assign(text.data(),
                 static_cast<std::size_t>(std::max<ssize_t>(::read(reader, text.data(), 16), 0)));
    }
    peer.send("{\"id\": 2, \"return\": {}}\n");
  });
  c.loop.run(c.qmp.pass_fd("state", write_end.get()));
  EXPECT_EQ(got, "through");
}

TEST(Qmp, ReportsASilentPeerInsteadOfAGreeting) {
  auto [here, there] = socket_pair();
  Loop loop;
  Qmp qmp(loop.executor(), std::move(here));
  EXPECT_EQ(error_of([&] { loop.run(qmp.connect(milliseconds(50))); }),
            "QMP greeting: none came within 50 ms");
}

TEST(Machine, LearnsTheVersionAndQuitsWithoutErrorFromAQemuThatGoesAtOnce) {
  FakeQemu fake([](LinePeer& peer) {
    peer.line();
    peer.close();
  });
  Loop loop;
  Prepared prepared;
  prepared.qmp = fake.take();
  auto work = [&]() -> asio::awaitable<std::string> {
    Machine machine = co_await Machine::attach(std::move(prepared), loop.executor());
    co_await machine.quit();
    co_return machine.qemu_version();
  };
  EXPECT_EQ(loop.run(work()), "7.2.22");
}

}  // namespace
}  // namespace candor::vm
