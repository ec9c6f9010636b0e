"""What systemd is told, in its own small protocol (sd_notify(3)): one datagram, `KEY=value` lines."""

import os
import socket
from collections.abc import Mapping
from contextlib import suppress

from edge_gate.access.instant import Millis


class Notifier:
    """systemd, if it is there; without it every word falls silent.

    Attributes:
        ping_every: how often `watchdog` must be called, milliseconds; None where no watchdog waits for it.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        # A leading @ stands for the zero byte of Linux's abstract socket names.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self.ping_every = _ping_every(environment) if address else None

    def ready(self, status: str = "") -> None:
        """The strike is secured and the door is being run."""
        self._tell("READY=1", f"STATUS={_line(status)}")

    def watchdog(self) -> None:
        """All is well; systemd kills and restarts a daemon that stops saying so."""
        self._tell("WATCHDOG=1")

    def status(self, text: str) -> None:
        """One line for `systemctl status`."""
        self._tell(f"STATUS={_line(text)}")

    def stopping(self) -> None:
        """The daemon is about to leave, on purpose."""
        self._tell("STOPPING=1")

    def _tell(self, *lines: str) -> None:
        if not self._address:
            return
        # The door loop speaks here: it neither waits for systemd nor falls with it.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.setblocking(False)
            line.sendto("\n".join(lines).encode(), self._address)


def _ping_every(environment: Mapping[str, str]) -> Millis | None:
    """Half of WATCHDOG_USEC, as sd_watchdog_enabled(3) advises; None if it is not meant for this process."""
    microseconds, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not microseconds.isdecimal() or pid not in ("", str(os.getpid())):
        return None
    return int(microseconds) // 2000 or None


def _line(text: str) -> str:
    """The text without line breaks: each line would be a variable of its own."""
    return " ".join(text.split())
