# SPDX-License-Identifier: Apache-2.0
"""Datagrams and what stands in their headers. Nobody acknowledges them, so they count as taken once they are sent.

Channels take a Parcel and their options, and raise OSError.
"""

import socket
import ssl
import struct
import time

from . import cipher, guard

_FAMILY = {"any": socket.AF_UNSPEC, "4": socket.AF_INET, "6": socket.AF_INET6}
_NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970


def _place(host, port, ip="any"):
    kind, _, _, _, address = guard.addresses(host, port, socket.SOCK_DGRAM, _FAMILY[ip])[0]
    return kind, address


def send_udp(parcel, port=4000, ip="any", size=1200):
    family, address = _place(parcel.host, port, ip)
    with socket.socket(family, socket.SOCK_DGRAM) as out:
        for piece in parcel.pieces(size):
            out.sendto(piece, address)
    return True


def send_icmp(parcel, ip="4", size=1024):
    """What echo requests (RFC 792, RFC 4443) carry. The kernel fills in ICMPv6's checksum."""
    family, address = _place(parcel.host, 0, ip)
    protocol, kind = (socket.IPPROTO_ICMPV6, 128) if family == socket.AF_INET6 else (socket.IPPROTO_ICMP, 8)
    with socket.socket(family, socket.SOCK_RAW, protocol) as out:
        for number, piece in enumerate(parcel.pieces(size), 1):
            packet = struct.pack("!BBHHH", kind, 0, 0, 0x4D4F, number & 0xFFFF) + piece
            out.sendto(packet[:2] + struct.pack("!H", _checksum(packet)) + packet[4:], address)
    return True


def _checksum(packet):
    """The Internet's checksum (RFC 1071)."""
    total = sum(struct.unpack(f"!{(len(packet) + 1) // 2}H", packet + bytes(len(packet) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def send_ntp(parcel, place="extension", bits=16):
    """Requests (RFC 5905, mode 3) with an extension field (RFC 7822), or with the low bits of the transmit timestamp."""
    family, address = _place(parcel.host, 123)
    size = 64 if place == "extension" else bits // 8
    with socket.socket(family, socket.SOCK_DGRAM) as out:
        for piece in parcel.pieces(size):
            now = time.time()
            fraction = int(now % 1 * (1 << 32))
            extension = b""
            if place == "timestamp":
                padded = piece.ljust(size, b"\0")
                fraction = fraction >> bits << bits | int.from_bytes(padded, "big")
            else:
                value = piece + bytes(-len(piece) % 4)
                value = value.ljust(24, b"\0")  # the shortest last field there is has 28 bytes
                extension = struct.pack("!HH", 0x0204, len(value) + 4) + value
            head = struct.pack("!BBbbIII", 0x23, 0, 6, -20, 0, 0, 0) + bytes(24)
            out.sendto(head + struct.pack("!II", int(now) + _NTP_EPOCH & 0xFFFFFFFF, fraction) + extension, address)
    return True


def send_ip_id(parcel, port=33434):
    """Two bytes each in the identification of IPv4 headers, of empty datagrams. Two zeros go as 0xFFFF, since the kernel
    would fill in a zero itself."""
    _, address = _place(parcel.host, port, "4")
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as out:
        for piece in parcel.pieces(2):
            number = int.from_bytes(piece.ljust(2, b"\0"), "big") or 0xFFFF
            # The kernel fills in length, source and checksum.
            head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 0, number, 0, 64, socket.IPPROTO_UDP, 0, bytes(4),
                               socket.inet_aton(address[0]))
            out.sendto(head + struct.pack("!HHHH", 40000, port, 8, 0), address)
    return True


def send_quic(parcel, place="short", size=1000):
    """Datagrams as QUIC version 1 has them (RFC 9000, 9001): an Initial with a ClientHello, then the content: in packets
    with short headers under the static key, or in CRYPTO frames of further Initials, which anybody can open."""
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
    family, address = _place(parcel.host, 443)
    connection_id = parcel.random.randbytes(8)
    hello = _client_hello(parcel.host)
    with socket.socket(family, socket.SOCK_DGRAM) as out:
        out.sendto(_initial(connection_id, 0, 0, hello), address)
        at = len(hello)
        for number, piece in enumerate(parcel.pieces(size), 1):
            if place == "initial":
                out.sendto(_initial(connection_id, number, at, piece), address)
            else:
                nonce = number.to_bytes(12, "big")
                sealed = ChaCha20Poly1305(cipher.STATIC_KEY).encrypt(nonce, piece, None)
                out.sendto(b"\x41" + connection_id + number.to_bytes(2, "big") + sealed, address)
            at += len(piece)
    return True


def _client_hello(host):
    """The handshake message OpenSSL begins with, without the record around it."""
    out = ssl.MemoryBIO()
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols(["h3"])
    client = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=host)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()[5:]


def _varint(number):
    return struct.pack("!H", 0x4000 | number) if number < 1 << 14 else struct.pack("!I", 0x8000_0000 | number)


def _initial(connection_id, number, offset, data):
    from cryptography.hazmat.primitives import hashes, hmac
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

    def expand(secret, label, length):
        full = b"tls13 " + label
        return HKDFExpand(hashes.SHA256(), length, struct.pack("!HB", length, len(full)) + full + b"\0").derive(secret)

    extract = hmac.HMAC(bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"), hashes.SHA256())  # RFC 9001 5.2
    extract.update(connection_id)
    secret = expand(extract.finalize(), b"client in", 32)
    key, vector, mask_key = expand(secret, b"quic key", 16), expand(secret, b"quic iv", 12), expand(secret, b"quic hp", 16)

    frame = b"\x06" + _varint(offset) + _varint(len(data)) + data
    frame = frame.ljust(1162, b"\0")  # datagrams with an Initial have at least 1200 bytes
    head = (b"\xc3" + struct.pack("!I", 1) + bytes([len(connection_id)]) + connection_id + b"\0" + b"\0"
            + _varint(4 + len(frame) + 16))
    packet_number = struct.pack("!I", number)
    nonce = bytes(a ^ b for a, b in zip(vector, packet_number.rjust(12, b"\0")))
    sealed = AESGCM(key).encrypt(nonce, frame, head + packet_number)
    mask = Cipher(algorithms.AES(mask_key), modes.ECB()).encryptor().update(sealed[:16])
    hidden = bytes(a ^ b for a, b in zip(packet_number, mask[1:5]))
    return bytes([head[0] ^ mask[0] & 0x0F]) + head[1:] + hidden + sealed
