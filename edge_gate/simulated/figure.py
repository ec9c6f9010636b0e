"""A member of the cast, drawn from crown to knee around the face.

A figure is one picture in its own pixels; `stage` says where it stands, and `render` puts it there.
"""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from edge_gate.face.frame import Floats, Pixels
from edge_gate.simulated.attire import Wear, put_on
from edge_gate.simulated.brush import (
    EYES_X,
    EYES_Y,
    UNIT,
    blob,
    blurred,
    canvas,
    grid,
    lay,
    noise,
    outline,
    ramp,
    streaks,
)
from edge_gate.simulated.cast import EYES, Member, members

FACE_BOX = (EYES_X - 77, EYES_Y - 76, 154, 207)
"""Left, top, width, height of the face in a figure, as a YuNet detector draws it (median over the cast)."""

OUTLINE = [(0, -1.8), (0.5, -1.74), (0.96, -1.5), (1.24, -1.0), (1.3, -0.3), (1.22, 0.4), (1.06, 1.05)]
OUTLINE += [(0.82, 1.45), (0.5, 1.74), (0.22, 1.87), (0, 1.89)]
_CROWN = (-0.15, -2.2)
_CHEEK = [(1.05, 0), (1.1, 0.5), (1.06, 1.2), (0.8, 1.7), (0.4, 2.1), (0, 2.3)]
_NECK = [(0, 1.0), (0.8, 1.0), (0.74, 2.0), (0.95, 3.4), (0, 3.4)]
_COAT = [(0, 3.45), (0.72, 2.4), (1.9, 2.78), (2.85, 3.4), (3.3, 5.0), (3.6, 16), (0, 16)]


@lru_cache(maxsize=32)
def figure(name: str, wears: Wear | None = None) -> Pixels:
    """A member as (1400, 664, 4) uint8, read-only: blue, green, red times opacity, and opacity."""
    member = members()[name]
    drawn = canvas()
    skin = _skin(member)
    if member.hair in {"long", "scarf"}:
        lay(drawn, blob((0, 0.7), (1.6, 2.45), 0.15), _growth(member) * 0.7)
    _body(drawn, member, skin)
    _head(drawn, member, skin)
    _hair(drawn, member)
    if wears is not None:
        put_on(drawn, wears)
    return sealed(drawn)


def sealed(drawn: Floats) -> Pixels:
    """A finished canvas as pixels, read-only."""
    pixels = np.rint(drawn * np.array((1, 1, 1, 255), np.float32)).clip(0, 255).astype(np.uint8)
    pixels.setflags(write=False)
    return pixels


def _body(drawn: Floats, member: Member, skin: Floats) -> None:
    """Neck and coat."""
    x, y = grid()
    round_ = 0.6 + 0.4 * np.cos(np.clip(x * 1.6, -1.5, 1.5))
    under_chin = 0.55 + 0.4 * ramp(y, 1.6, 2.7)
    lay(drawn, outline(_NECK, 0.03), skin * (round_ * under_chin)[..., None])
    folds = 1 + 0.05 * noise(member.name, 1.2) + 0.07 * noise(member.name, 26)
    cloth = (0.5 + 0.5 * np.cos(np.clip(x * 0.42, -1.5, 1.5))) * (0.85 + 0.35 * ramp(y, 2.3, 5)) * folds
    seam = 1 - 0.45 * np.exp(-((x / 0.025) ** 2)) * ramp(y, 3.4, 3.5)
    colour = np.array(member.clothes, np.float32) * (cloth * seam)[..., None]
    lay(drawn, outline(_COAT, 0.02), np.clip(colour, 0, 255))


def _head(drawn: Floats, member: Member, skin: Floats) -> None:
    """Ears, head and face."""
    x, y = grid()
    for side in (-1, 1):
        lay(drawn, blob((side * 1.26, 0.28), (0.2, 0.46), 0.05), skin * 0.82)
        lay(drawn, 0.5 * blob((side * 1.29, 0.26), (0.09, 0.3), 0.08), skin * 0.5)
    shade = 0.42 + 0.58 * np.cos(np.clip(x * 0.98, -1.3, 1.3))
    crown = 1 - 0.12 * ramp(y, -0.9, -1.8) - 0.12 * ramp(y, 1.5, 1.9)
    pores = 1 + 0.02 * noise(member.name, 1.0)
    lay(drawn, outline(OUTLINE, 0.035), skin * (shade * crown * pores)[..., None])
    face = member.face()
    left, top = EYES_X - EYES[0], EYES_Y - EYES[1]
    part = drawn[top : top + face.shape[0], left : left + face.shape[1]]
    cover = face[..., 3:] / np.float32(255)
    part[:] = part * (1 - cover) + np.concatenate([face[..., :3] * cover, cover], axis=2)


def _hair(drawn: Floats, member: Member) -> None:
    """What covers the head, over the edge of the face."""
    if member.hair == "bald":
        return
    x, y = grid()
    rise, wide, ends = {
        "cropped": (1.03, 1.02, 0.1),
        "short": (1.1, 1.06, 0.3),
        "curly": (1.2, 1.17, 0.35),
        "long": (1.1, 1.2, 2.4),
        "scarf": (1.08, 1.1, 2.6),
    }[member.hair]
    cap = outline([(px * wide, py * rise) for px, py in OUTLINE], 0.02)
    lot = np.random.default_rng(list(member.name.encode()))
    line, temple = lot.uniform(-0.98, -0.86), lot.uniform(0.9, 1.0)
    bare = outline(
        [(0, line), (0.4, line + 0.03), (0.76, line + 0.2), (temple, line + 0.5), *_CHEEK],
        0.05,
    )
    wisps = streaks(member.name, _CROWN) if member.hair != "curly" else noise(member.name, 5)
    ragged = 0.0 if member.hair == "scarf" else 0.5
    cover = np.clip(1 - bare + ragged * wisps * bare * (1 - bare) * 2, 0, 1)
    lay(drawn, cap * cover * ramp(y, ends, ends - 0.3) * ramp(np.abs(x), 2.2, 2.1), _growth(member))


def _growth(member: Member) -> Floats:
    """Hair, or the cloth over it, wherever it may be laid: (1400, 664, 3)."""
    x, y = grid()
    if member.hair == "scarf":
        weave = (
            1 + 0.1 * np.sin(9 * np.hypot(x, y + 0.2) + noise(member.name, 30)) + 0.03 * noise(member.name, 1)
        )
    elif member.hair == "curly":
        weave = 1 + 0.13 * noise(member.name, 3) + 0.1 * noise(member.name, 1.2)
    else:
        weave = 1 + 0.14 * streaks(member.name, _CROWN)
    gloss = 0.5 * blob((-0.25, -1.3), (0.8, 0.3), 0.6) * (member.hair != "scarf")
    shade = 0.5 + 0.5 * np.cos(np.clip(x * 0.85, -1.4, 1.4))
    light = np.clip(weave, 0.5, 1.8) * (shade + gloss)
    colour = np.array(member.hair_colour, np.float32) * light[..., None]
    return np.asarray(np.clip(colour + 3, 0, 255), np.float32)


def _skin(member: Member) -> npt.NDArray[np.float32]:
    """The face's own colours, carried on smoothly past its edge: (1400, 664, 3)."""
    face = member.face()
    sure = (face[..., 3:] > 250).astype(np.float32)
    middle = np.median(face[sure[..., 0] > 0][:, :3], axis=0).astype(np.float32)
    small = canvas()
    left, top = EYES_X - EYES[0], EYES_Y - EYES[1]
    small[top : top + face.shape[0], left : left + face.shape[1]] = np.concatenate(
        [face[..., :3] * sure, sure], 2
    )
    near = blurred(np.ascontiguousarray(small[::8, ::8]), 0.45 * UNIT / 8) + 0.02 * np.append(middle, 1)
    smooth = (near[..., :3] / near[..., 3:]).repeat(8, 0).repeat(8, 1)[: small.shape[0], : small.shape[1]]
    return blurred(np.ascontiguousarray(smooth, np.float32), 8)
