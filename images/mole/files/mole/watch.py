# SPDX-License-Identifier: Apache-2.0
"""Watches folders and all below them, as an on-access scanner does: fanotify(7) says who closed which file, inotify(7)
which folders are new. Debian has no library for fanotify in Python, so that the C library is called.

Files that the mole itself reads are left out. A file counts as opened when a reader closes it, as written when a writer
does or when it is moved here.
"""

import ctypes
import errno
import os
import struct

_libc = ctypes.CDLL(None, use_errno=True)

_FAN_INIT = 0x1 | 0x2 | 0x10 | 0x20  # close on exec, no blocking, no bounds of queue and marks
_FAN_MARK_ADD, _FAN_MARK_ONLYDIR = 0x1, 0x8
_FAN_CLOSE_WRITE, _FAN_CLOSE_NOWRITE, _FAN_Q_OVERFLOW = 0x8, 0x10, 0x4000
_FAN_EVENT_ON_CHILD = 0x0800_0000
_FAN_EVENT = struct.Struct("=IBBHQii")  # length, version, reserved, length of this, mask, descriptor, process

_IN_INIT = os.O_CLOEXEC | os.O_NONBLOCK
_IN_MOVED_TO, _IN_CREATE, _IN_ONLYDIR, _IN_ISDIR = 0x80, 0x100, 0x0100_0000, 0x4000_0000
_IN_EVENT = struct.Struct("=iIII")  # watch, mask, cookie, length of the name behind it


def _called(result, what):
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


class Watch:
    """`on_file(event, path)` is called by the thread that calls the methods; event is "open" or "write"."""

    def __init__(self, folders, on_file):
        self._folders = folders
        self._on_file = on_file
        self._paths = {}  # of inotify's watches
        self.lost = 0  # how often the kernel's queue ran over, and folders that could not be watched
        self.files = _called(_libc.fanotify_init(_FAN_INIT, os.O_RDONLY | os.O_CLOEXEC | os.O_LARGEFILE), "fanotify_init")
        self.folders = _called(_libc.inotify_init1(_IN_INIT), "inotify_init1")
        self.mark_all()

    def mark_all(self):
        """Marks all folders there are; those that are marked stay so."""
        for folder in self._folders:
            self._mark(folder, found=False)

    def _mark(self, top, found):
        """Marks a folder and those below; with `found`, files in them count as written, since nobody told."""
        for path, inside, names in os.walk(top):
            try:
                self._mark_one(path)
            except OSError as error:
                # A folder that is gone needs no watch; what else cannot be watched is told as lost.
                self.lost += error.errno not in (errno.ENOENT, errno.ENOTDIR)
                inside.clear()
                continue
            if found:
                for name in names:
                    self._on_file("write", os.path.join(path, name))

    def _mark_one(self, path):
        name = os.fsencode(path)
        _called(_libc.fanotify_mark(self.files, _FAN_MARK_ADD | _FAN_MARK_ONLYDIR,
                                    ctypes.c_uint64(_FAN_CLOSE_WRITE | _FAN_CLOSE_NOWRITE | _FAN_EVENT_ON_CHILD),
                                    -100, name), f"fanotify_mark {path}")
        wanted = ctypes.c_uint32(_IN_CREATE | _IN_MOVED_TO | _IN_ONLYDIR)
        watch = _called(_libc.inotify_add_watch(self.folders, name, wanted), f"inotify_add_watch {path}")
        self._paths[watch] = path

    def read_files(self):
        """What fanotify has; call it when `files` can be read."""
        for event in self._events(self.files, 1 << 16):
            at = 0
            while at + _FAN_EVENT.size <= len(event):
                length, _, _, _, mask, descriptor, process = _FAN_EVENT.unpack_from(event, at)
                at += length
                if mask & _FAN_Q_OVERFLOW:
                    self.lost += 1
                if descriptor < 0:
                    continue
                try:
                    path = os.readlink(f"/proc/self/fd/{descriptor}")
                finally:
                    os.close(descriptor)
                if process != os.getpid() and not path.endswith(" (deleted)"):
                    self._on_file("write" if mask & _FAN_CLOSE_WRITE else "open", path)

    def read_folders(self):
        """What inotify has; call it when `folders` can be read."""
        for event in self._events(self.folders, 1 << 16):
            at = 0
            while at + _IN_EVENT.size <= len(event):
                watch, mask, _, length = _IN_EVENT.unpack_from(event, at)
                name = event[at + _IN_EVENT.size:at + _IN_EVENT.size + length].rstrip(b"\0")
                at += _IN_EVENT.size + length
                if watch not in self._paths:
                    continue
                path = os.path.join(self._paths[watch], os.fsdecode(name))
                if mask & _IN_ISDIR:
                    self._mark(path, found=True)
                elif mask & _IN_MOVED_TO:
                    self._on_file("write", path)

    @staticmethod
    def _events(descriptor, size):
        while True:
            try:
                yield os.read(descriptor, size)
            except BlockingIOError:
                return
