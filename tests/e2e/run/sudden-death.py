# SPDX-License-Identifier: Apache-2.0
"""SIGKILL of the command, of QEMU and of each probe at random moments: never `no leak observed`, nothing left behind.

$CANDOR_DEATHS is how many moments for each victim (default 6), $CANDOR_SEED (default 1) chooses the moments.
"""

import json
import os
import random
import signal
import time

from e2e import child_pid, check, check_equal, no_processes_of, runs, runtime, scenario, start, wait_until

SHORT = scenario("""about: A short run.
documents:
  memo: {format: docx, marking: us/secret, to: /home/alex/Documents}
steps:
  - plant: memo
  - open: memo
  - exec: curl -sS -d nothing http://telemetry.example/
  - idle: 1s
""")
VICTIMS = {"candor": None, "qemu": "qemu-system", "wire": "candor-wire", "internet": "candor-internet"}
moments = int(os.environ.get("CANDOR_DEATHS", "6"))
seed = int(os.environ.get("CANDOR_SEED", "1"))
chance = random.Random(seed)
print(f"seed {seed}, {moments} moments for each victim")


def begin(name):
    folder = runs / name
    process = start("run", SHORT, "clamav", "--json", "--runs", folder)
    wait_until(lambda: process.poll() is not None or (folder.exists() and any(folder.iterdir())), 300, "the run began")
    return folder, process


def last_step_seconds():
    """Seconds from the run folder's making to the end of the last step, in an undisturbed run."""
    folder, process = begin("undisturbed")
    began = time.monotonic()
    for line in process.stderr:
        if "step 4/4" in line:
            break
    seconds = time.monotonic() - began
    output, errors = process.communicate(timeout=300)
    check_equal(json.loads(output)["verdict"], "no leak observed", f"verdict of the undisturbed run ({errors})")
    return seconds


span = last_step_seconds()
counts = {}
for victim, program in VICTIMS.items():
    for number in range(moments):
        folder, process = begin(f"{victim}-{number}")
        delay = chance.uniform(0, span)
        label = f"{victim} killed after {delay:.3f} s"
        time.sleep(delay)
        if program is None:
            process.kill()
            process.communicate()
            wait_until(lambda: no_processes_of(folder), 5, f"{label}: all processes are gone")
            check(not list(folder.glob("*/verdict.json")), f"{label}: there is a verdict")
            outcome = "no verdict"
        else:
            pid = wait_until(lambda: process.poll() is not None or child_pid(folder, program), 60, f"{label}: it runs")
            if process.poll() is None:
                os.kill(pid, signal.SIGKILL)
            output, errors = process.communicate(timeout=120)
            check(process.returncode in (2, 3), f"{label}: exit code {process.returncode}\n{errors}\n{output}")
            outcome = "error"
            if process.returncode == 3:
                verdict = json.loads(output)
                outcome = verdict["verdict"]
                check_equal(outcome, "inconclusive", f"{label}: verdict")
                check(verdict["reasons"], f"{label}: an inconclusive verdict without a reason")
            check(no_processes_of(folder), f"{label}: a process is left")
        counts[victim, outcome] = counts.get((victim, outcome), 0) + 1

# The next run sweeps what the killed commands left.
folder, process = begin("next")
process.communicate(timeout=300)
check_equal(list(runs.glob("*/*/vm")), [], "working folders left")
check_equal(list(runtime.iterdir()), [], "locks and sockets left")
for (victim, outcome), count in sorted(counts.items()):
    print(f"{victim}: {count} x {outcome}")
