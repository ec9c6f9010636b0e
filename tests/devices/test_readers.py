"""Readers: pulses on two wires, and a keyboard that is a card reader."""

import os
import struct
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from gpiozero.pins.mock import MockFactory

from edge_gate.access.reading import CardRead, KeyPressed
from edge_gate.devices.hid import EVENT, HidReader
from edge_gate.devices.wiegand import WiegandReader
from edge_gate.errors import ConfigError, ReaderError
from edge_gate.service import wiring

D0, D1 = 14, 15
CARD = "00000111100000000011001000"


def send(factory: MockFactory, bits: str) -> None:
    """As a reader does: a pulse to ground for each bit, on the line of its value."""
    for bit in bits:
        line = factory.pin((D0, D1)[int(bit)])
        line.drive_low()
        line.drive_high()


@pytest.fixture
def factory() -> MockFactory:
    factory = MockFactory()
    for pin in (D0, D1):
        factory.pin(pin)
    return factory


def test_a_card_held_to_a_wiegand_reader_is_read(factory: MockFactory) -> None:
    reader = WiegandReader(D0, D1, factory)
    assert reader.read(0) is None
    send(factory, CARD)
    assert reader.read(0) == CardRead("w26:15:100")
    assert reader.read(0) is None


def test_keys_of_a_wiegand_keypad_are_read(factory: MockFactory) -> None:
    reader = WiegandReader(D0, D1, factory)
    send(factory, "0111")
    assert reader.read(0) == KeyPressed("7")
    send(factory, "01001011")
    assert reader.read(0) == KeyPressed("#")


def test_noise_on_the_wires_is_no_card_and_the_next_card_is(factory: MockFactory) -> None:
    reader = WiegandReader(D0, D1, factory)
    for noise in ("1", CARD[:-1], CARD[:-1] + "1", CARD + "0"):
        send(factory, noise)
        assert reader.read(0) is None
    send(factory, CARD)
    assert reader.read(0) == CardRead("w26:15:100")


def test_a_card_read_while_nobody_listens_is_heard_later(factory: MockFactory) -> None:
    reader = WiegandReader(D0, D1, factory)
    sender = threading.Thread(target=send, args=(factory, CARD))
    sender.start()
    assert reader.read(5_000) == CardRead("w26:15:100")
    sender.join()


def test_a_reader_let_go_hears_no_more(factory: MockFactory) -> None:
    reader = WiegandReader(D0, D1, factory)
    reader.close()
    reader.close()
    send(factory, CARD)
    assert reader.read(0) is None


def test_wires_that_cannot_be_claimed_are_a_fault_of_the_reader() -> None:
    with pytest.raises(ReaderError, match="The line GPIO 99 of the reader cannot be claimed"):
        WiegandReader(99, D1, MockFactory())


# USB ---------------------------------------------------------------------------------------------


def keys(*codes: int) -> bytes:
    """Presses and releases, as the kernel hands them over."""
    events = [(1, code, value) for code in codes for value in (1, 0)]
    return b"".join(EVENT.pack(0, 0, *event) + EVENT.pack(0, 0, 0, 0, 0) for event in events)


@pytest.fixture
def device(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    """A pipe in the place of an input device: the same bytes, and an end when it is unplugged."""
    path = tmp_path / "event7"
    os.mkfifo(path)
    end = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    yield path, end
    try:
        os.close(end)
    except OSError:
        return


def test_a_usb_reader_types_a_number_and_enter(device: tuple[Path, int]) -> None:
    path, end = device
    reader = HidReader(path, grab=False)
    assert reader.read(0) is None
    os.write(end, keys(11, 2, 3, 10))
    assert reader.read(0) is None
    os.write(end, keys(82, 79, 73, 30, 28))
    assert reader.read(0) == CardRead("hid:0129019")
    os.write(end, keys(28) + keys(4, 96))
    assert reader.read(0) == CardRead("hid:3")
    reader.close()


def test_a_key_held_down_counts_once(device: tuple[Path, int]) -> None:
    path, end = device
    reader = HidReader(path, grab=False)
    os.write(end, EVENT.pack(0, 0, 1, 2, 1) + EVENT.pack(0, 0, 1, 2, 2) * 9 + keys(28))
    assert reader.read(0) == CardRead("hid:1")
    reader.close()


def test_an_endless_number_keeps_its_last_digits(device: tuple[Path, int]) -> None:
    path, end = device
    reader = HidReader(path, grab=False)
    for _ in range(10):
        os.write(end, keys(*[3] * 8))
        reader.read(0)
    os.write(end, keys(28))
    assert reader.read(0) == CardRead("hid:" + "2" * 32)
    reader.close()


def test_a_reader_that_is_not_there_or_cannot_be_kept_alone_does_not_answer(
    tmp_path: Path, device: tuple[Path, int]
) -> None:
    missing = HidReader(tmp_path / "none")
    for _ in range(2):
        with pytest.raises(ReaderError, match="does not answer: No such file"):
            missing.read(0)
    with pytest.raises(ReaderError, match="does not answer"):
        HidReader(device[0]).read(0)


def test_a_reader_that_is_unplugged_is_found_again_when_it_is_back(tmp_path: Path) -> None:
    path = tmp_path / "event7"
    os.mkfifo(path)
    end = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    reader = HidReader(path, grab=False)
    os.write(end, keys(2))
    assert reader.read(0) is None
    os.close(end)
    with pytest.raises(ReaderError, match="does not answer: it was unplugged"):
        reader.read(0)
    end = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    os.write(end, keys(3, 28))
    assert reader.read(0) == CardRead("hid:2"), "what was typed before it went is forgotten"
    os.close(end)
    reader.close()


def test_an_event_has_the_kernels_size() -> None:
    """struct input_event on a 64-bit kernel: two longs, two shorts, an int."""
    assert EVENT.size == struct.calcsize("l") * 2 + 8


@pytest.mark.parametrize(
    "text",
    ["", "wiegand:5", "wiegand:a,b", "hid:", "rfid:7", "osdp:/dev/x", "osdp:/dev/x,127,k", "osdp:/dev/x,1,"],
)
def test_a_reader_that_is_none_is_refused_naming_the_kinds(text: str) -> None:
    with pytest.raises(ConfigError, match="is none of wiegand:D0,D1, hid:DEVICE, osdp:PORT"):
        wiring.reader(text)


def test_a_usb_reader_is_named_by_its_device() -> None:
    with pytest.raises(ReaderError, match="/dev/input/none"):
        wiring.reader("hid:/dev/input/none").read(0)
