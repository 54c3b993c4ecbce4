// SPDX-License-Identifier: Apache-2.0
#include "run/requests.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/file.h"
#include "base/hash.h"
#include "recognise/recogniser.h"

namespace candor::run {
namespace {

const std::string kToken = "abcdefghijklmnopqrstuvwx23";

/// Two connections that a client used in turns.
class Requests : public testing::Test {
 protected:
  Requests()
      : folder_(std::filesystem::temp_directory_path(), "candor-test-"), paths_{.root = folder_.path()} {
    std::filesystem::create_directories(paths_.streams());
    model::Document memo;
    memo.id = "memo-1";
    memo.canaries = {{.token = kToken, .page = 1}};
    manifest_.documents = {memo};
  }

  /// Says so many letters of the text with each request, by one connection and the other.
  void say(const std::string& text, std::size_t letters) {
    std::string sent[2];
    for (std::size_t at = 0; at < text.size(); at += letters) {
      std::string& connection = sent[at / letters % 2];
      places_.push_back({static_cast<std::int64_t>(at / letters % 2 + 1), connection.size()});
      connection += "GET /?q=" + text.substr(at, letters) + " HTTP/1.1\r\nHost: a.example\r\n\r\n";
    }
    for (std::int64_t number : {1, 2}) {
      const std::string& bytes = sent[number - 1];
      model::Stream stream;
      stream.number = number;
      stream.name = "a.example";
      stream.ended = true;
      stream.bytes = bytes.size();
      stream.sha256 = sha256_hex(as_bytes(bytes));
      write_file(paths_.streams() / stream.sha256, std::string_view(bytes));
      evidence_.streams.push_back(stream);
    }
  }

  void search() { search_requests(paths_, recognise::Recogniser(manifest_, {}), places_, evidence_); }

  TempDir folder_;
  FolderPaths paths_;
  model::Manifest manifest_;
  std::vector<RequestPlace> places_;
  model::Evidence evidence_;
};

TEST_F(Requests, ArePutTogetherInTheOrderTheyWereReceivedOverConnections) {
  say("xx" + kToken + "yy", 6);
  search();
  EXPECT_TRUE(evidence_.losses.empty());
  ASSERT_EQ(evidence_.streams[0].found.hits.size(), 1U);
  EXPECT_EQ(evidence_.streams[0].found.hits[0].document, "memo-1");
  EXPECT_EQ(evidence_.streams[0].found.hits[0].chain.at(0).decoder, "parameter 'q' joined");
  EXPECT_TRUE(evidence_.streams[1].found.hits.empty());
}

TEST_F(Requests, SayNothingInAnotherOrder) {
  say("xx" + kToken + "yy", 6);
  std::swap(places_[1], places_[3]);
  search();
  EXPECT_TRUE(evidence_.streams[0].found.hits.empty());
}

TEST_F(Requests, ThatStandNowhereAreLosses) {
  say(kToken, 13);
  places_[0].offset += 3;
  places_.push_back({9, 0});  // its stream is on record as lost
  search();
  ASSERT_EQ(evidence_.losses.size(), 1U);
  EXPECT_EQ(evidence_.losses[0], "no request stands where one was reported in stream 1");
}

}  // namespace
}  // namespace candor::run
