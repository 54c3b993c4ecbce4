// SPDX-License-Identifier: Apache-2.0
//
// The client against agents that behave, lag, lie and flood.
#include "guest/agent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "support/line_peer.h"
#include "support/loop.h"

namespace candor::guest {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::LinePeer;
using test::Loop;
using ::testing::HasSubstr;

/// One request as the fake agent sees it.
struct Request {
  std::string command;
  Json arguments;
  std::int64_t id = 0;
};

std::string returning(const Request& request, const Json& value) {
  const Json answer = {{"return", value}, {"id", request.id}};
  return dump_json(answer) + "\n";
}

/// An agent that answers synchronisations; `script` gets each other request and sends what it likes.
class FakeAgent {
 public:
  using Script = std::function<void(LinePeer&, const Request&)>;

  explicit FakeAgent(Script script) {
    auto [here, there] = socket_pair();
    client_ = std::move(here);
    thread_ = std::jthread([peer = LinePeer(std::move(there)), script = std::move(script)]() mutable {
      for (std::string line = peer.line(); !line.empty(); line = peer.line()) serve(peer, line, script);
    });
  }
  UniqueFd take() { return std::move(client_); }

 private:
  static void serve(LinePeer& peer, std::string line, const Script& script) {
    if (line.front() == '\xff') {  // the real one complains too
      peer.send("{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON parse error, stray\"}}\n");
      line.erase(0, 1);
    }
    const Json json = parse_json(line, {.bytes = 64U << 20});
    const Request request{string_member(json, "execute"), json.value("arguments", Json::object()),
                          int_member(json, "id")};
    if (request.command == "guest-sync-delimited")
      peer.send("\xff" + returning(request, int_member(request.arguments, "id")));
    else
      script(peer, request);
  }

  UniqueFd client_;
  std::jthread thread_;
};

struct Session {
  explicit Session(FakeAgent::Script script) : fake(std::move(script)), agent(loop.executor(), fake.take()) {}

  ExecResult exec(milliseconds timeout = seconds(5), std::size_t limit = 1000) {
    ExecRequest request;
    request.argv = {"/bin/prog", "an argument"};
    request.timeout = timeout;
    request.limit = limit;
    return loop.run(agent.exec(request));
  }
  FakeAgent fake;
  Loop loop;
  Agent agent;
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

void answer_all(LinePeer& peer, const Request& request) { peer.send(returning(request, Json::object())); }

TEST(Agent, SynchronisesBeforeItsFirstCall) {
  Session s(answer_all);
  s.loop.run(s.agent.ping());
  s.loop.run(s.agent.wait_until_answers(seconds(1)));
  s.loop.run(s.agent.ping());
}

TEST(Agent, WaitsNoLongerThanItsDeadlineForAnAgentThatIsNotThere) {
  auto [here, there] = socket_pair();
  Loop loop;
  Agent agent(loop.executor(), std::move(here));
  const Stopwatch watch;
  EXPECT_EQ(error_of([&] { loop.run(agent.wait_until_answers(milliseconds(700))); }),
            "the guest agent does not answer");
  EXPECT_GE(watch.seconds(), 0.69);
  EXPECT_LT(watch.seconds(), 1.5);
}

TEST(Agent, NamesTheCommandInARefusal) {
  Session s([](LinePeer& peer, const Request& request) {
    const Json refusal = {{"error", {{"class", "CommandNotFound"}, {"desc", "never heard of it"}}},
                          {"id", request.id}};
    peer.send(dump_json(refusal) + "\n");
  });
  EXPECT_EQ(error_of([&] { s.loop.run(s.agent.call("guest-fly")); }),
            "guest agent guest-fly: CommandNotFound: never heard of it");
}

TEST(Agent, IsUsableAgainAfterAnAnswerThatCameTooLate) {
  std::optional<Request> late;
  Session s([&late](LinePeer& peer, const Request& request) {
    if (!late) {
      late = request;
      return;
    }
    peer.send(returning(*late, "stale") + returning(request, "fresh"));
  });
  EXPECT_THAT(error_of([&] { s.loop.run(s.agent.call("guest-info", Json::object(), milliseconds(100))); }),
              HasSubstr("guest agent guest-info: no answer in time"));
  EXPECT_EQ(s.loop.run(s.agent.call("guest-info")), "fresh");
}

TEST(Agent, IsUsableAgainAfterNoise) {
  int calls = 0;
  Session s([&calls](LinePeer& peer, const Request& request) {
    if (++calls == 1) peer.send("}{ this is no JSON\n{\"half\": ");
    if (calls == 2) peer.send(returning(request, "well"));
  });
  EXPECT_THAT(error_of([&] { s.loop.run(s.agent.call("guest-info")); }),
              HasSubstr("guest agent guest-info: "));
  EXPECT_EQ(s.loop.run(s.agent.call("guest-info")), "well");
}

TEST(Agent, SkipsAnswersWithOtherIdsAndGivesUpAtItsDeadline) {
  Session s([](LinePeer& peer, const Request& request) {
    Request other = request;
    other.id += 1000;
    peer.send(returning(other, "not yours") + "{\"return\": \"nobody's\"}\n[1]\n");
  });
  EXPECT_NE(error_of([&] { s.loop.run(s.agent.call("guest-info", Json::object(), milliseconds(200))); }),
            "no error");
}

TEST(Agent, EndsAtItsDeadlineThoughTheGuestNeverStopsSending) {
  Session s([](LinePeer& peer, const Request&) {
    for (const Stopwatch watch; watch.seconds() < 2 && peer.send("{\"return\": 1, \"id\": 0}\n");) {
    }
  });
  const Stopwatch watch;
  EXPECT_NE(error_of([&] { s.loop.run(s.agent.call("guest-info", Json::object(), milliseconds(300))); }),
            "no error");
  EXPECT_LT(watch.seconds(), 1.5);
}

TEST(Agent, RefusesAnEndlessLine) {
  Session s([](LinePeer& peer, const Request&) {
    const std::string much(1U << 20, 'x');
    for (int i = 0; i < 100 && peer.send(much); ++i) {
    }
  });
  EXPECT_THAT(error_of([&] { s.loop.run(s.agent.call("guest-info", Json::object(), seconds(30))); }),
              HasSubstr("the guest sent a line of more than 48 MiB"));
}

TEST(Agent, SaysThatTheMachineEnded) {
  Session s([](LinePeer& peer, const Request&) { peer.close(); });
  EXPECT_EQ(error_of([&] { s.loop.run(s.agent.ping()); }),
            "guest agent guest-ping: its port was closed: the machine has ended");
}

TEST(Agent, GivesUpOnAGuestThatDoesNotRead) {
  auto [here, there] = socket_pair();
  Loop loop;
  Agent agent(loop.executor(), std::move(here));
  EXPECT_NE(error_of([&] { loop.run(agent.ping(milliseconds(100))); }), "no error");
}

TEST(Agent, ServesCallsFromSeveralCoroutinesInTurn) {
  Session s([](LinePeer& peer, const Request& request) { peer.send(returning(request, request.command)); });
  std::vector<std::string> answers;
  auto ask = [&](std::string command) -> asio::awaitable<void> {
    const Json answer = co_await s.agent.call(command);
    answers.push_back(answer.get<std::string>());
  };
  for (const char* command : {"guest-a", "guest-b", "guest-c"})
    asio::co_spawn(s.loop.executor(), ask(command), [](std::exception_ptr) {});
  s.loop.io().restart();
  while (answers.size() < 3) s.loop.io().run_one();
  EXPECT_THAT(answers, ::testing::ElementsAre("guest-a", "guest-b", "guest-c"));
}

// --- commands

/// An agent whose command is running for `looks` looks and then ends with `status`.
FakeAgent::Script running(int looks, Json status) {
  return [looks, status](LinePeer& peer, const Request& request) mutable {
    const Json started = {{"pid", 42}};
    const Json alive = {{"exited", false}};
    if (request.command == "guest-exec")
      peer.send(returning(request, started));
    else
      peer.send(returning(request, looks-- > 0 ? alive : status));
  };
}

TEST(AgentExec, ReturnsHowTheCommandEndedAndWhatItSaid) {
  const Json status = {{"exited", true},
                       {"exitcode", 3},
                       {"out-data", to_base64(as_bytes("out"))},
                       {"err-data", to_base64(as_bytes("err"))}};
  Session s(running(3, status));
  const ExecResult result = s.exec();
  EXPECT_EQ(result.code, 3);
  EXPECT_EQ(result.output, "out");
  EXPECT_EQ(result.error, "err");
  EXPECT_EQ(result.pid, 42);
  EXPECT_FALSE(result.cut);
  EXPECT_EQ(result.text(), "exit code 3");
}

TEST(AgentExec, CutsOutputAtTheLimitAndSaysSo) {
  const Json status = {{"exited", true}, {"exitcode", 0}, {"out-data", to_base64(Bytes(5000, 'x'))}};
  Session s(running(0, status));
  const ExecResult result = s.exec();
  EXPECT_EQ(result.output.size(), 1000U);
  EXPECT_TRUE(result.cut);
  const Json truncated = {{"exited", true}, {"exitcode", 0}, {"out-truncated", true}};
  Session t(running(0, truncated));
  EXPECT_TRUE(t.exec().cut);
}

TEST(AgentExec, ReportsACommandWhoseTimeIsUpAsAValue) {
  Session s(running(1 << 30, Json::object()));
  const Stopwatch watch;
  const ExecResult result = s.exec(milliseconds(200));
  EXPECT_TRUE(result.timed_out);
  EXPECT_FALSE(result.ok());
  EXPECT_LT(watch.seconds(), 1.0);
}

TEST(AgentExec, SendsArgumentsInputAndEnvironment) {
  Json seen;
  Session s([&seen](LinePeer& peer, const Request& request) {
    if (request.command == "guest-exec") seen = request.arguments;
    const Json both = {{"pid", 1}, {"exited", true}, {"signal", 9}};
    peer.send(returning(request, both));
  });
  ExecRequest request;
  request.argv = {"/bin/prog", "a b", ""};
  request.input = to_bytes("typed");
  request.env = {{"A", "b=c"}};
  EXPECT_EQ(s.loop.run(s.agent.exec(request)).signal, 9);
  EXPECT_EQ(dump_json(seen),
            R"({"arg":["a b",""],"capture-output":true,"env":["A=b=c"],"input-data":"dHlwZWQ=",)"
            R"("path":"/bin/prog"})");
}

TEST(AgentExec, RefusesAnswersThatMakeNoSense) {
  const std::vector<Json> senseless = {Json::array(),
                                       {{"exited", "yes"}},
                                       {{"exited", true}, {"exitcode", "0"}},
                                       {{"exited", true}, {"out-data", "no base64!"}},
                                       {{"exited", true}, {"out-data", 7}}};
  for (const Json& status : senseless) {
    Session s(running(0, status));
    EXPECT_NE(error_of([&] { s.exec(); }), "no error") << status;
  }
}

// --- files

/// A guest with one file system; `tamper` may change an answer before it is sent.
struct FakeFiles {
  std::map<std::string, Bytes> content;
  std::string open_path;
  std::size_t position = 0;
  std::size_t most = 100'000;  ///< Bytes it writes at a time.
  int closed = 0;
  std::function<void(const Request&, Json&)> tamper = [](const Request&, Json&) {};

  Json act(const Request& request) {
    if (request.command == "guest-file-open") {
      open_path = string_member(request.arguments, "path");
      position = 0;
      if (string_member(request.arguments, "mode") == "wb") content[open_path].clear();
      return 7;
    }
    if (request.command == "guest-file-close") {
      ++closed;
      return Json::object();
    }
    Bytes& file = content[open_path];
    if (request.command == "guest-file-write") {
      const Bytes part = *from_base64(string_member(request.arguments, "buf-b64"));
      const std::size_t count = std::min(part.size(), most);
      file.insert(file.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(count));
      return {{"count", count}, {"eof", false}};
    }
    const auto wanted = static_cast<std::size_t>(int_member(request.arguments, "count"));
    const std::size_t count = std::min(wanted, file.size() - position);
    const std::string text = to_base64(ByteView(file).subspan(position, count));
    position += count;
    return {{"count", count}, {"buf-b64", text}, {"eof", count < wanted}};
  }
  FakeAgent::Script script() {
    return [this](LinePeer& peer, const Request& request) {
      Json answer = act(request);
      tamper(request, answer);
      peer.send(returning(request, answer));
    };
  }
};

Bytes pattern(std::size_t size) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::uint8_t>(i * 31 + i / 257);
  return bytes;
}

TEST(AgentFile, CarriesSizesAroundAChunkThereAndBackThroughShortWrites) {
  FakeFiles files;
  files.most = 700'000;
  Session s(files.script());
  for (const std::size_t size : {std::size_t(0), std::size_t(1), std::size_t(1) << 20,
                                 (std::size_t(1) << 20) + 1, std::size_t(3'000'000)}) {
    const Bytes content = pattern(size);
    s.loop.run(s.agent.write_file("/f", content));
    EXPECT_TRUE(files.content["/f"] == content) << size;
    EXPECT_TRUE(s.loop.run(s.agent.read_file("/f", size)) == content) << size;
  }
  EXPECT_EQ(files.closed, 10);
}

TEST(AgentFile, RefusesMoreThanTheLimitAndClosesTheFile) {
  FakeFiles files;
  files.content["/f"] = pattern(2'000'000);
  Session s(files.script());
  EXPECT_EQ(error_of([&] { s.loop.run(s.agent.read_file("/f", 1'999'999)); }),
            "file /f: the file holds more than 1999999 bytes");
  EXPECT_EQ(files.closed, 1);
}

TEST(AgentFile, RefusesCountsThatDoNotMatch) {
  FakeFiles files;
  files.content["/f"] = pattern(100);
  const std::vector<std::function<void(const Request&, Json&)>> lies = {
      [](const Request& r, Json& a) {
        if (r.command == "guest-file-read") a["count"] = 99;
      },
      [](const Request& r, Json& a) {
        if (r.command == "guest-file-read") a = {{"count", 0}, {"buf-b64", ""}, {"eof", false}};
      },
      [](const Request& r, Json& a) {
        if (r.command == "guest-file-read") a["buf-b64"] = "====";
      },
      [](const Request& r, Json& a) {
        if (r.command == "guest-file-read") a.erase("eof");
      },
      [](const Request& r, Json& a) {
        if (r.command == "guest-file-open") a = "seven";
      }};
  for (const auto& lie : lies) {
    files.tamper = lie;
    Session s(files.script());
    EXPECT_NE(error_of([&] { s.loop.run(s.agent.read_file("/f", 1000)); }), "no error");
  }
  for (const int count : {-1, 0, 101}) {
    files.tamper = [count](const Request& r, Json& a) {
      if (r.command == "guest-file-write") a["count"] = count;
    };
    Session s(files.script());
    EXPECT_THAT(error_of([&] { s.loop.run(s.agent.write_file("/f", pattern(100))); }),
                HasSubstr("of 100 bytes"));
  }
}

TEST(AgentFile, PushesAndPullsFilesAndLeavesNoneOfAPullThatFailed) {
  FakeFiles files;
  Session s(files.script());
  const TempDir folder(std::filesystem::temp_directory_path(), "agent.");
  write_file(folder.path() / "from", ByteView(pattern(1'500'000)));
  s.loop.run(s.agent.push(folder.path() / "from", "/g"));
  EXPECT_EQ(s.loop.run(s.agent.pull("/g", folder.path() / "to", 2'000'000)), 1'500'000U);
  EXPECT_TRUE(read_file(folder.path() / "to") == pattern(1'500'000));
  EXPECT_NE(error_of([&] { s.loop.run(s.agent.pull("/g", folder.path() / "to", 1000)); }), "no error");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "to"));
}

// --- clock and power

TEST(AgentClock, IsSetByDateOrElseByTheAgent) {
  std::vector<std::string> seen;
  bool has_date = true;
  Session s([&](LinePeer& peer, const Request& request) {
    seen.push_back(dump_json(request.arguments));
    const Json ended = {{"pid", 1}, {"exited", true}, {"exitcode", 0}};
    const Json refusal = {{"error", {{"class", "GenericError"}, {"desc", "no such program"}}},
                          {"id", request.id}};
    if (request.command == "guest-exec" && !has_date)
      peer.send(dump_json(refusal) + "\n");
    else
      peer.send(returning(request, ended));
  });
  s.loop.run(s.agent.set_time(1'700'000'000'000'000'005));
  EXPECT_THAT(seen.front(), HasSubstr(R"(["-u","-s","@1700000000.000000005"])"));
  has_date = false;
  s.loop.run(s.agent.set_time(1'700'000'000'000'000'005));
  EXPECT_EQ(seen.back(), R"({"time":1700000000000000005})");
}

TEST(AgentPower, TakesSilenceForConsentAndARefusalForAnError) {
  std::string mode;
  Session silent(
      [&mode](LinePeer&, const Request& request) { mode = string_member(request.arguments, "mode"); });
  silent.loop.run(silent.agent.reboot());
  EXPECT_EQ(mode, "reboot");
  Session refusing([](LinePeer& peer, const Request& request) {
    const Json refusal = {{"error", {{"class", "GenericError"}, {"desc", "not now"}}}, {"id", request.id}};
    peer.send(dump_json(refusal) + "\n");
  });
  EXPECT_EQ(error_of([&] { refusing.loop.run(refusing.agent.shutdown()); }),
            "guest agent guest-shutdown: GenericError: not now");
}

TEST(AgentPower, AsksInitItselfWhenTheAgentsWayIsRefused) {
  std::string argv;
  Session s([&argv](LinePeer& peer, const Request& request) {
    const Json refusal = {{"error", {{"class", "GenericError"}, {"desc", "no logind"}}}, {"id", request.id}};
    const Json started = {{"pid", 1}};
    if (request.command == "guest-exec") argv = dump_json(request.arguments["arg"]);
    peer.send(request.command == "guest-exec" ? returning(request, started) : dump_json(refusal) + "\n");
  });
  s.loop.run(s.agent.reboot());
  EXPECT_EQ(argv, R"(["--no-block","reboot"])");
}

}  // namespace
}  // namespace candor::guest
