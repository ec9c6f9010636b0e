"""The journal beside a change of the gallery: written down first, done second.

A change that cannot be written down is not made. One that was written down and then fails is followed by
`act_broken`, so that the journal never claims in silence what did not happen.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress

from edge_gate.access.events import ActBroken, DoorEvent
from edge_gate.config import Settings
from edge_gate.devices.clock import SystemClock
from edge_gate.errors import EdgeGateError
from edge_gate.service import wiring
from edge_gate.store.journal import Journal
from edge_gate.store.record import Entry, Record


class Ledger:
    """Notes what verbs do."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._clock = SystemClock()
        self.last: DoorEvent | None = None

    def note(self, event: DoorEvent) -> Record:
        """Put an event on the disk; the record that it has become.

        Raises:
            StorageFull, JournalError: as `Journal.append`.
        """
        record = self._journal.append(Entry(event, self._clock.now(), self._clock.utc_ms()))
        self.last = event
        return record

    @contextmanager
    def act(self) -> Iterator[None]:
        """Around one change: if it breaks off after it was noted, that is noted too."""
        self.last = None
        try:
            yield
        except EdgeGateError as error:
            if self.last:
                with suppress(EdgeGateError):
                    self.note(ActBroken(error.what, self.last.name))
            raise


@contextmanager
def ledger(settings: Settings) -> Iterator[Ledger]:
    """The journal of a site, for one change."""
    with closing(wiring.journal(settings)) as journal:
        book = Ledger(journal)
        with book.act():
            yield book
