"""The journal's own thread: whoever posts an event never waits for the disk."""

import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress

from edge_gate.access.events import (
    AccessDenied,
    DoorEvent,
    LivenessFailed,
    QualityRejected,
    RecordsDropped,
)
from edge_gate.access.instant import Instant, Millis
from edge_gate.errors import EdgeGateError
from edge_gate.ports import Clock
from edge_gate.store.journal import Journal
from edge_gate.store.record import Entry, Record

DENIALS = (AccessDenied, QualityRejected, LivenessFailed)
"""What is lost first where something must be: a crowd before the door makes hundreds of these."""

RETRY_S = 1.0
"""How long a failed write waits for its next attempt; a new event brings it forward."""


def _unheard(_: Record) -> None:
    pass


class Scribe:
    """The port `EventSink` before a journal.

    Args:
        journal: where records go; while the thread runs, it alone uses this connection.
        clock: what stamps the wall-clock time of an event, and the instant of `RecordsDropped`.
        capacity: events waiting at most, besides the batch being written.
        on_record: told of each record after its commit; an OSError of its own is its own affair.
    """

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        capacity: int = 1000,
        on_record: Callable[[Record], object] = _unheard,
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._capacity = capacity
        self._on_record = on_record
        self._changed = threading.Condition()
        self._queue: deque[Entry] = deque()
        self._batch: list[Entry] = []
        self._dropped = 0
        self._closing = False
        self._failing = False
        self._ended = False
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)

    @property
    def healthy(self) -> bool:
        """Whether the last write succeeded and the thread, once started, still runs."""
        return not (self._failing or self._ended)

    def start(self) -> None:
        """Write from now on in a thread of its own."""
        self._thread.start()

    def post(self, event: DoorEvent, at: Instant) -> None:
        """Hand over one event; never blocks on the disk, never raises."""
        entry = Entry(event, at, self._clock.utc_ms())
        with self._changed:
            self._queue.append(entry)
            if len(self._queue) > self._capacity:
                self._shed()
            self._changed.notify()

    def drain(self) -> bool:
        """Write what waits, in one commit, here and now: what the thread does over and over.

        Returns:
            Whether all of it is on the disk; if not, it waits on, and is tried first next time.
        """
        with self._changed:
            if not self._batch:
                self._batch = [*self._loss(), *self._queue]
                self._queue.clear()
                self._dropped = 0
        if not self._batch:
            return True
        try:
            records = self._journal.append_many(self._batch)
        except EdgeGateError:
            self._failing = True
            return False
        self._batch = []
        self._failing = False
        for record in records:
            with suppress(OSError):
                self._on_record(record)
        return True

    def close(self, timeout: Millis) -> bool:
        """Write what waits, for at most `timeout`, and end the thread; may be called twice.

        Returns:
            Whether everything is on the disk. If not, the journal may still be in use by the thread,
            which does not outlive the process.
        """
        with self._changed:
            self._closing = True
            self._changed.notify()
        if self._thread.ident is None:
            return self.drain()
        self._thread.join(timeout / 1000)
        return not (self._thread.is_alive() or self._batch or self._queue or self._dropped)

    def _run(self) -> None:
        try:
            self._write()
        finally:
            self._ended = True

    def _write(self) -> None:
        while True:
            with self._changed:
                if self._failing and not self._closing:
                    self._changed.wait(RETRY_S)
                else:
                    self._changed.wait_for(lambda: self._queue or self._closing)
                last = self._closing
            self.drain()
            if last:
                return

    def _loss(self) -> list[Entry]:
        if not self._dropped:
            return []
        return [Entry(RecordsDropped(self._dropped), self._clock.now(), self._clock.utc_ms())]

    def _shed(self) -> None:
        """Drop the oldest denial, or the oldest of all where there is none."""
        denials = (place for place, entry in enumerate(self._queue) if isinstance(entry.event, DENIALS))
        del self._queue[next(denials, 0)]
        self._dropped += 1
