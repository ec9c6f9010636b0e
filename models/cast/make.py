"""Make faces of nobody.

::

    cd models
    python -m cast.make candidates --data SHARED --work WORK   # tries seeds, keeps what matches nobody
    python -m cast.make finish --data SHARED --work WORK       # renders the seeds that cast.toml names

Between the two somebody looks at WORK/candidates/*.png and writes the seeds of good faces into
edge_gate/simulated/cast/cast.toml: a number cannot see a smear.
"""

import argparse
import tomllib
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import cv2
import numpy as np
from embedder.crops import Image
from embedder.teachers import Teachers, Vectors
from numpy.typing import NDArray
from tqdm import tqdm

from cast.composite import Album, composite, mean_of_all, picture, step_away, window
from cast.sources import Finder, chip, gather

LIMIT = {"foamliu": 0.402, "esp": 0.276}
"""Cosine at which one in 10,000 pairs of different people matches, by teacher.

The quantile over the 7,141,745 such pairs of the 3,781 photographs in LFW's development half; a threshold is
read off there, nothing is trained on it.
"""
LEAST_SCORE = 0.85
CAST = Path(__file__).parents[2] / "edge_gate/simulated/cast"
LOSSLESS = 101


STEPS = 4
"""How often a composite may step away from those it is too like."""


@dataclass(frozen=True)
class Candidate:
    """A composite and how it fares: `nearest` photograph by teacher, `score` of the detector."""

    seed: int
    face: Image
    vectors: dict[str, Vectors]
    nearest: dict[str, float]
    score: float

    @property
    def nobody(self) -> bool:
        """Whether it is a face and matches no photograph."""
        return self.score >= LEAST_SCORE and all(self.nearest[name] < limit for name, limit in LIMIT.items())


class Studio:
    """Makes composites and compares them with every photograph there is."""

    def __init__(self, data: Path, work: Path, processes: int) -> None:
        self._sources = gather(data, work, processes)
        self._album = Album.of(self._sources)
        self._mean_face = mean_of_all(self._album, np.random.default_rng(0))
        self._finder, self._teachers = Finder(data / "models"), Teachers(data / "models")
        self.seeds = self._sources.number

    def make(self, seed: int) -> Candidate | None:
        """The composite that starts from photograph `seed`; None where no face is found in it."""
        (row,) = np.flatnonzero(self.seeds == seed)
        face = composite(
            [self._album.faces[parent] for parent in self._album.parents(int(row))], self._mean_face
        )
        for step in range(STEPS + 1):
            shown = on_grey(picture(face))
            found = self._finder(shown)
            if found is None:
                return None
            vectors = {name: v[0] for name, v in self._teachers.embed(chip(shown, found[0])[None]).items()}
            alike = {name: self._likeness(name, vectors[name]) for name in LIMIT}
            nearest = {name: float(likeness.max()) for name, likeness in alike.items()}
            made = Candidate(seed, picture(face), vectors, nearest, found[1])
            if made.nobody or step == STEPS:
                break
            face = step_away(face, [window(self._sources.crop(row)) for row in self._nearest(alike)])
        return made

    def _likeness(self, name: str, vector: Vectors) -> Vectors:
        """Cosine with every training crop, then with every source."""
        return np.concatenate([self._sources.avoid[name] @ vector, self._sources.vectors[name] @ vector])

    def _nearest(self, alike: dict[str, Vectors]) -> list[int]:
        """Training crops among the eight photographs that each teacher finds most alike, and too much so."""
        rows: set[int] = set()
        for name, likeness in alike.items():
            rows |= {int(row) for row in np.argsort(-likeness)[:8] if likeness[row] > LIMIT[name] - 0.05}
        return sorted(row for row in rows if row < len(self._sources.crops))


def on_grey(face: Image) -> Image:
    """A feathered face on a plain ground of its own median colour."""
    opacity = face[..., 3:] / np.float32(255)
    ground = np.median(face[opacity[..., 0] > 0.9][:, :3], axis=0) * 0.8
    return np.asarray(face[..., :3] * opacity + ground * (1 - opacity), np.uint8)


def candidates(studio: Studio, work: Path, tries: int) -> None:
    """Try seeds at random; write those that match nobody, and contact sheets of 24."""
    folder = work / "candidates"
    folder.mkdir(exist_ok=True)
    kept: list[Candidate] = []
    for seed in tqdm(
        np.random.default_rng(1).permutation(studio.seeds)[:tries], desc="composites", unit="face"
    ):
        made = studio.make(int(seed))
        if made is None or not made.nobody:
            continue
        kept.append(made)
        page = (len(kept) - 1) // 24
        cv2.imwrite(str(folder / f"sheet{page:02}.png"), sheet(kept[24 * page :]))
    print(f"{len(kept)} of {tries} composites are faces and match nobody; see {folder}")


def finish(studio: Studio) -> None:
    """Render every member that cast.toml names and print how each fares."""
    table = tomllib.loads((CAST / "cast.toml").read_text("utf-8"))
    made: dict[str, Candidate] = {}
    for name, row in tqdm(table.items(), desc="members", unit="face"):
        candidate = studio.make(row["seed"])
        if candidate is None or not candidate.nobody:
            raise SystemExit(f"{name}: seed {row['seed']} makes no face of nobody; choose another")
        made[name] = candidate
        packed = cv2.imencode(".webp", candidate.face, [cv2.IMWRITE_WEBP_QUALITY, LOSSLESS])[1]
        (CAST / f"{name}.webp").write_bytes(packed.tobytes())
    print("| member | detector | nearest photograph, foamliu / esp | nearest member |\n|---|---|---|---|")
    for name, one in made.items():
        others = [other for key, other in made.items() if key != name]
        near = {t: max(float(one.vectors[t] @ other.vectors[t]) for other in others) for t in LIMIT}
        print(
            f"| {name} | {one.score:.2f} | {one.nearest['foamliu']:.2f} / {one.nearest['esp']:.2f} "
            f"| {near['foamliu']:.2f} / {near['esp']:.2f} |"
        )
    pairs = list(combinations(made.values(), 2))
    for teacher, limit in LIMIT.items():
        unlike = sum(float(one.vectors[teacher] @ other.vectors[teacher]) < limit for one, other in pairs)
        print(f"{unlike} of {len(pairs)} pairs of members do not match by {teacher}")


def sheet(made: list[Candidate]) -> NDArray[np.uint8]:
    """Six faces a row, each with its seed."""
    tiles = []
    for one in made:
        tile = np.ascontiguousarray(on_grey(one.face)[30:270, 40:248])
        note = f"{one.seed} {one.nearest['foamliu']:.2f} {one.nearest['esp']:.2f}"
        cv2.putText(tile, note, (4, 12), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255, 255, 255), 1, cv2.LINE_AA)
        tiles.append(tile)
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % 6)
    return np.vstack([np.hstack(tiles[i : i + 6]) for i in range(0, len(tiles), 6)])


def main() -> None:
    """Read the command line and work."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("verb", choices=["candidates", "finish"])
    parser.add_argument("--data", type=Path, required=True, help="folder with train/ and models/")
    parser.add_argument("--work", type=Path, required=True, help="folder for what is in between")
    parser.add_argument("--tries", type=int, default=200)
    parser.add_argument("--processes", type=int, default=1)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    studio = Studio(args.data, args.work, args.processes)
    if args.verb == "candidates":
        candidates(studio, args.work, args.tries)
    else:
        finish(studio)


if __name__ == "__main__":
    main()
