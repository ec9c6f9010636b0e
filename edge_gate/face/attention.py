"""Where to look: nowhere while nothing happens, at the faces one knows of, or everywhere."""

from enum import Enum, auto

from msgspec import Struct
from msgspec.structs import replace

from edge_gate.access.instant import Instant, Millis
from edge_gate.face.frame import Pixels
from edge_gate.face.motion import CHANGED, changed, differing
from edge_gate.face.tracking import FORGOTTEN_AFTER, LONGEST_PATIENCE, Tracks

FIRST_REST: Millis = 500
"""An empty room where nothing moves is looked at again after this, then after four times that ..."""

LONGEST_REST: Millis = 4_000
"""... up to this, in case the detector missed somebody who now stands still."""

GLANCE: Millis = 90
"""A room that has reached the longest rest is glimpsed at no more often than this: in every other frame of
fifteen a second. Whoever comes then is noticed so much later at most."""

FIRST_PAUSE: Millis = 100
"""Where something moves and is no face (a tree, a back), looks come this far apart, then twice that ..."""

LONGEST_PAUSE: Millis = 250
"""... up to this: half of the time for which a face may go unnoticed."""

NEWCOMERS: Millis = 400
"""While faces are followed, the rest of the picture is looked at this often, for more of them."""

EARLY: Millis = 100
"""A look so shortly before the whole is due goes to the whole: one look instead of two."""

SEARCHED: Millis = 150
"""A face that was lost is searched for in the whole picture this often, and first where it was, too."""

STILL: Millis = 200
"""A face that has been decided about is searched for this often, or looked at where nothing at all moves."""

SETS_OFF = 3.5
"""Faces that stood still are looked at again once so many times more cells have changed than they cover.
Whoever sways changes one to two times as many; whoever sets off, four times, and more with every frame."""


class Gaze(Enum):
    """Where to look."""

    NOWHERE = auto()
    FACES = auto()
    EVERYWHERE = auto()


NOWHERE = Gaze.NOWHERE
"""Python 3.11 calls a function for each mention of a member, and every frame mentions this one."""


class Attention(Struct, frozen=True):
    """What was looked at when, and what was to be seen then.

    Attributes:
        room: glimpse of the last frame looked at; None before the first.
        looked: when that was.
        whole: when the whole picture was last looked at.
        pause: how long the whole is left alone though something moves.
        rest: how long though nothing does.
    """

    room: Pixels | None = None
    looked: Instant = 0
    whole: Instant = 0
    pause: Millis = 0
    rest: Millis = FIRST_REST


def unhurried(before: Attention) -> Millis:
    """How long a room in which nothing moves can do without a glimpse.

    Its rest is longest once it has shown nobody in three looks, half a second and two seconds apart, and
    nothing has changed since the first.
    """
    return GLANCE if before.rest == LONGEST_REST else 0


def attend(
    before: Attention,
    seen: Pixels,
    tracks: Tracks,
    now: Instant,
    *,
    cell: float,
    undecided: bool,
    interval: Millis = 0,
) -> Gaze:
    """Where the frame of this glimpse is worth a look.

    Nothing is ever judged empty that the detector has not found so: without a face, a frame is passed over
    only if it shows what the last whole look showed.

    Args:
        before: what was looked at so far.
        seen: `motion.glimpse` of the frame.
        tracks: as they stood after the last look.
        now: when the frame was captured.
        cell: how many pixels of the frame a cell of its glimpse stands for.
        undecided: whether a sighting of one of these tracks could still decide something.
        interval: how long after the frame before.
    """
    if before.room is None:
        return Gaze.EVERYWHERE
    since = now - before.whole
    followed = tracks.alive(now)
    if not followed:
        wait = before.pause if since < before.rest and changed(before.room, seen) else before.rest
        return Gaze.EVERYWHERE if since >= wait else NOWHERE
    lost = any(each.seen < before.looked for each in followed)
    if lost and since >= (SEARCHED if undecided else STILL):
        return Gaze.EVERYWHERE
    if all(before.looked - each.seen >= SEARCHED for each in followed):
        return Gaze.NOWHERE
    if not undecided and since < NEWCOMERS:
        ago = now - before.looked
        patience, moved = min(each.patience for each in followed), differing(before.room, seen)
        covered = sum(each.face.box[2] * each.face.box[3] for each in followed) / cell
        set_off = patience == LONGEST_PATIENCE and moved >= SETS_OFF * covered
        # By the frame after this one it must not have been forgotten.
        if ago < patience and ago + interval < FORGOTTEN_AFTER and not set_off:
            return Gaze.NOWHERE
        if ago < STILL and moved < CHANGED:
            return Gaze.NOWHERE
    return Gaze.EVERYWHERE if since >= NEWCOMERS - EARLY else Gaze.FACES


def attended(before: Attention, seen: Pixels, gaze: Gaze, now: Instant, *, faces: bool) -> Attention:
    """What is remembered after the look; `faces` tells whether it found any."""
    if gaze is NOWHERE:
        return before
    if gaze is Gaze.FACES:
        return replace(before, room=seen, looked=now)
    if faces:
        return Attention(seen, now, now)
    if before.room is not None and now - before.whole >= before.rest and not changed(before.room, seen):
        return Attention(seen, now, now, 0, min(LONGEST_REST, 4 * before.rest))
    return Attention(seen, now, now, min(LONGEST_PAUSE, 2 * before.pause or FIRST_PAUSE))
