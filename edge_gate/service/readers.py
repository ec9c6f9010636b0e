"""A card reader's or keypad's own thread: readings become claims."""

import threading
from collections.abc import Callable
from typing import Protocol

from edge_gate.access.claim import Shown, Side
from edge_gate.access.instant import Millis
from edge_gate.access.keypad import Entry, Keypad, press
from edge_gate.access.reading import CardRead, Reading
from edge_gate.errors import EdgeGateError, ReaderError
from edge_gate.ports import Clock, Reader
from edge_gate.service.loops import Inbox

WAIT: Millis = 500
"""How long one look at a reader lasts; also how soon a stop is heard."""

PATIENCE: Millis = 5_000
"""A keypad forgets what was typed before a pause as long as this."""


class Holders(Protocol):
    """Tells whose card or PIN it is."""

    def card_shown(self, number: str, toward: Side) -> Shown:
        """What a card claims."""
        ...

    def pin_typed(self, entry: Entry, holder: str | None, toward: Side) -> Shown:
        """What a PIN claims."""
        ...


class ReaderLoop(threading.Thread):
    """Listens to one reader until told to stop.

    Args:
        reader: the device.
        toward: the side that it lets people through to.
        holders: whose cards and PINs they are.
        inbox: of the door loop.
        clock: for a keypad's pauses.
        holding: who has shown a card and is expected to type a PIN.

    Attributes:
        silent: whether the reader does not answer.
    """

    def __init__(
        self,
        reader: Reader,
        toward: Side,
        holders: Holders,
        inbox: Inbox,
        clock: Clock,
        *,
        holding: Callable[[], str | None],
    ) -> None:
        super().__init__(name="reader", daemon=True)
        self._reader = reader
        self._toward = toward
        self._holders = holders
        self._inbox = inbox
        self._clock = clock
        self._holding = holding
        self._pad = Keypad()
        self._stopped = threading.Event()
        self.silent = False

    def run(self) -> None:
        """Listen until told to stop; a reader that fails is tried again."""
        while not self._stopped.is_set():
            if not self.listen():
                self._stopped.wait(WAIT / 1000)

    def listen(self) -> bool:
        """Hear the next reading, if one comes; whether the reader answers."""
        try:
            reading = self._reader.read(WAIT)
        except ReaderError:
            self.silent = True
            return False
        self.silent = False
        if reading:
            self._heard(reading)
        return True

    def stop(self) -> None:
        """End soon."""
        self._stopped.set()

    def _heard(self, reading: Reading) -> None:
        try:
            if isinstance(reading, CardRead):
                self._inbox.put(self._holders.card_shown(reading.number, self._toward))
                return
            self._pad, entry = press(self._pad, reading.key, self._clock.now(), PATIENCE)
            if entry:
                self._inbox.put(self._holders.pin_typed(entry, self._holding(), self._toward))
        except EdgeGateError:
            # Nobody can say whose it is, so it is nobody's. The clerk reports that the rules cannot be read.
            return
