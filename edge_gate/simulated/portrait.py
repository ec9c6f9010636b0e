"""Enrolment photographs of the cast: one face, near, sharp and well lit, a little different each time."""

import numpy as np

from edge_gate.face.frame import Pixels
from edge_gate.simulated.figure import FACE_BOX, figure
from edge_gate.simulated.render import developed, place
from edge_gate.simulated.stage import Pose

SIDE = 480
"""Pixels across and down a photograph."""


def portrait(name: str, seed: int = 0) -> Pixels:
    """A photograph of a member of the cast before a plain wall: (480, 480, 3) uint8, blue first, read-only.

    Equal seeds give equal pixels; another seed is another moment: the head turned, nearer,
    lit from elsewhere.

    Raises:
        KeyError: if the cast has no such member.
    """
    rng = np.random.default_rng((seed, *name.encode()))
    turn, nod, roll, smile = rng.uniform(-1, 1, 4) * (0.25, 0.12, 4.0, 1.0)
    x, y = SIDE / 2 + rng.uniform(-20, 20), SIDE * 0.42 + rng.uniform(-15, 15)
    scene = np.full((SIDE, SIDE, 3), (196, 190, 182), np.float32)
    scale = rng.uniform(120, 170) / FACE_BOX[2]
    place(scene, figure(name), Pose(x, y, scale, roll, turn, nod, smile))
    across = np.linspace(-1, 1, SIDE, dtype=np.float32)[None, :, None]
    scene *= rng.uniform(0.85, 1.1) * (1 + rng.uniform(-0.15, 0.15) * across)
    return developed(scene, 1.0, rng)


def views(name: str, count: int = 3) -> tuple[Pixels, ...]:
    """The photographs a technician would take of a member at enrolment."""
    return tuple(portrait(name, seed) for seed in range(count))
