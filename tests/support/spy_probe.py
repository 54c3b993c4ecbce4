# SPDX-License-Identifier: Apache-2.0
"""A probe for whole runs: hands over a planted document of the living run below $SPY_RUNS, or does something wrong.

$SPY says what: left, kept or seen (what it says of the document), dies (in the middle of the run), lies (an event that
is not as its schema says), drops (says that it lost something), stays (does not finish), harmless."""
import os
import pathlib
import sys
import time

from candor_probe import Probe, ProbeError

what = os.environ["SPY"]


def a_document():
    """The bytes of the first planted document, once they are there."""
    runs = pathlib.Path(os.environ["SPY_RUNS"])
    while not (found := sorted(runs.glob("*/documents/memo-*.txt"))):
        time.sleep(0.05)
    return found[0].read_bytes()


def main():
    with Probe("spy", "1", ["spy.note/1", "spy.other/1"]) as probe:
        probe.report("spy.note/1", {"what": what})
        probe.report("spy.other/1", {"nobody": "announced this type"})
        if what in ("left", "kept", "seen"):
            probe.report_blob("spy.note/1", {"what": what}, "/var/spool/copy", a_document(), about=what)
        if what == "lies":
            probe.report("spy.note/1", {"what": 7})
        if what == "drops":
            probe.count_dropped(3)
        if what == "dies":
            time.sleep(1)
            os._exit(7)
        if what == "stays":
            while probe.take_command().name:
                pass
        probe.wait_for_finish()


try:
    main()
except ProbeError as error:
    sys.exit(str(error))
