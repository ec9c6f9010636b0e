"""The cast: faces of nobody, made by `models/cast`, and how each member is dressed.

A member is a picture beside this file: 288x288 BGRA, the face from chin to brow with a feathered edge, its
eyes level at (108, 126) and (180, 126). Hair, ears, neck and clothes are drawn
(`edge_gate.simulated.figure`) as `cast.toml` says.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import TypeAlias

import cv2
import numpy as np
from msgspec import Struct

from edge_gate.face.frame import Pixels

Colour: TypeAlias = tuple[int, int, int]
"""Blue, green, red, 0..255."""

EYES = (144, 126)
"""The point between the eyes in a member's picture."""


class Member(Struct, frozen=True):
    """One face of nobody.

    Attributes:
        name: how scripts call the member.
        hair: short, long, curly, cropped, bald, or covered by a scarf.
        hair_colour: of the hair, or of the scarf.
        clothes: colour of the coat.
    """

    name: str
    hair: str
    hair_colour: Colour
    clothes: Colour

    def face(self) -> Pixels:
        """The face, (288, 288, 4) uint8: blue, green, red, opacity; not to be written to."""
        return _picture(self.name)


@cache
def members() -> dict[str, Member]:
    """Everybody in the cast, by name."""
    table = tomllib.loads((files(__name__) / "cast.toml").read_text("utf-8"))
    return {
        name: Member(name, row["hair"], _colour(row["hair_colour"]), _colour(row["clothes"]))
        for name, row in sorted(table.items())
    }


def _colour(hexadecimal: str) -> Colour:
    red, green, blue = bytes.fromhex(hexadecimal.removeprefix("#"))
    return blue, green, red


@cache
def _picture(name: str) -> Pixels:
    packed = np.frombuffer((files(__name__) / f"{name}.webp").read_bytes(), np.uint8)
    picture = np.asarray(cv2.imdecode(packed, cv2.IMREAD_UNCHANGED), np.uint8)
    picture.setflags(write=False)
    return picture
