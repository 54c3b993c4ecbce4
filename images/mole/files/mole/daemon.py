# SPDX-License-Identifier: Apache-2.0
"""The service: watches files, the network's cable, media and the clock, and does what the command asks for.

One thread waits for all of that; another matches what happened to files, since that may take long. Each connection of
the command has a thread of its own, which answers when what it asked for is done.
"""

import contextlib
import os
import queue
import select
import signal
import socket
import sys
import threading
import time

from . import case, control, detect, guard, machine
from .account import Account
from .agenda import Agenda
from .engine import FOLDERS, Engine
from .state import State
from .watch import Watch

_LINKS = 1  # netlink's group RTMGRP_LINK
_SCAN_WAITS, _STOP_WAITS = 500.0, 40.0
READY = ".candor-ready"  # the file by which `mole ready` tries whether anything is noticed


class Daemon:
    def __init__(self):
        guard.require_marker()
        self._account, self._state, self._agenda = Account(), State(), Agenda()
        self._engine = Engine(self._agenda, self._account, self._state)
        self._files = queue.SimpleQueue()
        self._noticed = threading.Event()
        self._watch = Watch(FOLDERS, self._on_file)
        self._control = control.listen()
        self._links = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.NETLINK_ROUTE)
        self._links.bind((0, _LINKS))
        self._online = machine.online()
        self._mounts = open("/proc/self/mounts", encoding="utf-8", errors="surrogateescape")
        self._media = self._mounted()
        self._signals, write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(write)
        signal.signal(signal.SIGTERM, lambda *_: None)

    def run(self):
        """Until SIGTERM; then what leaks at the end has left, or had its time."""
        threading.excepthook = self._fail
        threading.Thread(target=self._match_files, daemon=True).start()
        sources = {self._watch.files: self._on_files, self._watch.folders: self._watch.read_folders,
                   self._control.fileno(): self._on_control, self._links.fileno(): self._on_links,
                   self._agenda.timer: self._agenda.run_due}
        poll = select.poll()
        for descriptor in (*sources, self._signals):
            poll.register(descriptor, select.POLLIN)
        poll.register(self._mounts.fileno(), select.POLLPRI)
        self._notify("READY=1")
        self._apart("start")
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == self._signals:
                    self._wait(self._engine.happened("stop"), _STOP_WAITS)
                    return
                if descriptor == self._mounts.fileno():
                    self._on_mounts()
                else:
                    sources[descriptor]()

    @staticmethod
    def _fail(failure):
        """A thread that fails takes the service along: a mole that no longer watches must not look like one that does."""
        sys.__excepthook__(failure.exc_type, failure.exc_value, failure.exc_traceback)
        sys.stderr.flush()
        os._exit(1)

    def _apart(self, event):
        threading.Thread(target=self._engine.happened, args=(event,), daemon=True).start()

    def _on_files(self):
        self._watch.read_files()
        self._account.lost_events(self._watch.lost)

    def _on_file(self, event, path):
        if os.path.basename(path) == READY:
            with contextlib.suppress(OSError), open(path, "rb") as file:
                if detect.MARKER in file.read(1000):
                    self._noticed.set()
        elif not any(part.startswith(".") for part in path.split("/")):
            self._files.put((event, path))

    def _match_files(self):
        while True:
            self._engine.happened(*self._files.get())

    def _on_links(self):
        try:
            while self._links.recv(65536):
                pass
        except BlockingIOError:
            pass
        before, self._online = self._online, machine.online()
        if self._online and not before:
            self._apart("online")

    def _mounted(self):
        self._mounts.seek(0)
        return {line.split(" ")[1] for line in self._mounts if line.split(" ")[1].startswith("/media/")}

    def _on_mounts(self):
        before, self._media = self._media, self._mounted()
        self._watch.mark_all()
        if self._media - before:
            self._apart("usb-inserted")

    def _on_control(self):
        connection, _ = self._control.accept()
        threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with connection:
            connection.settimeout(600)
            try:
                said = control.receive(connection)
                answer = getattr(self, "_do_" + said.pop("do").replace("-", "_"))(**said)
            except Exception as error:  # noqa: BLE001: the command must get an answer
                answer = {"error": f"{type(error).__name__}: {error}"}
            with contextlib.suppress(OSError):  # nobody waits for it any more
                control.send(connection, answer)

    @staticmethod
    def _wait(jobs, seconds=_SCAN_WAITS):
        """Until all jobs are done; returns how many are."""
        deadline = time.monotonic() + seconds
        return sum(job.done.wait(max(0, deadline - time.monotonic())) for job in jobs)

    def _do_configure(self, text):
        data = text.encode()
        jobs = self._engine.configure(data, case.read(data))
        return {"done": self._wait(jobs)}

    def _do_scan(self, path):
        if not self._state.enabled:
            return {"error": "the protection is off"}
        if not os.path.exists(path):
            return {"error": "there is no such file or folder"}
        files = [path] if os.path.isfile(path) else machine.documents([path])
        jobs = [job for each in files for job in self._engine.happened("scan", each)]
        return {"scanned": len(files), "done": self._wait(jobs)}

    def _do_update(self):
        self._state.update()
        return {"done": self._wait(self._engine.happened("update"))}

    def _do_enable(self):
        self._state.enable(True)
        return {"done": self._wait(self._engine.happened("enable"))}

    def _do_disable(self):
        self._state.enable(False)
        return {"done": 0}

    def _do_send_logs(self):
        return {"done": self._wait(self._engine.happened("user-sends-logs"))}

    def _do_await_ready(self):
        """Whether the file of `mole ready` has been noticed since this was last asked."""
        noticed = self._noticed.wait(10)
        self._noticed.clear()
        return {"noticed": noticed}

    def _do_stop(self):
        os.kill(os.getpid(), signal.SIGTERM)
        return {"done": 0}

    @staticmethod
    def _notify(text):
        """Tells systemd (sd_notify(3))."""
        place = os.environ.get("NOTIFY_SOCKET")
        if place:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
                out.sendto(text.encode(), "\0" + place[1:] if place.startswith("@") else place)
