# SPDX-License-Identifier: Apache-2.0
"""The real world of passthrough tests: a name server and the servers of a vendor's cloud, in the network namespace
it is started in. Nothing here is a part of Candor.

usage: real_world.py FOLDER

In FOLDER: ca.pem, the authority of its certificates; ready, once all listen; connections, a line for each accepted
one ("PORT"); requests, a line of JSON for each HTTP request; bodies/SHA256; queries, the name server's log.

Names: cloud.vendor.example and second.vendor.example are 203.0.113.10 (the first also 2001:db8:113::10, and in the
certificate); down.vendor.example has no host behind it; lan.vendor.example is a private address. No other exists.
Ports of the cloud: 80 and 443 HTTP with keep-alive; 8443 HTTPS of an authority nobody knows; 9001 resets after a
byte; 9002 takes and says nothing; 9003 says rubbish without end; 9004 greets, and echoes.
"""

import ctypes
import hashlib
import http.server
import json
import os
import pathlib
import signal
import socket
import socketserver
import ssl
import struct
import subprocess
import sys
import threading
import time

CLOUD = "203.0.113.10"
CLOUD6 = "2001:db8:113::10"
NAME_SERVER = "192.0.2.53"
NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
folder = pathlib.Path(sys.argv[1])
(folder / "bodies").mkdir(parents=True)
lock = threading.Lock()


def note(file, line):
    with lock, open(folder / file, "a") as log:
        log.write(line + "\n")


def run(*command):
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def addresses():
    run("ip", "link", "set", "lo", "up")
    for address in (CLOUD + "/32", NAME_SERVER + "/32"):
        run("ip", "address", "add", address, "dev", "lo")
    run("ip", "-6", "address", "add", CLOUD6 + "/128", "dev", "lo", "nodad")


def authority(name):
    run("openssl", "req", "-x509", *NEW_KEY, "-days", "30", "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key",
        "-out", folder / f"{name}.pem")


def certificate(by, name):
    """A context for servers, with a certificate of that authority for the name."""
    request, key, made, names = (folder / f"{by}-{name}.{end}" for end in ("csr", "key", "pem", "ext"))
    run("openssl", "req", "-new", *NEW_KEY, "-subj", f"/CN={name}", "-keyout", key, "-out", request)
    names.write_text(f"subjectAltName=DNS:{name}\n")
    run("openssl", "x509", "-req", "-in", request, "-CA", folder / f"{by}.pem",
        "-CAkey", folder / f"{by}.key", "-CAcreateserial", "-days", "30", "-extfile", names, "-out", made)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    context.set_alpn_protocols(["h2", "http/1.1"])  # as clouds do that speak both
    return context


class Cloud(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, text):
        body = text.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def noted(self, size, digest):
        secured = isinstance(self.connection, ssl.SSLSocket)
        alpn = self.connection.selected_alpn_protocol() if secured else None
        note("requests", json.dumps({"method": self.command, "path": self.path, "host": self.headers.get("Host"),
                                     "alpn": alpn, "bytes": size, "sha256": digest,
                                     "port": self.server.server_address[1]}))

    def do_GET(self):
        self.noted(0, "")
        if self.path.startswith("/bytes/"):
            return self.answer("z" * int(self.path.rsplit("/", 1)[1]))
        return self.answer("the real cloud\n")

    def do_POST(self):
        left = int(self.headers.get("Content-Length", "0"))
        size, digest = left, hashlib.sha256()
        part = folder / "bodies" / f".part-{threading.get_ident()}"
        with open(part, "wb") as kept:
            while left > 0 and (piece := self.rfile.read(min(left, 65536))):
                left -= len(piece)
                digest.update(piece)
                kept.write(piece)
        os.rename(part, folder / "bodies" / digest.hexdigest())
        self.noted(size, digest.hexdigest())
        self.answer(f"the real cloud has {size} bytes, {digest.hexdigest()}\n")

    do_PUT = do_POST


class Resets(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(1)
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.request.close()


class Stalls(socketserver.BaseRequestHandler):
    def handle(self):
        threading.Event().wait()


class Babbles(socketserver.BaseRequestHandler):
    def handle(self):
        rubbish = os.urandom(65536)
        try:
            while True:
                self.request.sendall(rubbish)
        except OSError:
            pass


class Greets(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(b"220 the real host greets\r\n")
        while heard := self.request.recv(65536):
            self.request.sendall(heard)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 100
    tls = None

    def finish_request(self, request, client_address):
        note("connections", str(self.server_address[1]))
        if self.tls:
            try:
                request = self.tls.wrap_socket(request, server_side=True)
            except OSError as problem:
                return note("connections", f"{self.server_address[1]} {problem}")
        try:
            super().finish_request(request, client_address)
        except OSError:
            pass
        return None

    def handle_error(self, *_):
        pass


class Server6(Server):
    address_family = socket.AF_INET6


def serve(port, handler, tls=None):
    for kind, address in ((Server, CLOUD), (Server6, CLOUD6)):
        server = kind((address, port), handler)
        server.tls = tls
        threading.Thread(target=server.serve_forever, daemon=True).start()


addresses()
authority("ca")
authority("unknown-ca")
good = certificate("ca", "cloud.vendor.example")
serve(80, Cloud)
serve(443, Cloud, good)
serve(8443, Cloud, certificate("unknown-ca", "cloud.vendor.example"))
for number, handler in ((9001, Resets), (9002, Stalls), (9003, Babbles), (9004, Greets)):
    serve(number, handler)
for file in ("connections", "requests", "queries"):
    (folder / file).touch()
names = subprocess.Popen([
    "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=", "--group=", "--pid-file=",
    f"--log-facility={folder / 'queries'}", "--log-queries", "--no-resolv", "--no-hosts", "--no-poll",
    f"--listen-address={NAME_SERVER}", "--bind-interfaces", "--local=/#/",
    f"--host-record=cloud.vendor.example,{CLOUD},{CLOUD6}", f"--host-record=second.vendor.example,{CLOUD}",
    "--host-record=down.vendor.example,203.0.113.99", "--host-record=lan.vendor.example,10.0.0.5"],
    preexec_fn=lambda: ctypes.CDLL(None).prctl(1, signal.SIGKILL))  # PR_SET_PDEATHSIG
while names.poll() is None:
    probe = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    with probe:
        if probe.connect_ex((NAME_SERVER, 53)) == 0:
            break
    time.sleep(0.01)
(folder / "ready").touch()
sys.exit(names.wait())
