"""Which face is the one of a moment ago."""

from collections.abc import Sequence

from msgspec import Struct

from edge_gate.access.instant import Instant, Millis
from edge_gate.face.detection import Face, overlap

LEAST_OVERLAP = 0.3
"""Two boxes of one face in successive looks share at least this much (IoU)."""

SPELL: Millis = 100
"""A face that was left alone for longer than this may have set off meanwhile: nearness is enough then."""

NEAR = 2.5
"""Boxes grown to this many times their size share at least `LEAST_OVERLAP` where faces are near."""

SURE_OVERLAP = 0.6
"""A face that moves on as it did is looked at again before its box shares less than this with the last."""

LONGEST_PATIENCE: Millis = 400
"""However still it stands."""

FORGOTTEN_AFTER: Millis = 500
"""A face not seen for this long is a new face when it comes back, and must convince anew."""


class Followed(Struct, frozen=True):
    """A face with its track number.

    Attributes:
        track: its number.
        face: as it was seen last.
        seen: when that was.
        patience: how long it may be left alone without being lost, from how it moved since the look before.
    """

    track: int
    face: Face
    seen: Instant
    patience: Millis = 0


class Tracks(Struct, frozen=True):
    """Every face being followed, and the next number to give; numbers are never used twice."""

    followed: tuple[Followed, ...] = ()
    next_number: int = 0

    def alive(self, now: Instant) -> tuple[Followed, ...]:
        """Those seen lately enough to be the same face when seen again."""
        # Every frame asks, and mostly nobody is there.
        if not self.followed:
            return ()
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
            if (shared := _likeness(face, old, faces, now)) >= LEAST_OVERLAP
        ),
        key=lambda pair: -pair[0],
    )
    numbers: dict[int, int] = {}
    patience: dict[int, Millis] = {}
    for shared, index, old in pairs:
        if index not in numbers and old.track not in numbers.values():
            numbers[index] = old.track
            # A still face shares all; the divisor only keeps it finite.
            patience[index] = int((1 - SURE_OVERLAP) * (now - old.seen) / max(1 - shared, 0.01))
    following = tracks.next_number
    seen = []
    for index, face in enumerate(faces):
        if index not in numbers:
            numbers[index], following = following, following + 1
        seen.append(Followed(numbers[index], face, now, min(patience.get(index, 0), LONGEST_PATIENCE)))
    lost = [old for old in alive if old.track not in numbers.values()]
    return Tracks((*seen, *lost), following), tuple(seen)


def _likeness(face: Face, old: Followed, faces: Sequence[Face], now: Instant) -> float:
    """Overlap of the boxes; least enough where they do not touch, but are near after a while.

    Not so where more faces are near: of two people who changed places, one would be taken for the other, and
    not be decided about.
    """
    shared = overlap(face, old.face)
    if shared >= LEAST_OVERLAP or now - old.seen <= SPELL:
        return shared
    near = [each for each in faces if overlap(each, old.face, NEAR) >= LEAST_OVERLAP]
    return LEAST_OVERLAP if len(near) == 1 and near[0] is face else shared
