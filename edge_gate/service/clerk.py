"""The rules' own thread: the door loop reads an attribute, and never waits for the disk."""

import threading
from collections.abc import Mapping
from contextlib import suppress

from edge_gate.access.claim import Side
from edge_gate.access.events import LookAlikesFound
from edge_gate.access.instant import Instant
from edge_gate.access.memory import Memory
from edge_gate.access.passback import Passage
from edge_gate.access.rules import Rules
from edge_gate.errors import EdgeGateError
from edge_gate.evaluation.lookalikes import Alike
from edge_gate.ports import Clock, EventSink
from edge_gate.store.rules import RuleBook

EVERY_S = 0.5
"""How soon a change of the rules reaches the door."""


class Clerk(threading.Thread):
    """Reads the rules as they change, and notes on which side everybody is and who looks like whom.

    Args:
        book: the rules on the disk.
        sink: is told of look-alikes once they are noted.
        clock: says when.

    Attributes:
        rules: as they were last read; None while they cannot be.
    """

    def __init__(self, book: RuleBook, sink: EventSink, clock: Clock) -> None:
        super().__init__(name="rules", daemon=True)
        self._book = book
        self._sink = sink
        self._clock = clock
        self._alike: tuple[Alike, ...] = ()
        self._kept: tuple[Alike, ...] = ()
        self._stopped = threading.Event()
        self._noted: Mapping[str, Side] = {}
        self._seen: Mapping[str, Passage] = {}
        self.rules: Rules | None = None

    @property
    def look_alikes(self) -> int | None:
        """How many people need more than a face; None while the rules cannot be read."""
        return None if self.rules is None else len(self.rules.alike)

    def memory(self, now: Instant) -> Memory:
        """What was noted before the last stop; how long before is not known, so timed rules begin anew."""
        with suppress(EdgeGateError):
            self._noted = self._book.whereabouts()
        return Memory(whereabouts={name: Passage(name, side, now) for name, side in self._noted.items()})

    def note(self, whereabouts: Mapping[str, Passage]) -> None:
        """Hand over where everybody is; written down within `EVERY_S`."""
        self._seen = whereabouts

    def heed(self, alike: tuple[Alike, ...]) -> Rules | None:
        """The rules, in which look-alikes count from now on; written down within `EVERY_S`."""
        self._alike = alike
        rules = self.rules
        if rules is None or alike is self._kept:
            return rules
        return rules.with_alike(pair.names for pair in alike)

    def work(self) -> None:
        """Read and write once: what the thread does over and over."""
        alike = self._alike
        kept = alike is self._kept or self._noted_alike(alike)
        try:
            self.rules = self._book.rules()
        except EdgeGateError:
            self.rules = None
        if kept:
            self._kept = alike
        now = {name: passage.toward for name, passage in self._seen.items()}
        if now != self._noted:
            with suppress(EdgeGateError):
                self._book.save_whereabouts(now)
                self._noted = now

    def _noted_alike(self, alike: tuple[Alike, ...]) -> bool:
        """Write down those of whom nothing is kept yet; whether that could be done."""
        try:
            unknown = self._book.unknown_alike([pair.names for pair in alike])
            if unknown:
                self._book.save_alike(unknown)
        except EdgeGateError:
            return False
        for pair in alike:
            if pair.names in unknown:
                self._sink.post(LookAlikesFound(*pair.names, pair.score), self._clock.now())
        return True

    def run(self) -> None:
        """Work until told to stop."""
        while not self._stopped.wait(EVERY_S):
            self.work()

    def stop(self) -> None:
        """End soon; what was handed over is written first."""
        self._stopped.set()
        self.work()
