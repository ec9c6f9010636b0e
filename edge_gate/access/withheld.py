"""Values that do not show what they hold: keys, and what is made of faces."""

from typing import Any

from msgspec import Struct


class Withheld(Struct, frozen=True):
    """Shows what kind of value it is; a kind that tells more says itself what.

    Rich, which shows a Struct's fields whatever its `__repr__` shows, learns of none.
    """

    def __repr__(self) -> str:
        return type(self).__name__

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return []
