"""Which networks may be loaded: `models/manifest.toml`, with the hash that proves each file."""

import tomllib
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Literal, TypeAlias, TypeVar

import msgspec
from msgspec import Meta, Struct

from edge_gate.errors import ModelError
from edge_gate.ports import Normalisation

Share = Annotated[float, Meta(ge=0, le=1)]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
Triple: TypeAlias = tuple[float, float, float]


class _Model(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="kind"):
    """A file.

    Attributes:
        file: its name, in whatever directory it lies.
        sha256: of its bytes; another file of that name is refused.
        bytes: how many.
        licence: of the weights.
        source: where they come from, for a person.
        training: what they were trained on, and what that licence means.
        verified: what was checked of them, and by whom.
        url: where `models pull` fetches the file; empty where it is not published as such.
        instead_of: the model of a pack whose place `edge-gate tune` may give to this one: the same network
            in another precision, or for another engine. The file's suffix says which engine runs it.
    """

    file: str
    sha256: Sha256
    bytes: Annotated[int, Meta(gt=0)]
    licence: str
    source: str
    training: str
    verified: str
    url: str = ""
    instead_of: str = ""

    @property
    def normalisation(self) -> Normalisation:
        """Of pictures: as they are, unless its kind says otherwise."""
        return Normalisation()


class DetectorModel(_Model, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="detector"):
    """A network that finds faces; see `YuNetDetector` for the contract."""

    contract: Literal["yunet"]
    side: Annotated[int, Meta(ge=64)]
    least_score: Share
    sizes: tuple[tuple[int, int], ...] = ()


class EmbedderModel(_Model, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="embedder"):
    """A network that turns a chip into a probe; see `ChipEmbedder` for the contract."""

    contract: Literal["chip112"]
    channels: Literal["rgb", "bgr"]
    mean: Triple
    std: Triple

    @property
    def normalisation(self) -> Normalisation:
        """As the manifest says: every author trains with another."""
        return Normalisation(self.channels, self.mean, self.std)


class LivenessNetwork(_Model, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="liveness"):
    """A network that tells a face from a picture of one; see `MiniFasNet` for the contract."""

    contract: Literal["minifasnet"]
    scale: Annotated[float, Meta(gt=0)]


Model: TypeAlias = DetectorModel | EmbedderModel | LivenessNetwork


class Pack(Struct, frozen=True, forbid_unknown_fields=True):
    """Networks that work together, by their names in the manifest.

    Attributes:
        about: for a person.
        detector: empty in a pack that brings liveness to others.
        embedder: likewise.
        liveness: none in a pack that cannot tell a photograph.
        least_live: the mean score of `liveness` that counts as live.
        calibration: sha256 of ``calibration/NAME.json``; empty in a pack that nobody has measured.
    """

    about: str
    detector: str = ""
    embedder: str = ""
    liveness: tuple[str, ...] = ()
    least_live: Share = 0.5
    calibration: Sha256 | Literal[""] = ""


_Kind = TypeVar("_Kind", DetectorModel, EmbedderModel, LivenessNetwork)


class Manifest(Struct, frozen=True, forbid_unknown_fields=True):
    """Every network this software will load, by name, and the packs they form."""

    model: dict[str, Model]
    pack: dict[str, Pack]

    def chosen(self, name: str, liveness: str = "") -> Pack:
        """The pack of that name, with another pack's liveness networks where one is named.

        Raises:
            ModelError: if there is no such pack, or it cannot see or compare faces by itself.
        """
        pack = self._pack(name)
        if not (pack.detector and pack.embedder):
            raise ModelError(
                f"the pack {name!r} brings liveness to others and is none by itself",
                f'Write [models] liveness = "{name}" beside the pack of your choice',
            )
        if not liveness:
            return pack
        other = self._pack(liveness)
        if not other.liveness:
            raise ModelError(f"the pack {liveness!r} has no liveness model", "Choose one that has")
        return msgspec.structs.replace(pack, liveness=other.liveness, least_live=other.least_live)

    def files(self, name: str) -> tuple[Model, ...]:
        """Every model of a pack.

        Raises:
            ModelError: if there is no such pack.
        """
        pack = self._pack(name)
        return tuple(self.model[each] for each in (pack.detector, pack.embedder, *pack.liveness) if each)

    def _pack(self, name: str) -> Pack:
        if name not in self.pack:
            raise ModelError(f"there is no pack {name!r}", f"Choose one of: {', '.join(sorted(self.pack))}")
        return self.pack[name]

    def detector(self, pack: Pack) -> DetectorModel:
        """The pack's detector."""
        return self._of(pack.detector, DetectorModel)

    def embedder(self, pack: Pack) -> EmbedderModel:
        """The pack's embedder."""
        return self._of(pack.embedder, EmbedderModel)

    def liveness(self, pack: Pack) -> tuple[LivenessNetwork, ...]:
        """The pack's liveness networks; none in a pack that has none."""
        return tuple(self._of(name, LivenessNetwork) for name in pack.liveness)

    def _of(self, name: str, kind: type[_Kind]) -> _Kind:
        model = self.model.get(name)
        if not isinstance(model, kind):
            raise ModelError(f"the manifest has no {kind.__name__} called {name!r}", "Reinstall edge_gate")
        return model


def models_directory() -> Path:
    """Where the manifest and our own weights lie: inside an installed package, else in the checkout."""
    packaged = Path(__file__).parents[1] / "_models"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "models"


@cache
def read_manifest() -> Manifest:
    """The manifest that came with this software, read once.

    Raises:
        ModelError: if it is missing or not a manifest.
    """
    path = models_directory() / "manifest.toml"
    try:
        return msgspec.convert(tomllib.loads(path.read_text()), Manifest)
    except (OSError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ModelError(f"{path}: {error}", "Reinstall edge_gate") from error


def located(model: Model, extra: Sequence[Path] = ()) -> Path:
    """Where a model's file lies; whoever loads it proves its hash.

    Args:
        model: from the manifest.
        extra: directories to look in besides our own weights.

    Raises:
        ModelError: if no directory has it.
    """
    places = [models_directory() / "weights", *extra]
    for place in places:
        if (place / model.file).is_file():
            return place / model.file
    raise ModelError(
        f"{model.file} is in none of: {', '.join(str(place) for place in places)}",
        f"Bring it from {model.source} and name its folder with --models or models.directory",
    )
