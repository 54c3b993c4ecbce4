#!/usr/bin/env python3
"""@NAME@: reports how many processes this machine runs, whenever that changes."""
import os
import sys

from candor_probe import Probe, ProbeError

EVENT = "@NAME@.count/1"


def observe():
    """What is the case now, as an event's data: the place for what you are after."""
    return {"processes": sum(name.isdigit() for name in os.listdir("/proc"))}


def main():
    with Probe("@NAME@", "0.1", [EVENT]) as probe:
        last = None
        while True:
            now = observe()
            if now != last:
                probe.report(EVENT, now)
                last = now
            command = probe.take_command(timeout=0.1)
            if command is None:
                continue
            if command.name == "finish":
                return
            probe.done(command, f"there is no command '{command.name}'")


if __name__ == "__main__":
    try:
        main()
    except ProbeError as error:
        sys.exit(str(error))
