"""Is this face good enough to compare? Each gate has a name that somebody can act on."""

import cv2
from msgspec import Struct

from edge_gate.access.sighting import Flaw
from edge_gate.face.alignment import Chip
from edge_gate.face.detection import Face
from edge_gate.face.frame import Picture


class QualityGates(Struct, frozen=True):
    """What a face must have.

    Attributes:
        width_px: least width of the face's box in the full picture.
        inside: least share of the box that lies inside the picture, 0..1.
        turn: most offset of the nose tip from the middle between the eyes, in inter-ocular distances;
            0 looks straight at the camera, about .5 is a three-quarter view.
        sharpness: least ratio of fine to coarse contrast in the chip (see `sharpness`).
        darkest: least mean luma of the chip's middle, 0..255.
        brightest: most mean luma there, 0..255.
    """

    width_px: float = 60
    inside: float = 0.9
    turn: float = 0.45
    sharpness: float = 0.01
    darkest: float = 35
    brightest: float = 225


def flaws_before_cropping(face: Face, picture: Picture, gates: QualityGates) -> tuple[Flaw, ...]:
    """What is wrong with the face as it lies in the picture."""
    left, top, width, height = face.box
    flaws = []
    if width < gates.width_px:
        flaws.append(Flaw.TOO_FAR)
    across = min(left + width, picture.width) - max(left, 0.0)
    down = min(top + height, picture.height) - max(top, 0.0)
    if max(across, 0) * max(down, 0) < gates.inside * width * height:
        flaws.append(Flaw.CUT_OFF)
    if turn(face) > gates.turn:
        flaws.append(Flaw.TURNED_AWAY)
    return tuple(flaws)


def flaws_of_chip(chip: Chip, gates: QualityGates) -> tuple[Flaw, ...]:
    """What is wrong with the cropped face."""
    luma, sharp = light_and_sharpness(chip)
    if luma < gates.darkest:
        return (Flaw.TOO_DARK,)
    if luma > gates.brightest:
        return (Flaw.TOO_BRIGHT,)
    return (Flaw.BLURRED,) if sharp < gates.sharpness else ()


def turn(face: Face) -> float:
    """How far the face looks aside, whichever way: 0 and up, as `sideways`."""
    return abs(sideways(face))


def sideways(face: Face) -> float:
    """Where the face looks: nose tip's offset along the line of the eyes, in inter-ocular distances.

    Above 0 to the person's own left, below to the right. Infinite where the eyes coincide, as in a profile.
    """
    (x, y), (x2, y2), (nose_x, nose_y) = face.landmarks[:3].tolist()
    across, down = x2 - x, y2 - y
    squared = across * across + down * down
    if not squared > 0:
        return float("inf")
    aside = (nose_x - (x + x2) / 2) * across + (nose_y - (y + y2) / 2) * down
    return float(aside / squared)


def light_and_sharpness(chip: Chip) -> tuple[float, float]:
    """Mean luma of the chip's middle (eyes to mouth), 0..255, and fine contrast over all contrast there.

    The latter is the variance of the Laplacian by the variance of the luma. The ratio, unlike the variance
    of the Laplacian alone (Pech-Pacheco et al. 2000), does not fall when the light does. A flat chip has 0.
    """
    grey = cv2.cvtColor(chip.pixels[36:100, 24:88], cv2.COLOR_BGR2GRAY)
    mean, contrast = (float(each[0, 0]) for each in cv2.meanStdDev(grey))
    _, fine = cv2.meanStdDev(cv2.Laplacian(grey, cv2.CV_16S))
    return mean, (float(fine[0, 0]) / contrast) ** 2 if contrast > 0 else 0.0
