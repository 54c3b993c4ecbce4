# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C at several moments of a run: exit code 130, no process, no run folder, no temporary file left."""

import signal
import time

from e2e import SOURCE, check, check_equal, no_processes_of, runs, runtime, start, wait_until

for number, delay in enumerate([0.0, 0.3, 1.0, 2.5, 5.0]):
    folder = runs / str(number)
    process = start("run", SOURCE / "scenarios/classified-documents.yaml", "clamav", "--runs", folder)
    wait_until(lambda: folder.exists() and any(folder.iterdir()), 120, "the run folder was made")
    time.sleep(delay)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    check_equal(process.returncode, 130, f"exit code after {delay} s ({errors})")
    check(no_processes_of(folder), f"after {delay} s a process is left")
    check_equal(list(folder.iterdir()), [], f"after {delay} s a run folder is left")
check_equal(list(runtime.iterdir()), [], "files left in the runtime folder")
