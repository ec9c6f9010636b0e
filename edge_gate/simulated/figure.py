"""A member of the cast, drawn from crown to knee around the face.

A figure is one picture in its own pixels; `stage` says where it stands, and `render` puts it there.
"""

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from edge_gate.face.frame import Floats, Pixels
from edge_gate.simulated.cast import EYES, Colour, Member, members

WIDTH, HEIGHT = 480, 1120
CENTRE, BROW = WIDTH // 2, 200
"""Where the point between the eyes lies in a figure."""
FACE_BOX = (CENTRE - 56, BROW - 62, 112, 155)
"""Left, top, width, height of the face, as a YuNet detector draws it (median over the cast)."""
HAND: Colour = (120, 140, 180)

_OVAL = ((CENTRE, BROW + 13), (57, 82))
_SKULL = ((CENTRE, BROW + 2), (68, 96))


@cache
def figure(name: str) -> Floats:
    """A member as (1120, 480, 4) float32, read-only: blue, green, red times opacity, and opacity 0..1."""
    member = members()[name]
    canvas = np.zeros((HEIGHT, WIDTH, 4), np.float32)
    skin = _skin(member.face())
    if member.hair == "long":
        _lay(canvas, _ellipse((CENTRE, BROW + 50), (92, 150), 4), _strands(member.hair_colour, member.name))
    _clothes(canvas, member, skin)
    _head(canvas, member, skin)
    _hair(canvas, member)
    canvas.setflags(write=False)
    return canvas


def _clothes(canvas: Floats, member: Member, skin: Floats) -> None:
    """Neck, coat and trousers."""
    neck = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.rectangle(neck, (CENTRE - 38, BROW + 60), (CENTRE + 38, BROW + 170), 1.0, -1)
    shadow = np.linspace(0.55, 0.95, HEIGHT, dtype=np.float32)
    rows = np.clip((np.arange(HEIGHT, dtype=np.float32) - BROW - 80) / 90, 0, 1)
    _lay(canvas, blurred(neck, 3), skin * (0.62 + 0.3 * rows)[:, None, None])
    coat = np.zeros((HEIGHT, WIDTH), np.float32)
    outline = [
        (-42, 122),
        (-100, 146),
        (-150, 178),
        (-172, 260),
        (-190, 920),
        (190, 920),
        (172, 260),
        (150, 178),
        (100, 146),
        (42, 122),
        (0, 182),
    ]
    cv2.fillPoly(coat, [np.array([(CENTRE + x, BROW + y) for x, y in outline], np.int32)], 1.0)
    columns = np.cos(np.linspace(-1.3, 1.3, WIDTH, dtype=np.float32)) * 0.5 + 0.5
    weave = blurred(_noise(member.name, 5), 1.2) * 0.05 + 1
    cloth = np.array(member.clothes, np.float32) * (columns * weave)[..., None]
    _lay(canvas, blurred(coat, 1.5), cloth * shadow[:, None, None] / 0.7)
    cv2.line(
        canvas,
        (CENTRE, BROW + 182),
        (CENTRE, HEIGHT),
        (*(0.55 * c for c in member.clothes), 1.0),
        2,
        cv2.LINE_AA,
    )


def _head(canvas: Floats, member: Member, skin: Floats) -> None:
    """Ears, head and face."""
    round_ = np.linspace(-1.05, 1.05, 137, dtype=np.float32)
    shade = np.ones(WIDTH, np.float32) * 0.5
    shade[CENTRE - 68 : CENTRE + 69] = np.cos(round_) * 0.75 + 0.25
    for side in (-1, 1):
        ear = _ellipse((CENTRE + side * 64, BROW + 14), (11, 24), 1.5)
        _lay(canvas, ear, skin * 0.82)
        _lay(canvas, _ellipse((CENTRE + side * 65, BROW + 14), (5, 15), 2) * 0.5, skin * 0.55)
    _lay(canvas, _ellipse(*_SKULL, 2), skin * shade[:, None])
    face = np.zeros((HEIGHT, WIDTH, 4), np.float32)
    top, left = BROW - EYES[1], CENTRE - EYES[0]
    picture = member.face().astype(np.float32)
    face[top : top + picture.shape[0], left : left + picture.shape[1]] = picture
    _lay(canvas, _ellipse(*_OVAL, 6) * face[..., 3] / 255, face[..., :3])


def _hair(canvas: Floats, member: Member) -> None:
    """What grows on the head, over the edge of the face."""
    if member.hair == "bald":
        return
    rise, width, fringe = {
        "cropped": (3, 2, 0.93),
        "short": (14, 6, 0.95),
        "long": (14, 12, 0.97),
        "curly": (24, 14, 1.0),
    }[member.hair]
    cap = _ellipse((CENTRE, BROW + 2 - rise // 2), (68 + width, 96 + rise // 2 + 4), 1)
    open_face = _ellipse((CENTRE, BROW + 22), (int(60 * fringe), 84), 5)
    fade = np.ones((HEIGHT, 1), np.float32)
    if member.hair != "long":
        fade[:, 0] = np.clip((BROW + 12 - np.arange(HEIGHT)) / 14, 0, 1)
    else:
        fade[:, 0] = np.clip((BROW + 130 - np.arange(HEIGHT)) / 40, 0, 1)
    wisps = _strands((100, 100, 100), member.name)[..., 0] / 100 - 1
    edge = np.clip(1.05 - open_face * 1.1 + 1.5 * wisps * open_face * (1 - open_face), 0, 1)
    _lay(canvas, cap * edge * fade, _strands(member.hair_colour, member.name))


def _strands(colour: Colour, name: str) -> Floats:
    """Hair of a colour: (1120, 480, 3), streaks running from the crown."""
    rng = np.random.default_rng(list(name.encode()))
    streaks = blurred(rng.standard_normal((720, 400)).astype(np.float32), 14, down=1.1)
    streaks /= streaks.std()
    polar = cv2.warpPolar(
        np.ascontiguousarray(streaks),
        (WIDTH, HEIGHT),
        (CENTRE - 8, BROW - 70),
        700,
        cv2.WARP_INVERSE_MAP | cv2.INTER_LINEAR,
    )
    light = np.clip(1 + 0.12 * polar, 0.6, 1.5)
    gloss = _ellipse((CENTRE - 14, BROW - 62), (40, 14), 12) * 0.45 + 1
    return np.asarray(
        np.clip(np.array(colour, np.float32) * (light * gloss)[..., None] + 4, 0, 255), np.float32
    )


def _skin(face: Pixels) -> Floats:
    """Median colour of both cheeks, (3,) float32."""
    x, y = EYES
    cheeks = [face[y + 18 : y + 40, x + side - 9 : x + side + 9, :3].reshape(-1, 3) for side in (-30, 30)]
    return np.asarray(np.median(np.concatenate(cheeks), axis=0), np.float32)


def _ellipse(centre: tuple[int, int], axes: tuple[int, int], feather: float) -> Floats:
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    cv2.ellipse(mask, centre, axes, 0, 0, 360, 1.0, -1, cv2.LINE_AA)
    return blurred(mask, feather)


def blurred(picture: Floats, sigma: float, down: float = 0.0) -> Floats:
    """Gaussian blur by `sigma` pixels, another downwards where `down` says so."""
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma, sigmaY=down), np.float32)


def _noise(name: str, grain: int) -> Floats:
    """Noise of standard deviation 1, the same for a name every time."""
    rng = np.random.default_rng(list(name.encode()))
    noise = blurred(rng.standard_normal((HEIGHT, WIDTH)).astype(np.float32), grain / 3)
    return np.asarray(noise / noise.std(), np.float32)


def _lay(canvas: Floats, opacity: npt.NDArray[np.floating], colour: npt.NDArray[np.floating]) -> None:
    """Paint `colour` over the canvas, as far as `opacity` (1120, 480) says."""
    cover = opacity[..., None]
    canvas *= 1 - cover
    canvas[..., :3] += colour * cover
    canvas[..., 3:] += cover
