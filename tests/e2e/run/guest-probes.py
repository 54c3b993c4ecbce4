# SPDX-License-Identifier: Apache-2.0
"""Probes inside the guest: they see again after a restart of it, and what they did not see is known; one that is killed, and
a guest that says rubbish in its place, ends no run, and no such run says that nothing leaked."""

import json
import sqlite3

from e2e import candor, check, check_equal, no_processes_of, run_json, scenario

PORTS = "/dev/virtio-ports/org.candor.probe."
# The bracket keeps the pattern from being what it looks for; the port is free once the kernel has let the probe go.
KILL = f"pkill -KILL -f 'candor-guest-probe file[s]'; until (: > {PORTS}0) 2> /dev/null; do sleep 0.1; done"


def run(name, steps):
    code, verdict, folder = run_json(scenario(f"""about: {name}
documents:
  memo: {{format: txt, marking: none, to: /srv/documents}}
probes:
  files: {{required: true, deadline: 20s}}
  processes: {{required: true, deadline: 20s}}
steps:
  - plant: memo
{steps}
""", name), "clients", "--seed", 4)
    for step in verdict["steps"]:
        check(step["done"], f"{name}: step {step['index'] + 1} ({step['text']}): {step['detail']}")
    check(no_processes_of(folder), f"{name}: something of the run still lives")
    rejudged = candor("rejudge", folder, "--json")
    check_equal(rejudged.stdout, (folder / "verdict.json").read_text(), f"{name}: judged again")
    with sqlite3.connect(folder / "events.sqlite") as store:
        events = [(kind, json.loads(data)) for kind, data in store.execute("SELECT type, data FROM events")]
    return verdict, {probe["name"]: probe for probe in verdict["probes"]}, events


verdict, probes, events = run("restarted", """\
  - exec: cat /srv/documents/* > /dev/null
  - reboot:
  - exec: head -c 10 /srv/documents/* > /dev/null
""")
# While the guest came up again, nobody watched it from inside.
check_equal(verdict["verdict"], "inconclusive", "with a restart")
check_equal(len(verdict["reasons"]), 2, f"one reason for each probe: {verdict['reasons']}")
for name, probe in probes.items():
    check(probe["finished"] and "the guest was restarted" in probe["problem"], f"the account of {name}: {probe}")
    check_equal((probe["missing"], probe["dropped"]), (0, 0), f"{name}: events that are missing, and dropped")
    check_equal(probe["types"]["guest.start/1"], 2, f"{name}: how often it began")
readers = [data["process"]["name"] for kind, data in events if kind == "file.read/1"]
check("cat" in readers and "head" in readers and readers.index("cat") < readers.index("head"), f"who read: {readers}")

verdict, probes, _ = run("killed", f"  - exec: {json.dumps(KILL)}\n")
check_equal(verdict["verdict"], "inconclusive", "with a probe that was killed")
check("does not end when it is asked to" in probes["files"]["problem"], f"why: {probes['files']}")
check(probes["processes"]["finished"], f"the other one: {probes['processes']}")

# Root in the guest may say anything in a probe's place.
HELLO = json.dumps({"hello": "wire", "version": "1"})
EVENT = json.dumps({"event": "file.read/1", "mono_ns": 1, "data": {"process": "me"}})
for name, words, why in (("rubbish", f"head -c 3000000 /dev/urandom > {PORTS}0", "not in the protocol"),
                         ("another-name", f"echo '{HELLO}' > {PORTS}0", "it calls itself 'wire'"),
                         ("wrong-event", f"echo '{EVENT}' > {PORTS}0", "not as its schema says")):
    verdict, probes, _ = run(name, f"  - exec: {json.dumps(KILL)}\n  - exec: {json.dumps(words)}\n")
    check_equal(verdict["verdict"], "inconclusive", f"{name}: verdict")
    check(why in probes["files"]["problem"], f"{name}: why: {probes['files']}")
    check(any("files" in reason for reason in verdict["reasons"]), f"{name}: reasons: {verdict['reasons']}")
    check(probes["processes"]["finished"], f"{name}: the other one: {probes['processes']}")
