# SPDX-License-Identifier: Apache-2.0
"""A guest that tries to get out reaches no listener of the host, and every try is in the capture."""

import json
import selectors
import socket
import subprocess
import threading

from e2e import check, check_equal, run_json, scenario

METADATA = "169.254.169.254"


def host_addresses():
    shown = json.loads(subprocess.run(["ip", "-j", "address"], capture_output=True, check=True).stdout)
    return [a["local"] for link in shown for a in link["addr_info"] if a["scope"] != "link"]


class Listeners:
    """TCP and UDP on every address of the host, on one port; counts whoever comes."""

    def __init__(self, addresses):
        self.reached = []
        self.selector = selectors.DefaultSelector()
        self.port = 0
        self.kept = []
        for address in addresses:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                listener = socket.socket(family, kind)
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                listener.bind((address, self.port))
                self.port = listener.getsockname()[1]
                if kind == socket.SOCK_STREAM:
                    listener.listen()
                self.kept.append(listener)
                self.selector.register(listener, selectors.EVENT_READ, (address, kind))
        threading.Thread(target=self.watch, daemon=True).start()

    def watch(self):
        while True:
            for key, _ in self.selector.select():
                self.reached.append(key.data)
                key.fileobj.accept() if key.data[1] == socket.SOCK_STREAM else key.fileobj.recvfrom(100)


addresses = sorted(set(host_addresses()) | {"127.0.0.1"})
listeners = Listeners(addresses)
port = listeners.port
# The listeners work: one of this host's own processes reaches them.
socket.create_connection(("127.0.0.1", port)).close()
while not listeners.reached:
    pass
listeners.reached.clear()

tries = [(address, port) for address in addresses if address not in ("127.0.0.1", "::1")]
tries += [(METADATA, 80), ("10.77.0.1", port), ("10.77.0.1", 22), ("fd77::1", port), ("192.168.0.1", 445), ("8.8.8.8", 9)]
sends = "\n".join(f"exec 3<>/dev/tcp/{a}/{p} && echo try >&3; exec 3>&-; echo try > /dev/udp/{a}/{p}" for a, p in tries)
# A loopback address over the wire, as only a raw frame can carry it, then other MACs, a VLAN tag, a made-up protocol.
RAW = r"""
use Socket; my $i = 2; socket(my $s, 17, SOCK_RAW, unpack('n', pack('S', 3))) or die "socket: $!";
my $if = `cat /sys/class/net/e*/ifindex`; chomp $if;
my ($me, $gw, $no) = map { pack('H*', $_) } ('525400770002', '525400770001', '0242ac110002');
sub frame { my $f = pack('a60', $_[0]); send($s, $f, 0, pack('SnISCCa8', 17, 3, $if, 1, 0, 6, substr($f, 0, 6))) or die "send: $!"; }
sub ip { my ($to) = @_; my $p = pack('CCnnnCCna4a4', 0x45, 0, 36, 7, 0, 64, 17, 0, inet_aton('10.77.0.2'), inet_aton($to));
  my $sum = 0; $sum += $_ for unpack('n*', $p); $sum = ($sum & 0xffff) + ($sum >> 16) while $sum >> 16;
  substr($p, 10, 2) = pack('n', ~$sum & 0xffff); return $p . pack('nnnn', 4000, PORT, 16, 0) . 'raw-try!'; }
frame($gw . $me . pack('n', 0x0800) . ip('127.0.0.1'));
frame($no . $me . pack('n', 0x0800) . ip('10.77.0.99'));
frame($gw . $me . pack('nnn', 0x8100, 42, 0x0800) . ip('10.77.0.1'));
frame(("\xff" x 6) . $me . pack('n', 0x88b5) . 'ethernet-try');
""".replace("PORT", str(port))

text = json.dumps  # a JSON string is a YAML string
code, verdict, folder = run_json(scenario(f"""about: The guest tries to get out.
documents:
  memo: {{format: txt, marking: none, to: /home/alex/Documents}}
steps:
  - plant: memo
  - exec: {{command: [/bin/bash, -c, {text("set -x; " + sends + chr(10) + "true")}], within: 120s}}
  - exec: [/usr/bin/perl, -e, {text(RAW)}]
"""), "clamav")
for step in verdict["steps"]:
    check(step["done"], f"step {step['index'] + 1}: {step['detail']}")
check_equal(listeners.reached, [], "listeners of the host that were reached")


def captured(display_filter):
    shown = subprocess.run(["tshark", "-r", folder / "frames.pcapng", "-Y", display_filter, "-T", "fields", "-e",
                            "frame.number"], capture_output=True, text=True, check=True).stdout
    return len(shown.split())


counted = 0
for address, number in tries:
    family = "ipv6" if ":" in address else "ip"
    for layer in ("tcp", "udp"):
        seen = captured(f"{family}.dst == {address} && {layer}.dstport == {number}")
        check(seen > 0, f"{layer} to {address} port {number} is in the capture")
        counted += 1
for name, display_filter in {
    "a loopback address over the wire": "ip.dst == 127.0.0.1",
    "another MAC": "eth.dst == 02:42:ac:11:00:02",
    "a VLAN tag": "vlan.id == 42",
    "a made-up protocol": "eth.type == 0x88b5",
}.items():
    check(captured(display_filter) > 0, f"{name} is in the capture")
    counted += 1
print(f"{counted} ways out tried, 0 listeners reached, all in the capture")
