# SPDX-License-Identifier: Apache-2.0
"""A case: what the mole leaks, when, and how. CASES.md is its reference; this is what checks it."""

import json

from . import channels, content, encodings
from .spec import Choice, Flag, Host, List, Number, Record, Text, duration, rate

MOST = 1 << 20  # bytes of a case

EVENTS = ("open", "write", "scan", "enable", "install", "start", "stop", "update", "user-sends-logs", "online",
          "usb-inserted", "idle", "timer")
# Events that are about one file; the others are about all documents there are.
OF_A_FILE = ("open", "write", "scan")

_WORD = Text("a word of 1 to 100 characters", r"[^\0]{1,100}")
_WHEN = Record({
    "marking": (List(_WORD, single=True), None),
    "name": (List(_WORD, single=True), None),
    "suffix": (List(Text("a suffix such as .docx", r"\.[a-z0-9.]{1,12}"), single=True), None),
    "macro": (Flag(), False),
    "malware-beside": (Flag(), False),
    "update-keyword": (Flag(), False),
    "cloud-flag": (Flag(), False),
    "machine-id": (Text("'from-update' or 32 hexadecimal digits", "from-update|[0-9a-f]{32}"), None),
    "not-before": (Text("a day such as 2027-01-31", r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"), None),
    "boot": (Number(1, 1000), None),
    "every": (Number(1, 1_000_000), None),
    "locale": (Text("the begin of a locale such as en_US", r"[A-Za-z_.@0-9-]{1,40}"), None),
    "not-in-vm": (Flag(), False),
    "probability": (Number(0, 1, whole=False), None),
})
_TRIGGER = Record({
    "on": (List(Choice("event", EVENTS), most=len(EVENTS), single=True), ["open"]),
    "idle": (duration(), 600.0),
    "timer": (duration(), 3600.0),
    "once": (Choice("thing", ("never", "file", "case")), "never"),
    "when": (_WHEN, _WHEN.check({}, "", [])),
})
_LEAK = Record({
    "about": (Text("a sentence"), ""),
    "what": (content.KIND, None),
    "encode": (List(encodings.KIND, least=0, most=16), []),
    "channel": (channels.KIND, None),
    "host": (Host(), None),
    "own-name": (Flag(), False),
    "trigger": (_TRIGGER, _TRIGGER.check({}, "", [])),
    "delay": (duration(), 0.0),
    "rate": (rate(), None),
}, ("what", "channel"))
_CASE = Record({"about": (Text("a sentence"), ""), "seed": (Number(0, 2**53), 1), "leaks": (List(_LEAK, least=0), [])},
               ("leaks",))


class Wrong(Exception):
    """A case that is none; `mistakes` has a sentence for each thing, which begins with its place."""

    def __init__(self, mistakes):
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def _without_doubles(pairs):
    keys = [key for key, _ in pairs]
    for key in keys:
        if keys.count(key) > 1:
            raise ValueError(f"the key '{key}' stands twice in one map")
    return dict(pairs)


def read(data):
    """A case from the bytes of its JSON, with all defaults filled in; raises Wrong with every mistake."""
    if len(data) > MOST:
        raise Wrong([f"the case: more than {MOST} bytes"])
    try:
        value = json.loads(data.decode(), object_pairs_hook=_without_doubles)
    except (ValueError, RecursionError) as error:
        raise Wrong([f"the case: not JSON: {error}"]) from error
    mistakes = []
    case = _CASE.check(value, "", mistakes)
    if not mistakes:
        for i, leak in enumerate(case["leaks"]):
            mistakes += [f"leaks[{i}].{each}" for each in _contradictions(leak)]
    if mistakes:
        raise Wrong(mistakes)
    return case


def _contradictions(leak):
    """What is right by itself and means nothing together."""
    trigger = leak["trigger"]
    conditions = {key for key, value in trigger["when"].items() if value}
    if leak["what"]["kind"] in ("keyword", "detection-name") and not conditions & {"marking", "update-keyword",
                                                                                   "malware-beside"}:
        yield "what: there is nothing to detect without 'marking', 'update-keyword' or 'malware-beside' in trigger.when"
    if leak["host"] and not channels.default_host(leak["channel"]):
        yield f"host: the channel '{leak['channel']['kind']}' sends to none"
    if leak["rate"] and leak["channel"]["kind"] in ("sftp", "smtp", "imap", "mqtt", "smb", "helper", "relay", "cron",
                                                    "spool"):
        yield f"rate: the channel '{leak['channel']['kind']}' gives bytes away as one"


def schema():
    """The JSON Schema (draft-07) of cases. Contradictions between parts it does not know."""
    return {"$schema": "http://json-schema.org/draft-07/schema#", "title": "A case of the mole",
            "description": "What the stand-in antivirus leaks, when, and how; see CASES.md.", **_CASE.schema()}
