from edge_gate.access.keypad import Entry, Keypad, press

PATIENCE = 5_000


def typed(keys: str, pace: int = 500) -> list[Entry]:
    pad, entries = Keypad(), []
    for turn, key in enumerate(keys):
        pad, entry = press(pad, key, turn * pace, PATIENCE)
        if entry:
            entries.append(entry)
    return entries


def test_a_pin_after_a_card_is_closed_with_the_hash_key() -> None:
    assert typed("2580#") == [Entry(None, "2580")]


def test_a_number_and_a_pin_are_parted_by_the_star_key() -> None:
    assert typed("17*2580#") == [Entry("17", "2580")]


def test_one_entry_after_another_starts_from_nothing() -> None:
    assert typed("17*2580#99#") == [Entry("17", "2580"), Entry(None, "99")]


def test_an_empty_entry_is_none() -> None:
    assert typed("#") == typed("17*#") == typed("*#") == []
    assert typed("*25#") == [Entry(None, "25")]


def test_nobody_types_on_after_somebody_else() -> None:
    pad, _ = press(Keypad(), "1", 0, PATIENCE)
    assert press(pad, "2", 5_000, PATIENCE)[0].digits == "12"
    assert press(pad, "2", 5_001, PATIENCE)[0].digits == "2"


def test_the_star_key_counts_as_touching_the_keypad() -> None:
    pad, _ = press(Keypad(touched=0, digits="17"), "*", 4_000, PATIENCE)
    assert press(pad, "2", 9_000, PATIENCE)[0] == Keypad("17", "2", 9_000)


def test_twelve_digits_are_a_pin_and_thirteen_are_none() -> None:
    assert typed("123456789012#") == [Entry(None, "123456789012")]
    assert typed("1234567890123#") == []
    assert typed("17*1234567890123#") == []
