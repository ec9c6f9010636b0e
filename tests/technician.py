"""A technician's shell, and a configured door on this machine."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2

from edge_gate.face.frame import Pixels

CONFIG = """
[camera]
source = "images:{folder}"
[liveness]
waiver = "{waiver}"
[door]
hardware = "simulated"
"""


@dataclass
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str


@dataclass
class Site:
    """A configured door on this machine, and a technician's shell."""

    folder: Path
    run: Callable[..., Said]

    @property
    def state(self) -> Path:
        return self.folder / "state"

    @property
    def config(self) -> Path:
        return self.folder / "edge_gate.toml"

    def picture(self, name: str, pixels: Pixels) -> Path:
        path = self.folder / name
        cv2.imwrite(str(path), pixels)
        return path
