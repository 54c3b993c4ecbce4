# SPDX-License-Identifier: Apache-2.0
"""HTTP in its kinds: bodies, and what stands in request lines and header fields; HTTP/2, gRPC, WebSocket.

Channels take a Parcel and their options, return whether the peer took it, and raise OSError or an exception of their
library.
"""

import base64
import http.client
import json
import socket
import time
import urllib.parse

from . import guard, structure
from .parcel import wrap

AGENT = "Mole/1"
_FAMILY = {"any": socket.AF_UNSPEC, "4": socket.AF_INET, "6": socket.AF_INET6}
_TIMEOUT = 60.0


def _connection(host, port, ip, tls):
    """An http.client connection over a socket of our own, which the guard has checked."""
    connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT)
    plain = guard.connect(host, port, _TIMEOUT, _FAMILY[ip])
    connection.sock = wrap(plain, host, tls, ("http/1.1",)) if tls else plain
    return connection


def request(host, method, target, body=None, headers=None, port=None, ip="any", tls=None, chunked=False):
    """One request on a connection of its own; returns (status, body)."""
    connection = _connection(host, port or (443 if tls else 80), ip, tls)
    try:
        connection.request(method, target, body, {"User-Agent": AGENT, **(headers or {})}, encode_chunked=chunked)
        answer = connection.getresponse()
        return answer.status, answer.read(1 << 20)
    finally:
        connection.close()


def send(parcel, tls=None, port=None, ip="any", method="POST", path="/v1/samples", form="raw", chunked=False,
         place="body", field="X-Request-Id", piece=400):
    """The channel `http`; with `tls` it is `https`."""
    common = {"port": port, "ip": ip, "tls": tls}
    if place != "body":
        return _in_head(parcel, common, method, path, place, field, piece)
    if form == "presigned":
        return _presigned(parcel, common)
    body, kind = parcel.data, "application/octet-stream"
    if form == "multipart":
        body, kind = structure.multipart({"product": b"mole"}, body, parcel.name, structure.boundary(parcel))
    elif form == "json":
        body, kind = structure.as_json(body, None), "application/json"
    headers = {"Content-Type": kind}
    headers["Transfer-Encoding" if chunked else "Content-Length"] = "chunked" if chunked else str(len(body))
    status, _ = request(parcel.host, method, path, parcel.pace.pieces(body), headers, chunked=chunked, **common)
    parcel.sent += len(body)
    return 200 <= status < 300


def _presigned(parcel, common):
    """What storage services do: the vendor's server hands out a form, and the storage takes it with the file."""
    status, said = request(parcel.host, "GET", "/v1/presigned", **common)
    fields = json.loads(said)
    where = urllib.parse.urlsplit(fields.pop("url"))
    body, kind = structure.multipart({key: str(value).encode() for key, value in fields.items()}, parcel.data, parcel.name,
                                     structure.boundary(parcel))
    status, _ = request(where.hostname, "POST", where.path or "/", body, {"Content-Type": kind}, **common)
    parcel.sent += len(body)
    return 200 <= status < 300


def _in_head(parcel, common, method, path, place, field, piece_size):
    """Each piece in a request of its own. What no field can hold is written as base64url."""
    taken = True
    for piece in parcel.pieces(piece_size):
        plain = piece.isascii() and piece.decode().isprintable()
        word = piece.decode() if plain else base64.urlsafe_b64encode(piece).decode().rstrip("=")
        target, headers = path, {}
        if place == "query":
            target = f"{path}?{field}={urllib.parse.quote(word, safe='')}"
        elif place == "path":
            target = f"{path}/{urllib.parse.quote(word, safe='')}"
        elif place == "cookie":
            headers["Cookie"] = f"{field}={urllib.parse.quote(word, safe='')}"
        elif place == "user-agent":
            headers["User-Agent"] = f"{AGENT} ({word})"
        else:
            headers[field] = word
        status, _ = request(parcel.host, "GET" if method == "POST" else method, target, None, headers, **common)
        taken = taken and status < 400
    return taken


def send_http2(parcel, tls=None, port=None, ip="any", path="/v1/samples", grpc=False):
    """HTTP/2 (RFC 9113) over TLS; or gRPC's framing in it: a message of its own for each 16 KiB."""
    import h2.config
    import h2.connection
    import h2.events
    connection = wrap(guard.connect(parcel.host, port or 443, _TIMEOUT, _FAMILY[ip]), parcel.host, tls, ("h2",))
    state = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True))
    state.initiate_connection()
    kind = "application/grpc" if grpc else "application/octet-stream"
    headers = [(":method", "POST"), (":path", path), (":scheme", "https"), (":authority", parcel.host),
               ("user-agent", AGENT), ("content-type", kind)]
    state.send_headers(1, headers + ([("te", "trailers")] if grpc else []))
    connection.sendall(state.data_to_send())
    status, ended = 0, False

    def listen():
        nonlocal status, ended
        said = connection.recv(65536)
        if not said:
            ended = True
        for event in state.receive_data(said):
            if isinstance(event, h2.events.ResponseReceived):
                status = int(dict(event.headers)[b":status"])
            elif isinstance(event, h2.events.DataReceived):
                state.acknowledge_received_data(event.flow_controlled_length, 1)
            elif isinstance(event, (h2.events.StreamEnded, h2.events.StreamReset, h2.events.ConnectionTerminated)):
                ended = True
        connection.sendall(state.data_to_send())

    with connection:
        for piece in parcel.pieces(1 << 14):
            message = b"\0" + len(piece).to_bytes(4, "big") + piece if grpc else piece
            while message and not ended:
                room = min(state.local_flow_control_window(1), state.max_outbound_frame_size)
                if room <= 0:
                    listen()
                    continue
                state.send_data(1, message[:room])
                message = message[room:]
                connection.sendall(state.data_to_send())
        if not ended:
            state.end_stream(1)
            connection.sendall(state.data_to_send())
        while not ended:
            listen()
    return 200 <= status < 300


def send_websocket(parcel, tls=None, port=None, path="/v1/channel", message=1 << 16):
    """Binary messages over wss, masked as all clients mask (RFC 6455); a ping's answer says that they arrived."""
    import asyncio
    import websockets
    from .parcel import tls_context
    plain = guard.connect(parcel.host, port or 443, _TIMEOUT)
    plain.setblocking(False)

    async def deliver():
        async with websockets.connect(f"wss://{parcel.host}{path}", sock=plain, ssl=tls_context(tls),
                                      server_hostname=parcel.host) as channel:
            for piece in parcel.pieces(message):
                await channel.send(piece)
            await asyncio.wait_for(await channel.ping(), _TIMEOUT)

    asyncio.run(deliver())
    return True


def send_body_sizes(parcel, tls=None, base=200, step=1, bits=8):
    """Each body's length is the message: `base` and `step` times the next bits. What it consists of says nothing."""
    for symbol in symbols(parcel, bits):
        request(parcel.host, "POST", "/v1/telemetry", bytes(base + step * symbol), tls=tls)
    return True


def send_timing(parcel, tls=None, unit=1.0, bits=1):
    """The time between requests is the message: `unit` seconds, and as many more as the next bits say."""
    request(parcel.host, "GET", "/v1/time", tls=tls)
    for symbol in symbols(parcel, bits):
        time.sleep(unit * (1 + symbol))
        request(parcel.host, "GET", "/v1/time", tls=tls)
    return True


_FIELDS = ("Accept", "Accept-Language", "Cache-Control", "X-Build", "X-Client")


def send_order(parcel, tls=None, of="fields"):
    """The order of five header fields, or of five requests, is the message: six bits each time (120 orders, 64 used)."""
    for symbol in symbols(parcel, 6):
        order = permutation(symbol, _FIELDS)
        if of == "fields":
            request(parcel.host, "GET", "/v1/time", headers={key: "1" for key in order}, tls=tls)
        else:
            for key in order:
                request(parcel.host, "GET", f"/v1/status/{key.lower()}", tls=tls)
    return True


def symbols(parcel, bits):
    """The data as numbers of so many bits, the highest first; the last one is filled with zeros."""
    stream = "".join(f"{byte:08b}" for byte in parcel.data)
    for at in range(0, len(stream), bits):
        parcel.pace.wait(bits / 8)
        yield int(stream[at:at + bits].ljust(bits, "0"), 2)
        parcel.sent = min(len(parcel.data), (at + bits) // 8)


def permutation(number, items):
    """The number-th order of some items (Lehmer's code)."""
    left, result = list(items), []
    while left:
        number, index = divmod(number, len(left))
        result.append(left.pop(index))
    return result
