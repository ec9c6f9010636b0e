"""Files that are either there and whole, or not there."""

import os
from pathlib import Path


def write_private(path: Path, data: bytes = b"") -> None:
    """Make a file that only its owner reads (0600), on the disk when this returns.

    Root makes it for the owner of the directory, so that `sudo edge-gate enrol` before the first
    start does not lock the service out.

    Raises:
        FileExistsError: if there is such a file.
        OSError: if it cannot be written; nothing is left behind.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if os.geteuid() == 0:
                home = path.parent.stat()
                os.fchown(file.fileno(), home.st_uid, home.st_gid)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)
        raise


def sync_directory(directory: Path) -> None:
    """Put names made, changed or removed in `directory` on the disk."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
