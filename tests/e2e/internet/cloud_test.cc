// SPDX-License-Identifier: Apache-2.0
//
// ClamAV's own programs, unmodified, against the cloud of images/clamav/cloud; and what a cloud file's rules
// do to a client of nobody's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/error.h"
#include "world.h"

namespace candor::internet_e2e {
namespace {

using testing::HasSubstr;

const std::string kCloud = std::string(CANDOR_SOURCE_DIR) + "/images/clamav/cloud";
const std::string kSecret = "TOP SECRET//QUILLFERN the document itself";

struct Vendor {
  Lab lab{{.arguments = {"--cloud", kCloud}}};
  std::string folder = lab.folder().string();
  std::string trust = "SSL_CERT_FILE=" + lab.ca() + " CURL_CA_BUNDLE=" + lab.ca() + " ";

  std::vector<std::string> rules() {
    std::vector<std::string> names;
    for (const Json& request : lab.all("internet.request/1")) names.push_back(request["rule"]);
    return names;
  }
  /// freshclam's output. As a user without a name: root would change to another user, which namespaces
  /// forbid.
  std::string freshclam(const std::string& databases) {
    write_file(lab.folder() / "freshclam.conf",
               "DatabaseDirectory " + folder +
                   "/db\nDatabaseOwner root\nDNSDatabaseInfo current.cvd.clamav.net\n"
                   "DatabaseMirror database.clamav.net\nMaxAttempts 1\n"
                   "DatabaseCustomURL https://updates.clamav.example/candor.ndb\n");
    return shell("mkdir -p " + folder + "/db && " + trust + "unshare --user freshclam --config-file=" +
                 folder + "/freshclam.conf --foreground --stdout --update-db=" + databases + " 2>&1");
  }
};

TEST(VendorCloud, TakesClamsubmitThroughItsWholeDialogueToTheFile) {
  for (const char* kind : {"-n", "-V Candor.Test -p"}) {
    Vendor vendor;
    write_file(vendor.lab.folder() / "memo.txt", kSecret);
    const std::string said = shell(vendor.trust + "clamsubmit -e alex@mail.example -N 'Alex Example' " +
                                   kind + " " + vendor.folder + "/memo.txt 2>&1");
    EXPECT_THAT(said, HasSubstr("Submission success!")) << kind;
    EXPECT_TRUE(vendor.lab.finish());
    EXPECT_EQ(vendor.rules(), (std::vector<std::string>{"cloud:report-page", "cloud:presigned",
                                                        "cloud:upload", "cloud:submit"}));
    int kept = 0;
    for (const Json& stream : vendor.lab.all("internet.stream/1"))
      if (vendor.lab.content(stream).find(kSecret) != std::string::npos) ++kept;
    EXPECT_EQ(kept, 1);
  }
}

TEST(VendorCloud, UpdatesFreshclamOnceAStepHasMovedTheFeedOn) {
  Vendor vendor;
  EXPECT_THAT(vendor.freshclam("custom"),
              HasSubstr("candor.ndb updated (version: custom database, sigs: 2)"));
  EXPECT_THAT(vendor.freshclam("custom"), HasSubstr("candor.ndb is up-to-date (version: custom database)"));
  vendor.lab.command("cloud", {{"set", {{"signatures", "2"}}}});
  shell("touch -d '1 minute ago' " + vendor.folder + "/db/candor.ndb");  // freshclam compares whole seconds
  EXPECT_THAT(vendor.freshclam("custom"),
              HasSubstr("candor.ndb updated (version: custom database, sigs: 3)"));
  EXPECT_TRUE(vendor.lab.finish());
  const Json change = vendor.lab.all("internet.cloud-state/1").at(0);
  EXPECT_EQ(change["name"], "signatures");
  EXPECT_EQ(change["by"], "step");
}

TEST(VendorCloud, RefusesAStepThatNamesNoValueOfIt) {
  Vendor vendor;
  try {
    vendor.lab.command("cloud", {{"set", {{"signature", "2"}}}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("the vendor's cloud has no value 'signature'; did you mean 'signatures'?"));
  }
}

TEST(VendorCloud, IsCheckedWithoutARun) {
  EXPECT_EQ(shell(std::string(CANDOR_INTERNET) + " --check-cloud " + kCloud), "");
  Lab lab;
  std::filesystem::create_directory(lab.folder() / "cloud");
  write_file(lab.folder() / "cloud" / "a.yaml", "about: x\nroutes:\n  - {name: a, anwser: {}}\n");
  EXPECT_THAT(
      shell(std::string(CANDOR_INTERNET) + " --check-cloud " + (lab.folder() / "cloud").string() + " 2>&1",
            4),
      HasSubstr("a.yaml:3:15: error: unknown key 'anwser'"));
}

}  // namespace
}  // namespace candor::internet_e2e
