# SPDX-License-Identifier: Apache-2.0
"""candor scan: files, and captures in every form that Wireshark's tools make, searched for a run's documents.

Needs tshark, editcap, mergecap, reordercap, text2pcap (Wireshark's packages) and openssl; no VM, no image.
"""

import base64
import gzip
import hashlib
import json
import os
import random
import socket
import ssl
import struct
import subprocess
import threading

from e2e import candor, check, check_equal, runs, wait_until

TOKEN = "mfzwizltoqzdgnbvgy3tqojqmf"
HTTPS_TOKEN = "onsxazlsnfxgwzjanfzsa2lom5"
DOCUMENT = ("Board memo. The word is " + TOKEN + ".\n" + "".join(
    hashlib.sha256(b"line %d" % i).hexdigest() + "\n" for i in range(200))).encode()

run = runs / "run"
(run / "documents").mkdir(parents=True)
(run / "documents" / "memo.txt").write_bytes(DOCUMENT)
secret = b"A second memo says " + HTTPS_TOKEN.encode() + b" and nothing else, at some length.\n"
(run / "documents" / "plan.txt").write_bytes(secret)


def document(name, content, token):
    return {"id": name, "spec": name, "format": "txt", "marking": "none", "path": f"/home/alex/{name}-7.txt",
            "name": f"{name}-7.txt", "file": f"documents/{name}.txt", "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "canaries": [{"token": token, "place": "body", "page": 1}]}


manifest = run / "manifest.json"
manifest.write_text(json.dumps(
    {"seed": 1, "documents": [document("memo", DOCUMENT, TOKEN), document("plan", secret, HTTPS_TOKEN)]}))

# Copies and tshark's input go here, and must not stay.
temporary = runs / "temporary"
temporary.mkdir()
os.environ["TMPDIR"] = str(temporary)

# Captures, packet by packet.

CLIENT, SERVER = b"\x0a\x00\x00\x01", b"\x0a\x00\x00\x02"


def ip(source, destination, protocol, payload):
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 1, 0, 64, protocol, 0, source, destination)
    total = sum(struct.unpack("!10H", header))
    total = (total & 0xffff) + (total >> 16)
    return header[:10] + struct.pack("!H", ~(total + (total >> 16)) & 0xffff) + header[12:] + payload


def conversation(exchange, port, server_port, size=1400):
    """Ethernet frames of a TCP connection that carries [(from_client, bytes), …]."""
    sequence, frames = [0xfffffc00, 2000], []

    def segment(way, flags, data=b""):
        ports = (port, server_port) if way == 0 else (server_port, port)
        ends = (CLIENT, SERVER) if way == 0 else (SERVER, CLIENT)
        header = struct.pack("!HHIIBBHHH", *ports, sequence[way], sequence[1 - way] if flags != 2 else 0, 0x50, flags,
                             65535, 0, 0)
        frames.append(b"\x02" * 12 + b"\x08\x00" + ip(*ends, 6, header + data))
        sequence[way] = (sequence[way] + len(data) + (1 if flags & 3 else 0)) & 0xffffffff

    segment(0, 2), segment(1, 0x12), segment(0, 0x10)
    for way, data in exchange:
        for at in range(0, len(data), size):
            segment(way, 0x18, data[at:at + size])
    segment(0, 0x11), segment(1, 0x11), segment(0, 0x10)
    return frames


def write_pcap(name, frames, link=1):
    path = runs / name
    path.write_bytes(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144, link) + b"".join(
        struct.pack("<IIII", 1_700_000_000 + i, 1000 * i, len(f), len(f)) + f for i, f in enumerate(frames)))
    return path


def tool(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120, **options)
    check(done.returncode == 0, f"{command}: {done.stderr}")
    return done.stdout


def scan(*arguments, code=None, **options):
    done = candor("scan", *arguments, "--manifest", manifest, "--json", **options)
    if code is not None:
        check_equal(done.returncode, code, f"{arguments}: exit code ({done.stderr} {done.stdout[:3000]})")
    return json.loads(done.stdout)


def kinds(found, index=0):
    return {(hit["document"], hit["kind"]) for hit in found["files"][index]["hits"]}


body = b'{"document":"' + base64.b64encode(gzip.compress(DOCUMENT)) + b'"}'
request = b"POST /upload HTTP/1.1\r\nHost: a.example\r\nContent-Length: %d\r\n\r\n" % len(body) + body
upload = conversation([(0, request), (1, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")], 40000, 80)
plain = conversation([(0, b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n"), (1, b"HTTP/1.1 204 No Content\r\n\r\n")],
                     40001, 80)
leak = write_pcap("leak.pcap", upload)
clean = write_pcap("clean.pcap", plain)

# A leak in all its forms; the chain and its offsets lead back to the document.
found = scan(leak, code=1)
check_equal(found["format"], "candor.scan/1", "format")
check_equal(sorted(found), ["answer", "coverage", "files", "format"], "members")
check_equal(sorted(found["files"][0]), sorted(
    ["file", "format", "problem", "bytes", "packets", "searched", "opaque", "hits", "more_hits", "not_looked_into",
     "notes"]), "members of a file")
whole = [hit for hit in found["files"][0]["hits"] if hit["kind"] == "whole file"][0]
check_equal(sorted(whole), sorted(["kind", "document", "what", "place", "where", "frame", "decode", "offset",
                                   "length"]), "members of a hit")
check_equal(whole["where"], "tcp 10.0.0.1:40000 > 10.0.0.2:80", "where")
check_equal([step["decoder"] for step in whole["decode"]], ["base64", "gzip"], "chain")
check_equal(whole["decode"][0]["offset"], request.index(b'":"') + 3, "offset in the stream")
check_equal((whole["frame"], whole["offset"], whole["length"]), (4, 0, len(DOCUMENT)), "proof")
check_equal(found["files"][0]["not_looked_into"], [], "not looked into")
check_equal(scan(clean, code=0)["answer"], "nothing found", "clean")

# A canary's 16 bytes, two in the identification of each datagram, whatever the link.
sixteen = base64.b32decode(TOKEN.upper() + "=" * 6)
datagrams = []
for at in range(0, 16, 2):
    packet = ip(CLIENT, SERVER, 17, struct.pack("!HHHH", 5000, 9, 12, 0) + b"ping")
    datagrams.append(packet[:4] + sixteen[at:at + 2] + packet[6:])
for name, link, head in (("ids.pcap", 101, b""), ("ids-tagged.pcap", 1, b"\x02" * 12 + b"\x81\0\0\5\x08\0")):
    hits = scan(write_pcap(name, [head + packet for packet in datagrams], link), code=1)["files"][0]["hits"]
    check_equal([(hit["document"], hit["kind"], hit["where"]) for hit in hits],
                [("memo", "token", "IPv4 identification, 10.0.0.1 > 10.0.0.2")], name)
    check_equal([step["decoder"] for step in hits[0]["decode"]], ["values joined"], f"{name}: how it was put together")
datagrams[3] = datagrams[3][:4] + b"??" + datagrams[3][6:]
check_equal(scan(write_pcap("ids-not.pcap", datagrams, 101), code=0)["answer"], "nothing found", "other identifications")

# Formats that editcap writes, and gzip around them.
for name in ("pcap", "nsecpcap", "pcapng", "modpcap"):
    path = runs / f"as.{name}"
    tool("editcap", "-F", name, leak, path)
    check(("memo", "whole file") in kinds(scan(path, code=1)), name)
packed = runs / "no-ending"
packed.write_bytes(gzip.compress((runs / "as.pcapng").read_bytes()))
check_equal(scan(packed, code=1)["files"][0]["format"], "pcapng in gzip", "gzip")
with (runs / "as.pcapng").open("rb") as stream:
    check_equal(scan("-", code=1, stdin=stream)["files"][0]["file"], "-", "standard input")

# Several interfaces with different link types in one pcapng, and several sections in one file.
raw = write_pcap("raw.pcap", [frame[14:] for frame in plain], 101)
cooked = write_pcap("cooked.pcap", [b"\0\0\0\1\0\6" + b"\2" * 6 + b"\0\0\x08\0" + frame[14:] for frame in upload], 113)
tagged = write_pcap("tagged.pcap", [frame[:12] + b"\x81\0\0\5" + frame[12:] for frame in upload])
tool("mergecap", "-w", runs / "merged.pcapng", clean, raw, cooked)
check(("memo", "whole file") in kinds(scan(runs / "merged.pcapng", code=1)), "merged")
check(("memo", "whole file") in kinds(scan(tagged, code=1)), "tagged")
(runs / "sections.pcapng").write_bytes((runs / "as.pcapng").read_bytes() * 2)
check_equal(scan(runs / "sections.pcapng", code=1)["files"][0]["packets"], 2 * len(upload), "two sections")
tool("editcap", "-F", "pcapng", clean, runs / "clean.pcapng")
tool("editcap", "-a", f"1:{TOKEN}", runs / "clean.pcapng", runs / "comment.pcapng")
check_equal(kinds(scan(runs / "comment.pcapng", code=1)), {("memo", "token")}, "a comment")

# Out of order, twice, and put in order again by reordercap: the same answer.
shuffled = upload[:3] + random.Random(1).sample(upload[3:], len(upload) - 3)
times = write_pcap("shuffled.pcap", shuffled + upload[5:8])
first = scan(times, code=1)
check(("memo", "whole file") in kinds(first), "shuffled")
check_equal(first["files"][0]["not_looked_into"], [], "shuffled: not looked into")
tool("reordercap", times, runs / "reordered.pcap")
check(("memo", "whole file") in kinds(scan(runs / "reordered.pcap", code=1)), "reordered")
tool("editcap", "-A", "2023-11-14T22:13:20", leak, runs / "same.pcap")
tool("mergecap", "-a", "-w", runs / "twice.pcapng", leak, leak)
check(("memo", "whole file") in kinds(scan(runs / "twice.pcapng", code=1)), "twice")

# A packet less: a hole, which is reported with its place and never spliced over.
tool("editcap", leak, runs / "hole.pcap", "5")
found = scan(runs / "hole.pcap")
check(("memo", "whole file") not in kinds(found), "a document was spliced over a hole")
check("1400 bytes missing at 1400" in json.dumps(found["files"][0]["not_looked_into"]), "the hole is not reported")
tool("editcap", clean, runs / "clean-hole.pcap", "4")
check_equal(scan(runs / "clean-hole.pcap", code=3)["answer"], "inconclusive", "a hole in a clean capture")
tool("editcap", "-s", "60", clean, runs / "snapped.pcap")
found = scan(runs / "snapped.pcap", code=3)
check("missing at 6" in json.dumps(found["files"][0]["not_looked_into"]), "cut packets are not reported")

# Fragments of a datagram.
datagram = struct.pack("!HHHH", 5000, 9999, 8 + len(DOCUMENT), 0) + DOCUMENT
pieces = []
for at in range(0, len(datagram), 1480):
    part = ip(CLIENT, SERVER, 17, datagram[at:at + 1480])
    more = 0x2000 if at + 1480 < len(datagram) else 0
    pieces.append(b"\2" * 12 + b"\x08\0" + part[:6] + struct.pack("!H", more | at // 8) + part[8:])
fragments = write_pcap("fragments.pcap", pieces[::-1])
check(("memo", "whole file") in kinds(scan(fragments, code=1)), "fragments")

# Names that carry a token, a piece each.
def query(name):
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    message = struct.pack("!HHHHHH", 1, 0x100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"
    return b"\2" * 12 + b"\x08\0" + ip(CLIENT, SERVER, 17, struct.pack("!HHHH", 5353, 53, 8 + len(message), 0) + message)


names = write_pcap("names.pcap", [query(f"{TOKEN[at:at + 7].upper()}.evil.example") for at in range(0, 26, 7)])
found = scan(names, code=1)
check("dns evil.example" in [hit["where"] for hit in found["files"][0]["hits"]], "names")

# TLS: real exchanges with openssl's server, 1.3 and 1.2.
key, certificate = runs / "key.pem", runs / "certificate.pem"
tool("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "30",
     "-subj", "/CN=a.example")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def tls_exchange(version, keylog):
    """What goes over a socket while a client sends the second document: [(from_client, bytes), …]."""
    port = free_port()
    server = subprocess.Popen(["openssl", "s_server", "-accept", str(port), "-key", key, "-cert", certificate,
                               "-keylogfile", keylog, "-rev", version], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    exchange = []

    def connect():
        try:
            return socket.create_connection(("127.0.0.1", port))
        except OSError:
            return None

    upstream = wait_until(connect, 20, "openssl s_server listens")
    ours, theirs = socket.socketpair()

    def pump(source, target, way):
        try:
            while data := source.recv(65536):
                exchange.append((way, data))
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # a side that is gone hears no more

    pumps = [threading.Thread(target=pump, args=(theirs, upstream, 0), daemon=True),
             threading.Thread(target=pump, args=(upstream, theirs, 1), daemon=True)]
    for each in pumps:
        each.start()
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with context.wrap_socket(ours) as client:
        client.sendall(secret)
        answer = b""
        while len(answer) < len(secret):
            answer += client.recv(65536)
    for each in pumps:
        each.join(20)
    server.kill()
    server.communicate()
    return exchange


keys = [runs / "keys-13.log", runs / "keys-12.log"]
sessions = [tls_exchange("-tls1_3", keys[0]), tls_exchange("-tls1_2", keys[1])]
for keylog, session, port in zip(keys, sessions, (41000, 41001)):
    tls = write_pcap(f"tls-{port}.pcap", conversation(session, port, 443, 500) + plain)
    closed = scan(tls, code=3)["files"][0]
    check_equal({entry["reason"] for entry in closed["not_looked_into"]}, {"TLS without keys"}, "TLS without keys")
    found = scan(tls, "--keylog", keylog, code=1)["files"][0]
    check(("plan", "whole file") in {(hit["document"], hit["kind"]) for hit in found["hits"]}, f"inside TLS: {found}")
    check(all(hit["where"].startswith("TLS of tcp 10.0.0.1") for hit in found["hits"]), "where inside TLS")
    check_equal(found["not_looked_into"], [], "everything was opened")
    check(found["opaque"] < closed["opaque"] / 2, f"opaque: {found['opaque']} of {closed['opaque']}")
    other = scan(tls, "--keylog", keys[1] if keylog == keys[0] else keys[0], code=3)["files"][0]
    check("TLS without keys" in {entry["reason"] for entry in other["not_looked_into"]}, "with another's keys")
both = write_pcap("both.pcap", conversation(sessions[0], 41000, 443) + conversation(sessions[1], 41001, 443))
found = scan(both, "--keylog", keys[0], code=1)["files"][0]
check_equal({hit["where"].split(",")[0] for hit in found["hits"]}, {"TLS of tcp 10.0.0.1:41000 > 10.0.0.2:443"},
            "only what the keys open")
check(any("41001" in entry["where"] for entry in found["not_looked_into"]), "what they do not open")
odd = write_pcap("odd.pcap", conversation(sessions[0], 41000, 25))
found = scan(odd, "--keylog", keys[0], code=1)["files"][0]
check_equal(found["not_looked_into"], [], "TLS on another protocol's port")
late = write_pcap("late.pcap", conversation(sessions[1], 41001, 443)[-6:])
found = scan(late, "--keylog", keys[1], code=3)["files"][0]
check("TLS without keys" in {entry["reason"] for entry in found["not_looked_into"]}, f"TLS without its begin: {found}")
tool("editcap", "--inject-secrets", f"tls,{keys[0]}", runs / "tls-41000.pcap", runs / "with-secrets.pcapng")
found = scan(runs / "with-secrets.pcapng", code=1)["files"][0]
check(any(hit["where"].startswith("TLS of") for hit in found["hits"]), "secrets in the capture")
without = {**os.environ, "PATH": str(runs / "no-programs")}
found = scan(runs / "with-secrets.pcapng", code=3, env=without)["files"][0]
check("tshark" in json.dumps(found["not_looked_into"]), "tshark is missing")

# Wrong files.
whole_capture = leak.read_bytes()
cut = runs / "cut.pcap"
cut.write_bytes(whole_capture[:-10])
found = scan(cut, code=1)["files"][0]
check("breaks off inside a packet" in found["problem"] and f"of {len(whole_capture) - 10}" in found["problem"],
      found["problem"])
(runs / "clean-cut.pcapng").write_bytes((runs / "clean.pcapng").read_bytes()[:-6])
check("breaks off inside a block" in scan(runs / "clean-cut.pcapng", code=3)["files"][0]["problem"], "cut pcapng")
(runs / "header.pcap").write_bytes(whole_capture[:20])
scan(runs / "header.pcap", code=3)
(runs / "empty").write_bytes(b"")
scan(runs / "empty", code=0)
done = scan("/no/such/file", clean, code=3)
check_equal(done["files"][0]["problem"], "opening /no/such/file: No such file or directory", "missing file")
check_equal(done["files"][1]["packets"], len(plain), "the other file")
scan("/no/such/file", code=4)
for arguments in (["scan", clean], ["scan", clean, "--manifest", "/no/such"], ["scan", clean, "--manifest", clean],
                  ["scan", "-", "-", "--manifest", manifest],
                  ["scan", clean, "--manifest", manifest, "--keylog", clean]):
    done = candor(*arguments, stdin=subprocess.DEVNULL)
    check_equal(done.returncode, 4, f"{arguments}: exit code ({done.stderr})")
    check_equal(done.stdout, "", f"{arguments}: standard output")

# A file that is cut again and again while it is read.
moving = runs / "moving"
stop = threading.Event()


def cut_and_grow():
    while not stop.is_set():
        with moving.open("wb") as stream:
            stream.truncate(80 << 20)
            stream.write(DOCUMENT)
        os.truncate(moving, 1)


writer = threading.Thread(target=cut_and_grow)
moving.write_bytes(DOCUMENT)
writer.start()
for _ in range(3):
    check(candor("scan", moving, "--manifest", manifest).returncode in (0, 1, 3), "a file that changes")
stop.set()
writer.join()

# Folders, and names that try to act on the terminal.
folder = runs / "folder"
folder.mkdir()
(folder / "evil\x1b[2Jname\n").write_bytes(DOCUMENT)
(folder / "evil\x9b2J\u202e").write_bytes(DOCUMENT)
(folder / "b").symlink_to(folder)
os.mkfifo(folder / "c")
done = candor("scan", folder, "--manifest", run)
check_equal(done.returncode, 1, "folder")
check("\x1b" not in done.stdout and "evil\\x1b[2Jname\\n" in done.stdout, "an escaped name")
check("\x9b" not in done.stdout and "\u202e" not in done.stdout, "a name with other controls")
found = candor("scan", folder, "--manifest", run, "--json").stdout
check(found.isascii() and "evil\x9b2J\u202e" in json.dumps(json.loads(found), ensure_ascii=False), "names in JSON")
check("whole file" in done.stdout and "not followed" in done.stdout and "neither a file" in done.stdout, done.stdout)
check_equal(sorted(path.name for path in temporary.iterdir()), [], "leftovers")
