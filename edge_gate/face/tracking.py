"""Which face is the one of a moment ago."""

from collections.abc import Sequence
from dataclasses import dataclass

from edge_gate.access.instant import Instant, Millis
from edge_gate.face.detection import Face, overlap

LEAST_OVERLAP = 0.3
"""Two boxes of one face in successive looks share at least this much (IoU)."""

CALM = 0.7
"""Boxes of a face that share this much would share more than `LEAST_OVERLAP` after twice the time."""

FORGOTTEN_AFTER: Millis = 500
"""A face not seen for this long is a new face when it comes back, and must convince anew."""


@dataclass(frozen=True, slots=True)
class Followed:
    """A face with its track number.

    Attributes:
        track: its number.
        face: as it was seen last.
        seen: when that was.
        calm: whether it had hardly moved since the look before.
    """

    track: int
    face: Face
    seen: Instant
    calm: bool = False


@dataclass(frozen=True, slots=True)
class Tracks:
    """Every face being followed, and the next number to give; numbers are never used twice."""

    followed: tuple[Followed, ...] = ()
    next_number: int = 0

    def alive(self, now: Instant) -> tuple[Followed, ...]:
        """Those seen lately enough to be the same face when seen again."""
        return tuple(each for each in self.followed if now - each.seen < FORGOTTEN_AFTER)


def follow(tracks: Tracks, faces: Sequence[Face], now: Instant) -> tuple[Tracks, tuple[Followed, ...]]:
    """Give each face the track it overlaps most, or a new one.

    Returns:
        The tracks after this look, and the faces of this look in the order given.
    """
    alive = tracks.alive(now)
    pairs = sorted(
        (
            (shared, index, old)
            for index, face in enumerate(faces)
            for old in alive
            if (shared := overlap(face, old.face)) >= LEAST_OVERLAP
        ),
        key=lambda pair: -pair[0],
    )
    numbers: dict[int, int] = {}
    calm = set()
    for shared, index, old in pairs:
        if index not in numbers and old.track not in numbers.values():
            numbers[index] = old.track
            if shared >= CALM:
                calm.add(index)
    following = tracks.next_number
    seen = []
    for index, face in enumerate(faces):
        if index not in numbers:
            numbers[index], following = following, following + 1
        seen.append(Followed(numbers[index], face, now, index in calm))
    lost = [old for old in alive if old.track not in numbers.values()]
    return Tracks((*seen, *lost), following), tuple(seen)
