"""An OSDP reader at the end of a line: libosdp's own peripheral device, on a pseudo-terminal."""

import os
import threading
import time
import tty
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import osdp
import pytest

from edge_gate.access.reading import CardRead, KeyPressed
from edge_gate.devices.osdp import OsdpReader, readings
from edge_gate.errors import ConfigError, ReaderError

KEY = "000102030405060708090a0b0c0d0e0f"
ADDRESS = 101
PATIENCE_S = 30.0


class FarEnd(osdp.Channel):  # type: ignore[misc]
    """The reader's end of the line."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._port = port

    def read(self, max_bytes: int) -> bytes:
        try:
            return os.read(self._port, max_bytes)
        except BlockingIOError:
            return b""

    def write(self, buf: bytes) -> int:
        return os.write(self._port, buf)

    def flush(self) -> None:
        pass


class Device:
    """A reader that is on the line until it is cut off."""

    def __init__(self, port: int, key: str) -> None:
        info = osdp.PDInfo(ADDRESS, FarEnd(port), scbk=bytes.fromhex(key), flags=[osdp.LibFlag.EnforceSecure])
        capabilities = osdp.PDCapabilities(
            [(osdp.Capability.CardDataFormat, 1, 1), (osdp.Capability.CommunicationSecurity, 1, 1)]
        )
        self._device: Any = osdp.PeripheralDevice(info, capabilities, log_level=osdp.LogLevel.Emergency)
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._turn)
        self._thread.start()

    def _turn(self) -> None:
        while not self._over.wait(0.005):
            with self._lock:
                self._device.ctx.refresh()

    def shows(self, event: dict[str, Any]) -> None:
        with self._lock:
            self._device.ctx.submit_event(event)

    def is_cut_off(self) -> None:
        self._over.set()
        self._thread.join()


class Line:
    def __init__(self, tmp_path: Path) -> None:
        self.far, near = os.openpty()
        tty.setraw(self.far)
        os.set_blocking(self.far, False)
        self._near = near
        self.path = Path(os.ttyname(near))
        self.key = tmp_path / "osdp.key"
        self.key.write_text(KEY + "\n")

    def close(self) -> None:
        os.close(self.far)
        os.close(self._near)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[Line]:
    line = Line(tmp_path)
    yield line
    line.close()


def wiegand(bits: str) -> dict[str, Any]:
    data = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8))
    return {
        "event": osdp.Event.CardRead, "reader_no": 0, "direction": 0,
        "format": osdp.CardFormat.Wiegand, "length": len(bits), "data": data,
    }  # fmt: skip


def next_of(reader: OsdpReader) -> object:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if reading := reader.read(100):
            return reading
    return None


def test_cards_and_keys_come_over_the_secure_channel(line: Line) -> None:
    device, reader = Device(line.far, KEY), OsdpReader(line.path, ADDRESS, line.key)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not (reader._panel and reader._panel.ctx.sc_status()) and time.monotonic() < deadline:
            assert reader.read(50) is None
        device.shows(wiegand("00000111100000000011001000"))
        assert next_of(reader) == CardRead("w26:15:100")
        device.shows({"event": osdp.Event.KeyPress, "reader_no": 0, "length": 3, "data": b"25\r"})
        assert [next_of(reader) for _ in range(3)] == [KeyPressed(key) for key in "25#"]
    finally:
        device.is_cut_off()
        reader.close()


def test_a_reader_with_another_key_or_none_on_the_line_does_not_answer(line: Line) -> None:
    device, reader = Device(line.far, KEY[::-1]), OsdpReader(line.path, ADDRESS, line.key)
    try:
        with pytest.raises(ReaderError, match=r"The OSDP reader 101 at .* does not answer to its key"):
            next_of(reader)
    finally:
        device.is_cut_off()


def test_a_port_that_is_not_there_or_is_no_port_is_told(tmp_path: Path, line: Line) -> None:
    with pytest.raises(ReaderError, match="cannot be used"):
        OsdpReader(tmp_path / "none", ADDRESS, line.key).read(0)
    with pytest.raises(ReaderError, match="cannot be used"):
        OsdpReader(line.key, ADDRESS, line.key).read(0)


@pytest.mark.parametrize("text", ["", "00", KEY + "00", "not a key"])
def test_a_key_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    key = tmp_path / "osdp.key"
    key.write_text(text)
    with pytest.raises(ConfigError, match="the key of an OSDP reader"):
        OsdpReader(tmp_path / "port", ADDRESS, key)
    with pytest.raises(ConfigError, match="cannot be read"):
        OsdpReader(tmp_path / "port", ADDRESS, tmp_path / "none")


def test_what_is_neither_card_nor_key_is_passed_over() -> None:
    assert readings({"event": osdp.Event.Status}) == []
    assert readings(wiegand("0" * 26)) == []
    keys = {"event": osdp.Event.KeyPress, "data": bytes((0x30, 0x39, 0x7F, 0x0D, 0x41))}
    assert readings(keys) == [KeyPressed(key) for key in "09*#"]
    raw = {
        "event": osdp.Event.CardRead,
        "format": osdp.CardFormat.ASCII,
        "length": 3,
        "data": b"\x01\x02\x03",
    }
    assert readings(raw) == [CardRead("osdp:010203")]
