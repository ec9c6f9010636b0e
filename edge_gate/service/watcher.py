"""Frames in, decisions out: the half of the street that the recognition loop and a replay share."""

from collections.abc import Iterator

from msgspec import Struct

from edge_gate.access.consensus import Track, consider
from edge_gate.access.decision import Decision
from edge_gate.access.events import CameraFault, CameraRecovered, DoorEvent
from edge_gate.access.instant import Instant, Millis
from edge_gate.access.interest import wanted
from edge_gate.access.verdict import Search
from edge_gate.face.attention import NOWHERE, Attention, Gaze, attend, attended, unhurried
from edge_gate.face.comparison import Roster
from edge_gate.face.frame import Frame, Pixels
from edge_gate.face.freshness import Freshness, observe
from edge_gate.face.motion import glimpse, grains
from edge_gate.face.tracking import Tracks
from edge_gate.ports import Gallery
from edge_gate.recognition.recognise import Eyes, Look, recognise
from edge_gate.service.standard import Mode, Ruling, Standard

NEAR = 0.85
"""Nobody is so quick that a face narrower than this share of what is compared would be compared next."""


SOON: Millis = 150
"""A face that is looked at anyway is compared now if it would have to be so shortly after."""


class Watched(Struct, frozen=True):
    """What came of one frame.

    Attributes:
        fresh: whether the picture was a new one.
        frozen: whether it has been the same one for too long.
        look: what a fresh picture showed; None where it was not worth a look.
        news: decisions, and what became of the camera, for the keeper.
    """

    fresh: bool
    frozen: bool
    look: Look | None
    news: tuple[Decision | DoorEvent, ...]


NOTHING_NEW = Watched(True, False, None, ())
"""What comes of nearly every frame before an empty room."""


class Watcher:
    """Remembers the tracks and their sightings from frame to frame. Belongs to one thread.

    Attributes:
        subjects: how many people the gallery held at the last look.
        search: whom the next face is compared with; set by the door loop, read once a frame.
        wanted_from: frames captured before then need not be watched.
    """

    def __init__(self, eyes: Eyes, gallery: Gallery, standard: Standard) -> None:
        self._eyes = eyes
        self._near = NEAR * eyes.gates.width_px
        self._gallery = gallery
        self._standard = standard
        self._ruling: Ruling | None = None
        self._untold: tuple[DoorEvent, ...] = ()
        self._freshness = Freshness()
        self._scattered: Pixels | None = None
        self._seen: Pixels | None = None
        self._attention = Attention()
        self._tracks = Tracks()
        self._memory: dict[int, Track] = {}
        self.subjects = 0
        self.search: Search | None = Search()
        self.wanted_from: Instant = 0
        self._searched: Search | None = Search()

    def prepare(self) -> None:
        """Work out before the first frame what a face must reach: with thousands enrolled it takes a while.

        What there is to tell of it is told with the first look.

        Raises:
            GalleryError: if the gallery cannot be read.
        """
        self._untold += self._ruled(self._gallery.roster()).news

    def watch(self, frame: Frame) -> Watched:
        """Look at one frame where that is worth while, and decide about every face in it.

        A picture that repeats the one before it is no new evidence, and is never looked at.

        Raises:
            GalleryError: if the gallery cannot be read.
        """
        now = self.wanted_from = frame.captured
        scattered = self._scattered = grains(frame.small or frame.full, self._scattered)
        before, self._freshness = self._freshness, observe(self._freshness, scattered, now)
        if self._freshness.repeats:
            begun = self._freshness.frozen and not before.frozen
            return Watched(False, self._freshness.frozen, None, (CameraFault("frozen"),) if begun else ())
        news: list[Decision | DoorEvent] = [CameraRecovered()] if before.frozen else []
        if self.search != self._searched:
            self._heed(self.search)
        seen = self._seen = glimpse(scattered, self._seen)
        undecided, cell = False, 1.0
        if self._tracks.followed:
            undecided = any(
                each.face.box[2] >= self._near and self._wanted(each.track, now)
                for each in self._tracks.alive(now)
            )
            cell = frame.full.width * frame.full.height / seen.size
        interval = now - before.since
        gaze = attend(
            self._attention, seen, self._tracks, now, cell=cell, undecided=undecided, interval=interval
        )
        if gaze is NOWHERE:
            self.wanted_from += unhurried(self._attention)
            return Watched(True, False, None, tuple(news)) if news else NOTHING_NEW
        everybody = self._gallery.roster()
        ruling = self._ruled(everybody)
        look = self._look(frame, gaze, everybody)
        news += [*self._untold, *ruling.news, *self._decided(look, ruling)]
        self._untold = ()
        # The next frame's glimpse is written over this one.
        self._attention = attended(self._attention, seen.copy(), gaze, now, faces=bool(look.faces))
        return Watched(True, False, look, tuple(news))

    def _ruled(self, everybody: Roster) -> Ruling:
        """What a face must reach now; what was seen before it changed counts no more."""
        before, mode = self._ruling, Mode.SEARCH if self._searched == Search() else Mode.ONE_HOLDER
        ruling = self._ruling = self._standard.ruling(everybody, mode)
        if before and before.rules != ruling.rules:
            self._memory = {}
        return ruling

    def _look(self, frame: Frame, gaze: Gaze, everybody: Roster) -> Look:
        look = recognise(
            frame,
            self._tracks,
            self._sought(everybody),
            self._eyes,
            gaze=gaze,
            wanted=lambda track: self._wanted(track, frame.captured + SOON),
        )
        self._tracks = look.tracks
        return look

    def _decided(self, look: Look, ruling: Ruling) -> Iterator[Decision]:
        for sighting in look.sightings:
            track = self._memory.get(sighting.track, Track())
            self._memory[sighting.track], decision = consider(track, sighting, ruling.rules)
            if decision:
                yield decision
        alive = {followed.track for followed in self._tracks.followed}
        self._memory = {number: track for number, track in self._memory.items() if number in alive}

    def _wanted(self, track: int, now: Instant) -> bool:
        return self._ruling is None or wanted(self._memory.get(track, Track()), now, self._ruling.rules)

    def _heed(self, search: Search | None) -> None:
        """What was seen under another question answers none of this one's."""
        self._searched, self._memory = search, {}

    def _sought(self, roster: Roster) -> Roster:
        """Whom to compare with now."""
        self.subjects = len(roster.subjects)
        if self._searched is None:
            return Roster.of([])
        return roster if self._searched.holder is None else roster.only(self._searched.holder)
