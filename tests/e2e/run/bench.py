# SPDX-License-Identifier: Apache-2.0
"""A part of the benchmark: leaks of several kinds are found, what cannot be read is told, and controls give no alarm.

Runs a case that does not fire, too, and one whose expectation is wrong on purpose: neither may look like a success.
"""

import json
import xml.etree.ElementTree

from e2e import candor, check, check_equal, fail, runs

CASES = ("L02-chunked-gzip", "L05-pinned-key", "L39-text-three-layers", "L44-hash-lookup", "L64-ipv6-only",
         "A03-off-and-on-again", "N03-telemetry")
CASE = """about: {about}
configure:
  leaks:
    - {{what: whole-file, channel: http, trigger: {{on: {event}}}}}
documents:
  memo: {{format: txt, marking: us/secret, to: /home/alex/Documents}}
steps:
  - plant: memo
  - open: memo
  - idle: 3s
expect: {{verdict: leak, findings: [{data_class}]}}
"""
folder = runs / "cases"
folder.mkdir()
(folder / "quiet.yaml").write_text(CASE.format(about="It waits for a scan that never comes.", event="scan", data_class="content/whole-file"))
(folder / "mistaken.yaml").write_text(CASE.format(about="It is a whole file, and no digest.", event="open", data_class="derived/hash"))

results, report = runs / "bench.json", runs / "bench.xml"
done = candor("bench", *CASES, folder, "--runs", runs, "--seed", 5, "--json", results, "--junit", report, timeout=1100)
print(done.stdout)
if not results.exists():
    fail(f"candor bench exited with {done.returncode}:\n{done.stderr}")
found = json.loads(results.read_text())
worth = {case["case"]: case["worth"] for case in found["cases"]}
check_equal({name: worth.get(name) for name in CASES}, {name: "right" for name in CASES}, f"worth:\n{done.stdout}\n{done.stderr}")
check_equal((worth["quiet"], worth["mistaken"]), ("not fired", "wrong class"), "what is no success")
check_equal(done.returncode, 1, "exit code where a case was not found as it is to be")
for case in found["cases"]:
    sent = case["account"]["sent"]
    check(case["account"]["known"], f"{case['case']}: there is no account: {case}")
    check((sent > 0) == (case["case"] not in ("quiet", "L05-pinned-key")), f"{case['case']}: {sent} bytes sent")
check_equal((found["summary"]["controls"], found["summary"]["false_alarms"], found["summary"]["missed"]), (1, 0, 0), "controls")

suite = xml.etree.ElementTree.parse(report).getroot()
check_equal({key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")},
            {"tests": str(len(CASES) + 2), "failures": "1", "errors": "0", "skipped": "1"}, "JUnit's sums")

(folder / "wrong.yaml").write_text(CASE.replace("plant", "plnat").format(about="Wrong.", event="open", data_class="derived/hash"))
refused = candor("bench", folder, "--runs", runs)
check_equal(refused.returncode, 4, "exit code for a wrong case")
check("did you mean 'plant'" in refused.stderr and "1/" not in refused.stderr, f"nothing runs: {refused.stderr}")
