"""A USB reader that types the card's number and Enter, through the kernel's input events (evdev).

The layout of an event and the codes are the kernel's user-space interface (linux/input.h,
linux/input-event-codes.h). The device is grabbed, so that nothing it types reaches a console.
"""

import fcntl
import os
import select
import struct
from pathlib import Path

from edge_gate.access.instant import Millis
from edge_gate.access.reading import CardRead
from edge_gate.errors import ReaderError

EVENT = struct.Struct("llHHi")
EV_KEY, PRESSED = 1, 1
EVIOCGRAB = 0x40044590
ENTER = (28, 96)
DIGITS = {
    **{code: str((code - 1) % 10) for code in range(2, 12)},
    **dict(zip((82, 79, 80, 81, 75, 76, 77, 71, 72, 73), "0123456789", strict=True)),
}
"""Key codes of the row of digits, and of the number pad."""

LONGEST = 32


class HidReader:
    """A reader at an input device, opened when it is first read, and again after it failed.

    Args:
        path: e.g. ``/dev/input/by-id/usb-...-event-kbd``.
        grab: whether to keep its keys from everybody else.
    """

    def __init__(self, path: Path, *, grab: bool = True) -> None:
        self._path = path
        self._grab = grab
        self._device = -1
        self._typed = ""

    def read(self, timeout: Millis) -> CardRead | None:
        """The next card; None if none came within `timeout`.

        Raises:
            ReaderError: if the device is not there, or went away.
        """
        try:
            if self._device < 0:
                self._open()
            ready, _, _ = select.select([self._device], [], [], timeout / 1000)
            return self._events(os.read(self._device, 64 * EVENT.size)) if ready else None
        except OSError as error:
            self.close()
            raise ReaderError(f"The reader {self._path} does not answer: {error.strerror}") from error

    def close(self) -> None:
        """Let go of the device."""
        if self._device >= 0:
            os.close(self._device)
        self._device, self._typed = -1, ""

    def _open(self) -> None:
        self._device = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        if self._grab:
            fcntl.ioctl(self._device, EVIOCGRAB, 1)

    def _events(self, data: bytes) -> CardRead | None:
        if not data:
            raise OSError(0, "it was unplugged")
        card = None
        for place in range(0, len(data) - EVENT.size + 1, EVENT.size):
            _, _, kind, code, value = EVENT.unpack_from(data, place)
            if (kind, value) != (EV_KEY, PRESSED):
                continue
            if code in ENTER:
                card = CardRead(f"hid:{self._typed}") if self._typed else card
                self._typed = ""
            else:
                self._typed = (self._typed + DIGITS.get(code, ""))[-LONGEST:]
        return card
