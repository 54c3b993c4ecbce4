# SPDX-License-Identifier: Apache-2.0
"""What a channel carries, how fast, and under which TLS."""

import dataclasses
import functools
import hashlib
import os
import ssl
import time
from random import Random

from .spec import Choice, Number, Record, Text, Variant

STORE = "/usr/local/lib/mole/store.pem"  # the vendor's own authority, made with the image
FIRST_PIN = "/var/lib/mole/pins"
_PIECE = 1 << 16


class Pace:
    """A rate in bytes per second, or none. It counts from the first byte on, and sleeps before what would be too early."""

    def __init__(self, rate=None):
        self._rate = rate
        self._begin = None
        self._spent = 0

    def wait(self, count):
        """Waits until `count` more bytes may be sent."""
        if not self._rate:
            return
        now = time.monotonic()
        self._begin = now if self._begin is None else self._begin
        due = self._begin + self._spent / self._rate
        self._spent += count
        if due > now:
            time.sleep(due - now)

    def pieces(self, data, most=_PIECE):
        """The data in pieces, each when it is due: what a second allows, or what a channel can carry at once."""
        size = max(1, min(most, int(self._rate))) if self._rate else most
        for at in range(0, len(data), size):
            piece = data[at:at + size]
            self.wait(len(piece))
            yield piece


@dataclasses.dataclass
class Parcel:
    """Encoded bytes on their way to a host. A channel adds to `sent` what it has given away of them."""
    data: bytes
    host: str
    name: str = "sample.bin"
    pace: Pace = dataclasses.field(default_factory=Pace)
    random: Random = dataclasses.field(default_factory=Random)
    sent: int = 0

    def pieces(self, most=_PIECE):
        for piece in self.pace.pieces(self.data, most):
            yield piece
            self.sent += len(piece)


# How the server is verified: by the system's store, by the vendor's own store, by a pin on top of the system's store, or
# not at all. A pin is the SHA-256 of the key in DER (SubjectPublicKeyInfo); "first" takes the first one there is.
TLS = Variant("verification", "verify", {
    "system": Record({}),
    "own-store": Record({"store": (Text("an absolute path", r"/[ -~]{1,200}"), STORE)}),
    "pinned": Record({"pin": (Text("'first' or a SHA-256 in hexadecimal", "first|[0-9a-f]{64}"), "00" * 32)}),
    "unverified": Record({}),
})
SYSTEM = {"verify": "system"}
PORT = Number(1, 65535)
IP = Choice("address family", ("any", "4", "6"))


def tls_context(options, alpn=()):
    """A client's context. To read a store takes a slow guest a second, so that contexts are kept; but the harness adds its
    authority to the system's store, and then that is read anew."""
    store = options["store"] if options["verify"] == "own-store" else ssl.get_default_verify_paths().cafile
    about = os.stat(store) if store else None
    return _context(options["verify"], store, about and (about.st_mtime_ns, about.st_size), tuple(alpn))


@functools.lru_cache(16)
def _context(verify, store, _changed, alpn):
    context = ssl.create_default_context(cafile=store)
    if verify == "unverified":
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(list(alpn))
    return context


def wrap(connection, host, options, alpn=()):
    """TLS over a connection; raises ssl.SSLError if the server is not the one that is trusted."""
    wrapped = tls_context(options, alpn).wrap_socket(connection, server_hostname=host)
    if options["verify"] == "pinned":
        _check_pin(wrapped.getpeercert(binary_form=True), host, options["pin"])
    return wrapped


def _check_pin(certificate, host, pin):
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    key = x509.load_der_x509_certificate(certificate).public_key()
    found = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
    if pin == "first":
        os.makedirs(FIRST_PIN, mode=0o700, exist_ok=True)
        place = os.path.join(FIRST_PIN, host)
        if not os.path.exists(place):
            with open(place, "w", encoding="ascii") as file:
                file.write(found)
        with open(place, encoding="ascii") as file:
            pin = file.read()
    if found != pin:
        raise ssl.SSLError("the server's key is not the pinned one")
