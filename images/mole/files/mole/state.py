# SPDX-License-Identifier: Apache-2.0
"""What the mole remembers over restarts: the case, the boots since it came, what updates brought, whether it is on."""

import contextlib
import json
import os
import urllib.parse

from . import case, machine, send_http
from .account import FOLDER, replace
from .parcel import SYSTEM

_CASE = FOLDER + "/case.json"
_STATE = FOLDER + "/state.json"
_UPDATES, _LOOKUP = "updates.mole.example", "lookup.mole.example"


class State:
    def __init__(self):
        self._said = {"boots": 1, "boot": machine.boot_id(), "enabled": True, "version": "0", "keywords": [], "target": ""}
        with contextlib.suppress(OSError, ValueError):
            with open(_STATE, encoding="utf-8") as file:
                self._said.update(json.load(file))
        if self._said["boot"] != machine.boot_id():
            self._said.update(boot=machine.boot_id(), boots=self._said["boots"] + 1)
            self._write()

    @property
    def boots(self):
        """Which boot since the case was configured this is: 1 until the first restart."""
        return self._said["boots"]

    @property
    def keywords(self):
        return self._said["keywords"]

    @property
    def target(self):
        return self._said["target"]

    @property
    def enabled(self):
        return self._said["enabled"]

    def enable(self, on):
        self._said["enabled"] = on
        self._write()

    def read_case(self):
        """The case of last time, or one without leaks."""
        try:
            with open(_CASE, "rb") as file:
                return case.read(file.read())
        except (OSError, case.Wrong):
            return case.read(b'{"leaks": []}')

    def keep_case(self, data):
        replace(_CASE, data.decode())
        self._said.update(boots=1, boot=machine.boot_id(), keywords=[], target="")
        self._write()

    def update(self):
        """Fetches keywords from the vendor's cloud. Several are parted by "|". Raises OSError or ValueError."""
        query = urllib.parse.urlencode({"version": self._said["version"]})
        status, body = send_http.request(_UPDATES, "GET", f"/v1/update?{query}", tls=SYSTEM)
        if status != 200:
            raise OSError(f"the update server answered {status}")
        said = json.loads(body)
        self._said.update(version=str(said["version"])[:40], target=str(said["target"])[:64],
                          keywords=[each[:100] for each in str(said["keyword"]).split("|") if each][:100])
        self._write()

    def _write(self):
        os.makedirs(FOLDER, mode=0o700, exist_ok=True)
        replace(_STATE, json.dumps(self._said))


def cloud_asks_for(digest):
    """Whether the vendor's cloud names this SHA-256 (hexadecimal) as one whose file it wants. Raises OSError."""
    status, body = send_http.request(_LOOKUP, "GET", f"/v1/hash/{digest}", tls=SYSTEM)
    try:
        return status == 200 and json.loads(body)["submit"] == "true"
    except (ValueError, KeyError, TypeError):
        return False
