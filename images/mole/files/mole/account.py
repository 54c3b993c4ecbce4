# SPDX-License-Identifier: Apache-2.0
"""The sealed log: what the mole really sent, which nobody but the harness reads, after the run.

A file of root's, replaced as a whole at each change. It holds no document's content and no names: paths and contents are
told by their SHA-256, since probes of the disk may look at it. Times are seconds since 1970 by the guest's clock.
"""

import contextlib
import hashlib
import json
import os
import threading
import time

FOLDER = "/var/lib/mole"
PLACE = FOLDER + "/account.json"
_MOST = 1000  # sendings that are kept of a leak; more are counted


def digest(data):
    return hashlib.sha256(data).hexdigest()


def path_digest(path):
    return digest(os.fsencode(path)) if path else None


def replace(place, text):
    """Writes a file of root's at once or not at all."""
    beside = place + ".new"
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(beside, place)


class Account:
    """Safe to use from any thread."""

    def __init__(self):
        self._lock = threading.Lock()
        self._said = {"format": "mole.account/1", "case": None, "configured": None, "lost-events": 0, "leaks": []}
        with contextlib.suppress(OSError, ValueError):
            with open(PLACE, encoding="utf-8") as file:
                self._said = json.load(file)
        for leak in self._said["leaks"]:
            # What waited for its time when the mole ended is not sent any more.
            leak["lost"] += leak["pending"]
            leak["pending"] = 0

    def begin(self, case_bytes, leaks):
        """A new case: nothing has been sent of it."""
        with self._lock:
            self._said.update(case=digest(case_bytes), configured=round(time.time(), 3), leaks=[
                {"fired": 0, "why-not": "nothing that could trigger it has happened", "pending": 0, "lost": 0,
                 "sources": [], "sendings": [], "more-sendings": 0, "channel": leak["channel"]["kind"]} for leak in leaks])
            self._write()

    def fired(self, index, path):
        with self._lock:
            leak = self._said["leaks"][index]
            leak["fired"] += 1
            leak["pending"] += 1
            leak["why-not"] = None
            source = path_digest(path)
            if source not in leak["sources"] and len(leak["sources"]) < _MOST:
                leak["sources"].append(source)
            self._write()

    def not_fired(self, index, why):
        """The last reason; a leak that has fired keeps none."""
        with self._lock:
            leak = self._said["leaks"][index]
            if leak["fired"] == 0 and leak["why-not"] != why:
                leak["why-not"] = why
                self._write()

    def has_fired(self, index, path=None):
        """Whether a leak has fired, for this file or at all."""
        with self._lock:
            leak = self._said["leaks"][index]
            return path_digest(path) in leak["sources"] if path else leak["fired"] > 0

    def sent(self, index, sending, pending=True):
        """One sending: a map with the keys content, sent, encoded, host, sha256, source, taken, error, encoded-sha256."""
        with self._lock:
            if index >= len(self._said["leaks"]):
                return  # another case has been configured meanwhile
            leak = self._said["leaks"][index]
            leak["pending"] = max(0, leak["pending"] - pending)
            if len(leak["sendings"]) < _MOST:
                leak["sendings"].append({"time": round(time.time(), 3), **sending})
            else:
                leak["more-sendings"] += 1
            self._write()

    def lost_events(self, count):
        with self._lock:
            if count != self._said["lost-events"]:
                self._said["lost-events"] = count
                self._write()

    def _write(self):
        replace(PLACE, json.dumps(self._said))
