# SPDX-License-Identifier: Apache-2.0
"""Every verb of the language does its work on a real guest: update, disable, enable, offline, online, reboot and the rest."""

from e2e import SOURCE, check, check_equal, run_json

code, verdict, _ = run_json(SOURCE / "scenarios/life-cycle.yaml", "clamav")
for step in verdict["steps"]:
    check(step["done"], f"step {step['index'] + 1} ({step['text']}): {step['detail']}")
check_equal(verdict["verdict"], "no leak observed", f"verdict (reasons: {verdict['reasons']})")
check_equal(verdict["control"], {"sent": 3, "found": 3}, "controls: the runner's two and the scenario's one")
check_equal(code, 0, "exit code")
