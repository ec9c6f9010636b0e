"""The key that encrypts the templates: a file of 32 random bytes, kept apart from the backups.

It comes as a systemd credential, or as a file that only its owner reads. While the gallery is being
re-keyed a second file lies beside it, `<name>.next`; the gallery knows the id of the one in use.
"""

import errno
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from edge_gate.access.withheld import Withheld
from edge_gate.digest import sha256
from edge_gate.errors import KeyFileError, StorageFull
from edge_gate.store.files import beside, sync_directory, write_private

KEY_BYTES = 32
CREDENTIAL = "gallery.key"


class Key(Withheld, frozen=True):
    """An AES-256 key.

    Attributes:
        secret: 32 bytes.
    """

    secret: bytes

    def __repr__(self) -> str:
        return f"Key {self.id}"

    @property
    def id(self) -> str:
        """16 hexadecimal digits that name the key and do not give it away."""
        return sha256(b"edge_gate gallery key\0" + self.secret)[:16]


class KeyFile:
    """Where the key lies.

    Args:
        path: the file.
        credential: whether systemd put it there; such a key is only read. Its group bits then show
            the access list by which the service's user may read it, and are no exposure.
    """

    def __init__(self, path: Path, *, credential: bool = False) -> None:
        self.path = path
        self._next = path.with_name(path.name + ".next")
        self._credential = credential

    @classmethod
    def located(cls, path: Path, environ: Mapping[str, str] = os.environ) -> "KeyFile":
        """The credential `gallery.key` if systemd hands one over, else the file at `path`."""
        if directory := environ.get("CREDENTIALS_DIRECTORY"):
            credential = Path(directory, CREDENTIAL)
            if credential.exists():
                return cls(credential, credential=True)
        return cls(path)

    def find(self, key_id: str) -> Key:
        """The key of that id.

        Raises:
            KeyFileError: if the key is missing, exposed to other users, not a key, or another one.
        """
        key = self._read(self.path)
        if key.id == key_id:
            return key
        if self._next.exists() and (following := self._read(self._next)).id == key_id:
            return following
        raise KeyFileError(f"{self.path} is not the key that the gallery was encrypted with")

    def read(self) -> Key:
        """The key that is there.

        Raises:
            KeyFileError: if it is missing, exposed to other users, or not a key.
        """
        return self._read(self.path)

    def find_or_make(self) -> Key:
        """The key for a new gallery: the one that is there, or else a new one.

        Raises:
            KeyFileError: if there is one that cannot be used, or none can be made.
            StorageFull: if there is no room for it.
        """
        if not self.path.exists():
            with self._writable():
                fresh = beside(self.path)
                write_private(fresh, os.urandom(KEY_BYTES))
                try:
                    os.link(fresh, self.path)
                except FileExistsError:
                    pass  # another process was faster, and its key is as good
                finally:
                    fresh.unlink()
                sync_directory(self.path.parent)
        return self._read(self.path)

    def propose(self) -> Key:
        """Make the key that shall follow, and put it on the disk beside the one in use.

        Raises:
            KeyFileError: if it cannot be made: a credential is systemd's to replace.
            StorageFull: if there is no room for it.
        """
        with self._writable():
            self._next.unlink(missing_ok=True)
            write_private(self._next, os.urandom(KEY_BYTES))
            sync_directory(self.path.parent)
            return self._read(self._next)

    def settle(self, key_id: str) -> None:
        """Put the key in use under its own name. Nobody may re-key meanwhile.

        Raises:
            KeyFileError: if neither file holds that key; then both stay as they are.
        """
        if self._read(self.path).id == key_id:
            return
        self.find(key_id)
        with self._writable():
            self._next.replace(self.path)
            sync_directory(self.path.parent)

    def _read(self, path: Path) -> Key:
        try:
            with path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
                secret = file.read(KEY_BYTES + 1)
        except FileNotFoundError as error:
            raise KeyFileError(f"The key file {path} is missing") from error
        except OSError as error:
            raise KeyFileError(f"The key file {path} cannot be read: {error.strerror}") from error
        exposed = stat.S_IRWXO if self._credential else stat.S_IRWXG | stat.S_IRWXO
        if mode & exposed:
            raise KeyFileError(
                f"The key file {path} has mode {stat.S_IMODE(mode):04o}: other users can reach it",
                f"Run `chmod 600 {path}`, then `edge-gate gallery rekey`, since it may have been copied",
            )
        if len(secret) != KEY_BYTES:
            raise KeyFileError(f"The key file {path} is not a key of {KEY_BYTES} bytes")
        return Key(secret)

    @contextmanager
    def _writable(self) -> Iterator[None]:
        if self._credential:
            raise KeyFileError(
                f"{self.path} is a systemd credential, which only systemd replaces",
                "Stop the service, re-key with the file that the credential is made from, start it again",
            )
        try:
            yield
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StorageFull(f"There is no room for a key beside {self.path}") from error
            raise KeyFileError(
                f"No key can be written beside {self.path}: {error.strerror}",
                "Make the directory, or run the command as a user who may write there",
            ) from error
