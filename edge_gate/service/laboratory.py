"""A dataset before the door's own eyes: what `evaluate` and `calibrate` both begin with."""

from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

import msgspec
from msgspec import Struct

from edge_gate.config import Settings
from edge_gate.devices.pictures import read_picture
from edge_gate.digest import sha256
from edge_gate.evaluation.cache import Cache
from edge_gate.evaluation.dataset import Photograph, read_dataset
from edge_gate.evaluation.looking import WAYS, Seen, in_a_scene, street
from edge_gate.evaluation.runner import look_at
from edge_gate.evaluation.samples import Samples
from edge_gate.face.frame import Picture
from edge_gate.service import wiring
from edge_gate.store.manifest import read_manifest

Progress: TypeAlias = Callable[[Iterable[Photograph], str, int], Iterable[Photograph]]
"""Wraps the photographs in a progress bar: what, a title, how many."""


class Laboratory(Struct, frozen=True):
    """A dataset, a pack, and where to remember what was seen.

    Attributes:
        settings: which pack, and which quality gates.
        folder: of the dataset.
        cache: folder for what was seen; None remembers nothing.
        seed: of everything drawn.
        progress: shows how far the work is.
    """

    settings: Settings
    folder: Path
    cache: Path | None
    seed: int
    progress: Progress

    @property
    def name(self) -> str:
        """Of the dataset: the folder's."""
        return self.folder.resolve().name

    def samples(self) -> Samples:
        """Every photograph, down the product's own street.

        Raises:
            ModelError: if the pack's networks are not to be had.
            UnreadableInput: if the dataset or the cache cannot be used.
        """
        eyes = wiring.eyes(self.settings)
        return self._look(
            lambda picture, _: street(picture, eyes), "street", msgspec.json.encode(self.settings.face)
        )

    def otherwise(self, way: str, in_scene: bool) -> Samples:
        """Every photograph in another of the ways, as it is or somewhere in a larger scene."""
        eyes, look = wiring.eyes(self.settings), WAYS[way]

        def seen(picture: Picture, number: int) -> Seen:
            return look(in_a_scene(picture, self.seed + number) if in_scene else picture, eyes)

        return self._look(
            seen, f"{way}, in a scene" if in_scene else way, str(self.seed).encode() if in_scene else b""
        )

    def _look(self, look: Callable[[Picture, int], Seen], title: str, detail: bytes) -> Samples:
        manifest = read_manifest()
        pack = manifest.chosen(self.settings.models.pack, self.settings.models.liveness)
        models = [manifest.detector(pack), manifest.embedder(pack), *manifest.liveness(pack)]
        parts = [title.encode(), detail, *(msgspec.json.encode(model) for model in models)]
        photographs = read_dataset(self.folder)
        with closing(Cache(self.cache, sha256(b"\n".join(parts))[:16])) as cache:
            return look_at(self.progress(photographs, title, len(photographs)), read_picture, look, cache)
