// SPDX-License-Identifier: Apache-2.0
#include "cloud/cloud.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud/reader.h"

namespace candor::cloud {
namespace {

using testing::ElementsAre;
using testing::Pair;

Cloud cloud(const std::string& text) {
  return Cloud(read_cloud_text("about: A test.\n" + text, "cloud.yaml", "/nowhere"));
}

Request request(std::string method, std::string path, std::string_view body = {}) {
  return {.host = "api.vendor.example",
          .method = std::move(method),
          .path = std::move(path),
          .body = body,
          .body_size = body.size()};
}

std::string rule(const std::optional<Answer>& answer) { return answer ? answer->rule : "none"; }

TEST(Cloud, AsksForTheSampleOfAnUnknownHashAndAcceptsItThroughTheUrlItHandedOut) {
  Cloud vendor = cloud(R"(
sets: {known: [], tickets: []}
routes:
  - name: known
    method: POST
    path: /v1/lookup
    json: {/sha256: "{hash}"}
    when: {in: {known: "{hash}"}}
    answer: {json: {verdict: clean}}
  - name: unknown
    method: POST
    path: /v1/lookup
    json: {/sha256: "{hash}"}
    answer: {json: {verdict: unknown, upload: {url: "https://up.vendor.example/{token}", method: PUT}, retries: 3}}
    then: {remember: {tickets: "{token}/{hash}"}}
  - name: upload
    host: up.vendor.example
    method: PUT
    path: /{ticket}
    query: {hash: "{hash}"}
    when: {in: {tickets: "{ticket}/{hash}"}}
    answer: {status: 201}
    then: {forget: {tickets: "{ticket}/{hash}"}, remember: {known: "{hash}"}}
)");
  const auto first = vendor.answer(request("POST", "/v1/lookup", R"({"sha256":"00ff"})"));
  ASSERT_EQ(rule(first), "unknown");
  const Json said = parse_json(first->body);
  EXPECT_EQ(said["retries"], 3);
  const std::string url = said["upload"]["url"];
  Request upload = request("PUT", url.substr(url.rfind('/')), "the sample");
  upload.host = "up.vendor.example";
  upload.query = "hash=aaaa";
  EXPECT_EQ(rule(vendor.answer(upload)), "none");
  upload.query = "hash=00ff";
  EXPECT_EQ(vendor.answer(upload)->status, 201);
  EXPECT_EQ(rule(vendor.answer(upload)), "none") << "a ticket is good once";
  EXPECT_EQ(rule(vendor.answer(request("POST", "/v1/lookup", R"({"sha256":"00ff"})"))), "known");
  EXPECT_EQ(rule(vendor.answer(request("POST", "/v1/lookup", R"({"sha256":"11ff"})"))), "unknown");
}

TEST(Cloud, AnswersOtherwiseOnceAStepHasMovedItsVersionOn) {
  Cloud vendor = cloud(R"(
state: {version: "1"}
routes:
  - name: feed
    path: /feed
    answer: {body: "version {version}", headers: {ETag: '"{version}"'}}
  - name: second
    path: /update
    when: {state: {version: "2*"}}
    answer: {body: new}
)");
  EXPECT_EQ(vendor.answer(request("GET", "/feed"))->body, "version 1");
  EXPECT_EQ(rule(vendor.answer(request("GET", "/update"))), "none");
  EXPECT_EQ(vendor.set("version", "2.1"), "");
  EXPECT_EQ(vendor.answer(request("GET", "/feed"))->body, "version 2.1");
  EXPECT_THAT(vendor.answer(request("GET", "/feed"))->headers,
              ElementsAre(Pair("ETag", "\"2.1\""), Pair("Content-Type", "text/plain; charset=utf-8")));
  EXPECT_EQ(rule(vendor.answer(request("GET", "/update"))), "second");
  EXPECT_EQ(vendor.set("versoin", "3"), "the vendor's cloud has no value 'versoin'; did you mean 'version'?");
}

TEST(Cloud, AnswersOneMachineAlone) {
  Cloud vendor = cloud(R"(
state: {target: ""}
routes:
  - name: task
    path: /tasks
    headers: {x-machine: "{=target}"}
    answer: {json: {collect: ["/home/**"]}}
  - name: no-task
    path: /tasks
    answer: {json: {}}
)");
  Request asked = request("GET", "/tasks");
  asked.headers = {{"x-machine", "m-7"}};
  EXPECT_EQ(rule(vendor.answer(asked)), "no-task");
  EXPECT_EQ(vendor.set("target", "m-7"), "");
  EXPECT_EQ(rule(vendor.answer(asked)), "task");
  asked.headers = {{"x-machine", "m-8"}};
  EXPECT_EQ(rule(vendor.answer(asked)), "no-task");
}

TEST(Cloud, ChangesItsAnswerAfterSoManyRequests) {
  Cloud vendor = cloud(R"(
routes:
  - {name: early, path: /poll, when: {times: 2}, answer: {status: 202}}
  - {name: late, path: /poll, answer: {body: "done at {number}"}}
  - {name: after, path: /other, when: {after: {late: 1}}, answer: {status: 204}}
)");
  EXPECT_EQ(rule(vendor.answer(request("GET", "/other"))), "none");
  EXPECT_EQ(rule(vendor.answer(request("GET", "/poll"))), "early");
  EXPECT_EQ(rule(vendor.answer(request("GET", "/poll"))), "early");
  EXPECT_EQ(vendor.answer(request("GET", "/poll"))->body, "done at 1");
  EXPECT_EQ(rule(vendor.answer(request("GET", "/other"))), "after");
}

TEST(Cloud, AnswersNamesByTypeAndState) {
  Cloud vendor = cloud(R"(
state: {daily: "26000"}
dns:
  - name: versions
    query: current.cvd.vendor.example
    type: TXT
    answer: "1.0.7:62:{daily}:{time}"
    ttl: 60
  - {name: gone, query: "*.old.vendor.example", type: A, code: NXDOMAIN}
)");
  const auto reply = vendor.answer("Current.cvd.vendor.example", "TXT", 5'000'000'000);
  ASSERT_TRUE(reply);
  EXPECT_THAT(reply->records, ElementsAre("1.0.7:62:26000:5"));
  EXPECT_EQ(reply->ttl, 60);
  EXPECT_FALSE(vendor.answer("current.cvd.vendor.example", "A", 0));
  EXPECT_EQ(vendor.answer("a.old.vendor.example", "A", 0)->code, "NXDOMAIN");
}

TEST(Cloud, LooksIntoFormsAndTellsABodyThatIsNoJsonFromOneThatIs) {
  Cloud vendor = cloud(R"(
routes:
  - {name: json, path: /x, json: {/a/0: "1"}, answer: {}}
  - {name: form, path: /x, form: {mail: "{who}@**"}, answer: {body: "{who} {body-size}"}}
)");
  EXPECT_EQ(rule(vendor.answer(request("POST", "/x", R"({"a":[1]})"))), "json");
  EXPECT_EQ(rule(vendor.answer(request("POST", "/x", R"({"a":[1)"))), "none");
  EXPECT_EQ(vendor.answer(request("POST", "/x", "a=1&mail=al%65x%40vendor.example"))->body, "alex 32");
}

TEST(Cloud, IsAPureFunctionOfRulesStateAndRequest) {
  const Cloud vendor = cloud(R"(
sets: {seen: []}
routes:
  - {name: one, path: "/{p}", answer: {body: "{token}{p}"}, then: {remember: {seen: "{p}"}}}
)");
  const auto first = decide(vendor.rules(), vendor.state(), request("GET", "/a"));
  const auto again = decide(vendor.rules(), vendor.state(), request("GET", "/a"));
  EXPECT_EQ(first->body, again->body);
  EXPECT_EQ(first->changes.size(), 1U);
  EXPECT_TRUE(vendor.state().sets.at("seen").empty());
}

TEST(Cloud, LetsNoGuestWriteHeaderFieldsIntoAnAnswer) {
  Cloud vendor = cloud(R"(
routes:
  - {name: echo, headers: {x-in: "{in}"}, answer: {headers: {X-Out: "{in}"}}}
)");
  Request asked = request("GET", "/");
  asked.headers = {{"x-in", "a\r\nSet-Cookie: b"}};
  EXPECT_THAT(vendor.answer(asked)->headers, ElementsAre(Pair("X-Out", "aSet-Cookie: b")));
}

TEST(Cloud, SaysThatASetIsFull) {
  Cloud vendor = cloud(R"(
sets: {seen: []}
routes:
  - {name: one, path: "/{p}", answer: {}, then: {remember: {seen: "{p}"}}}
)");
  for (std::size_t i = 0; i < State::kSetBound; ++i)
    ASSERT_TRUE(vendor.answer(request("GET", "/" + std::to_string(i))));
  EXPECT_EQ(vendor.take_problem(), "");
  EXPECT_TRUE(vendor.answer(request("GET", "/more")));
  EXPECT_EQ(vendor.take_problem(), "the set 'seen' is full");
  EXPECT_EQ(vendor.state().sets.at("seen").size(), State::kSetBound);
}

}  // namespace
}  // namespace candor::cloud
