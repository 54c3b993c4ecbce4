# SPDX-License-Identifier: Apache-2.0
"""A probe that breaks one rule of the protocol, named by its argument, or none."""
import sys
import time
import uuid

import candor_probe
from candor_probe import Probe, ProbeError, _Connection

fault = sys.argv[1]
on_reject = _Connection._on_reject
connect = _Connection._connect
keep_time = _Connection._keep_time
send = _Connection._send


def impatient(self):
    connect(self)
    if fault == "impatient":
        self._send("PING", {"sent_ns": 1, "last_seq": 0, "queued": 0, "dropped": 0})


def new_instance(self):
    self._probe._hello["instance"] = str(uuid.uuid4())
    connect(self)


def forgetful(self, body):
    with self._probe._changed:
        if self._sent:
            self._probe._forget(self._sent)
            self._probe._first = 1
    on_welcome(self, body)


def greedy(self, body):
    body["credit"] += 1000
    on_welcome(self, body)


def pulseless(self, kind, body):
    if kind != "PING":
        send(self, kind, body)


def nonsense(self):
    self._socket.send_multipart([b"EVENT", b'{"type":"faulty.event/1"}'])
    send_waiting(self)


def faithful(self):
    self._heard = time.monotonic()
    keep_time(self)


on_welcome = _Connection._on_welcome
send_waiting = _Connection._send_waiting
if fault == "impatient":
    _Connection._connect = impatient
elif fault == "new-instance":
    _Connection._connect = new_instance
elif fault == "forgetful":
    _Connection._on_welcome = forgetful
elif fault == "greedy":
    _Connection._on_welcome = greedy
elif fault == "pulseless":
    _Connection._send = pulseless
elif fault == "nonsense":
    _Connection._send_waiting = nonsense
elif fault == "faithful":
    _Connection._keep_time = faithful
elif fault == "ends-at-once":
    sys.exit("these were my last words")


def main():
    probe = Probe("someone-else" if fault == "other-name" else "faulty", "1", ["faulty.event/1"])
    for n in range(0 if fault == "mute" else 5):
        probe.report("faulty.event/1", {"n": "one" if fault == "wrong-data" else n})
    while True:
        command = probe.take_command()
        if command.name != "finish":
            probe.done(command, "" if fault == "obedient" else f"there is no command '{command.name}'")
        elif fault != "endless":
            break
    finished = probe.finish(0.2 if fault == "hasty" else 10)
    probe.close()
    sys.exit(0 if finished else 1)


try:
    main()
except ProbeError as error:
    if fault == "content":
        print(error, file=sys.stderr)
        sys.exit(0)
    sys.exit(1 if fault == "silent" else str(error))
