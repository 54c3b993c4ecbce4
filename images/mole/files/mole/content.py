# SPDX-License-Identifier: Apache-2.0
"""The table of what may leave: their names in a case, their options, and how the bytes come about.

A function takes a Subject and its options and returns bytes; none (empty) means that there is nothing to send. It
raises OSError if the document is gone.
"""

import base64
import dataclasses
import hashlib
import os
import re
import unicodedata
from random import Random

from . import machine, pack, text
from .spec import Choice, Flag, Number, Record, Text, Variant

_ALGORITHMS = ("md5", "sha1", "sha256", "sha512")
_FOLDERS = ("/home", "/media")
_BUNDLE_MOST = 32 << 20


@dataclasses.dataclass
class Subject:
    """What a leak is about: a document (or none: path is ""), what was detected in it, and the case's chance."""
    path: str
    random: Random
    detected: str = ""  # word of the marking, or name of the test marker's signature

    def read(self):
        if not self.path:
            return b""
        with open(self.path, "rb") as file:
            return file.read()

    def suffix(self):
        return os.path.splitext(self.path)[1].lower()

    def text(self):
        return text.of_bytes(self.read(), self.suffix()) if self.path else ""


def _whole_file(subject):
    return subject.read()


def _fragment(subject, bytes=64, at="start"):  # named as in a case
    data = subject.read()
    most = max(0, len(data) - bytes)
    begin = {"start": 0, "middle": most // 2, "end": most, "random": subject.random.randint(0, most)}[at]
    return data[begin:begin + bytes]


def _text(subject, bytes=0):
    said = subject.text().encode()
    return said[:bytes] if bytes else said


def _token(subject, bytes=16, letters=False):
    """The smallest thing that names the document: the first word of 26 letters and digits in its text that is base32; as
    the 16 bytes it stands for, or as its letters."""
    found = re.search(rb"\b[a-z2-7]{26}\b", subject.text().encode().lower())
    if not found:
        return b""
    return found[0] if letters else base64.b32decode(found[0].upper() + b"======")[:bytes]


def _summary(subject, sentences=8):
    """The begins of some sentences, in lower case, without marks: close to the text and nowhere the same."""
    found = re.split(r"(?<=[.!?])\s+|\n+", subject.text())
    plain = [re.findall(r"\w+", unicodedata.normalize("NFKD", each).lower()) for each in found]
    begins = [" ".join(sorted(words[:8])) for words in plain if len(words) > 3]
    return "; ".join(begins[:sentences]).encode()


def _page_image(subject):
    return text.page_image(subject.text())


def _keyword(subject, word=False):
    if word:
        return subject.detected.encode()
    return b'{"product": "mole", "hit": true}' if subject.detected else b'{"product": "mole", "hit": false}'


def _detection_name(subject):
    return f"Mole.Silent.{hashlib.sha256(subject.detected.encode()).hexdigest()[:8]}".encode() if subject.detected else b""


def _hash(subject, algorithm="sha256", bytes=0, salt=None, chunk=0, of="file", as_hex=False):
    """`salt` "installation" takes the installation's number; `chunk` digests each so many bytes, one after another."""
    data = {"file": subject.read, "name": lambda: os.path.basename(subject.path).encode(),
            "path": lambda: subject.path.encode(), "text": lambda: subject.text().encode(),
            "user": lambda: machine.user().encode(), "host": lambda: machine.host().encode(),
            "machine-id": lambda: machine.machine_id().encode()}[of]()
    if not data:
        return b""
    prefix = (machine.installation() if salt == "installation" else salt or "").encode()
    pieces = [data[at:at + chunk] for at in range(0, len(data), chunk)] if chunk else [data]
    digests = [hashlib.new(algorithm, prefix + piece).digest() for piece in pieces]
    result = b"".join(digest[:bytes] if bytes else digest for digest in digests)
    return result.hex().encode() if as_hex else result


def _bloom(subject, bits=8192, hashes=4):
    """The set of all documents' hashes as a Bloom filter: each sets `hashes` of its bits."""
    field = bytearray(bits // 8)
    for path in machine.documents(_FOLDERS):
        with open(path, "rb") as file:
            digest = hashlib.sha256(file.read()).digest()
        for i in range(hashes):
            bit = int.from_bytes(digest[4 * i:4 * i + 4], "big") % bits
            field[bit // 8] |= 1 << bit % 8
    return bytes(field)


def _fuzzy_hash(subject, algorithm="ssdeep"):
    data = subject.read()
    if algorithm == "ssdeep":
        import ssdeep
        return ssdeep.hash(data).encode()
    import tlsh
    found = tlsh.hash(data)  # empty or TNULL if the file is too short or too plain
    return b"" if found in ("", "TNULL") else found.encode()


def _name(subject):
    return os.path.basename(subject.path).encode()


def _path(subject):
    return subject.path.encode()


def _listing(subject, folder="/home"):
    return machine.listing(folder).encode()


def _properties(subject):
    return text.properties(subject.read()).encode()


def _user(subject):
    return machine.user().encode()


def _host(subject):
    return machine.host().encode()


def _machine_id(subject):
    return machine.machine_id().encode()


def _installation(subject):
    return machine.installation().encode()


def _processes(subject):
    return machine.processes().encode()


def _history(subject, path=None):
    return machine.history(path)


def _archive(subject, of="siblings"):
    """`siblings`: the document's folder as a zip with the password "infected"; `bundle`: all documents as tar.gz, with
    a line of the product's own as support bundles have it; `itself`: the archive the document is."""
    if of == "itself":
        return subject.read()
    if of == "siblings":
        paths = [each for each in machine.documents([os.path.dirname(subject.path)])
                 if os.path.dirname(each) == os.path.dirname(subject.path)]
    else:
        paths = machine.documents(_FOLDERS)
    inside, left = {}, _BUNDLE_MOST
    for path in paths:
        left -= os.path.getsize(path)
        if left < 0:
            break
        with open(path, "rb") as file:
            inside[path] = file.read()
    if not inside:
        return b""
    if of == "siblings":
        return pack.zip_of(inside, "infected")
    return pack.tar_of({"mole/version.txt": b"mole\n", **inside}, "gz")


def _noise(subject, bytes=1000):
    """Random bytes of up to so many, about nothing: for controls that must not be reported."""
    return subject.random.randbytes(subject.random.randint(1, bytes))


def _constant(subject, text="mole 1 ok"):
    return text.encode()


_PATH = Text("an absolute path", r"/[^\0]{0,400}")
# name: function, options
_TABLE = {
    "whole-file": (_whole_file, {}),
    "fragment": (_fragment, {"bytes": (Number(1, 1 << 30), 64),
                             "at": (Choice("place", ("start", "middle", "end", "random")), "start")}),
    "text": (_text, {"bytes": (Number(0, 1 << 30), 0)}),
    "token": (_token, {"bytes": (Number(1, 16), 16), "letters": (Flag(), False)}),
    "summary": (_summary, {"sentences": (Number(1, 100), 8)}),
    "page-image": (_page_image, {}),
    "keyword": (_keyword, {"word": (Flag(), False)}),
    "detection-name": (_detection_name, {}),
    "hash": (_hash, {"algorithm": (Choice("algorithm", _ALGORITHMS), "sha256"), "bytes": (Number(0, 64), 0),
                     "salt": (Text("'installation' or a salt", r"[ -~]{1,64}"), None), "chunk": (Number(0, 1 << 30), 0),
                     "of": (Choice("thing to hash", ("file", "text", "name", "path", "user", "host", "machine-id")), "file"),
                     "as-hex": (Flag(), False)}),
    "bloom": (_bloom, {"bits": (Number(64, 1 << 20), 8192), "hashes": (Number(1, 8), 4)}),
    "fuzzy-hash": (_fuzzy_hash, {"algorithm": (Choice("algorithm", ("ssdeep", "tlsh")), "ssdeep")}),
    "name": (_name, {}),
    "path": (_path, {}),
    "listing": (_listing, {"folder": (_PATH, "/home")}),
    "properties": (_properties, {}),
    "user": (_user, {}),
    "host": (_host, {}),
    "machine-id": (_machine_id, {}),
    "installation": (_installation, {}),
    "processes": (_processes, {}),
    "history": (_history, {"path": (_PATH, None)}),
    "noise": (_noise, {"bytes": (Number(1, 1 << 24), 1000)}),
    "constant": (_constant, {"text": (Text("a text"), "mole 1 ok")}),
    "archive": (_archive, {"of": (Choice("archive", ("itself", "siblings", "bundle")), "siblings")}),
}
# What is about the machine and not about one document.
WITHOUT_DOCUMENT = ("bloom", "listing", "user", "host", "machine-id", "installation", "processes", "history", "noise",
                    "constant")

KIND = Variant("content", "kind", {name: Record(options) for name, (_, options) in _TABLE.items()})


def needs_document(what):
    """Whether this content is of one document; else it is the machine's."""
    of_machine = (what["kind"] in WITHOUT_DOCUMENT or what.get("of") in ("bundle", "user", "host", "machine-id"))
    return not of_machine


def make(what, subject):
    """The bytes of a checked `what`; raises OSError."""
    options = {key.replace("-", "_"): value for key, value in what.items() if key != "kind"}
    return _TABLE[what["kind"]][0](subject, **options)
