"""What was seen of each picture so far, so that an interrupted evaluation goes on where it stopped.

The vectors are biometric data: the file is the user's alone (0600), lies only where they said, and is
theirs to delete.
"""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from edge_gate.access.withheld import Withheld
from edge_gate.errors import UnreadableInput
from edge_gate.evaluation.looking import Seen


class _Line(Withheld, frozen=True):
    picture: str
    reason: str
    vector: bytes
    live: float | None


class Cache:
    """Remembers what was seen of a picture by the hash of its bytes.

    Args:
        folder: where to keep it; None remembers nothing.
        key: what the eyes are made of; another key never reads this one's lines.

    Raises:
        UnreadableInput: if the folder or the file cannot be used.
    """

    def __init__(self, folder: Path | None, key: str) -> None:
        self._known: dict[str, Seen] = {}
        self._file: int | None = None
        if folder is None:
            return
        path = folder / f"seen-{key}.jsonl"
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            content = path.read_bytes()
        except OSError as error:
            raise UnreadableInput(f"{path}: {error.strerror}", "Name another folder with --cache") from error
        whole, _, torn = content.rpartition(b"\n")
        if torn:
            # The last run died in mid-line: that picture is looked at again.
            os.ftruncate(self._file, len(whole) + 1 if whole else 0)
        try:
            for line in msgspec.json.Decoder(_Line).decode_lines(whole):
                self._known[line.picture] = _seen(line)
        except msgspec.DecodeError as error:
            raise UnreadableInput(
                f"{path} is damaged: {error}", "Delete it, and the work is done again"
            ) from error

    def __len__(self) -> int:
        return len(self._known)

    def get(self, picture: str, look: Callable[[], Seen]) -> Seen:
        """What was seen of the picture with that hash; looks if nobody has."""
        if picture not in self._known:
            self._known[picture] = seen = look()
            if self._file is not None:
                os.write(self._file, msgspec.json.encode(_line(picture, seen)) + b"\n")
        return self._known[picture]

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _seen(line: _Line) -> Seen:
    vector = np.frombuffer(line.vector, dtype="<f4") if line.vector else None
    return Seen(line.reason, vector, float("nan") if line.live is None else line.live)


def _line(picture: str, seen: Seen) -> _Line:
    vector = b"" if seen.vector is None else seen.vector.astype("<f4").tobytes()
    return _Line(picture, seen.reason, vector, None if np.isnan(seen.live) else seen.live)
