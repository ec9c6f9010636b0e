"""Keys become a typed PIN: ``number * pin #``, or ``pin #`` after a card."""

from msgspec import Struct
from msgspec.structs import replace

from edge_gate.access.instant import Instant, Millis

LONGEST = 12


class Entry(Struct, frozen=True):
    """What was typed and closed with ``#``.

    Attributes:
        number: the person's keypad number; None where a card said who it is.
        pin: digits, 1..12.
    """

    number: str | None
    pin: str


class Keypad(Struct, frozen=True):
    """What has been typed so far."""

    number: str | None = None
    digits: str = ""
    touched: Instant = 0


def press(pad: Keypad, key: str, now: Instant, patience_ms: Millis) -> tuple[Keypad, Entry | None]:
    """The keypad after a key (``0``-``9``, ``*``, ``#``), and the entry that the key completed.

    Keys older than `patience_ms` are forgotten, and so is an entry that has grown too long or empty:
    nobody types on after somebody else.
    """
    if now - pad.touched > patience_ms:
        pad = Keypad()
    if key == "#":
        return Keypad(), Entry(pad.number, pad.digits) if pad.digits else None
    if key == "*":
        return Keypad(pad.digits or None, touched=now), None
    if len(pad.digits) == LONGEST:
        return Keypad(), None
    return replace(pad, digits=pad.digits + key, touched=now), None
