"""A Wiegand reader on two GPIO lines: a pulse to ground on D0 is a 0, on D1 a 1.

Readers drive 5 V; the Raspberry Pi's lines bear 3.3 V. The wiring page shows the level shifter.
"""

from queue import Empty, SimpleQueue
from typing import Any

from edge_gate.access.instant import Millis
from edge_gate.access.reading import CardRead, KeyPressed, Reading
from edge_gate.access.wiegand import GarbledFrame, card, key
from edge_gate.devices.gpio import explained, header
from edge_gate.errors import DoorHardwareError, ReaderError

GAP: Millis = 25
"""A frame is over when no pulse came for this long: readers send one every 2 ms or so."""

KEY_BITS = (4, 8)


class WiegandReader:
    """Frames of 26, 34 or 37 bits are cards, of 4 or 8 keys; anything else is noise and dropped.

    A Wiegand reader never says that it is there, so one that was cut off goes unnoticed.

    Args:
        d0: BCM number of the line D0.
        d1: BCM number of the line D1.
        factory: the gpiozero pin factory; None takes lgpio.

    Raises:
        ReaderError: if the lines cannot be claimed.
    """

    def __init__(self, d0: int, d1: int, factory: Any = None) -> None:
        self._pulses: SimpleQueue[int] = SimpleQueue()
        try:
            factory = factory or header(None)
            # gpiozero holds a callback weakly, so whoever has the pin keeps it.
            self._lines = [self._line(factory, number, bit) for bit, number in enumerate((d0, d1))]
        except DoorHardwareError as error:
            raise ReaderError(error.what) from error

    def read(self, timeout: Millis) -> Reading | None:
        """The next card or key; None if none came within `timeout`."""
        try:
            bits = [self._pulses.get(timeout=timeout / 1000)]
        except Empty:
            return None
        try:
            while True:
                bits.append(self._pulses.get(timeout=GAP / 1000))
        except Empty:
            pass
        try:
            return KeyPressed(key(bits)) if len(bits) in KEY_BITS else CardRead(card(bits))
        except GarbledFrame:
            return None

    def close(self) -> None:
        """Listen no more."""
        for pin, _ in self._lines:
            pin.when_changed = None

    def _line(self, factory: Any, number: int, bit: int) -> tuple[Any, object]:
        def pulse(_ticks: int, _state: int) -> None:
            self._pulses.put(bit)

        with explained(f"The line GPIO {number} of the reader cannot be claimed"):
            pin = factory.pin(number)
            pin.input_with_pull("up")
            pin.bounce = None
            pin.edges = "falling"
            pin.when_changed = pulse
            return pin, pulse
