"""The calls of lgpio that gpiozero makes, on a board that lies in a file; not lgpio.

The file, which `boarded.Board` makes, has a byte for each line of the header: what the program drives it to,
what the world drives it to, and its resistor. Like a Raspberry Pi's kernel it keeps a level when the program
is gone.
"""

import mmap
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from gpiozero.pins import local

BOTH_EDGES, RISING_EDGE, FALLING_EDGE = 3, 1, 2
SET_PULL_UP, SET_PULL_DOWN, SET_PULL_NONE = 32, 64, 128
DRIVEN, OUTSIDE, PULL, SIZE = 0, 32, 64, 96
NOTHING = 255

_folder = Path(os.environ["EDGE_GATE_BOARD"])
with (_folder / "lines").open("r+b") as _file:
    _lines = mmap.mmap(_file.fileno(), SIZE)
_heard: dict[int, Callable[[int, int, int, int], None]] = {}

# A Raspberry Pi 4's; gpiozero asks which board it is on.
local.get_pi_revision = lambda: 0xC03111


class error(Exception):  # noqa: N801 - lgpio's own name
    """What lgpio raises."""


def gpiochip_open(_chip: int) -> int:
    return 1


def gpiochip_close(_handle: int) -> None:
    pass


def gpio_claim_input(_handle: int, gpio: int, flags: int = 0) -> None:
    _lines[DRIVEN + gpio] = NOTHING
    _lines[PULL + gpio] = flags


def gpio_claim_output(_handle: int, gpio: int, level: int = 0, _flags: int = 0) -> None:
    _lines[DRIVEN + gpio] = level


def gpio_free(_handle: int, gpio: int) -> None:
    _lines[DRIVEN + gpio] = NOTHING


def gpio_get_mode(_handle: int, gpio: int) -> int:
    return 2 if _lines[DRIVEN + gpio] != NOTHING else _lines[PULL + gpio]


def gpio_write(_handle: int, gpio: int, level: int) -> None:
    _lines[DRIVEN + gpio] = level


def gpio_read(_handle: int, gpio: int) -> int:
    for side in (DRIVEN, OUTSIDE):
        if _lines[side + gpio] != NOTHING:
            return _lines[side + gpio]
    return int(_lines[PULL + gpio] == SET_PULL_UP)


def gpio_set_debounce_micros(_handle: int, _gpio: int, _micros: int) -> None:
    pass


def gpio_claim_alert(_handle: int, gpio: int, _edges: int, flags: int = 0) -> None:
    gpio_claim_input(_handle, gpio, flags)


class callback:  # noqa: N801 - as above
    """Somebody who is told of a line's edges."""

    def __init__(
        self, _chip: int, gpio: int, _edges: int, told: Callable[[int, int, int, int], None]
    ) -> None:
        self._gpio = gpio
        _heard[gpio] = told
        if len(_heard) == 1:
            threading.Thread(target=_listen, daemon=True).start()

    def cancel(self) -> None:
        _heard.pop(self._gpio, None)


def _listen() -> None:
    """Each byte in the pipe is a line that was pulled to ground for a moment."""
    with (_folder / "pulses").open("rb", buffering=0) as pulses:
        while pulse := pulses.read(1):
            if told := _heard.get(pulse[0]):
                told(0, pulse[0], 0, time.monotonic_ns())
