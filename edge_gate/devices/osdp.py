"""A reader on an RS-485 line that speaks OSDP (IEC 60839-11-5), through libosdp: its secure channel alone.

Without a key of its own a reader answers to whoever has its default key, which is everybody. So there is none
here without a key: a file of 32 hexadecimal digits, the same as the reader was given.
"""

import os
import termios
import time
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import osdp

from edge_gate.access.instant import Millis
from edge_gate.access.reading import CardRead, KeyPressed, Reading
from edge_gate.access.wiegand import GarbledFrame, card
from edge_gate.errors import ConfigError, ReaderError

TURN_S = 0.02
"""libosdp wants to be turned at least every 50 ms."""

SILENT_MS: Millis = 4_000
"""A reader that has not been on line for so long does not answer; connecting takes a second or two."""

KEYS = {0x7F: "*", 0x0D: "#"}
"""How OSDP names the two keys that are no digits; a digit is its ASCII code."""


class SerialLine(osdp.Channel):  # type: ignore[misc]
    """A serial port at 9,600 baud, 8N1, as libosdp reads and writes it.

    Raises:
        OSError: if it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._port = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        control = termios.tcgetattr(self._port)[6]
        mode = termios.CS8 | termios.CREAD | termios.CLOCAL
        termios.tcsetattr(self._port, termios.TCSANOW, [0, 0, mode, 0, termios.B9600, termios.B9600, control])

    def read(self, max_bytes: int) -> bytes:
        """What has come in, at most so much."""
        with suppress(OSError):
            return os.read(self._port, max_bytes)
        return b""

    def write(self, buf: bytes) -> int:
        """How much of it was sent."""
        with suppress(OSError):
            return os.write(self._port, buf)
        return 0

    def flush(self) -> None:
        """Forget what came in before."""
        with suppress(termios.error):
            termios.tcflush(self._port, termios.TCIFLUSH)

    def close(self) -> None:
        """Let go of the port."""
        os.close(self._port)


class OsdpReader:
    """One reader, asked over and over; opened when it is first read, and again after its port failed.

    Args:
        path: the serial port.
        address: of the reader, 0..126.
        key: the file of its key.

    Raises:
        ConfigError: if the key cannot be read, or is none.
    """

    def __init__(self, path: Path, address: int, key: Path) -> None:
        self._path = path
        self._address = address
        self._key = _key(key)
        self._line: SerialLine | None = None
        self._panel: Any = None
        self._heard_at = 0.0
        self._readings: deque[Reading] = deque()

    def read(self, timeout: Millis) -> Reading | None:
        """The next card or key; None if none came within `timeout`.

        Raises:
            ReaderError: if the port cannot be used, or the reader is not on line with its key.
        """
        until = time.monotonic() + timeout / 1000
        self._open()
        while not self._readings:
            self._panel.ctx.refresh()
            self._take()
            now = time.monotonic()
            if self._panel.ctx.sc_status():
                self._heard_at = now
            elif now - self._heard_at > SILENT_MS / 1000:
                self.close()
                raise ReaderError(
                    f"The OSDP reader {self._address} at {self._path} does not answer to its key"
                )
            if now >= until:
                break
            time.sleep(TURN_S)
        return self._readings.popleft() if self._readings else None

    def close(self) -> None:
        """Let go of the port."""
        self._panel = None
        if self._line:
            self._line.close()
        self._line = None

    def _open(self) -> None:
        if self._panel:
            return
        try:
            self._line = SerialLine(self._path)
        except (OSError, termios.error) as error:
            raise ReaderError(f"The serial port {self._path} cannot be used: {error}") from error
        info = osdp.PDInfo(self._address, self._line, scbk=self._key, flags=[osdp.LibFlag.EnforceSecure])
        self._panel = osdp.ControlPanel([info], log_level=osdp.LogLevel.Emergency)
        self._heard_at = time.monotonic()

    def _take(self) -> None:
        events = self._panel.event_queue[0]
        while not events.empty():
            self._readings.extend(readings(events.get()))


def readings(event: Mapping[str, Any]) -> list[Reading]:
    """What an event of libosdp's says; nothing where it is neither card nor key, or garbled."""
    data: bytes = event.get("data", b"")
    if event["event"] == osdp.Event.KeyPress:
        named = [KEYS.get(code, chr(code)) for code in data]
        return [KeyPressed(key) for key in named if key in "0123456789*#"]
    if event["event"] != osdp.Event.CardRead:
        return []
    if event["format"] == osdp.CardFormat.ASCII:
        return [CardRead(f"osdp:{data.hex()}")]
    bits = [int(bit) for byte in data for bit in f"{byte:08b}"][: event["length"]]
    try:
        return [CardRead(card(bits))]
    except GarbledFrame:
        return []


def _key(path: Path) -> bytes:
    try:
        key = bytes.fromhex(path.read_text().strip())
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"readers: the key of an OSDP reader cannot be read from {path}: {error}"
        ) from error
    if len(key) != 16:
        raise ConfigError(f"readers: the key of an OSDP reader in {path} is not of 32 hexadecimal digits")
    return key
