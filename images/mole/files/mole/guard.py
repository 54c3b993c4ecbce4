# SPDX-License-Identifier: Apache-2.0
"""What keeps the mole where it belongs: three locks, of which any one is enough to make its files harmless elsewhere.

1. Nothing runs without the device by which the harness marks its guests.
2. A case may name hosts below `.example` only (RFC 2606: nobody has such names), or addresses of networks that are set
   aside for tests and documentation.
3. A name must lead to such an address when something is sent; those are what the simulated internet hands out.
"""

import ipaddress
import os
import re
import socket
import stat

MARKER = "/dev/virtio-ports/org.candor.marker.0"
REFUSED = 2  # exit code

# RFC 2544, 5737 and 3849.
_TEST_NETWORKS = [ipaddress.ip_network(each) for each in
                  ("198.18.0.0/15", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")]
_NAME = re.compile(r"(?=.{1,253}$)(?:(?!-)[a-z0-9_-]{1,63}(?<!-)\.)+example")


class Refused(Exception):
    """What was asked for may not be done here; the text is one sentence."""


def require_marker():
    """Raises Refused outside a guest of the harness."""
    try:
        inside = stat.S_ISCHR(os.stat(MARKER).st_mode)
    except OSError:
        inside = False
    if not inside:
        raise Refused(f"{MARKER} is missing: this is no guest of the Candor harness, and the mole does nothing elsewhere")


def is_test_address(text):
    """Whether the text is an address of a network that is set aside for tests."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in _TEST_NETWORKS)


def is_permitted_host(text):
    """Whether a case may name this host."""
    return bool(_NAME.fullmatch(text)) or is_test_address(text)


def addresses(host, port, kind, family=socket.AF_UNSPEC):
    """getaddrinfo() of a permitted host; raises Refused if it is none or leads to a real network."""
    require_marker()
    if not is_permitted_host(host):
        raise Refused("the host is not below .example")
    found = socket.getaddrinfo(host, port, family, kind)
    if not found or not all(is_test_address(each[4][0]) for each in found):
        raise Refused("the host's address is not one of a network for tests")
    return found


def connect(host, port, timeout=30.0, family=socket.AF_UNSPEC):
    """A TCP connection to a permitted host; raises OSError or Refused."""
    problem = OSError("no address")
    for kind, of, protocol, _, address in addresses(host, port, socket.SOCK_STREAM, family):
        connection = socket.socket(kind, of, protocol)
        connection.settimeout(timeout)
        try:
            connection.connect(address)
            return connection
        except OSError as error:
            connection.close()
            problem = error
    raise problem
