"""Measures the door on this board: the product's own path, beside the floor of its networks."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import msgspec
import numpy as np

from edge_gate.config import Settings
from edge_gate.devices.footage import Footage
from edge_gate.errors import EndOfFootage
from edge_gate.face.alignment import align
from edge_gate.face.comparison import Roster
from edge_gate.face.frame import Floats, Picture, Pixels
from edge_gate.face.motion import changed, glimpse, grains
from edge_gate.face.probe import Template, unit
from edge_gate.face.quality import flaws_before_cropping, flaws_of_chip
from edge_gate.ports import Engine
from edge_gate.recognition.enrolment import enrollable
from edge_gate.recognition.recognise import CLOSE, Eyes
from edge_gate.service import wiring
from edge_gate.service.replay import FixedGallery
from edge_gate.simulated.portrait import views
from edge_gate.simulated.scene import SceneCamera
from edge_gate.simulated.stage import FPS

SCRIPT = """
nobody for 10 s
ada walks up for 2 s
ada stands for 2 s
ada leaves for 1 s
nobody for 12 s
lior walks up for 2 s
lior stands for 2 s
lior leaves for 1 s
nobody for 8 s
"""
"""600 frames with a person in a quarter of them: one who is enrolled, and one who is not."""

STRANGERS = 10_000
"""In the gallery, besides the one who is enrolled: random directions."""

ROTATIONS = 5
TURNS = 60
"""Times that each stage is measured by itself."""


@dataclass(slots=True)
class Timed:
    """An `Engine` that keeps the books of its processor time."""

    engine: Engine
    spent_ns: list[int]

    @property
    def identity(self) -> str:
        """Of the network itself."""
        return self.engine.identity

    def run(self, picture: Pixels) -> Mapping[str, Floats]:
        """As the engine's."""
        begun = time.process_time_ns()
        outputs = self.engine.run(picture)
        self.spent_ns[0] += time.process_time_ns() - begun
        return outputs


@dataclass(slots=True)
class Reel:
    """Pictures that lie in memory, so that showing them costs nothing."""

    pictures: Sequence[Picture]
    rate: Fraction = field(default_factory=lambda: Fraction(FPS))
    shown: int = 0

    def read(self) -> Picture:
        """The next one."""
        if self.shown >= len(self.pictures):
            raise EndOfFootage("the last picture has been shown")
        self.shown += 1
        return self.pictures[self.shown - 1]

    def skip(self) -> None:
        """Pass over one."""
        self.shown += 1

    def close(self) -> None:
        """Nothing to let go of."""


@dataclass(frozen=True, slots=True)
class Spread:
    """Milliseconds of processor time, over `n` measurements."""

    p50: float
    p95: float
    p99: float
    n: int

    @classmethod
    def of(cls, ms: Sequence[float]) -> "Spread":
        """Of at least one measurement."""
        p50, p95, p99 = (round(float(value), 4) for value in np.percentile(np.array(ms), (50, 95, 99)))
        return cls(p50, p95, p99, len(ms))


@dataclass(frozen=True, slots=True)
class Clip:
    """What the clip cost.

    Attributes:
        ms_per_frame: median over the rotations of the mean over the clip.
        empty_frame_ms: a frame not worth a look.
        frame_to_decision_ms: a frame with a face that was compared, from the picture to the door's turn.
        networks_ms: what the networks took of those.
        looks: frames looked at, of `frames`.
        compared: those of them with a face good enough to be compared.
    """

    frames: int
    looks: int
    compared: int
    ms_per_frame: float
    empty_frame_ms: Spread
    frame_to_decision_ms: Spread
    networks_ms: Spread


def footage(progress: Callable[[float], None]) -> list[Picture]:
    """The clip, rendered."""
    camera = SceneCamera(SCRIPT)
    pictures = []
    for number in range(camera.frames):
        pictures.append(camera.capture(timeout=0).full)
        progress((number + 1) / camera.frames)
    return pictures


def crowd(eyes: Eyes, strangers: int = STRANGERS) -> Roster:
    """Ada among people who are nobody."""
    templates = [Template("ada", enrollable(Picture(view), eyes, "ada").probe) for view in views("ada")]
    embedder, size = templates[0].probe.embedder, templates[0].probe.vector.size
    others = np.random.default_rng(0).normal(size=(strangers, size)).astype(np.float32)
    templates += [Template(f"n{number:07}", unit(row, embedder)) for number, row in enumerate(others)]
    return Roster.of(templates)


def opening(settings: Settings) -> Settings:
    """With the strictest threshold that was measured, where none is set by hand.

    For 10,000 people no evidence carries a promise, and a door that can open to nobody decides nothing.
    """
    strictest = wiring.calibration(settings).measured[-1].threshold
    budget = msgspec.structs.replace(
        settings.budget, expert_threshold=settings.budget.expert_threshold or strictest
    )
    return msgspec.structs.replace(settings, budget=budget)


def clip(settings: Settings, pictures: Sequence[Picture], progress: Callable[[float], None]) -> Clip:
    """Show the clip to the door as `replay` does, several times."""
    spent = [0]
    settings = opening(settings)
    eyes = wiring.eyes(settings, around=lambda engine: Timed(engine, spent))
    gallery = FixedGallery(crowd(eyes))
    means, empty, decisions, networks = [], list[float](), list[float](), list[float]()
    looks = 0
    for turn in range(ROTATIONS):
        before = [time.process_time_ns(), spent[0]]
        show = wiring.replay(settings, eyes, gallery, Footage(Reel(pictures)))
        for shown in show:
            now = [time.process_time_ns(), spent[0]]
            whole, inside = ((after - start) / 1e6 for after, start in zip(now, before, strict=True))
            look = shown.watched.look
            if look is None:
                empty.append(whole)
            elif any(not sighting.flaws for sighting in look.sightings):
                decisions.append(whole)
                networks.append(inside)
            looks += look is not None
            before = [time.process_time_ns(), spent[0]]
        means.append(show.summary().ms_per_frame)
        progress((turn + 1) / ROTATIONS)
    return Clip(
        len(pictures),
        looks // ROTATIONS,
        len(decisions) // ROTATIONS,
        round(float(np.median(means)), 4),
        *(Spread.of(each) for each in (empty, decisions, networks)),
    )


def stages(settings: Settings, pictures: Sequence[Picture]) -> dict[str, Spread]:
    """Each step of the street by itself, in rotation, on pictures with a face."""
    eyes = wiring.eyes(settings)
    near = [picture for picture in pictures[165:215:5] if eyes.detector.detect(picture)]
    roster = crowd(eyes)
    face = {id(picture): eyes.detector.detect(picture)[0] for picture in near}
    chip = {id(picture): align(picture, face[id(picture)]) for picture in near}
    probe = eyes.embedder.embed(chip[id(near[0])])
    room = glimpse(grains(pictures[0]))

    def close(picture: Picture) -> Picture:
        left, top, width, height = (int(edge) for edge in face[id(picture)].box)
        x, y = max(0, left - width // 2), max(0, top - height // 2)
        right, bottom = min(picture.width, left + 3 * width // 2), min(picture.height, top + 3 * height // 2)
        return Picture(picture.window(x, y, right, bottom))

    steps: dict[str, Callable[[Picture], object]] = {
        "motion": lambda picture: changed(room, glimpse(grains(picture))),
        "detect_whole": eyes.detector.detect,
        "detect_close": lambda picture: eyes.detector.detect(close(picture), CLOSE),
        "quality": lambda picture: (
            flaws_before_cropping(face[id(picture)], picture, eyes.gates),
            flaws_of_chip(chip[id(picture)], eyes.gates),
        ),
        "align": lambda picture: align(picture, face[id(picture)]),
        "embed": lambda picture: eyes.embedder.embed(chip[id(picture)]),
        "search_10k_after_a_look": lambda _: roster.search(probe),
    }
    liveness = eyes.liveness
    if liveness is not None:
        steps["liveness"] = lambda picture: liveness.live(picture, face[id(picture)])
    took: dict[str, list[float]] = {name: [] for name in steps}
    for turn in range(TURNS):
        picture = near[turn % len(near)]
        for name, step in steps.items():
            begun = time.process_time_ns()
            step(picture)
            took[name].append((time.process_time_ns() - begun) / 1e6)
    return {name: Spread.of(each) for name, each in took.items()}


def searches(sizes: Sequence[int], dimensions: int = 128) -> Iterator[tuple[int, Spread]]:
    """One probe against galleries of these sizes, time after time: by itself, as `stages` does not."""
    rng = np.random.default_rng(0)
    for size in sizes:
        matrix = rng.standard_normal((size, dimensions), dtype=np.float32)
        matrix /= np.linalg.norm(matrix, axis=1, keepdims=True)
        roster = Roster("e", tuple(map(str, range(size))), matrix, np.arange(size))
        probe = unit(matrix[size // 2].copy(), "e")
        took = []
        for _ in range(TURNS):
            begun = time.process_time_ns()
            roster.search(probe)
            took.append((time.process_time_ns() - begun) / 1e6)
        yield size, Spread.of(took)
