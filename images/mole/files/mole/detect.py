# SPDX-License-Identifier: Apache-2.0
"""What a trigger looks for in a document."""

import io
import os
import re
import zipfile

from . import text

# The harmless marker that test signatures of other images detect (images/clamav/files/candor.ndb), put together here so
# that this file does not hold it.
MARKER = b"CANDOR-TEST-" + b"MARKER-7f3a9c51"

_CHARSETS = ("utf-8", "utf-16-le", "utf-16-be", "cp1251", "koi8-r", "gb18030")
_MOST = 32 << 20


def word_in(words, data, said):
    """The first of some words in a document's bytes, in any charset, or in its text, in any case; None."""
    folded = re.sub(r"\s+", " ", said).casefold()
    for word in words:
        if re.sub(r"\s+", " ", word).casefold() in folded:
            return word
        for charset in _CHARSETS:
            for form in (word, word.upper(), word.lower()):
                try:
                    if form.encode(charset) in data:
                        return word
                except UnicodeEncodeError:
                    break
    return None


def has_macro(data):
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            return any(name.endswith("vbaProject.bin") for name in package.namelist())
    except (zipfile.BadZipFile, ValueError):
        return False


def has_malware_beside(path, data):
    """Whether another file of the folder, or a member of the archive this is, holds the test marker."""
    suffix = os.path.splitext(path)[1].lower()
    if any(MARKER in content for _, content in text.members(data, suffix)):
        return True
    with os.scandir(os.path.dirname(path)) as found:
        entries = list(found)
    for entry in entries:
        if entry.path == path or not entry.is_file(follow_symlinks=False) or entry.stat().st_size > _MOST:
            continue
        try:
            with open(entry.path, "rb") as file:
                if MARKER in file.read():
                    return True
        except OSError:
            continue
    return False
