"""The board's own Ed25519 key (RFC 8032): it signs what the board says of itself."""

import base64
import re
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from edge_gate.digest import sha256
from edge_gate.errors import UnreadableInput
from edge_gate.store.key import KeyFile

NAME = "device.key"
_SEAL = re.compile(rb"\n<!-- ed25519 ([A-Za-z0-9+/=]{44}) ([A-Za-z0-9+/=]{88}) -->\n\Z")


class Device:
    """A board that can sign; its key is made with the first signature.

    Args:
        state: the state directory.

    Raises:
        KeyFileError: if the key is exposed, or not a key.
        StorageFull: if it must be made and there is no room.
    """

    def __init__(self, state: Path) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(KeyFile(state / NAME).find_or_make().secret)
        self._public = self._key.public_key().public_bytes_raw()

    @property
    def name(self) -> str:
        """16 hexadecimal digits that name the board's public key."""
        return _name(self._public)

    def signed(self, document: bytes) -> bytes:
        """The document with its signature in a last line, an HTML comment."""
        signature = self._key.sign(document)
        return b"%s\n<!-- ed25519 %s %s -->\n" % (document, _text(self._public), _text(signature))


def signer(document: bytes) -> str:
    """The name of the board that signed a document.

    Raises:
        UnreadableInput: if it is not signed, or was altered since.
    """
    seal = _SEAL.search(document)
    if seal is None:
        raise UnreadableInput(
            "the document has no signature in its last line", "Give the file as it was written"
        )
    public, signature = (base64.b64decode(group) for group in seal.groups())
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, document[: seal.start()])
    except InvalidSignature:
        raise UnreadableInput(
            "the document was altered after it was signed", "Ask for the file as it was written"
        ) from None
    return _name(public)


def _name(public: bytes) -> str:
    return sha256(public)[:16]


def _text(data: bytes) -> bytes:
    return base64.b64encode(data)
