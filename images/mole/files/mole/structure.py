# SPDX-License-Identifier: Apache-2.0
"""Messages that carry the content in a field, and a picture that hides it.

Functions take the bytes and a Context (encodings.py) and return bytes. What a message holds besides is telemetry that
says nothing.
"""

import base64
import io
import json
import urllib.parse


def varint(number):
    """Protocol Buffers' variable-length number (https://protobuf.dev/programming-guides/encoding/)."""
    result = bytearray()
    while number > 0x7F:
        result.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*result, number])


def _bytes_field(number, data):
    return varint(number << 3 | 2) + varint(len(data)) + data


def as_protobuf(data, context, field=2, chunk=0):
    """One bytes field; or with `chunk` one for each so many bytes, with counters of telemetry between them."""
    message = _bytes_field(1, b"mole-telemetry")
    if not chunk:
        return message + _bytes_field(field, data)
    for at in range(0, len(data), chunk):
        entry = varint(1 << 3) + varint(context.random.randrange(1 << 20)) + _bytes_field(2, data[at:at + chunk])
        message += _bytes_field(field, entry)
    return message


def as_cbor(data, _):
    import cbor2
    return cbor2.dumps({"product": "mole", "data": data})


def as_msgpack(data, _):
    import msgpack
    return msgpack.packb({"product": "mole", "data": data})


def as_json(data, _):
    try:
        return json.dumps({"product": "mole", "text": data.decode()}).encode()
    except UnicodeDecodeError:
        return json.dumps({"product": "mole", "base64": base64.b64encode(data).decode()}).encode()


def as_form(data, _):
    return urllib.parse.urlencode({"product": "mole", "data": data}).encode()


def as_multipart(data, context, own_name=False):
    return multipart({"product": b"mole"}, data, context.name if own_name else "sample.bin", boundary(context))[0]


def boundary(context):
    return "----mole" + context.random.randbytes(12).hex()


def multipart(fields, data, name, border):
    """multipart/form-data (RFC 7578) of {name: bytes} and a file; returns the body and its Content-Type."""
    parts = [f'--{border}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n'.encode() + value
             for key, value in fields.items()]
    shown = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    parts.append(f'--{border}\r\nContent-Disposition: form-data; name="file"; filename="{shown}"\r\n'
                 f"Content-Type: application/octet-stream\r\n\r\n".encode() + data)
    return b"\r\n".join(parts) + f"\r\n--{border}--\r\n".encode(), f"multipart/form-data; boundary={border}"


def as_png_lsb(data, context):
    """The lowest bits of a picture's red, green and blue, most significant bit first, behind a length of four bytes."""
    from PIL import Image
    content = len(data).to_bytes(4, "big") + data
    bits = [byte >> shift & 1 for byte in content for shift in range(7, -1, -1)]
    side = 32
    while side * side * 3 < len(bits):
        side += 16
    tint = context.random.randrange(64)
    pixels = bytearray(side * side * 3)
    for i in range(len(pixels)):
        row, column = divmod(i // 3, side)
        value = (tint + row * 128 // side + column * 64 // side) & 0xFE
        pixels[i] = value | (bits[i] if i < len(bits) else 0)
    buffer = io.BytesIO()
    Image.frombytes("RGB", (side, side), bytes(pixels)).save(buffer, "PNG")
    return buffer.getvalue()
