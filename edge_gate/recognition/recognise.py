"""One frame in, a sighting of every face out."""

from dataclasses import dataclass, replace

from edge_gate.access.sighting import Flaw, Sighting
from edge_gate.face.alignment import align
from edge_gate.face.comparison import Roster
from edge_gate.face.frame import Frame
from edge_gate.face.quality import QualityGates, flaws_before_cropping, flaws_of_chip
from edge_gate.face.tracking import Followed, Tracks, follow
from edge_gate.ports import Detector, Embedder, LivenessModel


@dataclass(frozen=True, slots=True)
class Eyes:
    """All that looking at a frame needs; `liveness` is None where its absence has been waived."""

    detector: Detector
    embedder: Embedder
    liveness: LivenessModel | None
    gates: QualityGates


@dataclass(frozen=True, slots=True)
class Look:
    """What one frame showed: the tracks after it, its faces, and a sighting of each, in one order."""

    tracks: Tracks
    faces: tuple[Followed, ...]
    sightings: tuple[Sighting, ...]


def recognise(frame: Frame, tracks: Tracks, roster: Roster, eyes: Eyes) -> Look:
    """Detect, follow, judge, align, embed and compare every face of a frame."""
    picture = frame.small or frame.full
    faces = eyes.detector.detect(picture)
    if picture is frame.small:
        faces = tuple(face.scaled(frame.full.width / picture.width) for face in faces)
    tracks, followed = follow(tracks, faces, frame.captured)
    sightings = _each_once([_sight(frame, each, roster, eyes) for each in followed])
    return Look(tracks, followed, sightings)


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
