# SPDX-License-Identifier: Apache-2.0
"""The probe of the guest's disk finds copies of documents where nobody put them, also packed ones, and only those."""

import sqlite3

from e2e import candor, check, check_equal, run_json, scenario

SCENARIO = """about: What lies on the disk when the guest is no more.
documents:
  memo: {format: txt, marking: us/secret, to: /home/alex/Documents}
  note: {format: docx, marking: none, to: /home/alex/Documents}
probes:
  disk: {required: true, deadline: 120s}
steps:
  - plant: [memo, note]
  - scan: /home/alex
  - copy: {documents: memo, to: /home/alex/Desktop}
  - edit: memo
  - archive: {documents: note, to: /home/alex/Documents/packed.zip}
"""


def run(name, more=""):
    code, verdict, folder = run_json(scenario(SCENARIO + more, name), "clamav", "--seed", 9)
    for step in verdict["steps"]:
        check(step["done"], f"{name}: step {step['index'] + 1} ({step['text']}): {step['detail']}")
    probe, = verdict["probes"]
    check(probe["finished"] and not probe["problem"], f"{name}: the probe's account: {probe}")
    check_equal((probe["missing"], probe["dropped"]), (0, 0), f"{name}: events that are missing, and dropped")
    check_equal(probe["types"]["disk.summary/1"], 1, f"{name}: summaries")
    rejudged = candor("rejudge", folder, "--json")
    check_equal(rejudged.stdout, (folder / "verdict.json").read_text(), f"{name}: judged again")
    with sqlite3.connect(folder / "events.sqlite") as store:
        print(name, *store.execute("SELECT data FROM events WHERE type = 'disk.summary/1'"), verdict["timing"])
    return code, verdict, [f for f in verdict["findings"] if f["reach"] == "kept"]


code, verdict, found = run("as-asked")
check_equal((code, verdict["verdict"]), (0, "no leak observed"), f"where nothing was put aside: {verdict['reasons']}")
check_equal(found, [], "findings")

code, verdict, found = run("put-aside", """\
  - exec: mkdir /var/spool/out && cp /home/alex/Documents/*.txt /var/spool/out/one
  - exec: cat /home/alex/Documents/*.txt | gzip | base64 > /var/spool/out/two
  - exec: cp /home/alex/Documents/*.docx /var/spool/out/three; rm /var/spool/out/three
  - exec: ln /home/alex/Documents/*.docx /var/spool/out/linked
""")
check_equal((code, verdict["verdict"]), (3, "inconclusive"), f"where copies were put aside: {verdict['reasons']}")
places = sorted(f["destination"].split(" ")[0] for f in found)
check_equal(places, ["/var/spool/out/linked", "/var/spool/out/one", "/var/spool/out/two"], "where copies were found")
check_equal({(f["class"], f["reach"], f["channel"]) for f in found}, {("content/at-rest", "kept", "probe disk")}, "as what")
packed = next(f for f in found if "/two" in f["destination"])
check_equal([step["decoder"] for step in packed["decode"]], ["base64", "gzip"], "how the packed one was read")
check(any("/var/spool/out" in reason for reason in verdict["reasons"]), f"the reasons name it: {verdict['reasons']}")
