"""Are a pack's models the ones they should be, and do they still do what they did?"""

import json
from itertools import combinations

import numpy as np
from msgspec import Struct

from edge_gate.config import Settings
from edge_gate.errors import ModelError
from edge_gate.face.frame import Floats, Picture
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


def excitation(model: Model) -> Floats:
    """The noise picture, as the model's contract wants a picture: (1, 3, h, w) float32."""
    match model:
        case DetectorModel(sizes=sizes):
            return noise(*(sizes[0] if sizes else (96, 64)))
        case EmbedderModel(mean=mean, std=std):
            centre, spread = (np.array(each, np.float32).reshape(3, 1, 1) for each in (mean, std))
            return (noise(112, 112) - centre) / spread
        case _:
            return noise(80, 80)


def golden() -> dict[str, list[float]]:
    """Golden numbers by sha256, as models/golden.py wrote them."""
    numbers: dict[str, list[float]] = json.loads((models_directory() / "golden.json").read_text())
    return numbers


def check(settings: Settings, pack: str) -> list[Finding]:
    """Prove each file's hash and golden numbers; then, of a whole pack, that it tells the cast apart.

    Raises:
        ModelError: if there is no such pack, or a file is missing or altered.
    """
    manifest, expected, findings = read_manifest(), golden(), []
    for model in manifest.files(pack):
        engine = opened(model, wiring.model_directories(settings))
        findings.append(Finding(model.file, "sha256", True, model.sha256[:16]))
        if model.sha256 not in expected:
            findings.append(Finding(model.file, "golden", True, "no golden numbers are kept for it"))
            continue
        likeness = alike(golden_numbers(engine, excitation(model)), expected[model.sha256])
        said = f"cosine {likeness:.4f} with the golden output, {LEAST_ALIKE} at least"
        findings.append(Finding(model.file, "golden", likeness >= LEAST_ALIKE, said))
    chosen = manifest.pack[pack]
    if chosen.detector and chosen.embedder:
        findings.append(_tells_apart(wiring.eyes(settings, pack), pack))
    return findings


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
