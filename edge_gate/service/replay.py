"""A clip through the street, on the clip's own clock: exact, and the same every time."""

import time
from collections.abc import Callable, Iterator
from typing import Any

from msgspec import Struct

from edge_gate.access.door import Door
from edge_gate.access.events import AccessDenied, AccessGranted, DoorEvent, LivenessFailed, StrikeReleased
from edge_gate.access.gate import World
from edge_gate.access.instant import Instant
from edge_gate.access.rules import Rules
from edge_gate.errors import EndOfFootage
from edge_gate.evaluation.lookalikes import Alike
from edge_gate.face.comparison import Roster
from edge_gate.face.frame import Frame
from edge_gate.ports import Camera
from edge_gate.service.keeper import Keeper
from edge_gate.service.watcher import Watched, Watcher
from edge_gate.store.record import GENESIS, Entry, Record


class Told(Struct, frozen=True):
    """An event and when it happened, in milliseconds of the clip."""

    event: DoorEvent
    t_ms: Instant

    def as_json(self) -> dict[str, Any]:
        """The journal's record of it, without the number and the wall clock that a replay has not."""
        record = Record.of(Entry(self.event, self.t_ms, 0), 0, GENESIS).as_json()
        return {name: value for name, value in record.items() if name not in ("seq", "utc")}


class FixedGallery(Struct, frozen=True):
    """A `Gallery` that does not change while the clip runs."""

    everybody: Roster

    def roster(self) -> Roster:
        """Everybody given."""
        return self.everybody


class Transcript:
    """An `EventSink` that only remembers."""

    def __init__(self) -> None:
        self.told: list[Told] = []

    def post(self, event: DoorEvent, at: Instant) -> None:
        """Remember one event."""
        self.told.append(Told(event, at))


class Summary(Struct, frozen=True):
    """What came of a whole clip.

    Attributes:
        ms_per_frame: processor time of one frame, capture not counted; the only figure that differs
            from run to run.
    """

    frames: int
    granted: int
    denied: int
    strike_releases: int
    ms_per_frame: float


class Shown(Struct, frozen=True):
    """One frame, what was seen in it, what was told, and the door after it."""

    frame: Frame
    watched: Watched
    told: tuple[Told, ...]
    door: Door


EVERYBODY = Rules()
"""People and hours are left out: everybody enrolled may enter."""


class Replay:
    """Runs footage through a watcher and a keeper, frame by frame.

    Args:
        camera: footage that ends.
        watcher: the recognition half.
        keeper: the door half; its sink must be `transcript`.
        transcript: where the keeper's events go.
        alike: whom of the gallery the door could take for each other; swapped whole.
    """

    def __init__(
        self,
        camera: Camera,
        watcher: Watcher,
        keeper: Keeper,
        transcript: Transcript,
        alike: Callable[[], tuple[Alike, ...]],
    ) -> None:
        self._camera = camera
        self._watcher = watcher
        self._keeper = keeper
        self._transcript = transcript
        self._alike = alike
        self._kept: tuple[Alike, ...] = ()
        self._rules = EVERYBODY
        self._frames = 0
        self._cpu_ns = 0

    def __iter__(self) -> Iterator[Shown]:
        """Show the footage to its end.

        Raises:
            EdgeGateError: as the camera or the gallery do.
        """
        self._watcher.prepare()
        while True:
            try:
                frame = self._camera.capture(timeout=60_000)
            except EndOfFootage:
                return
            before, begun = len(self._transcript.told), time.process_time_ns()
            watched = self._watcher.watch(frame)
            # A clip's own time is all there is.
            now = frame.captured
            if watched.news or not self._keeper.doze(now):
                self._keeper.turn(watched.news, World(now, utc_ms=now, rules=self._heeded()))
            self._cpu_ns += time.process_time_ns() - begun
            self._frames += 1
            yield Shown(frame, watched, tuple(self._transcript.told[before:]), self._keeper.door)

    def _heeded(self) -> Rules:
        """The rules, in which look-alikes count; as in the daemon, the same ones until somebody else does."""
        if (alike := self._alike()) is not self._kept:
            self._kept, self._rules = alike, EVERYBODY.with_alike(pair.names for pair in alike)
        return self._rules

    def summary(self) -> Summary:
        """What came of the frames shown so far."""
        events = [told.event for told in self._transcript.told]

        def count(*kinds: type[DoorEvent]) -> int:
            return sum(isinstance(event, kinds) for event in events)

        return Summary(
            self._frames,
            count(AccessGranted),
            count(AccessDenied, LivenessFailed),
            count(StrikeReleased),
            round(self._cpu_ns / 1e6 / max(1, self._frames), 3),
        )
