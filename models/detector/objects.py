"""Cut-out pictures of things to stand before backdrops: ``python -m detector.objects --folder DIR ...``.

Any folder of transparent PNG files will do; the committed weights have Debian's tuxpaint-stamps-default. What
shows people, signs or letters is left out, and so is a thing in which a teacher sees a face. The figures of
the simulated scene join them, labelled by the teacher: a shaded coat is an oval too. Writes WORK/objects.npz;
without it the training goes without things.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from engines import opened
from tqdm import tqdm

from detector.labels import CERTAIN
from detector.prepare import Paths
from detector.yunet import YuNet
from edge_gate.face.frame import Floats, Pixels
from edge_gate.simulated.brush import canvas, pixel
from edge_gate.simulated.cast import members
from edge_gate.simulated.figure import figure

LEFT_OUT = frozenset({"people", "symbols", "halloween", "christmas", "easter", "cartoon"})
LARGEST, SMALLEST, HESITATES = 256, 40, 0.3
GREY = 128
TALL = 700
"""Height of a figure, px; its face is 77 px wide."""
CHIN = 2.3
"""Where a figure is cut, in the figure's units below the eyes."""


def read(path: Path) -> Pixels | None:
    """(h, w, 4) BGR and opacity, at most `LARGEST` px, or None if it has no opacity or is tiny."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None or image.ndim != 3 or image.shape[2] != 4 or min(image.shape[:2]) < SMALLEST:
        return None
    scale = min(1.0, LARGEST / max(image.shape[:2]))
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def figures(teacher: YuNet) -> tuple[list[Pixels], list[Floats]]:
    """The scene's figures, (h, w, 4) BGR and opacity, and the teacher's face of each, (15,)."""
    scale = TALL / canvas().shape[0]
    found, faces = [], []
    for name in members():
        small = cv2.resize(figure(name), None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        (face,) = teacher((small[..., :3] + GREY * (1 - small[..., 3:] / 255)).astype(np.uint8))
        opacity = np.maximum(small[..., 3:].astype(np.float32), 1) / 255
        straight = np.clip(small[..., :3] / opacity, 0, 255)
        found.append(np.concatenate([straight, small[..., 3:]], 2).astype(np.uint8))
        faces.append(face)
    return found, faces


def main() -> None:
    """Collect."""
    parser = argparse.ArgumentParser(prog="detector.objects")
    parser.add_argument("--data", type=Path, required=True, help="folder with models/")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    teachers = [YuNet(opened(Paths(args.data).teacher), HESITATES)]
    teachers.append(YuNet(opened(Paths(args.data).second), HESITATES, (640, 640)))
    kept = []
    for path in tqdm(sorted(args.folder.glob("**/*.png")), "things", unit="picture"):
        thing = None if LEFT_OUT & set(path.parts) else read(path)
        if thing is None:
            continue
        opacity = thing[..., 3:].astype(np.float32) / 255
        shown = (thing[..., :3] * opacity + GREY * (1 - opacity)).astype(np.uint8)
        if not any(len(teacher(shown)) for teacher in teachers):
            kept.append(thing)
    print(f"{len(kept)} things of {args.folder} kept")
    people, faces = figures(YuNet(opened(Paths(args.data).teacher), CERTAIN))
    kept += people
    shapes = np.array([thing.shape[:2] for thing in kept], np.int32)
    pixels = np.concatenate([thing.reshape(-1) for thing in kept])
    chin = round(pixel((0, CHIN))[1] * TALL / canvas().shape[0])
    np.savez(args.work / "objects.npz", pixels=pixels, shape=shapes, faces=np.stack(faces), chin=chin)


if __name__ == "__main__":
    main()
