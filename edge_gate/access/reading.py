"""What a reader or keypad reports."""

from typing import TypeAlias

from edge_gate.access.value import dataclass


@dataclass(frozen=True, slots=True)
class CardRead:
    """A card was held to a reader; `number` names its format too, e.g. ``w26:17:4711``."""

    number: str


@dataclass(frozen=True, slots=True)
class KeyPressed:
    """A key of a keypad: ``0``-``9``, ``*`` or ``#``."""

    key: str


Reading: TypeAlias = CardRead | KeyPressed
