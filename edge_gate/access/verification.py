"""What somebody must show: ``face``, ``card+face``, ``face|card``."""

from enum import StrEnum

from msgspec import Struct


class Factor(StrEnum):
    """Something that can be shown at a door."""

    FACE = "face"
    CARD = "card"
    PIN = "pin"


FACTORS = tuple(Factor)


class Verification(Struct, frozen=True):
    """One or more ways in, each a set of factors of one person.

    Attributes:
        ways: each in the order of `Factor`; never empty, none of them empty.
    """

    ways: tuple[tuple[Factor, ...], ...]

    @classmethod
    def parse(cls, text: str) -> "Verification":
        """Read ways parted by ``|``, their factors joined by ``+``.

        Raises:
            ValueError: if a factor is unknown, or a PIN would stand alone (it is guessed too easily).
        """
        ways = []
        for way in text.lower().split("|"):
            try:
                named = {Factor(word.strip()) for word in way.split("+")}
            except ValueError:
                raise ValueError(
                    f"{text!r} is no verification; join {', '.join(FACTORS)} by + and |"
                ) from None
            if named == {Factor.PIN}:
                raise ValueError(f"{text!r} lets a PIN alone open the door; join it with a card or a face")
            ways.append(tuple(factor for factor in FACTORS if factor in named))
        return cls(tuple(ways))

    def __str__(self) -> str:
        return "|".join("+".join(way) for way in self.ways)

    def met(self, shown: tuple[Factor, ...]) -> bool:
        """Whether these factors suffice."""
        return any(set(way) <= set(shown) for way in self.ways)

    def wants(self, shown: tuple[Factor, ...]) -> tuple[Factor, ...]:
        """What is still missing on the shortest way that uses all that was shown; empty if none does."""
        open_ways = [way for way in self.ways if set(shown) < set(way)]
        shortest = min(open_ways, key=len, default=())
        return tuple(factor for factor in shortest if factor not in shown)

    def with_more_than_a_face(self) -> "Verification":
        """The same, a card or PIN asked for besides wherever a face alone would do."""
        ways: list[tuple[Factor, ...]] = []
        for way in self.ways:
            alone = way == (Factor.FACE,)
            ways += [(Factor.FACE, more) for more in (Factor.CARD, Factor.PIN)] if alone else [way]
        return Verification(tuple(ways))

    @property
    def face_alone(self) -> bool:
        """Whether a face is searched for among everybody; if not, it is compared with one holder's alone."""
        return (Factor.FACE,) in self.ways


FACE = Verification(((Factor.FACE,),))
