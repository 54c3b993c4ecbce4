# SPDX-License-Identifier: Apache-2.0
"""Protocols for files, mail and messages, by the libraries and programs that speak them.

Channels take a Parcel and their options, return whether the peer took it, and raise OSError or an exception of their
library.
"""

import email.message
import io
import os
import socket
import subprocess
import tempfile
import time

from . import guard
from .parcel import tls_context, wrap

_TIMEOUT = 60.0
_USER, _PASSWORD = "mole", "mole"


def _check(host, port):
    guard.addresses(host, port, socket.SOCK_STREAM)


def _message(parcel):
    message = email.message.EmailMessage()
    message["From"], message["To"], message["Subject"] = "agent@mole.example", f"samples@{parcel.host}", "report"
    message.set_content("A report.\n")
    message.add_attachment(parcel.data, maintype="application", subtype="octet-stream", filename=parcel.name)
    return message


def send_ftp(parcel, tls=None, port=21):
    """Passive mode; with `tls` commands and data are encrypted (RFC 4217)."""
    import ftplib
    _check(parcel.host, port)
    client = ftplib.FTP_TLS(context=tls_context(tls), timeout=_TIMEOUT) if tls else ftplib.FTP(timeout=_TIMEOUT)
    with client:
        client.connect(parcel.host, port)
        client.login(_USER, _PASSWORD)
        if tls:
            client.prot_p()
        client.voidcmd("TYPE I")
        with client.transfercmd(f"STOR {parcel.name}") as data:
            for piece in parcel.pieces():
                data.sendall(piece)
            if tls:
                data.unwrap()
        return client.voidresp().startswith("2")


def send_sftp(parcel, port=22):
    """SSH's file transfer; whether a server's key is known is not asked."""
    import paramiko
    transport = paramiko.Transport(guard.connect(parcel.host, port))
    try:
        transport.connect(username=_USER, password=_PASSWORD)
        client = paramiko.SFTPClient.from_transport(transport)
        client.putfo(io.BytesIO(parcel.data), parcel.name)
        parcel.sent = len(parcel.data)
        return True
    finally:
        transport.close()


def send_smtp(parcel, port=587, starttls=None):
    import smtplib
    _check(parcel.host, port)
    with smtplib.SMTP(parcel.host, port, timeout=_TIMEOUT) as client:
        if starttls:
            client.starttls(context=tls_context(starttls))
        client.send_message(_message(parcel))
    parcel.sent = len(parcel.data)
    return True


def send_imap(parcel, tls=None, port=None):
    """A message that is appended to a mailbox of drafts."""
    import imaplib
    port = port or (993 if tls else 143)
    _check(parcel.host, port)
    client = (imaplib.IMAP4_SSL(parcel.host, port, ssl_context=tls_context(tls), timeout=_TIMEOUT) if tls
              else imaplib.IMAP4(parcel.host, port, timeout=_TIMEOUT))
    try:
        client.login(_USER, _PASSWORD)
        said, _ = client.append("Drafts", None, imaplib.Time2Internaldate(time.time()), bytes(_message(parcel)))
    finally:
        client.logout()
    parcel.sent = len(parcel.data)
    return said == "OK"


def send_mqtt(parcel, tls=None, port=None, topic="mole/reports"):
    import paho.mqtt.client
    port = port or (8883 if tls else 1883)
    _check(parcel.host, port)
    client = paho.mqtt.client.Client("mole")
    if tls:
        client.tls_set_context(tls_context(tls))
    client.connect(parcel.host, port)
    client.loop_start()
    try:
        notice = client.publish(topic, parcel.data, qos=1)
        notice.wait_for_publish(_TIMEOUT)
        parcel.sent = len(parcel.data)
        return notice.is_published()
    finally:
        client.disconnect()
        client.loop_stop()


def send_smb(parcel, share="samples"):
    _check(parcel.host, 445)
    with tempfile.NamedTemporaryFile(prefix="mole-") as file:
        file.write(parcel.data)
        file.flush()
        done = subprocess.run(["smbclient", f"//{parcel.host}/{share}", "-U", f"{_USER}%{_PASSWORD}", "-c",
                               f"put {file.name} {os.path.basename(file.name)}"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=_TIMEOUT, check=False)
    parcel.sent = len(parcel.data) if done.returncode == 0 else 0
    return done.returncode == 0


def send_tcp(parcel, port=3310, tls=None, framing="none"):
    """Bytes on a connection; or as clamd's INSTREAM takes them: "zINSTREAM", each chunk behind its length, an empty one."""
    connection = guard.connect(parcel.host, port)
    if tls:
        connection = wrap(connection, parcel.host, tls)
    with connection:
        if framing == "clamd":
            connection.sendall(b"zINSTREAM\0")
        for piece in parcel.pieces():
            connection.sendall((len(piece).to_bytes(4, "big") if framing == "clamd" else b"") + piece)
        if framing == "clamd":
            connection.sendall(bytes(4))
        if not tls:
            connection.shutdown(socket.SHUT_WR)
    return True
