# SPDX-License-Identifier: Apache-2.0
"""The same binaries, configured to upload what bears a marking, are caught: document, destination, channel, decode chain."""

from e2e import SOURCE, check, check_equal, run_json, scenario

code, verdict, folder = run_json(SOURCE / "scenarios/classified-documents.yaml", "clamav-sender", "--seed", 7)
check_equal(verdict["verdict"], "leak", f"verdict (reasons: {verdict['reasons']})")
check_equal(code, 0, "exit code: the scenario expects this product to leak")
whole = [f for f in verdict["findings"] if f["class"] == "content/whole-file"]
leaked = {f["document"].rsplit("-", 1)[0] for f in whole}
check("memo" in leaked, f"the memo marked TOP SECRET is among the whole files: {leaked}")
check("plan" in leaked, f"the plan marked COSMIC TOP SECRET is among the whole files: {leaked}")
check("letter" not in leaked, f"an unmarked document that lay alone is not: {leaked}")
# The unmarked shopping list went along in an archive with marked ones, and is found inside it.
shopping = next((f for f in whole if f["document"].startswith("shopping")), None)
check(shopping and any(step["decoder"].startswith("zip:") for step in shopping["decode"]),
      f"the shopping list's decode chain: {shopping}")
memo = next(f for f in whole if f["document"].startswith("memo"))
check("samples.sentinel-cloud.example" in memo["destination"], f"destination: {memo['destination']}")
check("https" in memo["channel"], f"channel: {memo['channel']}")
check_equal(memo["severity"], "critical", "severity")
check(memo["at_s"] > 0 and memo["after_step"], f"when: {memo}")
check((folder / memo["evidence"]).is_file(), f"evidence: {memo['evidence']}")
# The planted file stands, byte for byte, in the evidence.
planted = next((folder / "documents").glob("memo-1-*")).read_bytes()
check(planted in (folder / memo["evidence"]).read_bytes(), "the stream holds the memo's bytes")
check_equal(verdict["control"]["found"], 2, "controls found")
# Everything that was sent was received and looked into: the leak's account is complete.
check_equal(verdict["reasons"], [], "limits of completeness")

# A leak nobody expected is exit code 1.
plain = (SOURCE / "scenarios/classified-documents.yaml").read_text().replace("clamav-sender", "another-product")
check_equal(plain.count("another-product"), 1, "the scenario names the sender once")
code, verdict, _ = run_json(scenario(plain), "clamav-sender", "--seed", 7)
check_equal((code, verdict["verdict"]), (1, "leak"), "exit code and verdict where no leak was expected")
