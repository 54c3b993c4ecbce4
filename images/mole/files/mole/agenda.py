# SPDX-License-Identifier: Apache-2.0
"""What is to be done later, by the guest's clock. A jump of that clock is noticed at once, and nothing polls: a guest's
virtual time runs fast only while it sleeps. Python 3.11 has no timerfd_create(2), so that the C library is called.
"""

import ctypes
import heapq
import itertools
import os
import struct
import threading
import time

_libc = ctypes.CDLL(None, use_errno=True)
_TFD_CLOEXEC_NONBLOCK = os.O_CLOEXEC | os.O_NONBLOCK
_ABSOLUTE_AND_CANCEL_ON_SET = 0x1 | 0x2
_FAR = 86400 * 365 * 100.0


class Agenda:
    """Any thread may add; the one that waits for `timer` to be readable calls run_due()."""

    def __init__(self):
        self._lock = threading.Lock()
        self._items = []
        self._number = itertools.count()
        self.timer = _libc.timerfd_create(time.CLOCK_REALTIME, _TFD_CLOEXEC_NONBLOCK)
        if self.timer < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._arm()

    def add(self, when, what):
        """Calls `what()` at or after a time of the guest's clock, in seconds since 1970."""
        with self._lock:
            heapq.heappush(self._items, (when, next(self._number), what))
            self._arm()

    def clear(self):
        with self._lock:
            self._items.clear()
            self._arm()

    def run_due(self):
        try:
            os.read(self.timer, 8)
        except OSError:
            pass  # ECANCELED: the clock was set
        while True:
            with self._lock:
                if not self._items or self._items[0][0] > time.time():
                    self._arm()
                    return
                what = heapq.heappop(self._items)[2]
            what()

    def _arm(self):
        # Armed even if nothing is due, or a set clock would not be told. Zero would disarm.
        when = max(self._items[0][0], 0.001) if self._items else time.time() + _FAR
        seconds, rest = divmod(when, 1)
        value = struct.pack("@qqqq", 0, 0, int(seconds), int(rest * 1e9))
        _libc.timerfd_settime(self.timer, _ABSOLUTE_AND_CANCEL_ON_SET, value, None)
