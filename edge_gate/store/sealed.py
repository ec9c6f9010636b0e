"""A template as it lies on the disk: readable with the key, and only in its own row."""

import os
from collections.abc import Sequence
from json.encoder import encode_basestring_ascii as quoted

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from edge_gate.access.withheld import Withheld
from edge_gate.errors import GalleryError
from edge_gate.face.frame import Floats
from edge_gate.face.probe import Probe, Template
from edge_gate.store.key import Key

NONCE_BYTES = 12
"""What AES-GCM is defined for (NIST SP 800-38D, 8.2); random, so good for 2^32 seals under one key."""


class SealedTemplate(Withheld, frozen=True):
    """One row of the gallery.

    Attributes:
        id: of the row, 0..2^63-1; never used again for another template.
        subject: the name under which the door knows the person.
        embedder: identity of the network that made the template.
        nonce: 12 bytes.
        sealed: the vector as little-endian float32, AES-256-GCM, with its 16-byte tag. The three
            fields above are authenticated with it: edited, or beside another's, it does not open.
    """

    id: int
    subject: str
    embedder: str
    nonce: bytes
    sealed: bytes

    def __repr__(self) -> str:
        return f"SealedTemplate {self.id} of {self.subject!r}"

    @classmethod
    def seal(cls, key: Key, template: Template, row: int | None = None) -> "SealedTemplate":
        """Encrypt a template for the row of that id, or for a new one."""
        row = int.from_bytes(os.urandom(8)) >> 1 if row is None else row
        nonce = os.urandom(NONCE_BYTES)
        subject, embedder = template.subject, template.probe.embedder
        plain = template.probe.vector.astype("<f4").tobytes()
        sealed = AESGCM(key.secret).encrypt(nonce, plain, _bound(row, subject, embedder))
        return cls(row, subject, embedder, nonce, sealed)

    def open(self, key: Key) -> Template:
        """Decrypt the template.

        Raises:
            GalleryError: if the row is not as it was sealed.
        """
        return Template(self.subject, Probe(opened([self], key)[0], self.embedder))


def opened(rows: Sequence[SealedTemplate], key: Key) -> Floats:
    """Decrypt templates: their vectors, (n, d) float32 of length 1, in the order of the rows.

    All at once, since a value made for each of ten thousand takes longer than to decrypt it.

    Raises:
        GalleryError: if one of them is not as it was sealed, or not as long as the others.
    """
    cipher, plain = AESGCM(key.secret), list[bytes]()
    for row in rows:
        try:
            plain.append(cipher.decrypt(row.nonce, row.sealed, _bound(row.id, row.subject, row.embedder)))
        except (InvalidTag, ValueError) as error:
            raise _altered(row) from error
    if not plain:
        return np.empty((0, 0), np.float32)
    size = len(plain[0])
    for row, each in zip(rows, plain, strict=True):
        if len(each) != size or size % 4 or not size:
            raise _altered(row)
    matrix = np.frombuffer(b"".join(plain), dtype="<f4").reshape(len(plain), -1).astype(np.float32)
    # Not a number is not near 1 either.
    whole = np.abs(np.einsum("ij,ij->i", matrix, matrix) - 1) < 1e-3
    if not whole.all():
        raise _altered(rows[int(whole.argmin())])
    return matrix


def _altered(row: SealedTemplate) -> GalleryError:
    return GalleryError(f"A template filed under {row.subject!r} has been altered")


def _bound(row: int, subject: str, embedder: str) -> bytes:
    # As `json.dumps` would write the three, in a third of the time.
    return f"[{row}, {quoted(subject)}, {quoted(embedder)}]".encode()
