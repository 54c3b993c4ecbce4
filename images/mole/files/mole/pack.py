# SPDX-License-Identifier: Apache-2.0
"""Compressions and containers, each by the library or program that products use.

Functions take the bytes and a Context (encodings.py) and return bytes. Times in containers are fixed, so that a case's
output depends on its seed alone; only salts of encrypted containers are the packer's own.
"""

import bz2
import gzip
import io
import lzma
import os
import shutil
import subprocess
import tarfile
import tempfile
import zipfile
import zlib

_EPOCH = (2024, 1, 1, 0, 0, 0)


def as_gzip(data, _):
    return gzip.compress(data, mtime=0)


def as_zlib(data, _):
    return zlib.compress(data)


def as_deflate(data, _):
    packer = zlib.compressobj(wbits=-15)  # RFC 1951 without RFC 1950 around it
    return packer.compress(data) + packer.flush()


def as_bzip2(data, _):
    return bz2.compress(data)


def as_xz(data, _):
    return lzma.compress(data)


def as_lzma(data, _):
    return lzma.compress(data, lzma.FORMAT_ALONE)


def as_zstd(data, _):
    import zstandard
    return zstandard.ZstdCompressor().compress(data)


def as_lz4(data, _):
    import lz4.frame
    return lz4.frame.compress(data)


def as_brotli(data, _):
    import brotli
    return brotli.compress(data)


def _member(context, own_name):
    return context.name if own_name else "sample.bin"


def as_tar(data, context, own_name=False):
    return tar_of({_member(context, own_name): data})


def as_zip(data, context, own_name=False, password=None, cipher="zipcrypto"):
    return zip_of({_member(context, own_name): data}, password, cipher)


def as_7z(data, context, own_name=False, password=None):
    return _by_7zip("7z", {_member(context, own_name): data}, [f"-p{password}", "-mhe=on"] if password else [])


def tar_of(members, compression=""):
    """A tar archive of {name: bytes}; `compression` as tarfile names it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name.lstrip("/"))
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    whole = buffer.getvalue()
    return gzip.compress(whole, mtime=0) if compression == "gz" else whole


def zip_of(members, password=None, cipher="zipcrypto"):
    """A zip archive of {name: bytes}; encrypted ones are 7-Zip's, since the library only reads such."""
    if password:
        method = "ZipCrypto" if cipher == "zipcrypto" else "AES256"
        return _by_7zip("zip", members, [f"-p{password}", f"-mem={method}"])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name.lstrip("/"), _EPOCH), data, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _by_7zip(kind, members, options):
    program = shutil.which("7z") or shutil.which("7zz")
    if not program:
        raise OSError("7-Zip is not installed")
    with tempfile.TemporaryDirectory(prefix="mole-") as folder:
        inside = os.path.join(folder, "in")
        os.mkdir(inside)
        for name, data in members.items():
            with open(os.path.join(inside, os.path.basename(name)), "wb") as file:
                file.write(data)
        target = os.path.join(folder, "out." + kind)
        subprocess.run([program, "a", "-y", f"-t{kind}", *options, target, "."], cwd=inside, check=True, timeout=300,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        with open(target, "rb") as file:
            return file.read()
