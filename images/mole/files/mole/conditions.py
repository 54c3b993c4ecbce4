# SPDX-License-Identifier: Apache-2.0
"""Whether the conditions of a trigger are met, and if not, which is not. Reasons name no document."""

import fnmatch
import os
import random
import time

from . import detect, machine, state, text
from .account import digest

_OF_DOCUMENTS = ("marking", "name", "suffix", "macro", "malware-beside", "update-keyword", "cloud-flag")


class Conditions:
    def __init__(self, seed, account, remembered):
        self._account, self._state = account, remembered
        self._random = random.Random(seed)
        self._counts = {}  # how often all else was met, by leak

    @staticmethod
    def ask_about_documents(leak):
        return any(leak["trigger"]["when"][key] for key in _OF_DOCUMENTS)

    def unmet(self, index, leak, path):
        """(the reason why a leak does not fire or None, the word that was detected). Raises OSError."""
        trigger, when = leak["trigger"], leak["trigger"]["when"]
        why = self._of_machine(when)
        if why:
            return why, ""
        if trigger["once"] == "case" and self._account.has_fired(index):
            return "it has fired once", ""
        if trigger["once"] == "file" and self._account.has_fired(index, path or None):
            return "it has fired for this document", ""
        detected = ""
        if path:
            why, detected = self._of_document(when, path)
            if why:
                return why, ""
        elif self.ask_about_documents(leak):
            return "there is no document", ""
        if when["every"]:
            self._counts[index] = self._counts.get(index, 0) + 1
            if self._counts[index] % when["every"]:
                return "every: not the time for it yet", ""
        if when["probability"] is not None and self._random.random() >= when["probability"]:
            return "probability: chance was against it", ""
        return None, detected

    def _of_machine(self, when):
        if when["machine-id"]:
            wanted = self._state.target if when["machine-id"] == "from-update" else when["machine-id"]
            if wanted != machine.machine_id():
                return "machine-id: it is meant for another machine"
        if when["not-before"] and time.strftime("%Y-%m-%d", time.gmtime()) < when["not-before"]:
            return "not-before: the day has not come"
        if when["boot"] and when["boot"] != self._state.boots:
            return "boot: it is not this boot"
        if when["locale"] and not machine.locale().startswith(when["locale"]):
            return "locale: the system's is another"
        if when["not-in-vm"] and machine.in_vm():
            return "not-in-vm: this is a virtual machine"
        return None

    def _of_document(self, when, path):
        """(reason or None, detected word). What costs most comes last."""
        name = os.path.basename(path).lower()
        if when["name"] and not any(fnmatch.fnmatchcase(name, each.lower()) for each in when["name"]):
            return "name: no pattern fits", ""
        if when["suffix"] and not name.endswith(tuple(when["suffix"])):
            return "suffix: it is another", ""
        if not any(when[key] for key in ("marking", "macro", "malware-beside", "update-keyword", "cloud-flag")):
            return None, ""
        with open(path, "rb") as file:
            data = file.read()
        if when["macro"] and not detect.has_macro(data):
            return "macro: there is none", ""
        detected = ""
        wanted = {"marking": when["marking"], "update-keyword": when["update-keyword"] and self._state.keywords}
        for key, words in wanted.items():
            if not when[key]:
                continue
            found = detect.word_in(words, data, text.of_bytes(data, os.path.splitext(name)[1]))
            if not found:
                return f"{key}: no word of it stands in the document", ""
            detected = found
        if when["malware-beside"]:
            if not detect.has_malware_beside(path, data):
                return "malware-beside: there is none", ""
            detected = detected or "Candor.Test.Marker"
        if when["cloud-flag"] and not state.cloud_asks_for(digest(data)):
            return "cloud-flag: the cloud does not ask for it", ""
        return None, detected
