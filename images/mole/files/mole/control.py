# SPDX-License-Identifier: Apache-2.0
"""How the command speaks to the daemon: a UNIX socket of root's, one JSON object each way, ended by a new line."""

import json
import os
import socket

PLACE = "/run/mole/control.sock"
_MOST = 4 << 20


def listen():
    """The daemon's end."""
    os.makedirs(os.path.dirname(PLACE), mode=0o700, exist_ok=True)
    if os.path.exists(PLACE):
        os.unlink(PLACE)
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    server.bind(PLACE)
    os.chmod(PLACE, 0o600)
    server.listen(16)
    return server


def receive(connection):
    """The object that was sent; raises ValueError if it is none, or too long."""
    data = bytearray()
    while not data.endswith(b"\n"):
        piece = connection.recv(65536)
        if not piece:
            break
        data += piece
        if len(data) > _MOST:
            raise ValueError("the message is too long")
    return json.loads(data.decode())


def send(connection, said):
    connection.sendall(json.dumps(said).encode() + b"\n")


def ask(do, **more):
    """The daemon's answer; raises OSError if there is no daemon."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(PLACE)
        send(connection, {"do": do, **more})
        return receive(connection)
