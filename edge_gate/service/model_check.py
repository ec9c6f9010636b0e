"""Are a pack's models the ones they should be, and do they still do what they did?"""

import json
from itertools import combinations

from msgspec import Struct

from edge_gate.config import Settings
from edge_gate.errors import ModelError
from edge_gate.face.frame import Picture, Pixels
from edge_gate.ports import Engine
from edge_gate.recognition.enrolment import enrollable
from edge_gate.recognition.recognise import Eyes
from edge_gate.recognition.selfcheck import LEAST_ALIKE, alike, golden_numbers, noise
from edge_gate.service import wiring
from edge_gate.service.engines import opened
from edge_gate.simulated.portrait import views
from edge_gate.store.manifest import (
    DetectorModel,
    EmbedderModel,
    Model,
    models_directory,
    read_manifest,
)

FACES = ("ada", "bela", "chidi", "dara")
"""Members of the cast that every embedder should tell apart."""


class Finding(Struct, frozen=True):
    """What was checked of which file, whether it held, and the figure."""

    file: str
    check: str
    held: bool
    said: str


def excitation(model: Model) -> Pixels:
    """The noise picture, of a size that the model's contract allows."""
    match model:
        case DetectorModel(sizes=sizes):
            return noise(*(sizes[0] if sizes else (96, 64)))
        case EmbedderModel():
            return noise(112, 112)
        case _:
            return noise(80, 80)


def golden() -> dict[str, list[float]]:
    """Golden numbers by sha256, as models/golden.py wrote them."""
    numbers: dict[str, list[float]] = json.loads((models_directory() / "golden.json").read_text())
    return numbers


def check(settings: Settings, pack: str) -> list[Finding]:
    """Prove each network's hash and golden numbers; then, of a whole pack, that it tells the cast apart.

    The networks are those that the door runs: where it has been tuned, the ones that `edge-gate tune` chose.

    Raises:
        ModelError: if there is no such pack, or a file is missing or altered.
    """
    expected, findings = golden(), []
    known = {model.sha256: model for model in read_manifest().model.values()}
    eyes, engines = _as_at_the_door(settings, pack)
    for engine in engines:
        model = known[engine.identity]
        findings.append(Finding(model.file, "sha256", True, model.sha256[:16]))
        if model.sha256 not in expected:
            findings.append(Finding(model.file, "golden", True, "no golden numbers are kept for it"))
            continue
        likeness = alike(golden_numbers(engine, excitation(model)), expected[model.sha256])
        said = f"cosine {likeness:.4f} with the golden output, {LEAST_ALIKE} at least"
        findings.append(Finding(model.file, "golden", likeness >= LEAST_ALIKE, said))
    if eyes:
        findings.append(_tells_apart(eyes, pack))
    return findings


def _as_at_the_door(settings: Settings, pack: str) -> tuple[Eyes | None, list[Engine]]:
    """The pack's networks; without eyes, where it brings liveness to others."""
    manifest, engines = read_manifest(), list[Engine]()
    networks, chosen = manifest.files(pack), manifest.pack[pack]
    if not (chosen.detector and chosen.embedder):
        return None, [opened(model, wiring.model_directories(settings)) for model in networks]

    def noted(engine: Engine) -> Engine:
        engines.append(engine)
        return engine

    return wiring.eyes(settings, pack, noted), engines


def _tells_apart(eyes: Eyes, pack: str) -> Finding:
    probes = [
        (name, enrollable(Picture(view), eyes, name).probe.vector)
        for name in FACES
        for view in views(name, 2)
    ]
    same: list[float] = []
    different: list[float] = []
    for (one, a), (other, b) in combinations(probes, 2):
        (same if one == other else different).append(float(a @ b))
    said = f"same {min(same):.2f} at least, different {max(different):.2f} at most, {len(FACES)} faces"
    return Finding(pack, "same/different", min(same) > max(different), said)


def must_hold(findings: list[Finding]) -> None:
    """Raise for the first finding that did not hold.

    Raises:
        ModelError: naming the file and the figure.
    """
    for finding in findings:
        if not finding.held:
            raise ModelError(
                f"{finding.file}: {finding.check} failed: {finding.said}",
                "Choose another pack or engine: on this processor this one cannot be trusted",
            )
