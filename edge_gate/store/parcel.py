"""One encrypted file for everything, written and read in pieces: a journal may be larger than the memory.

::

    `MAGIC`  kind (1)  salt (16)  then pieces:  length (4, big-endian)  sealed piece

Each piece of at most 1 MiB is AES-256-GCM under the nonce ``number (11 bytes) || last (1 byte)``: pieces
cannot be moved, dropped or cut off at the end unnoticed (STREAM, Hoang et al. 2015). The header is
authenticated with every piece. The AES key is derived for this parcel alone, from a passphrase by scrypt or
from a key by HKDF, with the salt, so that a nonce is never used twice under one key.
"""

import secrets
from collections.abc import Iterator
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from edge_gate.errors import UnreadableInput
from edge_gate.store.key import Key

MAGIC = b"edge_gate parcel 1\n"
PIECE = 1 << 20
SALT_BYTES = 16
SCRYPT_N, SCRYPT_R = 1 << 17, 8
"""128 MiB of memory: OWASP's Password Storage Cheat Sheet, scrypt."""


class SealedWriter:
    """A file that is only written to, and sealed as it is.

    Args:
        file: where the parcel goes.
        secret: a passphrase, or a key.
    """

    def __init__(self, file: BinaryIO, secret: str | Key) -> None:
        salt = secrets.token_bytes(SALT_BYTES)
        self._file = file
        self._header = MAGIC + _kind(secret) + salt
        self._cipher = AESGCM(_derived(secret, salt))
        self._pending = bytearray()
        self._number = 0
        file.write(self._header)

    def write(self, data: bytes) -> int:
        """Take bytes in."""
        self._pending += data
        while len(self._pending) > PIECE:
            self._seal(bytes(self._pending[:PIECE]), last=False)
            del self._pending[:PIECE]
        return len(data)

    def finish(self) -> None:
        """Write the last piece; without it the parcel does not open."""
        self._seal(bytes(self._pending), last=True)

    def _seal(self, piece: bytes, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._number, last=last), piece, self._header)
        self._file.write(len(sealed).to_bytes(4, "big") + sealed)
        self._number += 1


class SealedReader:
    """A parcel as a file that is only read from, from its beginning; `closed` once its last piece was read.

    Args:
        file: the parcel.
        secret: what it was sealed with.

    Raises:
        UnreadableInput: here and in `read`, if it is no parcel, not whole, or sealed with another secret.
    """

    def __init__(self, file: BinaryIO, secret: str | Key) -> None:
        self._header = file.read(len(MAGIC) + 1 + SALT_BYTES)
        if not self._header.startswith(MAGIC):
            raise UnreadableInput(
                "It is not a backup of edge_gate", "Name the file that `edge-gate backup` wrote"
            )
        if self._header[len(MAGIC) : len(MAGIC) + 1] != _kind(secret):
            raise UnreadableInput(
                "The backup was sealed with the other kind of secret", "Give --key-file, or a passphrase"
            )
        self._pieces = _opened(file, AESGCM(_derived(secret, self._header[-SALT_BYTES:])), self._header)
        self._held = b""

    def read(self, size: int) -> bytes:
        """Up to `size` bytes; fewer only at the end."""
        while len(self._held) < size:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._held += piece
        data, self._held = self._held[:size], self._held[size:]
        return data

    def exhaust(self) -> None:
        """Read to the last piece, so that a parcel cut off there is noticed too."""
        for _ in self._pieces:
            pass


def _opened(file: BinaryIO, cipher: AESGCM, header: bytes) -> Iterator[bytes]:
    number, held = 0, _sealed(file)
    while held:
        following = _sealed(file)
        try:
            yield cipher.decrypt(_nonce(number, last=not following), held, header)
        except InvalidTag as error:
            raise UnreadableInput(
                "The backup does not open: another secret, or a damaged file",
                "Try the passphrase again, or another copy of the file",
            ) from error
        number, held = number + 1, following


def _sealed(file: BinaryIO) -> bytes:
    prefix = file.read(4)
    # A length of nothing is no end: it does not open.
    return file.read(min(int.from_bytes(prefix, "big"), PIECE + 16)) or b"\0" if prefix else b""


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _kind(secret: str | Key) -> bytes:
    return b"p" if isinstance(secret, str) else b"k"


def _derived(secret: str | Key, salt: bytes) -> bytes:
    if isinstance(secret, str):
        return Scrypt(salt=salt, length=32, n=SCRYPT_N, r=SCRYPT_R, p=1).derive(secret.encode())
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=b"edge_gate parcel").derive(secret.secret)
