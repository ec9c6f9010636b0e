import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_gate.access.wiegand import LAYOUTS, GarbledFrame, card, key


def bits(text: str) -> list[int]:
    return [int(bit) for bit in text.replace(" ", "")]


def frame(length: int, facility: int, number: int) -> list[int]:
    """A frame built from the field widths alone, its parity bits from their definition."""
    widths = {26: (8, 16), 34: (16, 16), 37: (16, 19)}[length]
    body = [
        int(bit)
        for width, value in zip(widths, (facility, number), strict=True)
        for bit in f"{value:0{width}b}"
    ]
    half = (len(body) + 1) // 2
    return [sum(body[:half]) % 2, *body, 1 - sum(body[-half:]) % 2]


def test_a_26_bit_card_of_the_published_example_is_read() -> None:
    # Facility 15, number 100: leading parity makes thirteen bits even, closing parity thirteen odd.
    assert card(bits("0 00001111 0000000001100100 0")) == "w26:15:100"


@pytest.mark.parametrize(
    ("length", "facility", "number"),
    [(26, 255, 65535), (26, 0, 1), (34, 65535, 1), (34, 300, 65535), (37, 65535, 524287), (37, 1, 0)],
)
def test_every_layout_gives_its_fields(length: int, facility: int, number: int) -> None:
    assert card(frame(length, facility, number)) == f"w{length}:{facility}:{number}"


@given(st.sampled_from(sorted(LAYOUTS)), st.integers(0, 255), st.integers(0, 65535), st.data())
def test_any_single_flipped_bit_is_noticed(
    length: int, facility: int, number: int, data: st.DataObject
) -> None:
    sent = frame(length, facility, number)
    place = data.draw(st.integers(0, length - 1))
    # The middle bit of 37 lies under both parities, and is noticed twice over.
    sent[place] ^= 1
    with pytest.raises(GarbledFrame, match=f"{length} bits with a wrong parity"):
        card(sent)


@pytest.mark.parametrize("length", [0, 1, 4, 25, 27, 35, 64])
def test_another_length_is_no_card(length: int) -> None:
    with pytest.raises(GarbledFrame, match=f"{length} bits; readers here send 26, 34, 37"):
        card([0] * length)


def test_keys_come_as_four_bits_or_as_eight_with_their_complement() -> None:
    assert [key(bits(f"{value:04b}")) for value in range(12)] == list("0123456789*#")
    assert [key(bits(f"{15 - value:04b}{value:04b}")) for value in range(12)] == list("0123456789*#")


@pytest.mark.parametrize("text", ["", "101", "1100", "1111", "00000000", "01001010", "10101", "1010 1010"])
def test_anything_else_is_no_key(text: str) -> None:
    with pytest.raises(GarbledFrame, match="no key"):
        key(bits(text))
