"""What `edge-gate tune` found to be fastest on this board, kept beside the gallery."""

import json
import tomllib
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from edge_gate.errors import ModelError
from edge_gate.store.files import replace_text

NAME = "tuning.toml"

TUNE_AGAIN = "Run `edge-gate tune` again, or delete the file"


class Choice(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How one network is run.

    Attributes:
        model: its name in the manifest.
        threads: processor threads for one inference.
        side: longer side of a detector's input, pixels; None is the model's own.
    """

    model: str
    threads: Annotated[int, Meta(ge=1, le=64)]
    side: Annotated[int, Meta(ge=64)] | None = None


class Tuning(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The choice for one pack on one board, and the figures it rests on.

    Attributes:
        pack: whose networks were measured; another pack is run as it comes.
        board: where.
        detector: how faces are found.
        embedder: how they are compared.
        figures: one line for each way that was tried, for a person.
    """

    pack: str
    board: str
    detector: Choice
    embedder: Choice
    figures: tuple[str, ...] = ()


def read_tuning(state: Path, pack: str) -> Tuning | None:
    """What was found for this pack; None where nobody has measured it here.

    Raises:
        ModelError: if the file is there and cannot be understood.
    """
    path = state / NAME
    try:
        tuning = msgspec.convert(tomllib.loads(path.read_text()), Tuning)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        # Whoever may not read the state directory is not the daemon, and runs the pack as it comes.
        return None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise ModelError(f"{path}: {error}", TUNE_AGAIN) from error
    return tuning if tuning.pack == pack else None


def write_tuning(state: Path, tuning: Tuning) -> Path:
    """Keep the choice; returns where.

    Raises:
        ModelError: if it cannot be written.
    """
    path = state / NAME
    lines = [f"{name} = {json.dumps(getattr(tuning, name))}" for name in ("pack", "board")]
    lines += ["figures = [", *(f"  {json.dumps(line)}," for line in tuning.figures), "]"]
    for role in ("detector", "embedder"):
        lines.append(f"\n[{role}]")
        keys = msgspec.to_builtins(getattr(tuning, role)).items()
        lines += [f"{name} = {json.dumps(value)}" for name, value in keys if value is not None]
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_text(path, "\n".join(lines) + "\n")
    except OSError as error:
        raise ModelError(f"{path} cannot be written ({error.strerror})", "Run it as root") from error
    return path
