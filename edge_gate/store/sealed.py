"""A template as it lies on the disk: readable with the key, and only in its own row."""

import json
import secrets
from dataclasses import field

import numpy as np
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from edge_gate.access.value import dataclass
from edge_gate.errors import GalleryError
from edge_gate.face.probe import Probe, Template
from edge_gate.store.key import Key

NONCE_BYTES = 12
"""What AES-GCM is defined for (NIST SP 800-38D, 8.2); random, so good for 2^32 seals under one key."""


@dataclass(frozen=True, slots=True)
class SealedTemplate:
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
    nonce: bytes = field(repr=False)
    sealed: bytes = field(repr=False)

    @classmethod
    def seal(cls, key: Key, template: Template, row: int | None = None) -> "SealedTemplate":
        """Encrypt a template for the row of that id, or for a new one."""
        row = secrets.randbits(63) if row is None else row
        nonce = secrets.token_bytes(NONCE_BYTES)
        subject, embedder = template.subject, template.probe.embedder
        plain = template.probe.vector.astype("<f4").tobytes()
        sealed = AESGCM(key.secret).encrypt(nonce, plain, _bound(row, subject, embedder))
        return cls(row, subject, embedder, nonce, sealed)

    def open(self, key: Key) -> Template:
        """Decrypt the template.

        Raises:
            GalleryError: if the row is not as it was sealed.
        """
        bound = _bound(self.id, self.subject, self.embedder)
        try:
            plain = AESGCM(key.secret).decrypt(self.nonce, self.sealed, bound)
            vector = np.frombuffer(plain, dtype="<f4").astype(np.float32)
            return Template(self.subject, Probe(vector, self.embedder))
        except (InvalidTag, ValueError) as error:
            raise GalleryError(f"A template filed under {self.subject!r} has been altered") from error


def _bound(row: int, subject: str, embedder: str) -> bytes:
    return json.dumps([row, subject, embedder]).encode()
