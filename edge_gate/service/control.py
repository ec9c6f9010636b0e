"""The control socket: a local user asks, the door loop answers.

One request and one answer a connection, each a line of JSON: ``{"command": "unlock", "reason": "..."}``
gives ``{"ok": true, ...}``. Who may ask is the socket file's owner and group, and the kernel says who
asked (SO_PEERCRED). The server only hands requests over; it does not touch the door.
"""

import contextlib
import grp
import os
import pwd
import socket
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from edge_gate.access.door import Free, Input, Lockdown, Secure, Unlock
from edge_gate.access.gate import Forgive
from edge_gate.access.instant import Instant
from edge_gate.devices.clock import SystemClock
from edge_gate.errors import ConfigError, DaemonUnreachable
from edge_gate.service.keeper import Ordered
from edge_gate.service.loops import Inbox

LONGEST = 4096
"""Bytes of a request; a longer one is refused."""

LONGEST_ANSWER = 1 << 20
"""Bytes of an answer; a picture is the longest."""

PATIENCE = 2.0
"""Seconds a client may take to say its line."""


class Request(Struct, frozen=True, forbid_unknown_fields=True):
    """What a client asks."""

    command: Literal["status", "picture", "unlock", "secure", "lockdown", "free", "forgive"]
    reason: Annotated[str, Meta(max_length=200)] = ""
    ms: Annotated[int, Meta(ge=1, le=31_536_000_000)] | None = None
    """How long `free` lasts; until told otherwise where it is left out."""
    name: Annotated[str, Meta(max_length=200)] | None = None
    """Whom `forgive` is about; everybody where it is left out."""

    def asks(self, now: Instant) -> Input | Forgive | None:
        """What is put before the door; None for a mere question."""
        match self.command:
            case "unlock":
                return Unlock()
            case "secure":
                return Secure()
            case "lockdown":
                return Lockdown()
            case "free":
                return Free(None if self.ms is None else now + self.ms)
            case "forgive":
                return Forgive(self.name)
        return None


class ControlServer(threading.Thread):
    """Listens until the process ends.

    Args:
        path: of the socket; a stale one is replaced.
        group: whose members may command the door; empty for the owner and root alone.
        inbox: of the door loop.
        status: what to answer `status` with; called on this thread.
        picture: what to answer `picture` with, a JPEG file; None where that is not allowed.

    Raises:
        ConfigError: if the socket cannot be made there, or there is no such group.
    """

    def __init__(
        self,
        path: Path,
        group: str,
        inbox: Inbox,
        status: Callable[[], dict[str, object]],
        picture: Callable[[], bytes | None] | None = None,
    ) -> None:
        super().__init__(name="control", daemon=True)
        self._inbox = inbox
        self._status = status
        self._picture = picture
        self._socket = _listening(path, group)

    def run(self) -> None:
        """Answer one client after another; none of them can hold up the door."""
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), connection:
                connection.settimeout(PATIENCE)
                connection.sendall(msgspec.json.encode(self._answer(connection)) + b"\n")

    def close(self) -> None:
        """Stop listening; may be called twice."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits in accept
        self._socket.close()

    def _answer(self, connection: socket.socket) -> dict[str, object]:
        try:
            request = msgspec.json.decode(_line(connection, LONGEST), type=Request)
        except msgspec.DecodeError as error:
            return {"ok": False, "error": f"not a request: {error}"}
        if request.command == "picture":
            if self._picture is None:
                return {"ok": False, "error": "control.pictures is false"}
            return {"ok": True, "picture": self._picture()}
        asks = request.asks(SystemClock().now())
        if asks:
            self._inbox.put(Ordered(_user(connection), request.command, request.reason, asks))
        return {"ok": True, **self._status()}


def ask(path: Path, command: str, reason: str = "", **more: int | str | None) -> dict[str, object]:
    """Put one request to the running daemon.

    Raises:
        DaemonUnreachable: if nobody listens there, access is refused, or the answer does not come.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(2 * PATIENCE)
        try:
            client.connect(str(path))
            client.sendall(msgspec.json.encode({"command": command, "reason": reason, **more}) + b"\n")
            answer = msgspec.json.decode(_line(client, LONGEST_ANSWER), type=dict[str, object])
        except (OSError, msgspec.DecodeError) as error:
            raise DaemonUnreachable(f"{path}: {error}") from error
    if not answer.get("ok"):
        raise DaemonUnreachable(f"the daemon refused: {answer.get('error')}", "Update the older of the two")
    return answer


def _listening(path: Path, group: str) -> socket.socket:
    server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        path.unlink(missing_ok=True)
        # Made private first and opened up after, so that there is no moment at which anybody may connect.
        before = os.umask(0o177)
        try:
            server.bind(str(path))
        finally:
            os.umask(before)
        if group:
            os.chown(path, -1, grp.getgrnam(group).gr_gid)
            path.chmod(0o660)
        server.listen(8)
    except KeyError as error:
        server.close()
        raise ConfigError(f"control.group: there is no group {group!r}") from error
    except OSError as error:
        server.close()
        raise ConfigError(f"control.socket: cannot listen at {path} ({error.strerror})") from error
    return server


def _line(connection: socket.socket, longest: int) -> bytes:
    received = b""
    while not received.endswith(b"\n") and len(received) < longest:
        part = connection.recv(longest - len(received))
        if not part:
            break
        received += part
    return received


def _user(connection: socket.socket) -> str:
    size = struct.calcsize("3i")
    _, uid, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
