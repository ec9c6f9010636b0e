"""Where model files that are not ours are kept: each whole and proven, or not there."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from edge_gate.errors import DownloadFailed, ModelError, StorageFull
from edge_gate.ports import ModelSource
from edge_gate.store.files import sync_directory
from edge_gate.store.manifest import Model

Progress = Callable[[int], object]
"""Told how many bytes of the file are here, each time some arrive."""


class Depot:
    """A directory of model files.

    Args:
        directory: made when the first file comes.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def has(self, model: Model) -> bool:
        """Whether the file lies here, whole and unaltered."""
        return _digest(self.directory / model.file) == model.sha256

    def install(self, model: Model, source: ModelSource, progress: Progress = lambda _: None) -> Path:
        """Bring a file here from a source; what had arrived before is gone on from.

        The file gets its name only when its size and sha256 are the manifest's and it is on the disk;
        until then its bytes wait under ``<name>.part``.

        Raises:
            DownloadFailed: if the source stops short; what has arrived is kept for the next attempt.
            ModelError: if it sends another file; nothing is kept.
            StorageFull: if there is no room.
        """
        part = self.directory / f"{model.file}.part"
        try:
            self.directory.mkdir(mode=0o755, parents=True, exist_ok=True)
            self._receive(model, source, part, progress)
            return self._admit(model, part)
        except OSError as error:
            raise StorageFull(f"{part} cannot be written ({error.strerror})") from error

    def _receive(self, model: Model, source: ModelSource, part: Path, progress: Progress) -> None:
        here = part.stat().st_size if part.exists() else 0
        if here >= model.bytes:
            return
        with source.open(model.file, here) as stream:
            if stream.length is not None and stream.start + stream.length != model.bytes:
                raise ModelError(
                    f"the source offers {stream.start + stream.length} bytes for {model.file}, "
                    f"where the manifest states {model.bytes}",
                    "Try another source with --from",
                )
            here = stream.start
            with part.open("r+b" if here else "wb") as file:
                file.seek(here)
                for chunk in stream.chunks:
                    here += len(chunk)
                    if here > model.bytes:
                        break
                    file.write(chunk)
                    progress(here)
        if here < model.bytes:
            raise DownloadFailed(f"{model.file} stopped after {here} of {model.bytes} bytes")
        if here > model.bytes:
            part.unlink()
            raise ModelError(
                f"the source sends more than the {model.bytes} bytes of {model.file}",
                "Try another source with --from",
            )

    def _admit(self, model: Model, part: Path) -> Path:
        found = _digest(part)
        if found != model.sha256:
            part.unlink()
            raise ModelError(
                f"what arrived as {model.file} has sha256 {found} where the manifest states {model.sha256}",
                "Try another source with --from; nothing was installed",
            )
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.chmod(0o644)
        part.replace(self.directory / model.file)
        sync_directory(self.directory)
        return self.directory / model.file


def _digest(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None
