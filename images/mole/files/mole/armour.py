# SPDX-License-Identifier: Apache-2.0
"""Bytes as text, and what moves bytes about without a key.

Functions take the bytes and a Context (encodings.py) and return bytes.
"""

import base64
import binascii
import codecs
import html
import json
import quopri
import string
import urllib.parse
import zlib

_BASE64 = (string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/").encode()
_BASE58 = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BASE85 = (string.digits + string.ascii_uppercase + string.ascii_lowercase + "!#$%&()*+-;<=>?@^_`{|}~").encode()
_Z85 = (string.digits + string.ascii_lowercase + string.ascii_uppercase + ".-:+=^!/*?&<>()[]{}@%$#").encode()  # ZeroMQ 32
_NOT_IN_YENC = {0x00, 0x0A, 0x0D, 0x3D}


def as_text(data):
    """Bytes as text: UTF-8 if they are, else a character for each byte."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def as_hex(data, _):
    return data.hex().encode()


def as_base32(data, _):
    return base64.b32encode(data)


def as_base64(data, _, line=0):
    text = base64.b64encode(data)
    return b"\r\n".join(text[i:i + line] for i in range(0, len(text), line)) if line else text


def as_base64url(data, _):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def as_base85(data, _):
    return base64.b85encode(data)


def as_ascii85(data, _):
    return base64.a85encode(data, adobe=True)


def as_z85(data, _):
    # Z85 takes whole groups of four only.
    return base64.b85encode(data + bytes(-len(data) % 4)).translate(bytes.maketrans(_BASE85, _Z85))


def as_base58(data, _):
    number, digits = int.from_bytes(data, "big"), bytearray()
    while number:
        number, digit = divmod(number, 58)
        digits.append(_BASE58[digit])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return _BASE58[:1] * zeros + bytes(reversed(digits))


def as_quoted_printable(data, _):
    return quopri.encodestring(data)


def as_percent(data, _):
    return urllib.parse.quote_from_bytes(data, safe="").encode()


def as_html_entities(data, _, every=False):
    text = as_text(data)
    if every:
        return "".join(f"&#{ord(each)};" for each in text).encode()
    return html.escape(text).encode("ascii", "xmlcharrefreplace")


def as_json_string(data, _):
    return json.dumps(as_text(data)).encode()


def as_uuencode(data, _):
    lines = [binascii.b2a_uu(data[i:i + 45]) for i in range(0, len(data), 45)]
    return b"begin 644 sample.bin\n" + b"".join(lines) + b"`\nend\n"


def as_yenc(data, _):
    # yEnc 1.3 (http://www.yenc.org/yenc-draft.1.3.txt), in lines of 128 characters.
    result, line = bytearray(b"=ybegin line=128 size=%d name=sample.bin\r\n" % len(data)), bytearray()
    for byte in data:
        coded = (byte + 42) % 256
        line += bytes([0x3D, (coded + 64) % 256]) if coded in _NOT_IN_YENC else bytes([coded])
        if len(line) >= 128:
            result += line + b"\r\n"
            line.clear()
    if line:
        result += line + b"\r\n"
    return bytes(result) + b"=yend size=%d crc32=%08x\r\n" % (len(data), zlib.crc32(data))


def as_utf16le(data, _):
    return as_text(data).encode("utf-16-le")


def as_utf16be(data, _):
    return as_text(data).encode("utf-16-be")


def as_utf32(data, _):
    return as_text(data).encode("utf-32-le")


def as_reversed(data, _):
    return data[::-1]


def as_inverted(data, _):
    return bytes(byte ^ 0xFF for byte in data)


def as_nibble_swapped(data, _):
    return bytes((byte >> 4 | byte << 4) & 0xFF for byte in data)


def as_rot13(data, _):
    return codecs.encode(data.decode("latin-1"), "rot13").encode("latin-1")


def as_custom_base64(data, context):
    alphabet = bytearray(_BASE64)
    context.random.shuffle(alphabet)
    return base64.b64encode(data).translate(bytes.maketrans(_BASE64, bytes(alphabet)))


def as_interleave(data, context, n=2, filler=False):
    """With filler each n-th byte is the content's; without, the content's own columns follow each other."""
    if not filler:
        return b"".join(data[i::n] for i in range(n))
    result = bytearray(context.random.randbytes(len(data) * n))
    result[::n] = data
    return bytes(result)


def as_shuffle(data, context, chunk=64, numbered=False):
    """Chunks of so many bytes in an order from the seed; numbered ones begin with their place, in four bytes."""
    chunks = [(i.to_bytes(4, "big") if numbered else b"") + data[at:at + chunk]
              for i, at in enumerate(range(0, len(data), chunk))]
    context.random.shuffle(chunks)
    return b"".join(chunks)
