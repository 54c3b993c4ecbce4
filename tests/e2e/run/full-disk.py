# SPDX-License-Identifier: Apache-2.0
"""A disk that fills up during a run: a clear error or `inconclusive`, never `no leak observed`, nothing left behind."""

import json
import subprocess

from e2e import candor, check, check_equal, no_processes_of, runs, scenario

UPLOAD = scenario("""about: The guest sends more than the disk can hold.
documents:
  memo: {format: txt, marking: us/secret, to: /home/alex/Documents}
steps:
  - plant: memo
  - exec: {command: "head -c 60000000 /dev/zero | curl -sS --max-time 60 -T - http://big.example/", within: 90s, may-fail: true}
""")

for megabytes in (2, 24):
    small = runs / f"small-{megabytes}"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", small], check=True)
    try:
        done = candor("run", UPLOAD, "clamav", "--json", "--runs", small)
        check(done.returncode in (2, 3), f"{megabytes} MB: exit code {done.returncode}\n{done.stderr}")
        if done.returncode == 3:
            check_equal(json.loads(done.stdout)["verdict"], "inconclusive", f"{megabytes} MB: verdict")
        else:
            check("No space left" in done.stderr or "full" in done.stderr, f"{megabytes} MB: message\n{done.stderr}")
            check_equal(list(small.iterdir()), [], f"{megabytes} MB: left behind")
        check(no_processes_of(small), f"{megabytes} MB: a process is left")
    finally:
        subprocess.run(["umount", small], check=True)
