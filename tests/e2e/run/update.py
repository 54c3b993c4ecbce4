# SPDX-License-Identifier: Apache-2.0
"""freshclam takes what the vendor's simulated cloud hands out, and clamd detects by it what it did not before."""

import json
import sqlite3

from e2e import check, check_equal, run_json, scenario

FILE = "/home/alex/Downloads/second.txt"
CLEAN = f"clamdscan --fdpass --no-summary {FILE} > /tmp/said && grep -q '{FILE}: OK' /tmp/said"
FOUND = f"clamdscan --fdpass --no-summary {FILE} | grep -q 'Candor.Test.Second.UNOFFICIAL FOUND'"

for product in ("clamav", "clamav-sender"):
    code, verdict, folder = run_json(scenario(f"""about: The vendor publishes a signature while the machine runs.
documents:
  memo: {{format: txt, marking: none, to: /home/alex/Documents}}
steps:
  - plant: memo
  - exec: printf '%s%s' CANDOR-TEST- SECOND-41c8e2d7 > {FILE}
  - exec: "{CLEAN}"
  - update:
  - exec: "{CLEAN}"
  - cloud: {{set: {{signatures: "2"}}}}
  - update:
  - wait-for: {{command: "{FOUND}", within: 30s}}
"""), product, "--seed", 5)
    for step in verdict["steps"]:
        check(step["done"], f"{product}: step {step['index'] + 1} ({step['text']}): {step['detail']}")
    check_equal(verdict["verdict"], "no leak observed", f"{product}: verdict (reasons: {verdict['reasons']})")
    check_equal(code, 0, "exit code")

    with sqlite3.connect(folder / "events.sqlite") as store:
        events = [(kind, json.loads(data)) for kind, data in store.execute("SELECT type, data FROM events")]
    asked = [data["rule"] for kind, data in events if kind == "internet.request/1" and "updates.clamav" in data["host"]]
    check(asked and asked[0] == "cloud:signatures-1" and asked[-1] == "cloud:signatures-2",
          f"{product}: which rules answered freshclam: {asked}")
    updates = [data["output"] for kind, data in events if kind == "run.step/1" and data["verb"] == "update"]
    check("candor.ndb is up-to-date" in updates[0], f"{product}: the first update: {updates[0]}")
    check("candor.ndb updated (version: custom database, sigs: 3)" in updates[1], f"{product}: the second: {updates[1]}")
    mirror = next(each for each in verdict["destinations"] if "updates.clamav.example" in each["names"])
    # What stays opaque is the number of the installation, which freshclam makes by chance and sends each time.
    check(mirror["protocol"] == "https" and mirror["opaque"] < 200, f"{product}: what went to the mirror: {mirror}")
