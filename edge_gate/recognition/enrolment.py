"""A photograph becomes a probe to enrol, or is refused with its reason."""

from msgspec import Struct

from edge_gate.errors import EnrolmentRefused
from edge_gate.face.alignment import align
from edge_gate.face.frame import Picture
from edge_gate.face.probe import Probe
from edge_gate.face.quality import flaws_before_cropping, flaws_of_chip, sideways
from edge_gate.recognition.recognise import Eyes

BYSTANDER = 0.5
"""A second face narrower than this share of the first is somebody in the background."""


class Enrollable(Struct, frozen=True):
    """A probe fit to become a template.

    Attributes:
        width_px: how wide the face was, pixels.
        sideways: where it looked, as `quality.sideways`.
    """

    probe: Probe
    width_px: float
    sideways: float


def enrollable(picture: Picture, eyes: Eyes, name: str) -> Enrollable:
    """The probe of the one good face in a photograph.

    Args:
        picture: the photograph.
        eyes: the detector, embedder and gates of the door it is enrolled for.
        name: what to call the photograph in an error.

    Raises:
        EnrolmentRefused: if there is no face, more than one, or one that fails a quality gate.
    """
    faces = sorted(eyes.detector.detect(picture), key=lambda face: -face.box[2])
    if not faces:
        raise EnrolmentRefused(f"{name}: no face found")
    face = faces[0]
    near = [other for other in faces if other.box[2] >= BYSTANDER * face.box[2]]
    if len(near) > 1:
        raise EnrolmentRefused(f"{name}: {len(near)} faces found, one expected")
    flaws = flaws_before_cropping(face, picture, eyes.gates)
    chip = None if flaws else align(picture, face)
    if chip is not None:
        flaws = flaws_of_chip(chip, eyes.gates)
    if flaws or chip is None:
        reasons = ", ".join(f"{flaw.value} ({flaw.advice})" for flaw in flaws)
        raise EnrolmentRefused(f"{name}: {reasons}; the face is {face.box[2]:.0f} px wide")
    return Enrollable(eyes.embedder.embed(chip), face.box[2], sideways(face))
