# SPDX-License-Identifier: Apache-2.0
"""The table of encodings: their names in a case, their options, and what does them."""

import dataclasses
from random import Random

from . import armour, cipher, pack, structure
from .spec import Choice, Flag, Number, Record, Text, Variant, hexadecimal


@dataclasses.dataclass
class Context:
    """What an encoding may know besides the bytes: the case's chance, and the document's name."""
    random: Random
    name: str = "sample.bin"


_OWN_NAME = {"own-name": (Flag(), False)}  # the document's own name, else one that says nothing
_PASSWORD = {"password": (Text("a password", "[ -~]{1,64}"), None)}
_KEY = {"key": (hexadecimal(32, 32), cipher.STATIC_KEY)}

# name: function, options
_TABLE = {
    "gzip": (pack.as_gzip, {}),
    "zlib": (pack.as_zlib, {}),
    "deflate": (pack.as_deflate, {}),
    "bzip2": (pack.as_bzip2, {}),
    "xz": (pack.as_xz, {}),
    "lzma": (pack.as_lzma, {}),
    "zstd": (pack.as_zstd, {}),
    "lz4": (pack.as_lz4, {}),
    "brotli": (pack.as_brotli, {}),
    "zip": (pack.as_zip, {**_OWN_NAME, **_PASSWORD, "cipher": (Choice("cipher", ("zipcrypto", "aes")), "zipcrypto")}),
    "7z": (pack.as_7z, {**_OWN_NAME, **_PASSWORD}),
    "tar": (pack.as_tar, _OWN_NAME),
    "hex": (armour.as_hex, {}),
    "base32": (armour.as_base32, {}),
    "base64": (armour.as_base64, {"line": (Number(0, 1000), 0)}),
    "base64url": (armour.as_base64url, {}),
    "base85": (armour.as_base85, {}),
    "ascii85": (armour.as_ascii85, {}),
    "z85": (armour.as_z85, {}),
    "base58": (armour.as_base58, {}),
    "quoted-printable": (armour.as_quoted_printable, {}),
    "percent": (armour.as_percent, {}),
    "html-entities": (armour.as_html_entities, {"every": (Flag(), False)}),
    "json-string": (armour.as_json_string, {}),
    "uuencode": (armour.as_uuencode, {}),
    "yenc": (armour.as_yenc, {}),
    "utf-16le": (armour.as_utf16le, {}),
    "utf-16be": (armour.as_utf16be, {}),
    "utf-32": (armour.as_utf32, {}),
    "reversed": (armour.as_reversed, {}),
    "inverted": (armour.as_inverted, {}),
    "nibble-swapped": (armour.as_nibble_swapped, {}),
    "rot13": (armour.as_rot13, {}),
    "custom-base64": (armour.as_custom_base64, {}),
    "interleave": (armour.as_interleave, {"n": (Number(2, 64), 2), "filler": (Flag(), False)}),
    "shuffle": (armour.as_shuffle, {"chunk": (Number(1, 1 << 20), 64), "numbered": (Flag(), False)}),
    "xor": (cipher.as_xor, {"key": (hexadecimal(1, 32), None)}),
    "add": (cipher.as_add, {"value": (Number(1, 255), None)}),
    "chacha20": (cipher.as_chacha20, _KEY),
    "aes-gcm": (cipher.as_aes_gcm, _KEY),
    "aes-gcm-rsa": (cipher.as_aes_gcm_rsa, {}),
    "protobuf": (structure.as_protobuf, {"field": (Number(1, 1000), 2), "chunk": (Number(0, 1 << 20), 0)}),
    "cbor": (structure.as_cbor, {}),
    "msgpack": (structure.as_msgpack, {}),
    "json": (structure.as_json, {}),
    "form": (structure.as_form, {}),
    "multipart": (structure.as_multipart, _OWN_NAME),
    "png-lsb": (structure.as_png_lsb, {}),
}
_REQUIRED = {"xor": ("key",), "add": ("value",)}

KIND = Variant("encoding", "kind", {name: Record(options, _REQUIRED.get(name, ()))
                                    for name, (_, options) in _TABLE.items()})


def names():
    return list(_TABLE)


def encode(data, stack, context):
    """The bytes under a checked list of encodings, the first one innermost."""
    for each in stack:
        options = {key.replace("-", "_"): value for key, value in each.items() if key != "kind"}
        data = _TABLE[each["kind"]][0](data, context, **options)
    return data
