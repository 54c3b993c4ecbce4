// SPDX-License-Identifier: Apache-2.0
#include <SQLiteCpp/SQLiteCpp.h>

#include <fstream>

#include "unit/collect/rig.h"

namespace candor::collect {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class Store : public Rig {
 protected:
  /// A closed file with 300 events of the runner.
  void SetUp() override {
    start();
    for (int i = 1; i <= 300; ++i)
      collector_->record("run.step/1", {{"index", i}, {"pad", std::string(200, 'x')}});
    collector_->close();
    file_ = collector_->file();
  }
  void change(const std::string& sql) {
    SQLite::Database database(file_.string(), SQLite::OPEN_READWRITE);
    database.exec(sql);
  }
  std::string reading() {
    return message_of([&] { (void)read_events(file_); });
  }
  std::filesystem::path file_;
};

TEST_F(Store, GivesBackWhatWasStored) {
  const auto events = read_events(file_);
  ASSERT_EQ(events.size(), 300U);
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i].probe, kRunner);
    EXPECT_EQ(events[i].seq, static_cast<std::int64_t>(i) + 1);
    EXPECT_EQ(int_member(events[i].data, "index"), events[i].seq);
  }
  EXPECT_EQ(read_run(file_), "run-1");
}

TEST_F(Store, ReadsWithoutLeavingATrace) {
  const auto before = std::filesystem::last_write_time(file_);
  (void)read_events(file_);
  EXPECT_EQ(std::filesystem::last_write_time(file_), before);
  int files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder_.path())) ++files;
  EXPECT_LE(files, 2);  // the store, and the socket if it is still there
}

TEST_F(Store, ShowsPeopleTheEventsThroughAView) {
  SQLite::Database database(file_.string());
  EXPECT_EQ(database.execAndGet("SELECT probe || seq || type FROM events WHERE seq = 7").getString(),
            "runner7run.step/1");
}

TEST_F(Store, RefusesAFileWithAHoleInTheMiddle) {
  change("DELETE FROM event_log WHERE seq BETWEEN 5 AND 7");
  EXPECT_THAT(reading(),
              AllOf(HasSubstr("events.sqlite"), HasSubstr("events 5 to 7 of 'runner' are not there")));
  const std::vector<std::string> names{kRunner};
  EXPECT_THAT(message_of([&] { (void)read_accounts(file_, names); }),
              HasSubstr("events of 'runner' are not there"));
}

TEST_F(Store, RefusesAFileThatLostItsLastEvents) {
  change("DELETE FROM event_log WHERE seq > 290");
  EXPECT_THAT(reading(), HasSubstr("events 291 to 300 of 'runner' are not there"));
}

TEST_F(Store, RefusesEventsOfAProbeItDoesNotKnow) {
  change("UPDATE event_log SET probe = 99 WHERE seq = 300");
  EXPECT_THAT(reading(), HasSubstr("an unknown probe"));
}

TEST_F(Store, RefusesAVersionItDoesNotKnow) {
  change("PRAGMA user_version = 1");
  EXPECT_THAT(reading(), HasSubstr("it has version 1; this program reads version 2"));
}

TEST_F(Store, RefusesDataThatIsNoJson) {
  change("UPDATE event_log SET data = '{' WHERE seq = 9");
  EXPECT_THAT(reading(), HasSubstr("event 9 of 'runner'"));
}

TEST_F(Store, RefusesATruncatedFile) {
  std::filesystem::resize_file(file_, std::filesystem::file_size(file_) / 2);
  EXPECT_THAT(reading(), HasSubstr("reading "));
}

TEST_F(Store, RefusesAFileWithAPageOverwritten) {
  std::fstream out(file_, std::ios::in | std::ios::out | std::ios::binary);
  out.seekp(5 * 4096);
  out << std::string(4096, '\x5a');
  out.close();
  EXPECT_THAT(reading(), HasSubstr("reading "));
}

TEST_F(Store, RefusesWhatIsNoDatabase) {
  write_file(file_, std::string_view("not a database at all"));
  EXPECT_THAT(reading(), HasSubstr("reading "));
  std::filesystem::remove(file_);
  EXPECT_THAT(reading(), HasSubstr("there is no such file"));
}

TEST_F(Store, SaysOfAFileThatWasNeverClosedThatTheRunBrokeOff) {
  change("DELETE FROM run WHERE key = 'closed'");
  const std::vector<std::string> names{kRunner, "wire"};
  const auto accounts = read_accounts(file_, names);
  EXPECT_THAT(accounts.at(0).problem, HasSubstr("the run broke off"));
  EXPECT_THAT(accounts.at(1).problem, HasSubstr("the run broke off"));
}

}  // namespace
}  // namespace candor::collect
