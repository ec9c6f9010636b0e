"""What a reader or keypad reports."""

from typing import TypeAlias

from msgspec import Struct


class CardRead(Struct, frozen=True):
    """A card was held to a reader; `number` names its format too, e.g. ``w26:17:4711``."""

    number: str


class KeyPressed(Struct, frozen=True):
    """A key of a keypad: ``0``-``9``, ``*`` or ``#``."""

    key: str


Reading: TypeAlias = CardRead | KeyPressed
