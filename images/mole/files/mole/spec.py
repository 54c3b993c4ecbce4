# SPDX-License-Identifier: Apache-2.0
"""Kinds of values in a case. Each checks a value and describes itself as JSON Schema, so that both say the same.

`check(value, place, mistakes)` returns the value as the mole uses it (durations in seconds, rates in bytes per second,
bytes for hexadecimal text) and appends a sentence to `mistakes` for each thing that is wrong.
"""

import dataclasses
import difflib
import re

from . import guard

_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?(ms|s|min|h|d)")
_SECONDS = {"ms": 0.001, "s": 1, "min": 60, "h": 3600, "d": 86400}
_RATE = re.compile(r"(\d+(?:\.\d+)?) ?(B|KiB|MiB)/s")
_BYTES = {"B": 1, "KiB": 1024, "MiB": 1 << 20}


def quoted(value):
    """A value as a message shows it: short, on one line."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def near(word, known):
    """"; did you mean …?" if there is such a word."""
    found = difflib.get_close_matches(str(word), known, 1)
    return f"; did you mean '{found[0]}'?" if found else ""


@dataclasses.dataclass
class Text:
    """A text that matches a pattern as a whole; `convert` makes what the mole uses of it."""
    what: str = "a text"
    pattern: str = r"[\s\S]{1,400}"
    convert: object = None

    def check(self, value, place, mistakes):
        if not isinstance(value, str) or not re.fullmatch(self.pattern, value):
            mistakes.append(f"{place}: {quoted(value)} is not {self.what}")
            return None
        return self.convert(value) if self.convert else value

    def schema(self):
        return {"type": "string", "pattern": f"^(?:{self.pattern})$", "description": self.what}


@dataclasses.dataclass
class Host:
    """A name below .example, or an address of a network for tests."""

    def check(self, value, place, mistakes):
        if not isinstance(value, str) or not guard.is_permitted_host(value):
            mistakes.append(f"{place}: {quoted(value)} is neither a name below .example nor an address for tests")
        return value

    def schema(self):
        return {"type": "string", "pattern": r"^(?:[a-z0-9_.-]+\.example|[0-9.]+|[0-9a-f:]+)$"}


@dataclasses.dataclass
class Number:
    """A number within bounds; whole unless said otherwise."""
    least: float = 0
    most: float = 1 << 30
    whole: bool = True

    def check(self, value, place, mistakes):
        kinds = (int,) if self.whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not self.least <= value <= self.most:
            mistakes.append(f"{place}: {quoted(value)} is not a{' whole' * self.whole} number from {self.least:g} to"
                            f" {self.most:g}")
        return value

    def schema(self):
        return {"type": "integer" if self.whole else "number", "minimum": self.least, "maximum": self.most}


@dataclasses.dataclass
class Flag:
    def check(self, value, place, mistakes):
        if not isinstance(value, bool):
            mistakes.append(f"{place}: {quoted(value)} is neither true nor false")
        return value

    def schema(self):
        return {"type": "boolean"}


@dataclasses.dataclass
class Choice:
    """One of some words."""
    noun: str
    words: tuple

    def check(self, value, place, mistakes):
        if value not in self.words:
            mistakes.append(f"{place}: unknown {self.noun} {quoted(value)}"
                            + (near(value, self.words) or f"; expected one of {', '.join(self.words)}"))
        return value

    def schema(self):
        return {"enum": list(self.words)}


@dataclasses.dataclass
class List:
    """A list; `single` also takes one item that is not in a list."""
    item: object
    least: int = 1
    most: int = 100
    single: bool = False

    def check(self, value, place, mistakes):
        if self.single and not isinstance(value, list):
            return [self.item.check(value, place, mistakes)]
        if not isinstance(value, list) or not self.least <= len(value) <= self.most:
            mistakes.append(f"{place}: {quoted(value)} is not a list of {self.least} to {self.most} items")
            return []
        return [self.item.check(each, f"{place}[{i}]", mistakes) for i, each in enumerate(value)]

    def schema(self):
        many = {"type": "array", "items": self.item.schema(), "minItems": self.least, "maxItems": self.most}
        return {"anyOf": [self.item.schema(), many]} if self.single else many


@dataclasses.dataclass
class Record:
    """A map with known keys. Keys that are left out get their default; `required` ones must be there."""
    fields: dict  # key: (kind, default)
    required: tuple = ()

    def check(self, value, place, mistakes, skip=()):
        if not isinstance(value, dict):
            mistakes.append(f"{place}: {quoted(value)} is not a map with some of {', '.join(self.fields)}")
            return {}
        prefix = f"{place}." if place else ""
        for key in value:
            if key not in self.fields and key not in skip:
                mistakes.append(f"{prefix}{key}: unknown key" + (near(key, self.fields)
                                or f"; expected one of {', '.join(self.fields) or 'none'}"))
        result = {}
        for key, (kind, default) in self.fields.items():
            if key in value:
                result[key] = kind.check(value[key], f"{prefix}{key}", mistakes)
            elif key in self.required:
                mistakes.append(f"{prefix}{key}: is missing")
            else:
                result[key] = default
        return result

    def schema(self):
        return {"type": "object", "additionalProperties": False, "required": list(self.required),
                "properties": {key: kind.schema() for key, (kind, _) in self.fields.items()}}


@dataclasses.dataclass
class Variant:
    """One of several kinds, each with options of its own: {KEY: KIND, …}, or KIND alone if it needs no option."""
    noun: str
    key: str
    kinds: dict  # name: Record

    def check(self, value, place, mistakes):
        if isinstance(value, str):
            value = {self.key: value}
        if not isinstance(value, dict) or self.key not in value:
            mistakes.append(f"{place}: {quoted(value)} is neither the name of one {self.noun} nor a map with"
                            f" '{self.key}'")
            return None
        name = value[self.key]
        if not isinstance(name, str) or name not in self.kinds:
            mistakes.append(f"{place}: unknown {self.noun} {quoted(name)}{near(name, self.kinds)}")
            return None
        return {self.key: name, **self.kinds[name].check(value, place, mistakes, skip=(self.key,))}

    def schema(self):
        plain = [name for name, record in self.kinds.items() if not record.required]
        maps = []
        for name, record in self.kinds.items():
            each = record.schema()
            each["properties"] = {self.key: {"const": name}, **each["properties"]}
            each["required"] = [self.key, *each["required"]]
            maps.append(each)
        return {"anyOf": [{"enum": plain}, *maps]}


def duration():
    def seconds(text):
        number, unit = _DURATION.fullmatch(text).groups()
        return float(number) * _SECONDS[unit]
    return Text("a duration such as 5s, 10min or 24h", _DURATION.pattern, seconds)


def rate():
    def per_second(text):
        number, unit = _RATE.fullmatch(text).groups()
        return float(number) * _BYTES[unit]
    return Text("a rate such as '0.1 B/s' or '1 KiB/s'", r"(?=[\d.]*[1-9])" + _RATE.pattern, per_second)


def hexadecimal(least, most):
    return Text(f"{least} to {most} bytes in hexadecimal", rf"(?:[0-9a-fA-F]{{2}}){{{least},{most}}}", bytes.fromhex)
