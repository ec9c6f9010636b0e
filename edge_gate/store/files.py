"""Files that are either there and whole, or not there."""

import os
import stat
from pathlib import Path

_BLOCK = 1 << 20


def beside(path: Path) -> Path:
    """A hidden name in the same directory that nobody else uses, for what is to take the place of `path`."""
    return path.with_name(f".{path.name}.{os.urandom(8).hex()}")


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


def replace_text(path: Path, text: str) -> None:
    """Write a file anew: the old one or the new one is there, whatever happens meanwhile.

    An old file's mode and owner are kept. A new one is read by the group of its directory (0640), which for
    the configuration is the service's.

    Raises:
        OSError: if it cannot be written; the old one stands.
    """
    known = path.stat() if path.exists() else None
    home = path.parent.stat()
    fresh = beside(path)
    write_private(fresh, text.encode())
    try:
        if os.geteuid() == 0:
            os.chown(fresh, known.st_uid if known else home.st_uid, known.st_gid if known else home.st_gid)
        fresh.chmod(stat.S_IMODE(known.st_mode) if known else 0o640)
        fresh.replace(path)
        sync_directory(path.parent)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise


def replace_private(source: Path, path: Path) -> None:
    """Put a copy of a file in the place of another (0600): the old one or the new one is there, and whole.

    Raises:
        OSError: if it cannot be copied; the old one stands.
    """
    fresh = beside(path)
    write_private(fresh)
    try:
        with source.open("rb") as content, fresh.open("wb") as file:
            while block := content.read(_BLOCK):
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        sync_directory(path.parent)
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
