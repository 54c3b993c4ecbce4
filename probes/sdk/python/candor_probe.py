# SPDX-License-Identifier: Apache-2.0
"""A probe's side of Candor's probe protocol (PROTOCOL.md, version 1), in one module on pyzmq.

    from candor_probe import Probe

    with Probe("door", "0.1", ["door.opened/1"]) as probe:
        probe.report("door.opened/1", {"door": "front"})
        probe.wait_for_finish()

Events are kept until the collector has them on disk, and are sent again after a reconnect. When as many are
kept as `buffer` allows, report() waits: a slow collector slows the probe down and loses nothing. One thread of
this module owns the socket; all methods may be called from any thread.
"""
import collections
import itertools
import json
import os
import re
import sys
import threading
import time
import uuid

try:
    import zmq
except ImportError as error:
    raise ImportError(f"candor_probe needs pyzmq, which {sys.executable} does not have; in Debian: "
                      "sudo apt-get install python3-zmq") from error

PROTOCOL = 1
MAX_BODY = 256 * 1024  # bytes of an event's body
MAX_BLOB = 256 * 1024  # bytes of one piece of a blob
COLLECTOR = "CANDOR_COLLECTOR"  # environment variable: the collector's ZeroMQ endpoint

_EVENT_TYPE = re.compile(r"[a-z][a-z0-9.-]*/[0-9]{1,4}")
_HELLO_AGAIN = 1.0  # seconds without an answer to HELLO
_QUIET_HEARTBEATS = 3
_STALL = 1.0  # seconds; a pause of our own this long makes silence prove nothing
_ANSWERS_KEPT = 64
_KEPT_BYTES = 32 << 20


class ProbeError(Exception):
    """The collector rejected the probe, is lost for good, or an event cannot be reported."""


Command = collections.namedtuple("Command", "id name arguments")
Command.__doc__ = "What the harness asks of a probe; answered with Probe.done()."


class Probe:
    def __init__(self, name, version, event_types, collector=None, buffer=4096, timeout=10.0):
        """Says HELLO and waits for WELCOME. Raises ProbeError on REJECT, with its sentence, or after `timeout`
        seconds. `collector` is its endpoint; without it, that of the environment variable CANDOR_COLLECTOR."""
        self._collector = collector or os.environ.get(COLLECTOR)
        if not self._collector:
            raise ProbeError(f"no collector: {COLLECTOR} is not set; Candor sets it for probes it starts")
        self._hello = {"proto_min": PROTOCOL, "proto_max": PROTOCOL, "name": name, "version": version,
                       "instance": str(uuid.uuid4()), "encodings": ["json"], "event_types": list(event_types)}
        self._name = name
        self._buffer = max(1, buffer)
        self._changed = threading.Condition()
        self._kept = collections.deque()  # frames of unacknowledged events, in order
        self._kept_bytes = 0
        self._first = 1  # number of the oldest event kept
        self._dropped = 0
        self._commands = collections.deque()
        self._answers = collections.deque()
        self._blobs = {}  # bytes handed over so far, by id
        self._welcomed = False
        self._fin_wanted = False
        self._fin_acked = False
        self._stopping = False
        self._failure = None
        self._wake_read, self._wake_write = os.pipe()
        os.set_blocking(self._wake_read, False)
        os.set_blocking(self._wake_write, False)
        self._thread = threading.Thread(target=_Connection(self).run, name="candor-probe", daemon=True)
        self._thread.start()
        with self._changed:
            settled = self._changed.wait_for(lambda: self._welcomed or self._failure, timeout)
            failure = self._failure or (None if settled else f"no answer from the collector at {self._collector}")
        if failure:
            self.close()
            raise ProbeError(f"probe '{name}': {failure}")

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        try:
            if kind is None and not self.finish():
                raise ProbeError(f"probe '{self._name}': {self._failure or 'FIN was not answered in time'}")
        finally:
            self.close()

    def report(self, type, data, blob=None):
        """Queues one event of `type` ("door.opened/1") with `data`, a dict, stamped with both clocks now. `blob`
        is what piece() made. Raises ProbeError once the collector is lost for good."""
        now = {"wall_ns": time.time_ns(), "mono_ns": time.monotonic_ns()}
        if not _EVENT_TYPE.fullmatch(type) or len(type) > 64:
            raise ProbeError(f"{type!r} is no event type, such as 'file.open/1'")
        if not isinstance(data, dict):
            raise ProbeError("the data of an event is an object")
        with self._changed:
            self._changed.wait_for(lambda: not self._full() or self._fin_wanted or self._failure)
            if self._failure:
                raise ProbeError(f"probe '{self._name}': {self._failure}")
            if self._fin_wanted:
                raise ProbeError("an event was reported after finish()")
            body = {"seq": self._next(), "type": type, **now, "data": data}
            if blob is not None:
                body["blob"] = blob.member
            text = _dump(body)
            if len(text) > MAX_BODY:
                raise ProbeError(f"an event '{type}' is over the limit of 256 KiB")
            frames = [b"EVENT", text] + ([] if blob is None else [blob.bytes])
            self._kept.append(frames)
            self._kept_bytes += sum(map(len, frames))
        self._wake()

    def report_blob(self, type, data, blob_id, content, about="seen", last=True):
        """Hands over bytes with events of `type`, one for each 256 KiB of `content`. What has the same `blob_id`
        is one blob, in the order of reporting, until `last`. `about` says what it means that the bytes are what
        they are: "left" (they left the machine), "kept" (they lie there), "seen" (nothing by itself), "at-rest" (they lie
        on the guest's own disk)."""
        if about not in ("left", "kept", "seen", "at-rest"):
            raise ProbeError("'about' is \"left\", \"kept\", \"seen\" or \"at-rest\"")
        content = bytes(content)
        pieces = [content[at:at + MAX_BLOB] for at in range(0, len(content), MAX_BLOB)] or [b""]
        for number, piece in enumerate(pieces):
            ends = last and number + 1 == len(pieces)
            offset = self._blobs.get(blob_id, 0)
            self.report(type, data, _Piece({"id": blob_id, "offset": offset, "last": ends, "about": about}, piece))
            if ends:
                self._blobs.pop(blob_id, None)
            else:
                self._blobs[blob_id] = offset + len(piece)

    def count_dropped(self, events):
        """Counts events that were lost before they could be reported."""
        with self._changed:
            self._dropped += events

    def take_command(self, timeout=None):
        """The next Command, or None after `timeout` seconds (None: forever). Raises ProbeError once the collector is
        lost."""
        with self._changed:
            self._changed.wait_for(lambda: self._commands or self._failure, timeout)
            if self._failure and not self._commands:
                raise ProbeError(f"probe '{self._name}': {self._failure}")
            return self._commands.popleft() if self._commands else None

    def done(self, command, error="", result=None):
        """Answers a command; `error` is a sentence, empty for success."""
        with self._changed:
            self._answers.append((command.id, {"id": command.id, "error": error, "result": result}))
        self._wake()

    def wait_for_finish(self):
        """Refuses commands until the harness asks to finish."""
        while (command := self.take_command()).name != "finish":
            self.done(command, f"this probe does not know the command '{command.name}'")

    def finish(self, timeout=10.0):
        """Sends FIN; whether the collector has stored everything within `timeout` seconds."""
        with self._changed:
            self._fin_wanted = True
            self._changed.notify_all()
        self._wake()
        with self._changed:
            self._changed.wait_for(lambda: self._fin_acked or self._failure, timeout)
            return self._fin_acked

    @property
    def lost(self):
        """Why the collector is lost, or None."""
        return self._failure

    def close(self):
        self._stopping = True
        self._wake()
        self._thread.join()

    # Below: with self._changed held, or on the thread.

    def _next(self):
        return self._first + len(self._kept)

    def _full(self):
        return len(self._kept) >= self._buffer or self._kept_bytes >= _KEPT_BYTES

    def _forget(self, seq):
        was_full = self._full()
        while self._kept and self._first <= seq:
            self._kept_bytes -= sum(map(len, self._kept.popleft()))
            self._first += 1
        if was_full:
            self._changed.notify_all()

    def _wake(self):
        try:
            os.write(self._wake_write, b"\0")
        except (BlockingIOError, OSError):
            pass  # the pipe is full: the thread is awake; or closed: it has ended


_Piece = collections.namedtuple("_Piece", "member bytes")


def _dump(body):
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


class _Connection:
    """The thread that talks to the collector. A connection is given up, and a new one begun with HELLO, whenever
    the collector asks for it or is quiet for three heartbeats; silence beyond its limit, or a rejection, is the
    end."""

    def __init__(self, probe):
        self._probe = probe
        self._context = zmq.Context()
        self._socket = None
        self._welcome = None
        self._sent = 0  # number of the last event sent on this connection
        self._fin_sent = False
        self._silence = None
        self._last_command = 0
        self._answered = collections.OrderedDict()

    def run(self):
        probe = self._probe
        try:
            self._heard = self._turned = time.monotonic()
            self._connect()
            while not probe._stopping:
                self._turn()
        except Exception as error:  # whatever it is, report() and finish() must not wait for this thread
            with probe._changed:
                probe._failure = str(error) or repr(error)
                probe._changed.notify_all()
        finally:
            self._socket.close()
            self._context.term()
            os.close(probe._wake_read)

    def _connect(self):
        # A new socket each time: what waits in an old one belongs to a connection that is over.
        if self._socket is not None:
            self._socket.close(0)
        self._socket = self._context.socket(zmq.DEALER)
        self._socket.linger = 200
        self._socket.sndhwm = 0  # bounded by credit and by the buffer
        self._socket.reconnect_ivl = 50
        self._socket.reconnect_ivl_max = 500
        self._socket.connect(self._probe._collector)
        self._welcome = None
        self._connected = time.monotonic()
        clocks = {"wall_ns": time.time_ns(), "mono_ns": time.monotonic_ns()}
        self._send("HELLO", {**self._probe._hello, "clocks": clocks})

    def _send(self, kind, body):
        self._socket.send_multipart([kind.encode(), _dump(body)])

    def _turn(self):
        beat = self._welcome["heartbeat_ms"] / 1000 if self._welcome else _HELLO_AGAIN
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLIN)
        poller.register(self._probe._wake_read, zmq.POLLIN)
        poller.poll(max(1, min(250, beat * 250)))
        try:
            os.read(self._probe._wake_read, 4096)
        except BlockingIOError:
            pass
        while self._socket.poll(0):
            frames = self._socket.recv_multipart()
            self._heard = time.monotonic()
            if len(frames) >= 2:
                self._take(frames[0].decode("ascii", "replace"), frames[1])
        self._keep_time()
        if self._welcome:
            self._send_waiting()

    def _take(self, kind, text):
        handle = {"WELCOME": self._on_welcome, "ACK": self._on_ack, "REJECT": self._on_reject,
                  "COMMAND": self._on_command, "FIN_ACK": self._on_fin_ack}.get(kind)
        if handle:  # PONG has done its work by arriving; messages of later versions are left alone
            handle(json.loads(text))

    def _on_welcome(self, body):
        if body["proto"] != PROTOCOL or body["encoding"] != "json":
            raise ProbeError("the collector chose a protocol or an encoding this probe cannot speak")
        probe = self._probe
        with probe._changed:
            if body["resume_from"] > probe._next():
                raise ProbeError("the collector has events this probe never sent")
            if body["resume_from"] < probe._first:
                raise ProbeError(f"the collector lost events it had acknowledged, from {body['resume_from']}")
            probe._forget(body["resume_from"] - 1)
            probe._welcomed = True
            probe._changed.notify_all()
        self._welcome = body
        self._silence = body["silence_ms"] / 1000
        self._sent = body["resume_from"] - 1
        self._fin_sent = False
        self._pinged = 0.0

    def _on_ack(self, body):
        if not self._welcome or body["seq"] > self._sent:
            return
        self._welcome["credit"] = max(self._welcome["credit"], body["credit"])
        with self._probe._changed:
            self._probe._forget(body["seq"])

    def _on_reject(self, body):
        if body["code"] in ("no-hello", "gap"):
            return self._connect()
        raise ProbeError(f"the collector rejected it: {body['sentence']}")

    def _on_command(self, body):
        if body["id"] in self._answered:
            return self._send("DONE", self._answered[body["id"]])
        if body["id"] <= self._last_command:
            return  # it is being done
        self._last_command = body["id"]
        with self._probe._changed:
            self._probe._commands.append(Command(body["id"], body["name"], body["arguments"]))
            self._probe._changed.notify_all()

    def _on_fin_ack(self, body):
        probe = self._probe
        with probe._changed:
            if self._fin_sent and body["last_seq"] == probe._next() - 1:
                probe._fin_acked = True
                probe._changed.notify_all()

    def _keep_time(self):
        now = time.monotonic()
        if now - self._turned > _STALL:
            self._heard += now - self._turned
        self._turned = now
        if self._silence is not None and now - self._heard > self._silence:
            raise ProbeError(f"the collector was silent for more than {self._silence:g} s")
        if not self._welcome:
            if now - self._connected > _HELLO_AGAIN:
                self._connect()
            return
        beat = self._welcome["heartbeat_ms"] / 1000
        if now - self._heard > _QUIET_HEARTBEATS * beat:
            return self._connect()
        if now - self._pinged < beat:
            return
        self._pinged = now
        with self._probe._changed:
            ping = {"sent_ns": time.monotonic_ns(), "last_seq": self._probe._next() - 1,
                    "queued": len(self._probe._kept), "dropped": self._probe._dropped}
        self._send("PING", ping)

    def _send_waiting(self):
        probe = self._probe
        with probe._changed:
            answers = list(probe._answers)
            probe._answers.clear()
            begin = self._sent + 1 - probe._first
            end = min(self._welcome["credit"] + 1 - probe._first, len(probe._kept))
            events = [*itertools.islice(probe._kept, begin, end)]
        for number, body in answers:
            self._send("DONE", body)
            self._answered[number] = body
            if len(self._answered) > _ANSWERS_KEPT:
                self._answered.popitem(last=False)
        for frames in events:
            self._socket.send_multipart(frames)
        self._sent += len(events)
        with probe._changed:
            due = probe._fin_wanted and not self._fin_sent and self._sent + 1 == probe._next()
            fin = {"last_seq": self._sent, "dropped": probe._dropped}
        if due:
            self._send("FIN", fin)
            self._fin_sent = True
