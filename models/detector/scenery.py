"""Pictures without people from any folders, to stand behind faces: `detector.prepare --scenery DIR ...`.

Photographs, textures and drawings will do, as files or inside zip archives (`.pk3` too) and Qt's resource
files, as Debian's games and wallpapers have them; models/README.md names the packages of the committed
weights. Pictures with opacity, small ones, flat ones and ones met before are left out.
"""

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from edge_gate.face.frame import Pixels

PICTURES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
ARCHIVES = frozenset({".zip", ".pk3"})
SMALLEST, LARGEST = 160, 384
"""px: the shorter side must have, the longer side is brought to."""
FLAT = 12
"""Least standard deviation of grey."""
THUMB, ALIKE = (16, 12), 4.0
"""Size of a picture's summary, and the mean difference below which two are of the same picture."""


def scenery(folders: list[Path], most: int) -> list[Pixels]:
    """At most `most` pictures of each folder, BGR uint8, in an order of their own."""
    kept: list[Pixels] = []
    for folder in folders:
        found = 0
        thumbs = np.zeros((0, THUMB[0] * THUMB[1] * 3), np.float32)
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        np.random.default_rng(0).shuffle(files)  # type: ignore[arg-type]
        for picture in (picture for path in files for picture in _pictures(path)):
            thumb = cv2.resize(picture, THUMB, interpolation=cv2.INTER_AREA).astype(np.float32).reshape(1, -1)
            if len(thumbs) and np.abs(thumbs - thumb).mean(1).min() < ALIKE:
                continue
            thumbs = np.concatenate([thumbs, thumb])
            kept.append(picture)
            found += 1
            if found == most:
                break
    return kept


def _pictures(path: Path) -> Iterator[Pixels]:
    suffix = path.suffix.lower()
    if suffix in PICTURES:
        yield from _usable([path.read_bytes()])
    elif suffix in ARCHIVES:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if Path(name).suffix.lower() in PICTURES]
            yield from _usable(archive.read(name) for name in names)
    elif suffix == ".rcc":
        yield from _usable(_webp(path.read_bytes()))


def _usable(files: Iterable[bytes]) -> Iterator[Pixels]:
    """The pictures that will do, shrunk."""
    for data in files:
        picture = _picture(data)
        if picture is not None:
            yield picture


def _webp(resources: bytes) -> Iterator[bytes]:
    """The WebP files in a Qt resource file, which keeps them as they are."""
    at = -1
    while (at := resources.find(b"RIFF", at + 1)) >= 0:
        if resources[at + 8 : at + 12] == b"WEBP":
            yield resources[at : at + 8 + int.from_bytes(resources[at + 4 : at + 8], "little")]


def _picture(data: bytes) -> Pixels | None:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED) if data else None
    if image is None or image.dtype != np.uint8 or image.ndim != 3 or min(image.shape[:2]) < SMALLEST:
        return None
    if image.shape[2] == 4 and image[..., 3].min() < 255:
        return None
    scale = min(1.0, LARGEST / max(image.shape[:2]))
    small = cv2.resize(image[..., :3], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    if cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).std() < FLAT:
        return None
    return np.asarray(small, np.uint8)
