# SPDX-License-Identifier: Apache-2.0
"""What was written to a USB stick is read after the run: copies nobody asked for are found, deleted and hidden ones too."""

import sqlite3

from e2e import candor, check, check_equal, run_json, scenario

SCENARIO = """about: A stick that is plugged in, used, pulled out and plugged in again.
documents:
  memo: {format: txt, marking: us/secret, to: /home/alex/Documents}
  plan: {format: docx, marking: nato/secret, to: /home/alex/Documents}
steps:
  - plug: backup
  - plant: [memo, plan]
"""
ASKED = """\
  - copy: {documents: memo, to: /media/backup/letters}
  - unplug: backup
  - exec: test ! -e /media/backup
  - plug: backup
  - wait-for: {command: "ls /media/backup/letters/*.txt"}
  - scan: /media/backup
  - reboot:
  - exec: ls /media/backup/letters/*.txt
  - copy: {documents: plan, to: /media/backup}
"""
SPIED = """\
  - exec: mkdir "/media/backup/System Volume Information" && gzip -c /home/alex/Documents/*.txt > "/media/backup/System Volume Information/index"
  - plug: second
  - exec: cp /home/alex/Documents/*.docx /media/second/gone && sync && rm /media/second/gone
  - unplug: second
"""


def run(name, more):
    code, verdict, folder = run_json(scenario(SCENARIO + more, name), "clamav-usb", "--seed", 11)
    for step in verdict["steps"]:
        check(step["done"], f"{name}: step {step['index'] + 1} ({step['text']}): {step['detail']}")
    probe, = verdict["probes"]
    check(probe["required"] and probe["finished"] and not probe["problem"], f"{name}: the probe's account: {probe}")
    check_equal((probe["missing"], probe["dropped"]), (0, 0), f"{name}: events that are missing, and dropped")
    with sqlite3.connect(folder / "events.sqlite") as store:
        print(name, *store.execute("SELECT data FROM events WHERE type = 'usb.summary/1'"), verdict["timing"])
    check_equal(candor("rejudge", folder, "--json").stdout, (folder / "verdict.json").read_text(), f"{name}: judged again")
    return code, verdict, [f for f in verdict["findings"] if f["reach"] == "kept"]


code, verdict, found = run("as-asked", ASKED)
check_equal((code, verdict["verdict"], found), (0, "no leak observed", []), f"as asked: {verdict['reasons']}")

code, verdict, found = run("spied", SPIED)
check_equal((code, verdict["verdict"]), (3, "inconclusive"), f"spied: {verdict['reasons']}")
places = {(f["document"], f["class"], f["channel"], f["destination"].rsplit(" (", 1)[0]) for f in found}
check("memo-1" in {p[0] for p in places} and "plan-1" in {p[0] for p in places}, f"what was found: {places}")
hidden = next(f for f in found if "System Volume Information" in f["destination"])
check_equal((hidden["document"], hidden["class"], [step["decoder"] for step in hidden["decode"]]),
            ("memo-1", "content/whole-file", ["gzip"]), "the hidden copy")
gone = [f for f in found if "/media/second" in f["destination"]]
check(gone and all(f["document"] == "plan-1" for f in gone), f"the deleted copy: {gone}")
check(any("/media/" in reason for reason in verdict["reasons"]), f"the reasons name a stick: {verdict['reasons']}")
