# SPDX-License-Identifier: Apache-2.0
"""Unmodified ClamAV keeps marked documents to itself: no leak observed, both controls found, evidence others can read."""

import json
import subprocess

from e2e import SOURCE, candor, check, check_equal, run_json

code, verdict, folder = run_json(SOURCE / "scenarios/classified-documents.yaml", "clamav", "--seed", 7)
check_equal(verdict["verdict"], "no leak observed", f"verdict (reasons: {verdict['reasons']})")
check_equal(code, 0, "exit code")
# All that may be found is the guest's own name, where its system says it to its own link.
check_equal({f["class"] for f in verdict["findings"]} - {"operational/host-name"}, set(), "classes of findings")
check_equal(verdict["control"], {"sent": 2, "found": 2}, "controls")
ledger = verdict["ledger"]
check_equal(ledger["understood"] + ledger["opaque"], ledger["sent"], "the ledger's sum")
check(ledger["sent"] > 1000, "the controls alone are more than 1000 bytes")
check(ledger["opaque"] <= ledger["opaque_budget"], "opaque bytes are within the budget")
check(all(step["done"] for step in verdict["steps"]), "every step was done")
check_equal(len(verdict["steps"]), 9, "number of steps")
check_equal(verdict["run"]["seed"], 7, "seed")
check("ClamAV" in verdict["run"]["version"], f"version: {verdict['run']['version']}")

# The evidence: what the command printed is what was kept, and it can be judged again from the folder alone.
kept = (folder / "verdict.json").read_bytes()
check_equal(json.loads(kept), verdict, "verdict.json")
again = candor("rejudge", folder, "--json")
check_equal(again.returncode, 0, f"rejudge's exit code ({again.stderr})")
check_equal(again.stdout.encode(), kept, "rejudge, byte for byte")
check("no leak observed" in (folder / "report.txt").read_text(), "the report names the verdict")

# tshark opens the capture and, with the secrets inside, reads the control's request.
puts = "http.request.method == PUT or http2.headers.method == PUT"
shown = subprocess.run(["tshark", "-r", folder / "frames.pcapng", "-Y", puts, "-T", "fields", "-e", "http.host",
                        "-e", "http2.headers.authority"], capture_output=True, text=True, check=True).stdout
check_equal(shown.split(), ["control-1.candor-control.example", "control-2.candor-control.example"],
            "hosts of the decrypted control requests")
check(not (folder / "vm").exists(), "the fork's disk is gone")
