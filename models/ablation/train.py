"""Train and measure every arm of the fair test.

    python -m ablation.train --data ../../shared --cache CACHE --out OUT

Two arms, one network, the same crops spoiled the same way, the same targets, loss, optimiser, batches and
number of steps:

- `scenes`: the network reads the whole scene, the face anywhere in it;
- `chips`: it reads the aligned crop.

They are measured on the same scenes of LFW's people (never trained on): `scenes` reads them whole, `chips`
reads what the product's own detector and alignment make of them, and a face not found counts as rejected.
`CACHE` is the embedder's (`embedder.train` fills it): decoded crops, the teachers' vectors, LFW's chips.
"""

import argparse
import json
import time
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Literal, TypeAlias

import cv2
import numpy as np
import torch
from embedder import targets, teachers
from embedder.augment import spoil
from embedder.crops import Crops, Image, decode
from embedder.lfw import chips as lfw_chips
from embedder.loss import CROWD_SIZE, distillation
from embedder.network import DIM
from embedder.optimiser import Optimiser
from numpy.typing import NDArray
from torch import Tensor

from ablation.network import Small
from ablation.scenes import HELD_OUT, INPUT, SIDE, backgrounds, scene, shrunk
from edge_gate.devices.onnx import OnnxEngine
from edge_gate.evaluation.bootstrap import estimate, resample
from edge_gate.evaluation.tally import Tally
from edge_gate.evaluation.trials import Doubles, every_pair
from edge_gate.evaluation.verification import curve, eer, true_accepts
from edge_gate.face.alignment import align
from edge_gate.face.frame import Picture
from edge_gate.recognition.detector import YuNetDetector

Arm: TypeAlias = Literal["scenes", "chips"]
BATCH = 64
STEPS = 2400
SIZES = (2_000, 31_600)
"""Training crops, the smaller set inside the larger."""
ACCEPTS_AT = 1e-2
"""False match rate of the second figure: weak networks have nothing to show at lower ones."""


def batch(
    arm: Arm, rows: NDArray[np.int64], crops: Crops, walls: list[Image], rng: np.random.Generator
) -> Tensor:
    """(n, 3, INPUT, INPUT) RGB in -1..1; both arms draw the same spoiled crops from the same seed."""
    images = np.empty((len(rows), INPUT, INPUT, 3), np.uint8)
    for place, (row, own) in enumerate(zip(rows, rng.spawn(len(rows)), strict=True)):
        image = spoil(crops.images[row], int(crops.strip[row]), crops.images[rows[place - 1]], 112, own)
        if arm == "scenes":
            image = scene(image, walls[int(own.integers(len(walls) - HELD_OUT))], own)
        images[place] = shrunk(image)
    return tensor(images)


def tensor(images: Image) -> Tensor:
    """BGR pictures (n, INPUT, INPUT, 3) as the network's input, channels last."""
    x = torch.from_numpy(images).flip(3).permute(0, 3, 1, 2).float().sub_(127.5).div_(127.5)
    return x.contiguous(memory_format=torch.channels_last)


def taught(  # noqa: PLR0917 - the arms differ in one of them
    arm: Arm, size: int, crops: Crops, target: Tensor, walls: list[Image], steps: int
) -> Small:
    """One network: warm-up for a twentieth of the steps, then linearly down to nothing."""
    torch.manual_seed(1)
    model = Small().to(memory_format=torch.channels_last)
    optimiser, pool = Optimiser(model), np.random.default_rng(0).permutation(len(crops.images))[:size]
    begun = time.monotonic()
    for step in range(steps):
        rng = np.random.default_rng((2, step))
        rows = pool[rng.integers(size, size=BATCH)]
        picked = target[torch.from_numpy(pool[rng.integers(size, size=CROWD_SIZE)])]
        with torch.autocast("cpu", torch.bfloat16):
            output = model(batch(arm, rows, crops, walls, rng))
        loss, gap = distillation(output.float(), target[torch.from_numpy(rows)], picked)
        model.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step(min((step + 1) / (steps / 20), (steps - step) / (steps * 0.95)))
        if step % 100 == 99:
            print(
                f"{arm} {size} step {step + 1} 1-cosine {gap.item():.3f} {time.monotonic() - begun:.0f} s",
                flush=True,
            )
    return model.eval()


@torch.inference_mode()
def embedded(model: Small, images: Image) -> NDArray[np.float32]:
    """(n, DIM) unit vectors."""
    parts = [
        model(tensor(images[k : k + BATCH]))[:, :DIM].float().numpy() for k in range(0, len(images), BATCH)
    ]
    return teachers.unit(np.concatenate(parts))


def found(picture: Image, detector: YuNetDetector) -> Image | None:
    """The aligned chip of the best face in a scene; None where there is none."""
    faces = detector.detect(Picture(picture))
    return align(Picture(picture), faces[0]).pixels if faces else None


def measured(vectors: NDArray[np.float32], people: NDArray[np.int64]) -> dict[str, object]:
    """EER and true accepts with intervals over people; a row of zeros, not found, counts as rejected."""
    evidence = every_pair(vectors, people.astype(np.intp), failures=True)
    mated, nonmated = Tally(evidence.mated), Tally(evidence.nonmated)
    _, fmr, fnmr = curve(mated, nonmated)
    again = resample(evidence, seed=1)

    def accepts(fmr: Doubles, fnmr: Doubles) -> Doubles:
        return true_accepts(fmr, fnmr, ACCEPTS_AT)

    return {
        "mated": len(mated),
        "nonmated": len(nonmated),
        "people": evidence.people,
        "not_found": int((~vectors.any(axis=1)).sum()),
        "eer": asdict(estimate(eer(fmr, fnmr), eer(again.fmr, again.fnmr), evidence.people)),
        "tar_at_1e-2": asdict(estimate(accepts(fmr, fnmr), accepts(again.fmr, again.fnmr), evidence.people)),
    }


def main() -> None:
    """Every size, both arms; one line of JSON each. What `--out` already holds is not done again."""
    parser = argparse.ArgumentParser(prog="ablation.train")
    parser.add_argument(
        "--data", type=Path, required=True, help="folder that holds train/, models/ and faces/"
    )
    parser.add_argument("--cache", type=Path, required=True, help="the embedder's prepared data")
    parser.add_argument("--out", type=Path, required=True, help="results, one JSON object a line")
    parser.add_argument("--steps", type=int, default=STEPS)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    crops = decode(options.data / "train", options.cache)
    labels = targets.both_sides(teachers.read(options.cache))
    target = torch.from_numpy(targets.fit(labels, crops.source)(labels))
    walls = backgrounds(options.data / "train")
    yunet = tomllib.loads((Path(__file__).parents[1] / "manifest.toml").read_text())["model"]["yunet-n"]
    weights = options.data / "models" / yunet["file"]
    test = lfw_chips(options.data / "faces" / "lfw_dev", weights)
    rng = np.random.default_rng(3)
    pictures = [scene(image, walls[-1 - int(rng.integers(HELD_OUT))], rng) for image in test.images]
    detector = YuNetDetector(OnnxEngine(weights, yunet["sha256"]), SIDE, 0.6)
    chips = [found(picture, detector) for picture in pictures]
    missed = np.array([chip is None for chip in chips])
    black = np.zeros((INPUT, INPUT, 3), np.uint8)
    seen: dict[Arm, Image] = {
        "scenes": np.stack([shrunk(picture) for picture in pictures]),
        "chips": np.stack([black if chip is None else shrunk(chip) for chip in chips]),
    }
    done = options.out.read_text().splitlines() if options.out.exists() else []
    before = {(line["arm"], line["size"], line["images"]) for line in map(json.loads, done)}
    for size in SIZES:
        for arm in ("scenes", "chips"):
            if (arm, size, options.steps * BATCH) in before:
                continue
            model = taught(arm, size, crops, target, walls, options.steps)
            vectors = embedded(model, seen[arm])
            if arm == "chips":
                vectors[missed] = 0
            result = {
                "arm": arm,
                "size": size,
                "images": options.steps * BATCH,
                **measured(vectors, test.person),
            }
            with options.out.open("a") as file:
                print(json.dumps(result), file=file)


if __name__ == "__main__":
    main()
