"""Values that do not show what they hold: keys, and what is made of faces."""

from typing import Any

from msgspec import Struct


class Withheld(Struct, frozen=True):
    """Rich, which shows a Struct's fields whatever its `__repr__` shows, learns of none."""

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []
