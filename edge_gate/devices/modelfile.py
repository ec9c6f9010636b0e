"""The bytes of a model file, proven before anything reads them."""

from pathlib import Path

from edge_gate import digest
from edge_gate.errors import ModelError


def proven(path: Path, sha256: str) -> bytes:
    """The file's bytes: the very ones that were hashed, so that one swapped meanwhile is never run.

    Args:
        path: of the model.
        sha256: what the manifest says it hashes to, lower-case hexadecimal.

    Raises:
        ModelError: if the file is missing, or hashes to something else.
    """
    try:
        model = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    found = digest.sha256(model)
    if found != sha256:
        raise ModelError(f"{path} has sha256 {found} where the manifest states {sha256}")
    return model
