# SPDX-License-Identifier: Apache-2.0
"""What end-to-end tests share: the built command, run folders that go with the test, and a look for leftovers.

A test is a script tests/e2e/run/NAME.py; it passes when it exits with 0. The command to test is in $CANDOR.
"""

import atexit
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

CANDOR = os.environ.get("CANDOR") or sys.exit("CANDOR must name the command to test")
SOURCE = pathlib.Path(__file__).resolve().parents[2]

runs = pathlib.Path(tempfile.mkdtemp(prefix="candor-e2e-"))
atexit.register(shutil.rmtree, runs, ignore_errors=True)
# Locks and sockets of the test's runs, apart from those of other runs on this machine.
os.environ["XDG_RUNTIME_DIR"] = str(runs / "runtime")
runtime = runs / "runtime" / "candor"
runtime.parent.mkdir(mode=0o700)


def fail(sentence):
    sys.exit(f"FAILED: {sentence}")


def check(condition, sentence):
    if not condition:
        fail(sentence)


def check_equal(found, expected, what):
    check(found == expected, f"{what}: expected {expected!r}, found {found!r}")


def candor(*arguments, timeout=600, **options):
    """Runs the command to its end; returns the finished process with text output."""
    return subprocess.run([CANDOR, *map(str, arguments)], capture_output=True, text=True, timeout=timeout, **options)


def start(*arguments, **options):
    """Starts the command in its own process group."""
    return subprocess.Popen([CANDOR, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            start_new_session=True, **options)


def run_json(scenario, product, *arguments, folder=runs, codes=(0, 1, 3)):
    """One run; returns (exit code, verdict, run folder). An exit code outside `codes` fails the test."""
    done = candor("run", scenario, product, "--json", "--runs", folder, *arguments)
    if done.returncode not in codes:
        fail(f"candor run exited with {done.returncode}:\n{done.stderr}\n{done.stdout}")
    verdict = json.loads(done.stdout)
    folder = pathlib.Path(verdict["run"]["folder"])
    check_ledger(verdict, folder)
    return done.returncode, verdict, folder


def sent_bytes(pcapng):
    """Bytes of all frames the guest sent, as tshark counts them."""
    done = subprocess.run(["tshark", "-n", "-r", str(pcapng), "-Y", "frame.packet_flags_direction == 2", "-T", "fields", "-e",
                           "frame.len"], capture_output=True, text=True, timeout=300, check=True)
    return sum(map(int, done.stdout.split()))


def check_ledger(verdict, folder):
    """The ledger's entries and its destinations add up to what the capture holds."""
    ledger = verdict["ledger"]
    understood = sum(ledger[entry] for entry in ("headers", "retransmitted", "framing", "content"))
    check_equal(ledger["understood"], understood, "ledger: understood")
    check_equal(ledger["opaque"], sum(ledger["opaque_by"].values()), "ledger: opaque")
    check_equal(ledger["sent"], ledger["understood"] + ledger["opaque"], "ledger: sent")
    check_equal(ledger["sent"], sent_bytes(folder / "frames.pcapng"), "ledger: sent, by tshark")
    check_equal(sum(each["sent"] for each in verdict["destinations"]), ledger["sent"], "ledger: all destinations")


def scenario(text, name="scenario"):
    """A scenario file that goes with the test."""
    path = runs / f"{name}.yaml"
    path.write_text(text)
    return path


def processes_mentioning(word):
    """(pid, command line) of every process, but this one and its shell, whose command line holds `word`."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) in (os.getpid(), os.getppid()):
            continue
        try:
            line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if word in line:
            found.append((int(entry.name), line))
    return found


def wait_until(condition, seconds, sentence):
    """Waits for a condition of the system that raises no event; fails the test when it does not come."""
    deadline = time.monotonic() + seconds
    while not (result := condition()):
        if time.monotonic() > deadline:
            fail(f"not within {seconds} s: {sentence}")
        time.sleep(0.01)
    return result


def no_processes_of(folder):
    """Whether no process works on the run folder any more. QEMU and the probes have it in their command lines."""
    return not processes_mentioning(str(folder))


def child_pid(run_root, program):
    """The host's pid of a program of the run that works below `run_root`, or None."""
    for pid, line in processes_mentioning(str(run_root)):
        if os.path.basename(line.split(" ", 1)[0]).startswith(program):
            return pid
    return None
