// SPDX-License-Identifier: Apache-2.0
//
// What can be said of templates without a machine; tests/e2e/vm makes and forks real ones.
#include "vm/template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/json.h"

namespace candor::vm {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class TemplateTest : public ::testing::Test {
 protected:
  TemplateTest() {
    write_file(work_.path() / "vmlinuz", std::string_view("kernel"));
    write_file(work_.path() / "disk.img", std::string_view("image"));
    fs::resize_file(work_.path() / "disk.img", 1U << 20);
    base_.kernel = work_.path() / "vmlinuz";
    base_.disk = work_.path() / "disk.img";
    base_.emulator = "/bin/true";
  }
  /// A template whose machine never ran.
  Template publish(const std::string& key) {
    auto maker = TemplateMaker::begin(root_, key);
    if (!maker) throw Error("locked");
    const MachineConfig machine = maker->machine(base_);
    write_file(machine.ram, std::string_view("ram"));
    write_file(maker->folder() / "state", std::string_view("state"));
    return maker->publish();
  }

  TempDir work_{fs::temp_directory_path(), "template."};
  fs::path root_ = work_.path() / "templates";
  MachineConfig base_;
};

TEST_F(TemplateTest, IsFoundAsItWasPublished) {
  EXPECT_FALSE(find_template(root_, "k"));
  publish("k");
  const auto found = find_template(root_, "k");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->folder, root_ / "k");
  EXPECT_EQ(found->machine.kernel, base_.kernel);
  EXPECT_EQ(found->machine.memory_mib, base_.memory_mib);
  EXPECT_FALSE(find_template(root_, "other"));
}

TEST_F(TemplateTest, IsRefusedOnceAPartOfItIsCutOrGone) {
  publish("k");
  fs::resize_file(root_ / "k" / "state", 2);
  EXPECT_FALSE(find_template(root_, "k"));
  publish("k");
  EXPECT_TRUE(find_template(root_, "k"));
  fs::remove(root_ / "k" / "ram");
  EXPECT_FALSE(find_template(root_, "k"));
}

TEST_F(TemplateTest, IsRefusedOnceWhatItDependsUponChanged) {
  publish("k");
  fs::last_write_time(base_.kernel, fs::last_write_time(base_.kernel) + std::chrono::seconds(1));
  EXPECT_FALSE(find_template(root_, "k"));
  publish("k");
  fs::resize_file(base_.disk, 2U << 20);
  EXPECT_FALSE(find_template(root_, "k"));
}

TEST_F(TemplateTest, IsRefusedAtAnotherPlaceThanItWasMadeFor) {
  publish("k");
  fs::rename(root_, work_.path() / "moved");
  EXPECT_FALSE(find_template(work_.path() / "moved", "k"));
}

TEST_F(TemplateTest, IsRefusedIfItsDescriptionIsDamaged) {
  publish("k");
  for (const char* text : {"", "{", "[]", "{\"format\": 1}", "{\"format\": 1, \"depends\": 7}"}) {
    write_file(root_ / "k" / "template.json", std::string_view(text));
    EXPECT_FALSE(find_template(root_, "k")) << text;
  }
}

TEST_F(TemplateTest, HasOneMakerAtATimeWhoIsNamed) {
  const auto maker = TemplateMaker::begin(root_, "k");
  ASSERT_TRUE(maker);
  EXPECT_FALSE(TemplateMaker::begin(root_, "k"));
  EXPECT_THAT(FileLock::holder(TemplateMaker::lock_path(root_, "k")), HasSubstr("making template k"));
  EXPECT_THROW(remove_template(root_, "k"), Error);
  EXPECT_TRUE(TemplateMaker::begin(root_, "other"));
}

TEST_F(TemplateTest, LeavesNothingOfAMakerThatGaveUp) {
  {
    auto maker = TemplateMaker::begin(root_, "k");
    static_cast<void>(maker->machine(base_));
    EXPECT_TRUE(fs::exists(maker->folder() / "disk.qcow2"));
  }
  EXPECT_FALSE(find_template(root_, "k"));
  for (const auto& entry : fs::directory_iterator(root_)) EXPECT_EQ(entry.path().filename(), ".k.lock");
}

TEST_F(TemplateTest, SweepsWhatKilledMakersLeftButNotWhatIsBeingMade) {
  const auto maker = TemplateMaker::begin(root_, "busy");
  for (const char* name :
       {".making-busy.aaaaaa", ".making-dead.aaaaaa", ".making-dead.1.bbbbbb", "kept", ".other"})
    fs::create_directories(root_ / name / "inside");
  EXPECT_EQ(sweep_templates(root_), 2);
  EXPECT_TRUE(fs::exists(maker->folder()));
  EXPECT_TRUE(fs::exists(root_ / ".making-busy.aaaaaa"));
  EXPECT_TRUE(fs::exists(root_ / "kept"));
  EXPECT_TRUE(fs::exists(root_ / ".other"));
  EXPECT_FALSE(fs::exists(root_ / ".making-dead.aaaaaa"));
}

TEST_F(TemplateTest, SweepsItsOwnLeftoversWhenItIsMadeAgain) {
  fs::create_directories(root_ / ".making-k.aaaaaa" / "inside");
  const auto maker = TemplateMaker::begin(root_, "k");
  EXPECT_FALSE(fs::exists(root_ / ".making-k.aaaaaa"));
}

TEST_F(TemplateTest, CanBeRemoved) {
  publish("k");
  remove_template(root_, "k");
  EXPECT_FALSE(fs::exists(root_ / "k"));
  remove_template(root_, "k");
}

TEST_F(TemplateTest, RefusesKeysThatAreNoPlainNames) {
  for (const char* key : {"", ".", "..", "a/b", ".hidden", "a b"})
    EXPECT_THROW(static_cast<void>(find_template(root_, key)), Error) << key;
}

TEST_F(TemplateTest, GivesEachForkAnOverlayOfItsOwn) {
  const Template frozen = publish("k");
  const TempDir one(work_.path(), "fork.");
  const TempDir two(work_.path(), "fork.");
  const MachineConfig first = fork_config(frozen, one.path());
  const MachineConfig second = fork_config(frozen, two.path());
  EXPECT_EQ(first.memory, Memory::fork);
  EXPECT_EQ(first.ram, frozen.folder / "ram");
  EXPECT_NE(first.disk, second.disk);
  const std::string info =
      must_run({.name = "qemu-img", .argv = {"qemu-img", "info", "--output=json", first.disk.string()}});
  const Json overlay = parse_json(info);
  EXPECT_EQ(overlay["full-backing-filename"], (frozen.folder / "disk.qcow2").string());
  EXPECT_EQ(overlay["virtual-size"], 1U << 20);
}

}  // namespace
}  // namespace candor::vm
