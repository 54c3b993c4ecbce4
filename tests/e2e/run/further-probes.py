# SPDX-License-Identifier: Apache-2.0
"""Probes that are no part of Candor, in whole runs: what they hand over is judged as they say; what they do wrong ends
no run, and is known to the verdict."""
import os
import shutil

from e2e import SOURCE, candor, check, check_equal, fail, no_processes_of, run_json, runs, scenario

places = runs / "places"
spy = places / "spy"
spy.mkdir(parents=True)
shutil.copy(SOURCE / "tests/support/spy_probe.py", spy / "probe.py")
(spy / "probe.yaml").write_text("""\
about: Hands over what it is told to.
command: [/usr/bin/python3, probe.py]
events:
  spy.note/1:
    about: What it was told to do.
    data: {what: {type: string}}
    required: [what]
""")
SCENARIO = """\
documents:
  memo: {format: txt, marking: us/secret, to: /home/alex}
steps:
  - plant: memo
  - scan: /home/alex
probes:
  spy: {required: REQUIRED, deadline: 3s}
"""


def run(what, required="true"):
    folder = runs / f"runs-{what}-{required}"
    folder.mkdir()
    os.environ.update(SPY=what, SPY_RUNS=str(folder))
    file = scenario(SCENARIO.replace("REQUIRED", required), f"spy-{what}")
    _, verdict, kept = run_json(file, "clamav", "--probes", places, folder=folder)
    check(no_processes_of(kept), f"{what}: something of the run still lives")
    rejudged = candor("rejudge", kept, "--json")
    check_equal(rejudged.stdout, (kept / "verdict.json").read_text(), f"{what}: judged again")
    return verdict, kept


def account(verdict):
    check_equal([probe["name"] for probe in verdict["probes"]], ["spy"], "probes of the verdict")
    return verdict["probes"][0]


verdict, kept = run("harmless")
check_equal(verdict["verdict"], "no leak observed", "with a harmless probe")
check_equal(account(verdict)["types"], {"spy.note/1": 1, "spy.other/1": 1}, "events by type")
check(account(verdict)["finished"], "the probe finished")
check("spy.other/1" in (kept / "report.txt").read_text(), "an event of an unknown type is shown")

verdict, kept = run("left")
check_equal(verdict["verdict"], "leak", "with a document that left")
finding = verdict["findings"][0]
check_equal((finding["class"], finding["reach"], finding["channel"]), ("content/whole-file", "left", "probe spy"),
            "the finding")
check((kept / finding["evidence"]).is_file(), "the evidence is there")

verdict, _ = run("kept")
check_equal(verdict["verdict"], "inconclusive", "with a copy that was kept")
check(any("was kept and not sent" in reason and "/var/spool/copy" in reason for reason in verdict["reasons"]),
      f"the reason names the copy: {verdict['reasons']}")

verdict, _ = run("seen")
check_equal(verdict["verdict"], "no leak observed", "with a document that was only seen")
check_equal([finding["reach"] for finding in verdict["findings"] if not finding["declared"]], ["seen"], "what was seen is told")

for what, words in {"dies": "exit code 7", "lies": "is not as its schema says: /what", "drops": "lost events at their source: 3",
                    "stays": "did not finish"}.items():
    verdict, _ = run(what)
    check_equal(verdict["verdict"], "inconclusive", what)
    check(any(words in reason for reason in verdict["reasons"]), f"{what}: no reason says '{words}': {verdict['reasons']}")

verdict, _ = run("dies", "false")
check_equal(verdict["verdict"], "no leak observed", "without a probe that is not required")
check("exit code 7" in account(verdict)["problem"], "its end is told all the same")

done = candor("run", scenario(SCENARIO.replace("spy:", "spi:").replace("REQUIRED", "true"), "misspelt"), "clamav",
              "--probes", places)
check_equal(done.returncode, 4, "exit code for an unknown probe")
check("did you mean 'spy'?" in done.stderr and "misspelt.yaml:7" in done.stderr, f"the error helps: {done.stderr}")
