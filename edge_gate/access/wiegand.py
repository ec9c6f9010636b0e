"""Bits from a card reader: Wiegand frames and keypad keys, parity checked.

Layouts: HID's 26-bit H10301, the 34-bit format with two 16-bit halves, and 37-bit H10304.
"""

from collections.abc import Sequence

from msgspec import Struct

KEYS = "0123456789*#"


class Layout(Struct, frozen=True):
    """Where the fields of a frame lie, as half-open bit ranges, the first bit sent being 0."""

    facility: tuple[int, int]
    number: tuple[int, int]
    even: tuple[int, int]
    """Bits whose number of ones, the leading parity bit included, is even."""
    odd: tuple[int, int]
    """Bits whose number of ones, the closing parity bit included, is odd."""


LAYOUTS = {
    26: Layout(facility=(1, 9), number=(9, 25), even=(0, 13), odd=(13, 26)),
    34: Layout(facility=(1, 17), number=(17, 33), even=(0, 17), odd=(17, 34)),
    37: Layout(facility=(1, 17), number=(17, 36), even=(0, 19), odd=(18, 37)),
}


class GarbledFrame(ValueError):
    """The bits are no frame: a wrong count, or a wrong parity."""


def card(bits: Sequence[int]) -> str:
    """The card's number as ``facility:number`` under its length, e.g. ``w26:17:4711``.

    Raises:
        GarbledFrame: if the count is none of 26, 34, 37, or a parity bit disagrees.
    """
    layout = LAYOUTS.get(len(bits))
    if layout is None:
        raise GarbledFrame(f"{len(bits)} bits; readers here send {', '.join(map(str, LAYOUTS))}")
    if sum(bits[slice(*layout.even)]) % 2 or not sum(bits[slice(*layout.odd)]) % 2:
        raise GarbledFrame(f"{len(bits)} bits with a wrong parity")
    return f"w{len(bits)}:{_number(bits[slice(*layout.facility)])}:{_number(bits[slice(*layout.number)])}"


def key(bits: Sequence[int]) -> str:
    """The key of a keypad: 4 bits, or 8 whose first half is the complement of the second.

    Raises:
        GarbledFrame: if the bits are neither, or name no key.
    """
    half = tuple(bits[-4:])
    if len(bits) not in (4, 8) or (len(bits) == 8 and tuple(1 - bit for bit in bits[:4]) != half):
        raise GarbledFrame(f"{len(bits)} bits are no key")
    value = _number(half)
    if value >= len(KEYS):
        raise GarbledFrame(f"no key has the value {value}")
    return KEYS[value]


def _number(bits: Sequence[int]) -> int:
    return int("".join(map(str, bits)), 2)
