# SPDX-License-Identifier: Apache-2.0
"""Wrong input is exit code 4 with what, where and what was expected; nothing is started and nothing is left."""

from e2e import candor, check, check_equal, runs, scenario

GOOD = """about: x
documents:
  memo: {format: txt, marking: none, to: /home/alex/Documents}
steps:
  - plant: memo
"""


def refused(what, arguments, *expected):
    done = candor(*arguments)
    check_equal(done.returncode, 4, f"{what}: exit code ({done.stderr})")
    check_equal(done.stdout, "", f"{what}: standard output")
    for word in expected:
        check(word in done.stderr, f"{what}: '{word}' is not in:\n{done.stderr}")


refused("no subcommand", [])
refused("unknown option", ["run", "--explode"])
refused("missing scenario", ["run", "no-such-scenario", "clamav"], "no-such-scenario", "candor list")
refused("missing product", ["run", scenario(GOOD), "clamaw", "--runs", runs / "r"], "clamaw", "clamav")
wrong = scenario(GOOD.replace("plant: memo", "plant: mema\n  - pland: memo\n  - idle: -3s"), "wrong")
refused("three mistakes", ["validate", wrong], "wrong.yaml:5:", "wrong.yaml:6:", "wrong.yaml:7:", "^", "memo", "plant")
refused("the same at run", ["run", wrong, "clamav", "--runs", runs / "r"], "wrong.yaml:5:")
bomb = "".join(f"a{i}: &a{i} [{', '.join(['*a' + str(i - 1)] * 9) if i else 'x'}]\n" for i in range(30))
refused("alias bomb", ["validate", scenario(bomb, "bomb")], "bomb.yaml")
refused("deep nesting", ["validate", scenario("[" * 5000, "deep")], "deep.yaml")
refused("no run folder", ["rejudge", runs], "run.json")
refused("wrong accelerator", ["run", scenario(GOOD), "clamav", "--accel", "magic"], "magic")
refused("unknown image", ["image", "build", "clamax"], "clamav")
check(not (runs / "r").exists(), "a refused run left a folder")
check_equal(candor("validate", scenario(GOOD)).returncode, 0, "the good one")
