# SPDX-License-Identifier: Apache-2.0
"""The text of a document, as scanners extract it, and a picture of it.

`extract` never fails: what cannot be read as its format says gives the text its bytes make, so that a broken document
is still looked at. At most 32 MiB of an archive's members are read.
"""

import email
import email.policy
import functools
import html
import html.parser
import io
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
import zipfile

_MOST = 32 << 20
_CHARSETS = ("utf-8", "cp1251", "latin-1")
# Where the words of a package are, by suffix.
_WORD = r"word/(document|header\d*|footer\d*|footnotes|comments)\.xml"
_PARTS = {".docx": _WORD, ".docm": _WORD,
          ".xlsx": r"xl/(sharedStrings|worksheets/sheet\d+)\.xml", ".pptx": r"ppt/slides/slide\d+\.xml",
          ".odt": r"content\.xml"}
_BREAKS = re.compile(r"</(?:w:p|a:p|text:p|text:h|row|si|w:tr)>")
_PROPERTIES = ("docProps/core.xml", "docProps/app.xml", "docProps/custom.xml", "meta.xml")


class _Html(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.pieces = []
        self.quiet = 0

    def handle_starttag(self, tag, attrs):
        self.quiet += tag in ("script", "style")
        if tag in ("p", "br", "div", "tr", "li", "h1", "h2", "h3"):
            self.pieces.append("\n")

    def handle_endtag(self, tag):
        self.quiet -= tag in ("script", "style") and self.quiet > 0

    def handle_data(self, data):
        if not self.quiet:
            self.pieces.append(data)


def decoded(data):
    """Bytes as text, by their byte order mark, by UTF-16's zeros, or by the first charset that fits."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    head = data[:400]
    if head[1::2].count(0) > len(head) // 4:
        return data.decode("utf-16-le", "replace")
    for charset in _CHARSETS:
        try:
            return data.decode(charset)
        except UnicodeDecodeError:
            continue
    raise AssertionError("latin-1 takes all bytes")


def _html(data):
    parser = _Html()
    parser.feed(decoded(data))
    return re.sub(r"[ \t]+", " ", "".join(parser.pieces))


def _without_tags(xml):
    text = re.sub(r"<[^>]*>", "", _BREAKS.sub("\n", xml))
    return html.unescape(text)


def _package(data, pattern):
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        parts = sorted(name for name in package.namelist() if re.fullmatch(pattern, name))
        return "\n".join(_without_tags(package.read(name).decode("utf-8", "replace")) for name in parts)


def _rtf(data):
    """RTF 1.9: groups that are no text are left out, escapes of code page 1252 and \\uN are undone."""
    source = data.decode("latin-1")
    source = re.sub(r"\{\\(?:\*|fonttbl|colortbl|stylesheet|info|pict)[^{}]*(?:\{[^{}]*\}[^{}]*)*\}", "", source)
    source = re.sub(r"\\u(-?\d+) ?\??", lambda m: chr(int(m[1]) % 65536), source)
    source = re.sub(r"\\'([0-9a-fA-F]{2})", lambda m: bytes([int(m[1], 16)]).decode("cp1252", "replace"), source)
    source = re.sub(r"\\(?:par|line|tab|cell|row)\b ?", "\n", source)
    source = re.sub(r"\\[a-zA-Z]+-?\d* ?", "", source)
    return re.sub(r"[{}]|\\(?=[\\{}])", "", source)


def _eml(data):
    message = email.message_from_bytes(data, policy=email.policy.default)
    pieces = [f"{key}: {message[key]}" for key in ("From", "To", "Subject") if message[key]]
    for part in message.walk():
        if part.is_multipart():
            continue
        content = part.get_payload(decode=True) or b""
        name = part.get_filename()
        kind = ".html" if part.get_content_type() == "text/html" else ".txt"
        pieces.append(of_bytes(content, os.path.splitext(name)[1].lower() if name else kind))
    return "\n".join(pieces)


def _pdf(data):
    done = subprocess.run(["pdftotext", "-", "-"], input=data, capture_output=True, timeout=60, check=True)
    return done.stdout.decode("utf-8", "replace")


def _archive(data, suffix):
    return "\n".join(of_bytes(content, os.path.splitext(name)[1].lower()) for name, content in members(data, suffix))


def members(data, suffix):
    """(name, bytes) of an archive's members: zip, 7z, tar, tar.gz. Encrypted ones and what breaks are left out."""
    left = _MOST
    try:
        if data.startswith(b"PK\3\4"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                for info in archive.infolist():
                    left -= info.file_size
                    if left > 0 and not info.flag_bits & 1 and not info.is_dir():
                        yield info.filename, archive.read(info)
        elif data.startswith(b"7z\xbc\xaf\x27\x1c"):
            yield from _members_of_7z(data)
        elif suffix in (".gz", ".tar", ".tgz"):
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                for info in archive:
                    left -= info.size
                    if left > 0 and info.isfile():
                        yield info.name, archive.extractfile(info).read()
    except (OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zipfile.BadZipFile, tarfile.TarError,
            subprocess.SubprocessError):
        return


def _members_of_7z(data):
    program = shutil.which("7z") or shutil.which("7zz")
    with tempfile.TemporaryDirectory(prefix="mole-") as folder:
        archive = os.path.join(folder, "a.7z")
        with open(archive, "wb") as file:
            file.write(data)
        inside = os.path.join(folder, "in")
        subprocess.run([program, "x", "-y", "-pnone", f"-o{inside}", archive], check=True, timeout=120,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        for path, _, names in os.walk(inside):
            for name in names:
                full = os.path.join(path, name)
                if os.path.isfile(full) and not os.path.islink(full) and os.path.getsize(full) <= _MOST:
                    with open(full, "rb") as file:
                        yield os.path.relpath(full, inside), file.read()


@functools.lru_cache(16)
def of_bytes(data, suffix):
    """The text of a document of this suffix (in lower case, with its dot). Many leaks ask for the same one in a row."""
    try:
        if suffix in _PARTS:
            return _package(data, _PARTS[suffix])
        if suffix in (".html", ".htm"):
            return _html(data)
        if suffix == ".rtf":
            return _rtf(data)
        if suffix == ".eml":
            return _eml(data)
        if suffix == ".pdf":
            return _pdf(data)
        if suffix in (".zip", ".7z", ".tar", ".gz", ".tgz"):
            return _archive(data, suffix)
    except (OSError, ValueError, KeyError, LookupError, zipfile.BadZipFile, subprocess.SubprocessError):
        pass
    return decoded(data)


def properties(data):
    """Author, title and the like, as lines "name: value"; of packages and PDF."""
    try:
        if data.startswith(b"%PDF"):
            done = subprocess.run(["pdfinfo", "-"], input=data, capture_output=True, timeout=60, check=True)
            return done.stdout.decode("utf-8", "replace")
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            xml = "".join(package.read(name).decode("utf-8", "replace") for name in package.namelist()
                          if name in _PROPERTIES)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, subprocess.SubprocessError):
        return ""
    found = re.findall(r"<(?:\w+:)?(\w+)(?: [^>]*)?>([^<]+)</", xml)
    return "\n".join(f"{name}: {html.unescape(value)}" for name, value in found)


def page_image(text, width=1000):
    """The text's first 60 lines as a picture (PNG), as a renderer for previews would make it."""
    from PIL import Image, ImageDraw, ImageFont
    font = ImageFont.truetype("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", 20)
    lines = [line[:90] for line in text.splitlines() if line.strip()][:60]
    picture = Image.new("L", (width, 40 + 28 * max(1, len(lines))), 255)
    canvas = ImageDraw.Draw(picture)
    for i, line in enumerate(lines):
        canvas.text((20, 20 + 28 * i), line, 0, font)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    return buffer.getvalue()
