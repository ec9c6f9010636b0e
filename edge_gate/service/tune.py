"""Finds out how the networks run fastest on this very board, without seeing any worse."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from pathlib import Path
from typing import Generic, TypeVar

from edge_gate.config import Settings
from edge_gate.errors import ModelError
from edge_gate.face.alignment import Chip, align
from edge_gate.face.detection import Face, overlap
from edge_gate.face.frame import Picture
from edge_gate.ports import Detector, Embedder
from edge_gate.recognition.detector import YuNetDetector
from edge_gate.recognition.embedder import ChipEmbedder
from edge_gate.recognition.recognise import CLOSE, ROOM
from edge_gate.service import wiring
from edge_gate.service.engines import opened
from edge_gate.simulated.cast import members
from edge_gate.simulated.portrait import views
from edge_gate.simulated.scene import SceneCamera
from edge_gate.simulated.stage import WIDTH, Presence
from edge_gate.store.manifest import DetectorModel, EmbedderModel, Model, read_manifest
from edge_gate.store.tuning import Choice, Tuning

SIDES = (320, 256)
"""Longer sides of a detector's input that are tried, where the network takes them.

At 192 the narrowest face that may enter is 18 px wide, and one form of a network passed where another failed.
"""

ROUNDS = 7
"""Rotations through all candidates; the median of them counts."""

SOONER = 1.5
"""More threads must be done so many times sooner: they are taken from the rest of the door, ..."""

DEARER = 1.2
"""... and may take no more than so many times the processor time: it is what warms the board."""

ONE_ENGINE = 1.1
"""Both networks on one engine may take so many times the processor time: the other is never loaded."""

MOVED = 0.05
"""Most mean distance of a landmark from the pack's own detector's, in face widths."""

SCORED = 0.05
"""Most difference of any comparison score from the pack's own embedder's."""

_Network = TypeVar("_Network")


@dataclass(slots=True)
class Trial(Generic[_Network]):
    """One way to run one network, and how it did.

    Attributes:
        choice: the way.
        network: made that way; None where it cannot be.
        cpu_ms: processor time of a turn, of all threads, one for each round: a whole look and a close one, or
            one chip.
        wall_ms: how long each of those turns took.
        refused: why it is not to be chosen; empty where nothing speaks against it.
    """

    choice: Choice
    network: _Network | None = None
    cpu_ms: list[float] = field(default_factory=list)
    wall_ms: list[float] = field(default_factory=list)
    refused: str = ""

    @property
    def cpu(self) -> float:
        """Median processor time, milliseconds; infinite where it was not measured."""
        return statistics.median(self.cpu_ms) if self.cpu_ms else float("inf")

    @property
    def wall(self) -> float:
        """Median time on the clock, milliseconds; infinite where it was not measured."""
        return statistics.median(self.wall_ms) if self.wall_ms else float("inf")

    def told(self) -> str:
        """A line for a person."""
        side = f", {self.choice.side} px" if self.choice.side else ""
        how = f"{self.choice.model}, {self.choice.threads} threads{side}"
        return f"{how}: {self.refused or f'{self.cpu:.2f} ms of processor time in {self.wall:.2f} ms'}"


@dataclass(frozen=True, slots=True)
class Scene:
    """A golden picture: who is in it, near enough to be compared."""

    picture: Picture
    present: tuple[Presence, ...]


def tune(settings: Settings, progress: Callable[[float], None]) -> Tuning:
    """Measure every way to run the configured pack, and choose.

    Candidates are the pack's networks and those that the manifest lets stand in for them, each on its
    engine, with one thread and more, and for the detector at several input sizes. Who is enrolled stays
    enrolled: with people in the gallery, their embedder is the only one.

    Args:
        settings: of this door.
        progress: told the share that is done, 0..1.

    Raises:
        ModelError: if the pack's own networks cannot be run.
    """
    name = settings.models.pack
    pack = read_manifest().chosen(name, settings.models.liveness)
    detectors, embedders = _detectors(settings, pack.detector), _embedders(settings, pack.embedder)
    scenes = list(_scenes(settings))
    own = detectors[0].network
    if own is None or embedders[0].network is None:
        raise ModelError(detectors[0].refused or embedders[0].refused)
    chips = [[_chip(own, Picture(view)) for view in views(member)] for member in members()]
    _judge_detectors(detectors, scenes, settings.face.width_px)
    _judge_embedders(embedders, chips)
    for turn in range(ROUNDS):
        _round(detectors, scenes, chips, turn, _detect)
        _round(embedders, scenes, chips, turn, _embed)
        progress((turn + 1) / ROUNDS)
    detector, embedder = _together(detectors, embedders)
    return Tuning(
        pack=name,
        board=f"{platform.machine()}, {os.cpu_count()} processors",
        detector=detector.choice,
        embedder=embedder.choice,
        figures=(*(trial.told() for trial in detectors), *(trial.told() for trial in embedders)),
    )


def _threads() -> tuple[int, ...]:
    cores = len(os.sched_getaffinity(0))
    return tuple(count for count in (1, 2, 4) if count <= cores)


def _in_place_of(name: str) -> Iterator[tuple[str, Model]]:
    """The pack's own model first, then those that may stand in for it."""
    models = read_manifest().model
    yield name, models[name]
    yield from ((other, model) for other, model in models.items() if model.instead_of == name)


def _detectors(settings: Settings, own: str) -> list[Trial[YuNetDetector]]:
    trials = []
    for (name, model), threads in product(_in_place_of(own), _threads()):
        if not isinstance(model, DetectorModel):
            continue
        sides = {max(size) for size in model.sizes} or SIDES
        smaller = [side for side in SIDES if side < model.side and side in sides]
        for side in (None, *smaller):
            trial = Trial[YuNetDetector](Choice(model=name, threads=threads, side=side))
            try:
                engine = opened(model, wiring.model_directories(settings), threads)
                trial.network = YuNetDetector(engine, side or model.side, model.least_score, model.sizes)
            except ModelError as error:
                trial.refused = error.what
            trials.append(trial)
    return trials


def _embedders(settings: Settings, own: str) -> list[Trial[ChipEmbedder]]:
    enrolled = wiring.enrolled_embedder(settings)
    trials = []
    for (name, model), threads in product(_in_place_of(own), _threads()):
        if not isinstance(model, EmbedderModel):
            continue
        trial = Trial[ChipEmbedder](Choice(model=name, threads=threads))
        try:
            engine = opened(model, wiring.model_directories(settings), threads)
            trial.network = ChipEmbedder(engine)
        except ModelError as error:
            trial.refused = error.what
        else:
            if enrolled and trial.network.identity != enrolled:
                trial.refused = "the people in the gallery were enrolled with another one"
        trials.append(trial)
    return trials


def _scenes(settings: Settings) -> Iterator[Scene]:
    """Members of the cast as near as the camera must see them, and nearer, and an empty room."""
    least = settings.face.width_px * WIDTH / settings.camera.width
    for member in members():
        camera = SceneCamera(f"{member} walks up for 1 s\nnobody for 0.1 s")
        for number in range(camera.frames):
            frame = camera.capture(timeout=0)
            present = tuple(one for one in camera.truth(number) if one.box[2] >= least)
            if (number in (8, 11, 14) and present) or number == camera.frames - 1:
                yield Scene(frame.full, present)


def _chip(detector: Detector, picture: Picture) -> Chip:
    return align(picture, max(detector.detect(picture), key=lambda face: face.box[2]))


def _judge_detectors(trials: Sequence[Trial[YuNetDetector]], scenes: Sequence[Scene], least: float) -> None:
    """Refuse what finds fewer faces than the pack's own, or more, or their landmarks elsewhere."""
    own = trials[0].network
    expected = [own.detect(scene.picture) for scene in scenes] if own else []
    for trial in trials[1:]:
        if trial.network is None:
            continue
        for scene, faces in zip(scenes, expected, strict=True):
            found = trial.network.detect(scene.picture)
            for person in scene.present:
                theirs = _nearest(faces, person)
                ours = _nearest(found, person)
                if theirs is None:
                    continue
                if ours is None:
                    trial.refused = f"misses a face of {person.box[2]:.0f} px that the pack's own finds"
                elif abs(ours.landmarks - theirs.landmarks).mean() > MOVED * theirs.box[2]:
                    trial.refused = "places landmarks elsewhere than the pack's own"
            if len([face for face in found if face.box[2] >= least]) > max(len(faces), len(scene.present)):
                trial.refused = "sees faces where there are none"


def _nearest(faces: Sequence[Face], person: Presence) -> Face | None:
    there = Face(person.box, faces[0].landmarks, 1.0) if faces else None
    alike = [face for face in faces if there and overlap(face, there) > 0.3]
    return max(alike, key=lambda face: face.score, default=None)


def _judge_embedders(trials: Sequence[Trial[ChipEmbedder]], people: Sequence[Sequence[Chip]]) -> None:
    """Refuse what scores any pair of portraits otherwise: the pack's calibration must hold for it."""
    expected: list[float] = []
    for trial in trials:
        if trial.network is None or trial.refused:
            continue
        probes = [trial.network.embed(chip).vector for chips in people for chip in chips]
        scores = [float(one @ other) for one, other in combinations(probes, 2)]
        expected = expected or scores
        apart = max(abs(score - other) for score, other in zip(scores, expected, strict=True))
        if apart > SCORED:
            trial.refused = f"scores a pair {apart:.2f} otherwise than the pack's own"


def _round(
    trials: Sequence[Trial[_Network]],
    scenes: Sequence[Scene],
    chips: Sequence[Sequence[Chip]],
    turn: int,
    work: Callable[[_Network, Scene, Chip], None],
) -> None:
    """Each candidate once, so that what slows the board down slows all of them."""
    near = [scene for scene in scenes if scene.present]
    scene, chip = near[turn % len(near)], chips[turn % len(chips)][0]
    for trial in trials:
        if trial.network is None or trial.refused:
            continue
        work(trial.network, scene, chip)
        begun, cpu_before = time.perf_counter_ns(), time.process_time_ns()
        for _ in range(3):
            work(trial.network, scene, chip)
        trial.cpu_ms.append((time.process_time_ns() - cpu_before) / 3e6)
        trial.wall_ms.append((time.perf_counter_ns() - begun) / 3e6)


def _detect(detector: YuNetDetector, scene: Scene, _chip: Chip) -> None:
    left, top, width, height = scene.present[0].box
    reach = ROOM / 2 * max(width, height)
    x, y = max(0, int(left + width / 2 - reach)), max(0, int(top + height / 2 - reach))
    detector.detect(scene.picture)
    detector.detect(Picture(scene.picture.window(x, y, x + int(2 * reach), y + int(2 * reach))), CLOSE)


def _embed(embedder: Embedder, _scene: Scene, chip: Chip) -> None:
    embedder.embed(chip)


def _together(
    detectors: Sequence[Trial[YuNetDetector]], embedders: Sequence[Trial[ChipEmbedder]]
) -> tuple[Trial[YuNetDetector], Trial[ChipEmbedder]]:
    """The best of each, or nearly, on one engine."""
    pairs = [(_best(detectors), _best(embedders))]
    for engine in {_engine(trial) for trial in detectors}:
        alike = [trial for trial in detectors if _engine(trial) == engine and _sound(trial)]
        too = [trial for trial in embedders if _engine(trial) == engine and _sound(trial)]
        if alike and too:
            pairs.append((_best(alike), _best(too)))

    def cost(pair: tuple[Trial[YuNetDetector], Trial[ChipEmbedder]]) -> float:
        one = _engine(pair[0]) == _engine(pair[1])
        return (pair[0].cpu + pair[1].cpu) * (1 if one else ONE_ENGINE)

    return min(pairs, key=cost)


def _engine(trial: Trial[_Network]) -> str:
    return Path(read_manifest().model[trial.choice.model].file).suffix


def _sound(trial: Trial[_Network]) -> bool:
    return trial.choice.threads == 1 and not trial.refused


def _best(trials: Sequence[Trial[_Network]]) -> Trial[_Network]:
    """One thread that takes the least processor time; more where they decide a good deal sooner for it."""
    sound = [trial for trial in trials if not trial.refused]
    coolest = min((trial for trial in sound if trial.choice.threads == 1), key=lambda trial: trial.cpu)
    quick = [
        trial for trial in sound if trial.wall * SOONER <= coolest.wall and trial.cpu <= DEARER * coolest.cpu
    ]
    return min(quick, key=lambda trial: trial.wall, default=coolest)
