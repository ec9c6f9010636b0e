"""One frame in, a sighting of every face out."""

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import replace

from edge_gate.access.sighting import Flaw, Sighting
from edge_gate.face.alignment import align
from edge_gate.face.attention import Gaze
from edge_gate.face.comparison import Roster
from edge_gate.face.detection import Face, without_overlaps
from edge_gate.face.frame import Frame, Picture
from edge_gate.face.quality import QualityGates, flaws_before_cropping, flaws_of_chip
from edge_gate.face.tracking import Followed, Tracks, follow
from edge_gate.ports import Detector, Embedder, LivenessModel

ROOM = 2.0
"""A followed face is looked for in a square this many times its longer side."""

CLOSE = 128
"""Pixels across of that square in the network's input: a face fills a good third of it."""


class Eyes(Struct, frozen=True):
    """All that looking at a frame needs; `liveness` is None where its absence has been waived."""

    detector: Detector
    embedder: Embedder
    liveness: LivenessModel | None
    gates: QualityGates


class Look(Struct, frozen=True):
    """What one frame showed: the tracks after it, its faces, and the sightings that were made of them."""

    tracks: Tracks
    faces: tuple[Followed, ...]
    sightings: tuple[Sighting, ...]


def recognise(
    frame: Frame,
    tracks: Tracks,
    roster: Roster,
    eyes: Eyes,
    *,
    gaze: Gaze = Gaze.EVERYWHERE,
    wanted: Callable[[int], bool] = lambda _: True,
) -> Look:
    """Detect, follow, judge, align, embed and compare the faces of a frame.

    Args:
        frame: the picture.
        tracks: as they stood before it.
        roster: whom to compare with.
        eyes: the networks and the gates.
        gaze: everywhere, or only around the tracks.
        wanted: whether a sighting of this track is of use. If one is, all faces in view are compared,
            since nobody stands in two places.
    """
    faces = _anywhere(frame, eyes) if gaze is Gaze.EVERYWHERE else _around(frame, tracks, eyes)
    tracks, followed = follow(tracks, faces, frame.captured)
    if not any(wanted(each.track) for each in followed):
        return Look(tracks, followed, ())
    return Look(tracks, followed, _each_once([_sight(frame, each, roster, eyes) for each in followed]))


def _anywhere(frame: Frame, eyes: Eyes) -> tuple[Face, ...]:
    picture = frame.small or frame.full
    faces = eyes.detector.detect(picture)
    if picture is frame.small:
        faces = tuple(face.scaled(frame.full.width / picture.width) for face in faces)
    return faces


def _around(frame: Frame, tracks: Tracks, eyes: Eyes) -> tuple[Face, ...]:
    picture, found = frame.full, []
    for followed in tracks.alive(frame.captured):
        left, top, width, height = followed.face.box
        reach = ROOM / 2 * max(width, height)
        x, y = max(0, int(left + width / 2 - reach)), max(0, int(top + height / 2 - reach))
        right, bottom = x + int(2 * reach), y + int(2 * reach)
        window = picture.window(x, y, min(picture.width, right), min(picture.height, bottom))
        if window.size:
            found += [face.shifted(x, y) for face in eyes.detector.detect(Picture(window), CLOSE)]
    return without_overlaps(sorted(found, key=lambda face: -face.score))


def _each_once(sightings: list[Sighting]) -> tuple[Sighting, ...]:
    """Nobody stands in two places: of two faces that look like one subject, the lesser has no lead."""
    best: dict[str | None, float] = {}
    for sighting in sightings:
        best[sighting.subject] = max(sighting.score, best.get(sighting.subject, -1.0))
    return tuple(
        sighting if sighting.score == best[sighting.subject] else replace(sighting, lead=0.0)
        for sighting in sightings
    )


def _sight(frame: Frame, followed: Followed, roster: Roster, eyes: Eyes) -> Sighting:
    face = followed.face

    def flawed(flaws: tuple[Flaw, ...]) -> Sighting:
        return Sighting(followed.track, frame.sequence, frame.captured, flaws=flaws)

    if flaws := flaws_before_cropping(face, frame.full, eyes.gates):
        return flawed(flaws)
    chip = align(frame.full, face)
    if flaws := flaws_of_chip(chip, eyes.gates):
        return flawed(flaws)
    live = eyes.liveness.live(frame.full, face) if eyes.liveness else None
    candidate = roster.search(eyes.embedder.embed(chip))
    if candidate is None:
        return Sighting(followed.track, frame.sequence, frame.captured, live=live)
    return Sighting(
        followed.track,
        frame.sequence,
        frame.captured,
        candidate.subject,
        candidate.score,
        candidate.lead,
        live=live,
    )
