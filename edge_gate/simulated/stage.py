"""Who stands where at each frame of a scene: geometry only, no pixels."""

import math
import zlib
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from msgspec import Struct
from msgspec.structs import replace

from edge_gate.simulated.attire import Wear
from edge_gate.simulated.brush import EYES_X, EYES_Y
from edge_gate.simulated.figure import FACE_BOX
from edge_gate.simulated.script import Act, Deed, Light, Medium, Shot

WIDTH, HEIGHT, FPS = 640, 480, 15
EYE_LEVEL = 190
FACE_PX = {1: 120.0, 2: 110.0}
"""How wide the faces of so many people are, standing side by side."""
CROWD_PX, NEAR_PX, FAR_PX, FARTHEST_PX = 90.0, 165.0, 48.0, 40.0
SHUTTER = {Light.NIGHT: 0.5, Light.DARKNESS: 0.9}
"""How much of a frame's time the shutter is open; what moves meanwhile is smeared."""
DAY_SHUTTER = 0.2


class Pose(Struct, frozen=True):
    """How a figure is seen.

    Attributes:
        x: the point between the eyes, pixels from the left.
        y: the same, pixels from the top.
        scale: pixels in view for one pixel of the figure.
        roll: of the head and all, degrees.
        turn: of the face to its left (+) or right, radians.
        nod: of the face down (+) or up, radians.
        smile: of the corners of the mouth, -1..1.
        smear: pixels to the right that the figure moves while the shutter is open.
    """

    x: float
    y: float
    scale: float
    roll: float = 0.0
    turn: float = 0.0
    nod: float = 0.0
    smile: float = 0.0
    smear: float = 0.0


class Presence(Struct, frozen=True):
    """Somebody in a frame: the truth a test can hold a detector to.

    Attributes:
        member: of the cast.
        medium: what the face is on; only skin is live.
        wears: what hides part of the face.
        box: of the face, as a detector would draw it: left, top, width, height, pixels; may reach out.
        pose: how the figure is seen.
    """

    member: str
    medium: Medium
    wears: Wear | None
    box: tuple[float, float, float, float]
    pose: Pose

    @property
    def live(self) -> bool:
        """Whether a person is there, and not a picture of one."""
        return self.medium is Medium.SKIN


class Moment(Struct, frozen=True):
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
            x = WIDTH * (place + 1) / (len(shot.acts) + 1)
            pose = self._pose(act, x, len(shot.acts), progress, sequence / FPS)
            if act.deed in {Deed.RUN_PAST, Deed.LEAVE}:
                before = self._pose(
                    act, x, len(shot.acts), progress - 1 / (self._ends[index] - start), sequence / FPS
                )
                pose = replace(pose, smear=(pose.x - before.x) * SHUTTER.get(shot.light, DAY_SHUTTER))
            left, top, width, height = (value * pose.scale for value in FACE_BOX)
            box = (pose.x + left - EYES_X * pose.scale, pose.y + top - EYES_Y * pose.scale, width, height)
            found.append(Presence(act.member, act.medium, act.wears, box, pose))
        return Moment(shot.light, tuple(sorted(found, key=lambda one: one.pose.scale)))

    def _pose(self, act: Act, x: float, people: int, progress: float, seconds: float) -> Pose:
        lot = zlib.crc32(f"{act.member}/{self._seed}".encode())

        def wave(hertz: float, part: int) -> float:
            return math.sin(math.tau * (hertz * seconds + (lot >> part & 255) / 256))

        width = FACE_PX.get(people, CROWD_PX)
        turn, nod, roll, smile = (
            0.12 * wave(0.19, 8),
            0.06 * wave(0.37, 4),
            1.5 * wave(0.23, 24),
            wave(0.13, 12),
        )
        y = EYE_LEVEL + 2 * wave(0.43, 0)
        match act.deed:
            case Deed.STAND:
                pass
            case Deed.STAND_NEAR:
                width = NEAR_PX
            case Deed.STAND_FAR_AWAY:
                width = FAR_PX
            case Deed.LOOK_ASIDE:
                turn = math.copysign(0.65, wave(0, 16)) + 0.3 * turn
            case Deed.WALK_UP:
                # Somebody walking evenly comes nearer by equal steps of depth, which is one over size.
                width = 1 / (1 / FARTHEST_PX + (1 / width - 1 / FARTHEST_PX) * progress)
                y += 0.03 * width * abs(math.sin(math.tau * seconds))
            case Deed.RUN_PAST:
                x = -width + (WIDTH + 2 * width) * progress
                y += 0.06 * width * abs(math.sin(math.tau * 1.5 * seconds))
                turn += 0.3
            case Deed.LEAVE:
                side = 1 if x >= WIDTH / 2 else -1
                edge = WIDTH / 2 + side * (WIDTH / 2 + 2 * width)
                x += (edge - x) * progress
                turn += side * 0.5 * min(1.0, 3 * progress)
        if act.medium is not Medium.SKIN:
            turn = nod = smile = 0.0
            roll *= 2
        x += 4 * wave(0.29, 16) * width / 120
        return Pose(x, y, width / FACE_BOX[2], roll, turn, nod, smile)
