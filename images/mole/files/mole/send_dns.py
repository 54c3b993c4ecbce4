# SPDX-License-Identifier: Apache-2.0
"""Names as carriers: labels of DNS queries, by the system's resolver, over TLS or HTTPS; and the server's name in TLS.

Channels take a Parcel and their options, return whether the peer took it, and raise OSError or an exception of their
library.
"""

import base64
import ssl

from . import guard, send_http
from .parcel import wrap

_LABEL = 63
_NAME = 253


def labels(data, alphabet):
    """Bytes as labels of a name, joined by dots."""
    text = data.hex() if alphabet == "hex" else base64.b32encode(data).decode().rstrip("=").lower()
    return ".".join(text[i:i + _LABEL] for i in range(0, len(text), _LABEL))


def _most(host, alphabet):
    """How many bytes fit into a name below the host: a dot goes with every label."""
    characters = (_NAME - len(host)) * _LABEL // (_LABEL + 1) - 1
    return characters // 2 if alphabet == "hex" else characters * 5 // 8


def _names(parcel, alphabet, piece):
    for each in parcel.pieces(min(piece or _NAME, _most(parcel.host, alphabet))):
        yield f"{labels(each, alphabet)}.{parcel.host}"


def send_dns(parcel, type="A", alphabet="base32", piece=0):  # named as in a case
    """Queries of the system's resolver. That there is no such name is an answer, too."""
    import dns.exception
    import dns.resolver
    guard.require_marker()
    resolver = dns.resolver.Resolver()
    taken = True
    for name in _names(parcel, alphabet, piece):
        try:
            resolver.resolve(name + ".", type, raise_on_no_answer=False, lifetime=20)
        except dns.resolver.NXDOMAIN:
            pass
        except dns.exception.DNSException:
            taken = False
    return taken


def _query(name, type):
    import dns.message
    return dns.message.make_query(name + ".", type).to_wire()


def send_dot(parcel, tls=None, type="TXT", alphabet="base32", piece=0):
    """RFC 7858: queries with their length before them, on one connection."""
    taken = True
    with wrap(guard.connect(parcel.host, 853), parcel.host, tls, ("dot",)) as connection:
        for name in _names(parcel, alphabet, piece):
            query = _query(name, type)
            connection.sendall(len(query).to_bytes(2, "big") + query)
            taken = bool(connection.recv(65536)) and taken
    return taken


def send_doh(parcel, tls=None, type="TXT", alphabet="base32", piece=0, method="POST"):
    """RFC 8484. One request for each query."""
    taken = True
    for name in _names(parcel, alphabet, piece):
        query = _query(name, type)
        if method == "POST":
            status, _ = send_http.request(parcel.host, "POST", "/dns-query", query,
                                          {"Content-Type": "application/dns-message"}, tls=tls)
        else:
            coded = base64.urlsafe_b64encode(query).decode().rstrip("=")
            status, _ = send_http.request(parcel.host, "GET", f"/dns-query?dns={coded}", tls=tls)
        taken = taken and status == 200
    return taken


def send_server_name(parcel, piece=30):
    """Each piece is a label of the name that TLS asks for in the clear; what is said inside is for the host itself."""
    taken = True
    for each in parcel.pieces(piece):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        name = f"{labels(each, 'base32')}.{parcel.host}"
        with context.wrap_socket(guard.connect(parcel.host, 443), server_hostname=name) as connection:
            connection.sendall(f"GET / HTTP/1.1\r\nHost: {parcel.host}\r\nConnection: close\r\n\r\n".encode())
            taken = bool(connection.recv(65536)) and taken
    return taken
