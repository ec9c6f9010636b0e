"""What a door knows is kept in values: they are the standard library's, only sooner defined."""

import dataclasses
from dataclasses import FrozenInstanceError, asdict, field, replace
from typing import Any

import pytest

from edge_gate.access.value import dataclass


@dataclass(frozen=True, slots=True)
class Card:
    """A card."""

    number: int
    holders: list[str] = field(default_factory=list)
    secret: str = field(default="none", repr=False)

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError("no such card")


@dataclass(frozen=True, slots=True)
class Badge(Card):
    """A card with a picture."""

    picture: str | None = None


@dataclass(frozen=True, slots=True)
class Nothing:
    """Says nothing."""


@dataclasses.dataclass(frozen=True, slots=True)
class Theirs:
    """What the standard library makes of a card."""

    number: int
    holders: list[str] = field(default_factory=list)
    secret: str = field(default="none", repr=False)


def test_a_value_is_made_and_shown_as_the_standard_library_does() -> None:
    assert repr(Card(7, ["ada"], "s")) == repr(Theirs(7, ["ada"], "s")).replace("Theirs", "Card")
    assert asdict(Card(7)) == asdict(Theirs(7))
    assert Badge(7, picture="a.png").picture == "a.png"
    assert repr(Nothing()) == "Nothing()"


def test_each_value_has_a_list_of_its_own() -> None:
    assert Card(7).holders == []
    assert Card(7).holders is not Card(7).holders


def test_values_are_equal_if_they_are_of_one_kind_and_say_the_same() -> None:
    assert Card(7, ["ada"]) == Card(7, ["ada"])
    assert Card(7) != Card(8)
    assert Card(7) != Badge(7)
    assert Nothing() == Nothing()
    assert hash(Badge(7, (), picture="a")) == hash(Badge(7, (), picture="a"))  # type: ignore[arg-type]


def test_a_changed_copy_leaves_the_first_as_it_was() -> None:
    card = Card(7)
    assert replace(card, number=8) == Card(8)
    assert card == Card(7)


@pytest.mark.parametrize("value", [Card(7), Badge(7), Nothing()])
def test_nothing_of_a_value_can_be_changed(value: Any) -> None:
    with pytest.raises(FrozenInstanceError):
        value.number = 8
    with pytest.raises(FrozenInstanceError):
        value.other = 8
    with pytest.raises(FrozenInstanceError):
        del value.number


def test_what_is_missing_unknown_or_refused_is_said_at_the_first_value_and_at_the_next() -> None:
    @dataclass(frozen=True, slots=True)
    class Plate(Card):
        """A number plate."""

        town: str = ""

    make: Any = Plate
    for _ in range(2):
        with pytest.raises(TypeError, match=r"Plate.__init__\(\) missing 1 required positional argument"):
            make()
        with pytest.raises(TypeError, match="unexpected keyword argument 'colour'"):
            make(1, colour="red")
        with pytest.raises(ValueError, match="no such card"):
            make(-1)


def test_a_pattern_takes_a_value_apart_in_the_order_of_its_fields() -> None:
    match Badge(7, ["ada"], "none", "a.png"):
        case Badge(number, holders, _, picture):
            assert (number, holders, picture) == (7, ["ada"], "a.png")
