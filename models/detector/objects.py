"""Cut-out pictures of things to stand before backdrops: ``python -m detector.objects --folder DIR ...``.

Any folder of transparent PNG files will do; the committed weights have Debian's tuxpaint-stamps-default. What
shows people, signs or letters is left out, and so is a thing in which a teacher sees a face. The bodies of
the simulated scene's figures, from the neck down, join them: a shaded coat is an oval too. Writes
WORK/objects.npz; without it the training goes without things.
"""

import argparse
from pathlib import Path

import cv2
import numpy as np
from tqdm import tqdm

from detector.prepare import Paths
from detector.yunet import OnnxEngine, YuNet
from edge_gate.face.frame import Pixels
from edge_gate.simulated.brush import canvas, pixel
from edge_gate.simulated.cast import members
from edge_gate.simulated.figure import figure

LEFT_OUT = frozenset({"people", "symbols", "halloween", "christmas", "easter", "cartoon"})
LARGEST, SMALLEST, HESITATES = 256, 40, 0.3
GREY = 128
BODIES = 8
"""How often each body is among the things: there are few, and every scene has them."""
CHIN = 2.3
"""Where a figure is cut, in the figure's units below the eyes."""


def read(path: Path) -> Pixels | None:
    """(h, w, 4) BGR and opacity, at most `LARGEST` px, or None if it has no opacity or is tiny."""
    image = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    if image is None or image.ndim != 3 or image.shape[2] != 4 or min(image.shape[:2]) < SMALLEST:
        return None
    scale = min(1.0, LARGEST / max(image.shape[:2]))
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def bodies() -> list[Pixels]:
    """The scene's figures without their heads."""
    cut = pixel((0, CHIN))[1]
    scale = LARGEST / max(canvas().shape[:2])
    found = []
    for name in members():
        small = cv2.resize(figure(name)[cut:], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        opacity = np.maximum(small[..., 3:].astype(np.float32), 1) / 255
        straight = np.clip(small[..., :3] / opacity, 0, 255)
        found.append(np.concatenate([straight, small[..., 3:]], 2).astype(np.uint8))
    return found


def main() -> None:
    """Collect."""
    parser = argparse.ArgumentParser(prog="detector.objects")
    parser.add_argument("--data", type=Path, required=True, help="folder with models/")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    args = parser.parse_args()
    teachers = [YuNet(OnnxEngine(Paths(args.data).teacher), HESITATES)]
    teachers.append(YuNet(OnnxEngine(Paths(args.data).second), HESITATES, (640, 640)))
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
    kept += bodies() * BODIES
    shapes = np.array([thing.shape[:2] for thing in kept], np.int32)
    pixels = np.concatenate([thing.reshape(-1) for thing in kept])
    np.savez(args.work / "objects.npz", pixels=pixels, shape=shapes, bodies=len(members()))


if __name__ == "__main__":
    main()
