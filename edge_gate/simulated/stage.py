"""Who stands where at each frame of a scene: geometry only, no pixels."""

import math
import zlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from edge_gate.simulated.figure import BROW, CENTRE, FACE_BOX
from edge_gate.simulated.script import Act, Deed, Light, Medium, Shot

WIDTH, HEIGHT, FPS = 640, 480, 15
EYE_LEVEL = 190
FAR_PX = 40.0


@dataclass(frozen=True, slots=True)
class Pose:
    """How a figure is seen.

    Attributes:
        x: the point between the eyes, pixels from the left.
        y: the same, pixels from the top.
        scale: pixels in view for one pixel of the figure.
        roll: of the head and all, degrees.
        turn: of the face to its left (+) or right, radians.
        nod: of the face down (+) or up, radians.
    """

    x: float
    y: float
    scale: float
    roll: float = 0.0
    turn: float = 0.0
    nod: float = 0.0


@dataclass(frozen=True, slots=True)
class Presence:
    """Somebody in a frame: the truth a test can hold a detector to.

    Attributes:
        member: of the cast.
        medium: what the face is on; only skin is live.
        box: of the face, as a detector would draw it: left, top, width, height, pixels; may reach out.
        pose: how the figure is seen.
    """

    member: str
    medium: Medium
    box: tuple[float, float, float, float]
    pose: Pose

    @property
    def live(self) -> bool:
        """Whether a person is there, and not a picture of one."""
        return self.medium is Medium.SKIN


@dataclass(frozen=True, slots=True)
class Moment:
    """What one frame shows: the light, and everybody in view, the farthest first."""

    light: Light
    present: tuple[Presence, ...]


class Stage:
    """A script laid out over frames.

    Args:
        shots: what happens, at least one.
        seed: makes people sway differently.
    """

    def __init__(self, shots: Sequence[Shot], seed: int) -> None:
        self._shots = tuple(shots)
        self._ends = list(accumulate(max(1, round(shot.lasts * FPS / 1000)) for shot in shots))
        self._seed = seed

    @property
    def frames(self) -> int:
        """How many frames the script fills."""
        return self._ends[-1]

    def seen(self, sequence: int) -> int:
        """The frame whose picture is delivered as number `sequence`: an earlier one while it is frozen."""
        shot = bisect_right(self._ends, sequence)
        while shot > 0 and self._shots[shot].frozen:
            shot -= 1
            sequence = self._ends[shot] - 1
        return sequence

    def moment(self, sequence: int) -> Moment:
        """What happens at frame `sequence`, 0 .. frames - 1."""
        index = bisect_right(self._ends, sequence)
        start = self._ends[index - 1] if index else 0
        shot = self._shots[index]
        progress = (sequence - start + 1) / (self._ends[index] - start)
        found = []
        for place, act in enumerate(shot.acts):
            pose = self._pose(act, place, len(shot.acts), progress, sequence / FPS)
            left, top, width, height = (value * pose.scale for value in FACE_BOX)
            box = (pose.x + left - CENTRE * pose.scale, pose.y + top - BROW * pose.scale, width, height)
            found.append(Presence(act.member, act.medium, box, pose))
        return Moment(shot.light, tuple(sorted(found, key=lambda one: one.pose.scale)))

    def _pose(self, act: Act, place: int, of: int, progress: float, seconds: float) -> Pose:
        lot = zlib.crc32(f"{act.member}/{self._seed}".encode())
        x = WIDTH * (place + 1) / (of + 1)
        width = {1: 120.0, 2: 110.0}.get(of, 90.0)

        def wave(hertz: float, part: int) -> float:
            return math.sin(math.tau * (hertz * seconds + (lot >> part & 255) / 256))

        y, turn, sway = EYE_LEVEL + 2 * wave(0.43, 0), 0.12 * wave(0.19, 8), 4 * wave(0.29, 16)
        roll, nod = 1.5 * wave(0.23, 24), 0.06 * wave(0.37, 4)
        if act.deed is Deed.WALK_UP:
            # Somebody walking evenly comes nearer by equal steps of depth, which is one over size.
            width = 1 / (1 / FAR_PX + (1 / width - 1 / FAR_PX) * progress)
            y += 0.03 * width * abs(math.sin(math.tau * seconds))
        elif act.deed is Deed.LEAVE:
            side = 1 if x >= WIDTH / 2 else -1
            edge = WIDTH + 2 * width if side > 0 else -2 * width
            x += (edge - x) * progress
            turn += side * 0.5 * min(1.0, 3 * progress)
        if act.medium is not Medium.SKIN:
            turn = nod = 0.0
            roll *= 2
        scale = width / FACE_BOX[2]
        return Pose(x + sway * width / 120, y, scale, roll, turn, nod)
