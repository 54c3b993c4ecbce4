# SPDX-License-Identifier: Apache-2.0
"""What the mole does with what happens: which leaks it triggers, when they are due, and that they are sent.

Events are matched one after another under one lock; what is sent has a thread of its own, so that a slow channel holds
nobody up. An exception of a channel is an entry in the account, whatever it is.
"""

import dataclasses
import random
import threading
import time

from . import channels, content, encodings, machine, send_local
from .account import digest, path_digest
from .case import OF_A_FILE
from .conditions import Conditions
from .parcel import Pace, Parcel

FOLDERS = ("/home", "/media")
_AT_ONCE = 16  # threads that send
_FLUSH_AGAIN, _FLUSHES = 5.0, 12  # seconds; how often a spool is tried when the network is back


@dataclasses.dataclass
class Job:
    index: int  # of the leak
    path: str
    data: bytes  # before encoding
    done: threading.Event = dataclasses.field(default_factory=threading.Event)


class Engine:
    def __init__(self, agenda, account, state):
        self._agenda, self._account, self._state = agenda, account, state
        self._lock = threading.RLock()
        self._room = threading.BoundedSemaphore(_AT_ONCE)
        self._last_activity = time.time()
        self._idle_armed = set()
        self._take(state.read_case())

    def _take(self, case):
        self._case = case
        self._conditions = Conditions(case["seed"], self._account, self._state)
        self._random = random.Random(case["seed"])
        self._agenda.clear()
        self._idle_armed.clear()
        self._last_activity = time.time()
        for index, leak in enumerate(case["leaks"]):
            if "timer" in leak["trigger"]["on"]:
                self._arm_timer(case, index)
            self._arm_idle(index)

    def configure(self, data, case):
        with self._lock:
            self._state.keep_case(data)
            self._account.begin(data, case["leaks"])
            self._take(case)
        return self.happened("install")

    def happened(self, event, path=""):
        """Something happened, to a file or at all; returns the jobs that are sent without delay."""
        with self._lock:
            if not self._state.enabled and event not in ("stop", "enable"):
                return []
            if path:
                self._last_activity = time.time()
            jobs = []
            for index, leak in enumerate(self._case["leaks"]):
                if event in leak["trigger"]["on"]:
                    jobs += self._match(index, leak, event, path)
                if path:
                    self._arm_idle(index)
            if event in ("update", "stop"):
                self._flush(event)
            elif event == "online":
                self._flush("online", _FLUSHES)
            self._flush("next")
            return jobs

    def _match(self, index, leak, event, path):
        """Fires a leak for each document that meets its conditions; the machine's own things leave once."""
        of_document = content.needs_document(leak["what"])
        asks = self._conditions.ask_about_documents(leak)
        candidates = [path] if event in OF_A_FILE else machine.documents(FOLDERS) if of_document or asks else [""]
        if not candidates:
            self._account.not_fired(index, f"{event}: there was no document")
        jobs = []
        for each in candidates:
            try:
                why, detected = self._conditions.unmet(index, leak, each)
                data = b"" if why else content.make(leak["what"], content.Subject(each, self._random, detected))
            except Exception as error:  # noqa: BLE001: a document of any kind may break any reader
                why, data = f"the content could not be made: {send_local.describe(error)}", b""
            if not why and not data:
                why = "there is nothing of this content in the document"
            if why:
                self._account.not_fired(index, why)
                continue
            self._account.fired(index, each)
            job = Job(index, each, data)
            if leak["delay"] > 0 and event != "stop":
                case = self._case
                self._agenda.add(time.time() + leak["delay"], lambda job=job: self._start(case, job))
            else:
                self._start(self._case, job)
                jobs.append(job)
            if not of_document:
                break
        return jobs

    def _start(self, case, job):
        threading.Thread(target=self._send, args=(case, job), daemon=True).start()

    def _send(self, case, job):
        leak = case["leaks"][job.index]
        host = leak["host"] or channels.default_host(leak["channel"])
        name = job.path.rsplit("/", 1)[-1] if leak["own-name"] and job.path else "sample.bin"
        # Its own chance, so that what a job sends does not depend on which thread comes first.
        chance = random.Random(f"{case['seed']} {job.index} {digest(job.data)}")
        sending = {"content": len(job.data), "sha256": digest(job.data), "source": path_digest(job.path), "host": host,
                   "channel": leak["channel"]["kind"], "encoded": 0, "sent": 0, "taken": False, "error": None}
        parcel = None
        with self._room:
            try:
                data = encodings.encode(job.data, leak["encode"], encodings.Context(chance, name))
                sending.update({"encoded": len(data), "encoded-sha256": digest(data)})
                parcel = Parcel(data, host, name, Pace(leak["rate"]), chance)
                sending["taken"] = channels.deliver(parcel, leak["channel"])
            except Exception as error:  # noqa: BLE001: each library has its own
                sending["error"] = send_local.describe(error)
            finally:
                sending["sent"] = parcel.sent if parcel else 0
                if case is self._case:
                    self._account.sent(job.index, sending)
                job.done.set()
        if leak["channel"]["kind"] == "spool" and leak["channel"]["until"] == "online" and machine.online():
            self._flush("online")

    def _flush(self, cause, tries=1):
        threading.Thread(target=self.flush_now, args=(cause, tries), daemon=True).start()

    def flush_now(self, cause, tries=1):
        """Sends what the spool holds for a cause; what fails is tried again a little later."""
        index = next((i for i, leak in enumerate(self._case["leaks"]) if leak["channel"]["kind"] == "spool"), None)
        failed = False
        with self._room:
            for host, size, problem in send_local.flush(cause):
                failed = failed or problem is not None
                if index is not None:
                    self._account.sent(index, {"host": host, "channel": "spool", "content": 0, "encoded": size,
                                               "sent": 0 if problem else size, "taken": problem is None, "error": problem,
                                               "sha256": None, "source": None}, pending=False)
        if failed and tries > 1:
            self._agenda.add(time.time() + _FLUSH_AGAIN, lambda: self._flush(cause, tries - 1))

    def _arm_timer(self, case, index):
        period = case["leaks"][index]["trigger"]["timer"]

        def ring():
            if case is not self._case:
                return
            self._only(index, "timer")
            self._agenda.add(time.time() + period, ring)

        self._agenda.add(time.time() + period, ring)

    def _arm_idle(self, index):
        """Rings once after each pause that is long enough."""
        case = self._case
        trigger = case["leaks"][index]["trigger"]
        if "idle" not in trigger["on"] or index in self._idle_armed:
            return
        self._idle_armed.add(index)

        def ring():
            with self._lock:
                if case is not self._case:
                    return
                due = self._last_activity + trigger["idle"]
                if due > time.time():
                    self._agenda.add(due, ring)
                    return
                self._idle_armed.discard(index)
            self._only(index, "idle")

        self._agenda.add(self._last_activity + trigger["idle"], ring)

    def _only(self, index, event):
        """An event that is one leak's own, matched apart from the loop that watches."""
        def match():
            with self._lock:
                if self._state.enabled:
                    self._match(index, self._case["leaks"][index], event, "")

        threading.Thread(target=match, daemon=True).start()
